//! Lists in the order that somebody chose, page after page.

use std::collections::HashSet;

use domain::model::{
    company::{CompanyColumn, CompanyFilter},
    contact::ContactFilter,
    import::{ImportColumn, ImportFilter},
    sort::{Column, Sort},
};
use engine::Engine;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{drain, engine, insert, worker};

/// What a list holds when it is sorted as a whole.
async fn sorted(pool: &PgPool, sql: String) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(pool)
        .await
        .unwrap()
}

/// Every order of a list's columns.
fn orders<C: Column>() -> impl Iterator<Item = Sort<C>> {
    let columns = C::ALL.iter().copied();
    columns.flat_map(|by| [false, true].map(|ascending| Sort { by, ascending }))
}

const fn word(ascending: bool) -> &'static str {
    if ascending { "ASC" } else { "DESC" }
}

async fn companies(engine: &Engine, filter: CompanyFilter) -> Vec<String> {
    let mut filter = filter;
    let mut keys = Vec::new();
    loop {
        let page = engine.companies(&filter).await.unwrap();
        keys.extend(page.rows.into_iter().map(|row| row.key));
        // As an address carries it.
        filter.cursor = page.next.map(|next| next.trim().to_owned());
        if filter.cursor.is_none() {
            return keys;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn companies_by_name_and_by_time(pool: PgPool) {
    let engine = engine(&pool);
    // Many of one name, of none, in other letters, with a blank before it or the mark of a cursor in it.
    for statement in [
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id, created_at)
         SELECT CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN 'Twin' WHEN 2 THEN '  Blank ' || n WHEN 3 THEN 'zeta~' || n
                ELSE 'Company ' || (n * 37 % 101) END,
                'https://c' || n || '.example', 'b' || n % 2, now() - make_interval(mins => n * 17 % 60)
         FROM generate_series(1, 160) n",
        "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system)
         SELECT '04.04.01.84.' || lpad((n + 500)::TEXT, 5, '0') || '.001', 'Twin elsewhere ' || n, 'https://e' || n || '.example', 'n8n'
         FROM generate_series(1, 60) n",
        "UPDATE marketing.company_master SET company_name = 'ALPHA' WHERE website_url = 'https://e7.example'",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    for sort in orders::<CompanyColumn>() {
        for batch in [None, Some("b1")] {
            let column = match sort.by {
                CompanyColumn::Imported => "created_at",
                CompanyColumn::Name => "lower(coalesce(name, ''))",
            };
            let (only, dir) = (
                batch.map_or("TRUE".into(), |b| format!("batch_id = '{b}'")),
                word(sort.ascending),
            );
            let expected = sorted(
                &pool,
                format!("SELECT key FROM marketing.v_companies WHERE {only} ORDER BY {column} {dir}, place {dir}"),
            )
            .await;
            let filter = CompanyFilter {
                batch: batch.map(str::to_owned),
                sort,
                ..CompanyFilter::default()
            };
            assert_eq!(
                companies(&engine, filter).await,
                expected,
                "{sort:?} {batch:?}"
            );
        }
    }
    let by_name = CompanyFilter {
        sort: Sort::default().clicked(CompanyColumn::Name),
        search: Some("a".into()),
        ..CompanyFilter::default()
    };
    let first = engine.companies(&by_name).await.unwrap().rows;
    assert!(first.iter().any(|row| row.name.as_deref() == Some("ALPHA")));
    let (rows, _) = engine.companies_piece(&by_name).await.unwrap();
    let named: Vec<_> = rows.iter().map(|row| &row.key).collect();
    assert_eq!(named.len(), named.iter().collect::<HashSet<_>>().len());
    assert_eq!(
        named[..first.len()],
        first.iter().map(|row| &row.key).collect::<Vec<_>>()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn contacts_both_ways(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 40).await;
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
    for sort in orders() {
        let dir = word(sort.ascending);
        let expected = sorted(
            &pool,
            format!("SELECT c.id::TEXT FROM marketing.contact_enrichment c ORDER BY c.created_at {dir}, c.id {dir}"),
        )
        .await;
        let mut filter = ContactFilter {
            sort,
            ..ContactFilter::default()
        };
        let mut ids = Vec::new();
        loop {
            let page = engine.contacts(&filter).await.unwrap();
            ids.extend(page.rows.into_iter().map(|row| row.id.to_string()));
            filter.cursor = page.next;
            if filter.cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids, expected, "{sort:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn batches_by_each_of_their_figures(pool: PgPool) {
    let engine = engine(&pool);
    sqlx::query(
        "INSERT INTO intake.import_batches (import_batch_id, importer, status, total_rows, accepted, duplicates, rejected, created_at)
         SELECT 'b~' || n, 'test', 'completed', n % 5, n % 4, n % 3, n % 2, now() - make_interval(mins => n * 13 % 50)
         FROM generate_series(1, 120) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    for sort in orders::<ImportColumn>() {
        let column = match sort.by {
            ImportColumn::Started => "created_at",
            ImportColumn::Batch => "import_batch_id",
            ImportColumn::Rows => "total_rows",
            ImportColumn::Accepted => "accepted",
            ImportColumn::Duplicates => "duplicates",
            ImportColumn::Rejected => "rejected",
        };
        let dir = word(sort.ascending);
        let expected = sorted(
            &pool,
            format!("SELECT import_batch_id FROM intake.import_batches ORDER BY {column} {dir}, import_batch_id {dir}"),
        )
        .await;
        let mut filter = ImportFilter {
            sort,
            ..ImportFilter::default()
        };
        let mut ids = Vec::new();
        loop {
            let page = engine.import_batches(&filter).await.unwrap();
            ids.extend(page.rows.into_iter().map(|row| row.batch_id));
            filter.cursor = page.next;
            if filter.cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids, expected, "{sort:?}");
    }
}
