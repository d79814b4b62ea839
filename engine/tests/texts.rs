//! Text in lists: what is found, by which way, and what is found without the trigrams.

use std::collections::BTreeSet;

use domain::model::{
    company::{CompanyColumn, CompanyFilter, CompanyState},
    contact::ContactFilter,
    doctor::Severity,
    sort::{Column, Sort},
};
use engine::Engine;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::support::{config, engine};

/// Names that stand once or twice among very many; what stands for something in SQL stands for itself.
const ODD: &str = "('100% Zebra', 'https://zebra.example/50%off'), ('Under_score', 'https://under-score.example'),
    ('Underscore', NULL), ('Back\\slash', 'https://back.example'), ('O''Brien \"Sons\"', 'https://obrien.example'),
    ('ÄÖÜ Straße', 'https://äöü.example'), ('äöü straße', NULL), ('ΣΙΓΜΑ Ελλάς', NULL), ('日本語株式会社', NULL),
    ('end', 'starts'), (NULL, 'https://nameless.example'), (NULL, NULL), ('Two  blanks', NULL), ('04.04.01 Numbers', NULL)";
const TEXTS: [&str; 31] = [
    "zebra",
    "ZEBRA",
    "0% z",
    "%",
    "%%%",
    "under_s",
    "_",
    "___",
    "back\\s",
    "\\",
    "O'Brien",
    "'",
    "\"sons",
    "äöü",
    "ÄÖÜ STRASSE",
    "straße",
    "σιγμα",
    "λλάς",
    "本語株",
    "語",
    "end\nstarts",
    "dsta",
    "nameless",
    "two  b",
    "plain 77",
    "plain",
    "04.04.01",
    "04.04.01.84.00042.001",
    "00042",
    "42.001",
    "nobody has this",
];

/// Companies of intake and of elsewhere, more of each than are looked at before the way is chosen, and a contact for each
/// master. The odd ones are neither the newest nor the first by name, and some of all are still under way.
async fn make(pool: &PgPool, rows: i32) {
    let sql = "SET session_replication_role = replica;
        INSERT INTO intake.company_raw_intake (id, company, website, import_batch_id, validated, created_at)
        SELECT n, CASE WHEN odd.n IS NULL THEN 'Plain ' || made.n ELSE odd.name END,
               CASE WHEN odd.n IS NULL THEN 'https://p' || made.n || '.example' ELSE odd.website END, 'b' || made.n % 2,
               CASE made.n % 7 WHEN 3 THEN NULL WHEN 4 THEN FALSE ELSE TRUE END, TIMESTAMPTZ '2026-01-01Z' + made.n * INTERVAL '1 second'
        FROM generate_series(1, ROWS) made (n)
        LEFT JOIN (SELECT row_number() OVER () * 3 + 7 AS n, name, website FROM (VALUES ODD, ODD) AS v (name, website)) odd USING (n);
        INSERT INTO marketing.company_master (id, company_unique_id, company_name, website_url, source_system, source_record_id, import_batch_id)
        SELECT id, '04.04.01.84.' || lpad(id::TEXT, 5, '0') || '.001', coalesce(company, 'x'), coalesce(website, 'x'), 'test', id::TEXT, import_batch_id
        FROM intake.company_raw_intake WHERE id % 7 NOT IN (3, 4, 5);
        SET session_replication_role = origin;
        INSERT INTO marketing.company_master (id, company_unique_id, company_name, website_url, source_system, source_record_id, created_at)
        SELECT 200000 + made.n, '04.04.01.85.' || lpad(made.n::TEXT, 5, '0') || '.002',
               CASE WHEN odd.n IS NULL THEN 'Plain elsewhere ' || made.n ELSE odd.name END, coalesce(odd.website, 'https://e' || made.n || '.example'),
               'n8n', CASE WHEN made.n % 3 = 0 THEN 'row ' || made.n WHEN made.n % 3 = 1 THEN '00' || made.n END,
               TIMESTAMPTZ '2026-01-01 00:00:00.5Z' + made.n * INTERVAL '1 second'
        FROM generate_series(1, ROWS / 2) made (n)
        LEFT JOIN (SELECT row_number() OVER () * 3 + 9 AS n, name, website FROM (VALUES ODD) AS v (name, website) WHERE name IS NOT NULL) odd USING (n);
        SET session_replication_role = replica;
        INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_label)
        SELECT '04.04.05.81' || substr(company_unique_id, 12), company_unique_id, 'CEO' FROM marketing.company_master WHERE source_system = 'test';
        INSERT INTO marketing.contact_enrichment (id, company_slot_unique_id, company_name, full_name, email, enrichment_status, created_at)
        SELECT m.id, s.company_slot_unique_id, CASE WHEN m.id % 5 > 0 THEN m.company_name END, CASE WHEN m.id % 5 > 1 THEN 'Person of ' || m.company_name END,
               CASE WHEN m.id % 5 > 2 THEN 'p' || m.id || '_x@' || m.website_url END,
               (ARRAY['failed', 'processing', 'completed', 'completed', 'completed', 'pending'])[m.id % 6 + 1], TIMESTAMPTZ '2026-01-01Z' + m.id / 3 * INTERVAL '1 second'
        FROM marketing.company_slots s JOIN marketing.company_master m USING (company_unique_id);
        SET session_replication_role = origin";
    let sql = sql.replace("ODD", ODD).replace("ROWS", &rows.to_string());
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap();
    // As autovacuum does, which also sorts what was added into the indexes.
    sqlx::query("VACUUM ANALYZE intake.company_raw_intake, marketing.company_master, marketing.companies_elsewhere, marketing.company_slots, marketing.contact_enrichment")
        .execute(pool)
        .await
        .unwrap();
}

async fn companies(engine: &Engine, filter: &CompanyFilter) -> (Vec<String>, i64) {
    let mut filter = filter.clone();
    let mut keys = Vec::new();
    loop {
        let page = engine.companies(&filter).await.unwrap();
        keys.extend(page.rows.into_iter().map(|row| row.key));
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            return (keys, page.count.n);
        }
    }
}

async fn contacts(engine: &Engine, filter: &ContactFilter) -> (Vec<i64>, i64) {
    let mut filter = filter.clone();
    let mut ids = Vec::new();
    loop {
        let page = engine.contacts(&filter).await.unwrap();
        ids.extend(page.rows.into_iter().map(|row| row.id));
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            return (ids, page.count.n);
        }
    }
}

/// What has the text in small letters, found without a pattern, in the order of the list.
async fn expected_companies(pool: &PgPool, text: &str, filter: &CompanyFilter) -> Vec<String> {
    let column = match filter.sort.by {
        CompanyColumn::Imported => "created_at",
        CompanyColumn::Name => "name_key",
    };
    let dir = if filter.sort.ascending { "ASC" } else { "DESC" };
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT key FROM marketing.v_companies
         WHERE (strpos(lower(name), lower($1)) > 0 OR strpos(lower(website), lower($1)) > 0 OR strpos(barton_id, $1) > 0)
           AND batch_id IS NOT DISTINCT FROM coalesce($2, batch_id) AND state = coalesce($3, state)
         ORDER BY {column} {dir}, place {dir}"
    )))
    .bind(text)
    .bind(&filter.batch)
    .bind(filter.state.map(CompanyState::name))
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Every text in every order, with other filters and without.
async fn check(pool: &PgPool, engine: &Engine) {
    for text in TEXTS {
        for by in CompanyColumn::ALL.iter().copied() {
            for (ascending, batch, state) in [
                (false, None, None),
                (true, None, None),
                (false, Some("b1"), None),
                (true, None, Some(CompanyState::Slotted)),
                (false, None, Some(CompanyState::Rejected)),
            ] {
                let filter = CompanyFilter {
                    search: Some(text.into()),
                    batch: batch.map(str::to_owned),
                    state,
                    sort: Sort { by, ascending },
                    ..CompanyFilter::default()
                };
                let expected = expected_companies(pool, text, &filter).await;
                let (found, counted) = companies(engine, &filter).await;
                assert_eq!(found, expected, "{filter:?}");
                let limit = if state.is_some() { 1_000 } else { 10_000 };
                assert_eq!(counted, limit.min(expected.len() as i64), "{filter:?}");
            }
        }
        for ascending in [false, true] {
            let dir = if ascending { "ASC" } else { "DESC" };
            let expected: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT id::BIGINT FROM marketing.contact_enrichment
                 WHERE strpos(lower(full_name), lower($1)) > 0 OR strpos(lower(email), lower($1)) > 0
                    OR strpos(lower(company_name), lower($1)) > 0
                 ORDER BY created_at {dir}, id {dir}"
            )))
            .bind(text)
            .fetch_all(pool)
            .await
            .unwrap();
            let mut filter = ContactFilter {
                search: Some(text.into()),
                ..ContactFilter::default()
            };
            filter.sort.ascending = ascending;
            let (found, counted) = contacts(engine, &filter).await;
            assert_eq!(found, expected, "{filter:?}");
            assert_eq!(counted, expected.len() as i64, "{filter:?}");
        }
        let hits = engine.search(text).await.unwrap();
        assert!(hits.complete, "{text}");
        let shown: BTreeSet<&str> = hits.hits.iter().map(|hit| hit.target.kind()).collect();
        let any = !companies(engine, &searched(text)).await.0.is_empty();
        assert_eq!(shown.contains("Company"), any, "{text}");
    }
}

fn searched(text: &str) -> CompanyFilter {
    CompanyFilter {
        search: Some(text.into()),
        ..CompanyFilter::default()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn each_text_finds_what_has_it_with_trigrams_and_without(pool: PgPool) {
    make(&pool, 2_200).await;
    let engine = engine(&pool);
    check(&pool, &engine).await;

    // As on a server that has no contrib.
    sqlx::query("DROP EXTENSION pg_trgm CASCADE")
        .execute(&pool)
        .await
        .unwrap();
    check(&pool, &engine).await;
    let missing = missing(&engine).await;
    assert_eq!(missing.len(), 4, "{missing:?}");
    assert!(
        missing
            .iter()
            .all(|(severity, _)| *severity == Severity::Warning)
    );

    // Where it may not be made, the reason is told and nothing fails, or the migration would.
    let mut transaction = pool.begin().await.unwrap();
    sqlx::raw_sql(
        "CREATE ROLE makes_nothing; GRANT USAGE ON SCHEMA marketing, intake TO makes_nothing;
         GRANT EXECUTE ON FUNCTION marketing.index_texts() TO makes_nothing; SET LOCAL ROLE makes_nothing",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    let reason: Option<String> = sqlx::query_scalar("SELECT marketing.index_texts()")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert!(
        reason
            .as_deref()
            .is_some_and(|reason| reason.contains("permission denied")),
        "{reason:?}"
    );
    transaction.rollback().await.unwrap();

    // Somebody puts it where they keep such things.
    sqlx::raw_sql("CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools")
        .execute(&pool)
        .await
        .unwrap();
    let reason: Option<String> = sqlx::query_scalar("SELECT marketing.index_texts()")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(reason, None);
    assert!(self::missing(&engine).await.is_empty());
    assert_eq!(companies(&engine, &searched("0% zebra")).await.0.len(), 3);
}

async fn missing(engine: &Engine) -> Vec<(Severity, String)> {
    let examination = engine.examine().await.unwrap();
    let found = examination.findings.into_iter();
    found
        .filter(|finding| finding.check == "text_indexes")
        .map(|finding| (finding.severity, finding.record))
        .collect()
}

/// The engine's own statements, and what PostgreSQL counted of them.
#[sqlx::test(migrations = "../migrations")]
async fn rare_text_is_found_by_its_trigrams_and_frequent_text_along_the_list(pool: PgPool) {
    make(&pool, 30_000).await;
    // One connection, so that its counts of what it read can be asked for.
    let single = PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    let engine = Engine::with_pool(single.clone(), config(""));
    for sort in [
        (CompanyColumn::Imported, false),
        (CompanyColumn::Name, true),
    ] {
        for text in ["ÄÖÜ Straße", "nobody has this", "04.04.01.84.00042.001"] {
            let filter = CompanyFilter {
                sort: Sort {
                    by: sort.0,
                    ascending: sort.1,
                },
                ..searched(text)
            };
            // More than once: by then statements are prepared, and their plans may be kept.
            for _ in 0..8 {
                let before = reads(&single).await;
                engine.companies(&filter).await.unwrap();
                let after = reads(&single).await;
                assert_eq!(after.whole, before.whole, "{text} {sort:?}");
                assert!(after.trigrams > before.trigrams, "{text} {sort:?}");
            }
        }
    }
    for text in ["Straße", "p77_x@", "nobody has this"] {
        let filter = ContactFilter {
            search: Some(text.into()),
            ..ContactFilter::default()
        };
        for _ in 0..8 {
            let before = reads(&single).await;
            engine.contacts(&filter).await.unwrap();
            engine.search(text).await.unwrap();
            let after = reads(&single).await;
            assert_eq!(after.whole, before.whole, "{text}");
            assert!(after.trigrams > before.trigrams, "{text}");
        }
    }
    // A count goes to its end, a page does not; both along the list.
    let before = reads(&single).await;
    assert!(
        engine
            .companies(&searched("Plain"))
            .await
            .unwrap()
            .count
            .capped
    );
    assert_eq!(reads(&single).await.trigrams, before.trigrams);
    single.close().await;
}

/// Scans so far: of whole tables, and of the indexes of trigrams.
struct Reads {
    whole: i64,
    trigrams: i64,
}

async fn reads(single: &PgPool) -> Reads {
    // Counts reach the shared memory when a transaction ends, but at most once a second unless told so.
    for sql in [
        "SELECT pg_stat_force_next_flush()",
        "SELECT pg_stat_clear_snapshot()",
    ] {
        sqlx::query(sql).execute(single).await.unwrap();
    }
    let (whole, trigrams) = sqlx::query_as(
        "SELECT (SELECT sum(seq_scan)::BIGINT FROM pg_stat_user_tables
                 WHERE relname IN ('company_raw_intake', 'company_master', 'contact_enrichment')),
                (SELECT sum(idx_scan)::BIGINT FROM pg_stat_user_indexes
                 WHERE indexrelname IN ('company_raw_intake_text', 'contact_enrichment_text'))",
    )
    .fetch_one(single)
    .await
    .unwrap();
    Reads { whole, trigrams }
}
