//! The list of contacts: what each filter finds, its pages, its counts, and the figure that leads to it.

use std::collections::BTreeSet;

use domain::model::contact::{ContactFilter, ContactRow, EmailState, EnrichmentStatus};
use engine::{Engine, EngineError};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::support::{Process, answers, config, drain, engine, insert};

/// So many companies of two batches, three slots each, and in every slot a contact: ids in another order than times, all
/// states, and seven contacts of one time.
async fn make(pool: &PgPool, companies: i32) {
    let sql = "SET LOCAL outreach.notify = 'off';
        INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, source_record_id, import_batch_id)
        SELECT '04.04.01.84.' || lpad(n::TEXT, 5, '0') || '.001', 'Company ' || n, 'https://c' || n || '.example', 'test', 'made ' || n, 'b' || n % 2
        FROM generate_series(1, COMPANIES) n;
        INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label)
        SELECT '04.04.05.8' || j || substr(company_unique_id, 12), company_unique_id, 'executive', (ARRAY['CEO', 'CFO', 'HR Director'])[j]
        FROM marketing.company_master, generate_series(1, 3) j;
        INSERT INTO marketing.contact_enrichment (id, company_slot_unique_id, company_name, full_name, title, email, enrichment_status,
            enrichment_source, enrichment_data, email_status, created_at)
        SELECT 50000 - n, slot, company, CASE WHEN n % 5 > 1 THEN 'Ada ' || n END, 'Chief', CASE WHEN n % 5 > 2 THEN 'ada' || n || '@c.example' END,
               (ARRAY['failed', 'processing', 'completed', 'completed', 'completed'])[n % 5 + 1], 'sandbox',
               CASE WHEN n % 10 = 0 THEN '{\"reason\": \"not_found\"}'::JSONB WHEN n % 10 = 5 THEN '{\"reason\": \"provider_error\"}' END,
               CASE WHEN n % 5 > 2 THEN (ARRAY['valid', 'invalid', 'risky', 'unknown', NULL, 'checked elsewhere'])[n / 5 % 6 + 1] END,
               TIMESTAMPTZ '2026-11-01 00:00:00.000001Z' + n / 7 * INTERVAL '1 second'
        FROM (SELECT row_number() OVER (ORDER BY s.id)::INT AS n, s.company_slot_unique_id AS slot, m.company_name AS company
              FROM marketing.company_slots s JOIN marketing.company_master m USING (company_unique_id)) AS numbered;
        ANALYZE marketing.contact_enrichment";
    sqlx::raw_sql(AssertSqlSafe(
        sql.replace("COMPANIES", &companies.to_string()),
    ))
    .execute(pool)
    .await
    .unwrap();
}

/// What a plain statement finds, in the order of the list.
async fn expected(pool: &PgPool, condition: &str) -> Vec<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT c.id::BIGINT FROM marketing.contact_enrichment c
         JOIN marketing.company_slots s USING (company_slot_unique_id) JOIN marketing.company_master m USING (company_unique_id)
         WHERE {condition} ORDER BY c.created_at DESC, c.id DESC"
    )))
    .fetch_all(pool)
    .await
    .unwrap()
}

/// All pages of a list, one after the other; each counts the same.
async fn listed(engine: &Engine, filter: &ContactFilter, counted: (i64, bool)) -> Vec<ContactRow> {
    let mut filter = filter.clone();
    let mut all: Vec<ContactRow> = Vec::new();
    let mut seen = BTreeSet::new();
    loop {
        let page = engine.contacts(&filter).await.unwrap();
        assert_eq!((page.count.n, page.count.capped), counted, "{filter:?}");
        for row in &page.rows {
            assert!(seen.insert(row.id), "{} stands twice: {filter:?}", row.id);
        }
        let size = page.rows.len();
        all.extend(page.rows);
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            return all;
        }
        assert_eq!(size, 50, "{filter:?}");
    }
}

fn any() -> ContactFilter {
    ContactFilter::default()
}

fn of_email(state: EmailState) -> ContactFilter {
    ContactFilter {
        email: Some(state),
        ..any()
    }
}

fn of_status(status: EnrichmentStatus) -> ContactFilter {
    ContactFilter {
        status: Some(status),
        ..any()
    }
}

fn searching(text: &str) -> ContactFilter {
    ContactFilter {
        search: Some(text.into()),
        ..any()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn each_filter_finds_what_a_plain_statement_finds(pool: PgPool) {
    make(&pool, 100).await;
    let engine = engine(&pool);
    let company = "04.04.01.84.00042.001";
    let in_batch = ContactFilter {
        batch: Some("b1".into()),
        ..any()
    };
    let table = [
        (any(), "TRUE"),
        (of_email(EmailState::Valid), "c.email_status = 'valid'"),
        (of_email(EmailState::Invalid), "c.email_status = 'invalid'"),
        (of_email(EmailState::Risky), "c.email_status = 'risky'"),
        (of_email(EmailState::Unknown), "c.email_status = 'unknown'"),
        (
            of_email(EmailState::Pending),
            "c.email IS NOT NULL AND (c.email_status IS NULL OR c.email_status = 'checked elsewhere')",
        ),
        (of_email(EmailState::None), "c.email IS NULL"),
        (
            of_status(EnrichmentStatus::Processing),
            "c.enrichment_status = 'processing'",
        ),
        (
            of_status(EnrichmentStatus::Completed),
            "c.enrichment_status = 'completed'",
        ),
        (
            of_status(EnrichmentStatus::Failed),
            "c.enrichment_status = 'failed'",
        ),
        (of_status(EnrichmentStatus::Pending), "FALSE"),
        (
            ContactFilter {
                role: Some("HR Director".into()),
                ..any()
            },
            "s.slot_label = 'HR Director'",
        ),
        (in_batch.clone(), "m.import_batch_id = 'b1'"),
        (
            ContactFilter {
                company: Some(company.into()),
                ..any()
            },
            "m.company_unique_id = '04.04.01.84.00042.001'",
        ),
        (
            ContactFilter {
                company: Some(company.into()),
                ..in_batch.clone()
            },
            "FALSE",
        ),
        (searching(" aDa 1"), "c.full_name LIKE 'Ada 1%'"),
        (searching("3@C."), "c.email LIKE '%3@c.%'"),
        (searching("company 7"), "m.company_name LIKE 'Company 7%'"),
        (searching("_da%"), "FALSE"),
        (
            ContactFilter {
                email: Some(EmailState::Valid),
                role: Some("CEO".into()),
                status: Some(EnrichmentStatus::Completed),
                search: Some("company".into()),
                ..in_batch
            },
            "c.email_status = 'valid' AND s.slot_label = 'CEO' AND c.enrichment_status = 'completed' AND m.import_batch_id = 'b1'",
        ),
    ];
    for (filter, condition) in table {
        let expected = expected(&pool, condition).await;
        let rows = listed(&engine, &filter, (expected.len() as i64, false)).await;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids, expected, "{condition}");
        if let Some(state) = filter.email {
            assert!(rows.iter().all(|row| row.email_state == state), "{state:?}");
        }
    }
    for cursor in ["x", "yesterday~1", "99"] {
        let mistyped = ContactFilter {
            cursor: Some(cursor.into()),
            ..any()
        };
        let refused = engine.contacts(&mistyped).await;
        assert!(
            matches!(refused, Err(EngineError::Invalid(_))),
            "{cursor}: {refused:?}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_leave_nothing_out_and_counts_say_where_they_stopped(pool: PgPool) {
    make(&pool, 3_340).await;
    let engine = engine(&pool);
    let ceo = ContactFilter {
        role: Some("CEO".into()),
        ..any()
    };
    let batch = ContactFilter {
        batch: Some("b0".into()),
        ..any()
    };
    for (filter, rows, counted) in [
        (any(), 10_020, (10_000, true)),
        (
            of_status(EnrichmentStatus::Completed),
            6_012,
            (6_012, false),
        ),
        (ceo, 3_340, (1_000, true)),
        (batch, 5_010, (5_010, false)),
    ] {
        let all = listed(&engine, &filter, counted).await;
        assert_eq!(all.len(), rows, "{filter:?}");
        let in_order = all.is_sorted_by(|a, b| (a.created_at, a.id) > (b.created_at, b.id));
        assert!(in_order, "{filter:?}");

        // An export is the same list in larger pieces.
        let mut filter = filter;
        let mut exported = Vec::new();
        loop {
            let (piece, next) = engine.contacts_piece(&filter).await.unwrap();
            assert!(piece.len() == 1_000 || next.is_none());
            exported.extend(piece);
            filter.cursor = next;
            if filter.cursor.is_none() {
                break;
            }
        }
        assert_eq!(exported, all, "{filter:?}");
    }
}

/// The list's own words for the state of an address are those of the index, or this would read the table.
#[sqlx::test(migrations = "../migrations")]
async fn time_states_and_statuses_are_led_by_an_index(pool: PgPool) {
    make(&pool, 3_340).await;
    // One connection, so that its counts of what it read can be asked for.
    let single = PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    let engine = Engine::with_pool(single.clone(), config(""));
    let rare = "UPDATE marketing.contact_enrichment SET email_status = 'risky' WHERE id = 45000";
    for sql in [
        "UPDATE marketing.contact_enrichment SET email_status = 'valid'",
        rare,
        "UPDATE marketing.contact_enrichment SET enrichment_status = 'completed' WHERE enrichment_status <> 'completed'",
        "UPDATE marketing.contact_enrichment SET enrichment_status = 'processing' WHERE id = 45000",
        "ANALYZE marketing.contact_enrichment",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    for (filter, index) in [
        (any(), "contact_enrichment_created"),
        (
            of_email(EmailState::Risky),
            "contact_enrichment_email_state",
        ),
        (
            of_status(EnrichmentStatus::Processing),
            "idx_enrichment_status",
        ),
    ] {
        let before = scans(&single, index).await;
        assert!(!engine.contacts(&filter).await.unwrap().rows.is_empty());
        assert!(scans(&single, index).await > before, "{index}");
    }
    single.close().await;
}

async fn scans(single: &PgPool, index: &str) -> i64 {
    // Counts reach the shared memory when a transaction ends, but at most once a second unless told so.
    for sql in [
        "SELECT pg_stat_force_next_flush()",
        "SELECT pg_stat_clear_snapshot()",
    ] {
        sqlx::query(sql).execute(single).await.unwrap();
    }
    sqlx::query_scalar("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1")
        .bind(index)
        .fetch_one(single)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_newest_verdict_and_the_person_stand_in_the_row(pool: PgPool) {
    make(&pool, 1).await;
    let engine = engine(&pool);
    let one = |rows: Vec<ContactRow>, id| rows.into_iter().find(|row| row.id == id).unwrap();
    let verdict = async |status: &str| {
        sqlx::query(
            "INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service, verified_at)
             VALUES (49997, 'ada3@c.example', $1, 'service of ' || $1, CASE WHEN $1 <> 'pending' THEN now() END)",
        )
        .bind(status)
        .execute(&pool)
        .await
        .unwrap();
    };
    for status in ["valid", "invalid", "pending"] {
        verdict(status).await;
    }
    sqlx::query(
        "INSERT INTO marketing.people_master (unique_id, company_unique_id, company_slot_unique_id, first_name, last_name, source_system)
         SELECT '04.04.02.83.00001.001', s.company_unique_id, s.company_slot_unique_id, 'Ada', '3', 'test'
         FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id) WHERE c.id = 49997",
    )
    .execute(&pool)
    .await
    .unwrap();
    let rows = listed(&engine, &any(), (3, false)).await;
    let ada = one(rows.clone(), 49_997);
    assert_eq!(
        (ada.email_state, ada.verification_service.as_deref()),
        (EmailState::Invalid, Some("service of invalid"))
    );
    assert!(ada.verified_at.is_some());
    assert_eq!(ada.person_id.as_deref(), Some("04.04.02.83.00001.001"));
    assert_eq!(
        (
            ada.who().as_str(),
            ada.role.as_deref(),
            ada.batch_id.as_deref()
        ),
        ("Ada 3", Some("HR Director"), Some("b1"))
    );
    assert_eq!(ada.company_id.as_deref(), Some("04.04.01.84.00001.001"));
    assert_eq!(ada.company_name.as_deref(), Some("Company 1"));
    let nobody = one(rows, 49_999);
    assert_eq!(nobody.who(), "is being looked for");
    assert_eq!((nobody.verified_at, nobody.person_id), (None, None));
}

/// The figure of the overview is a link here, so it must be the same number.
#[sqlx::test(migrations = "../migrations")]
async fn people_of_the_strip_are_the_contacts_behind_it(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 40).await;
    let worker = Process::start(&engine, answers(0.4, 0.0)).await;
    drain(&pool).await;
    worker.stop().await;
    let people = engine.overview().await.unwrap().strip[4].done;
    let page = engine
        .contacts(&of_status(EnrichmentStatus::Completed))
        .await
        .unwrap();
    assert_eq!((page.count.n, page.count.capped), (people, false));
    assert!(page.rows.iter().all(|row| row.full_name.is_some()));
    let missed = engine
        .contacts(&of_status(EnrichmentStatus::Failed))
        .await
        .unwrap();
    assert_eq!(missed.count.n, 120 - people);
    for row in &missed.rows {
        assert_eq!(row.who(), "nobody found: the provider knows nobody");
    }
    // The list of companies counts valid addresses by the same word.
    let valid = engine.contacts(&of_email(EmailState::Valid)).await.unwrap();
    let companies = engine.companies(&Default::default()).await.unwrap();
    let counted: i64 = companies.rows.iter().map(|row| row.valid_emails).sum();
    assert_eq!(valid.count.n, counted);
}
