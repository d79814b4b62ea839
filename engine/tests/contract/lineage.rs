//! From any row of the pipeline back to the file and line it came from, and forward to everything made of it.

use sqlx::{PgPool, Row};

use super::{
    CONTACT, SLOT, column, event_types, run,
    support::{answers, count, drain, engine, wait_for, worker},
};

const IMPORT: &str = "INSERT INTO intake.import_batches (import_batch_id, file_name, file_sha256, importer, status)
    VALUES ('20261102-WV-1', 'companies.csv', 'abc', 'ada', 'completed');
    INSERT INTO intake.company_raw_intake (company, website, import_batch_id, import_line) VALUES
        ('Acme', 'https://acme.example', '20261102-WV-1', 2), ('Bolt', 'https://bolt.example', '20261102-WV-1', 3)";

#[sqlx::test(migrations = "../migrations")]
async fn a_verification_is_walked_back_to_its_file_and_line_and_forward_again(pool: PgPool) {
    let engine = engine(&pool);
    run(&pool, IMPORT).await;
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
    let back = sqlx::query(
        "SELECT v.id, i.id AS intake, i.correlation_id, b.file_name, b.file_sha256, b.importer, i.import_line, m.correlation_id = i.correlation_id AS same
         FROM marketing.email_verification v
         JOIN marketing.contact_enrichment c ON c.id = v.enrichment_id
         JOIN marketing.company_slots s USING (company_slot_unique_id)
         JOIN marketing.company_master m USING (company_unique_id)
         JOIN intake.company_raw_intake i ON i.id::TEXT = m.source_record_id
         JOIN intake.import_batches b ON b.import_batch_id = i.import_batch_id
         WHERE i.company = 'Bolt' ORDER BY v.id LIMIT 1",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(
        (
            back.get::<&str, _>("file_name"),
            back.get::<&str, _>("file_sha256"),
            back.get::<&str, _>("importer"),
            back.get::<i64, _>("import_line"),
            back.get::<bool, _>("same"),
        ),
        ("companies.csv", "abc", "ada", 3, true)
    );
    let correlation: uuid::Uuid = back.get("correlation_id");
    // The same by the events alone.
    let intake: String = sqlx::query_scalar(
        "SELECT first.payload ->> 'record_id' FROM marketing.pipeline_events last
         JOIN marketing.pipeline_events first USING (correlation_id)
         WHERE last.source_table = 'marketing.email_verification' AND last.payload ->> 'record_id' = $1::TEXT AND first.event_type = 'company_created'",
    )
    .bind(back.get::<i32, _>("id").to_string()).fetch_one(&pool).await.unwrap();
    assert_eq!(intake, back.get::<i64, _>("intake").to_string());
    // Forward: all events of the company, and all runs of these events.
    let events: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT event_type FROM marketing.pipeline_events WHERE correlation_id = $1 ORDER BY 1",
    )
    .bind(correlation).fetch_all(&pool).await.unwrap();
    for expected in [
        "company_created",
        "company_promoted",
        "company_validated",
        "contact_enriched",
        "email_verified",
        "slots_created",
    ] {
        assert!(events.iter().any(|event| event == expected), "{events:?}");
    }
    let workflows: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT r.workflow_name FROM marketing.pipeline_events e JOIN marketing.workflow_stats r ON r.event_id = e.id
         WHERE e.correlation_id = $1 AND r.correlation_id = $1 ORDER BY 1",
    )
    .bind(correlation).fetch_all(&pool).await.unwrap();
    assert_eq!(workflows.len(), 5, "{workflows:?}");
    for sql in [
        "SELECT count(*) FROM marketing.pipeline_events WHERE correlation_id IS NULL OR batch_id IS DISTINCT FROM '20261102-WV-1'",
        "SELECT count(*) FROM marketing.workflow_stats WHERE correlation_id IS NULL OR event_id IS NULL OR batch_id IS NULL",
        "SELECT abs(2 - count(DISTINCT correlation_id)) FROM marketing.pipeline_events",
        "SELECT count(*) FROM marketing.people_master p LEFT JOIN marketing.company_master m USING (company_unique_id) WHERE m.source_record_id IS NULL",
    ] {
        assert_eq!(count(&pool, sql).await, 0, "{sql}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_of_every_kind_show_on_the_timeline_of_their_company(pool: PgPool) {
    let engine = engine(&pool);
    run(&pool, IMPORT).await;
    run(&pool, "DELETE FROM intake.company_raw_intake WHERE company = 'Bolt'; DELETE FROM pipeline_events WHERE payload ->> 'company' = 'Bolt'").await;
    let worker = engine::queue::Worker::start(engine.clone(), answers(0.0, 1.0))
        .await
        .unwrap();
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.company_slots s JOIN marketing.pipeline_events e ON e.payload ->> 'slot_id' = s.company_slot_unique_id",
        3,
    )
    .await;
    worker.stop().await;
    // By hand: without an event, by intake id and by Barton ID, and by someone else's statistics.
    run(&pool, "SELECT marketing.log_pipeline_error('company_promoted', '04.04.01.84.00001.001', 'logged by hand')").await;
    run(&pool, "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, created_at) VALUES ('company_created', '1', 'inserted by hand', NOW())").await;
    run(&pool, "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message) VALUES ('test', '999', 'about nothing we know')").await;
    run(&pool, "INSERT INTO marketing.workflow_stats (workflow_name, status, record_id) VALUES ('WF_Validate_Company', 'ok', '1'), ('Test_Workflow', 'ok', '999'), ('x', 'ok', NULL)").await;
    assert_eq!(count(&pool, "SELECT count(*) FROM workflow_stats r JOIN company_raw_intake i USING (correlation_id) WHERE r.event_id IS NULL").await, 1);
    let detail = engine.company("04.04.01.84.00001.001").await.unwrap();
    let titles: Vec<&str> = detail
        .timeline
        .iter()
        .map(|entry| entry.title.as_str())
        .collect();
    for expected in ["logged by hand", "inserted by hand", "company_created"] {
        assert!(titles.contains(&expected), "{titles:?}");
    }
    assert!(!titles.contains(&"about nothing we know"), "{titles:?}");
}

/// n8n promotes with the columns of its guide, which do not name the intake row.
#[sqlx::test(migrations = "../migrations")]
async fn a_company_that_a_workflow_promoted_belongs_to_its_intake_row(pool: PgPool) {
    run(&pool, IMPORT).await;
    let promote = |id: &str, company: &str, batch: &str| {
        format!("INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, import_batch_id, source_system, promoted_from_intake_at, created_at)
            VALUES ('{id}', '{company}', 'https://www.{company}.example/', '{batch}', 'webhook-promotion', NOW(), NOW()) ON CONFLICT (company_unique_id) DO NOTHING")
    };
    for (id, company, batch) in [
        ("04.04.01.84.00001.001", "acme", "20261102-WV-1"),
        ("04.04.01.84.00500.001", "acme", "20261102-WV-1"),
        ("04.04.01.84.00600.001", "acme", "another batch"),
        ("04.04.01.84.00002.001", "bolt", "20261102-WV-1"),
    ] {
        run(&pool, &promote(id, company, batch)).await;
        run(&pool, &promote(id, company, batch)).await;
    }
    assert_eq!(
        column(
            &pool,
            "SELECT concat_ws(' ', m.company_unique_id, m.source_record_id, i.company) FROM company_master m
             LEFT JOIN company_raw_intake i USING (correlation_id) ORDER BY m.id"
        )
        .await,
        [
            "04.04.01.84.00001.001 1 Acme",
            "04.04.01.84.00500.001 Acme",
            "04.04.01.84.00600.001",
            "04.04.01.84.00002.001 2 Bolt",
        ]
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pipeline_events WHERE correlation_id IS NULL"
        )
        .await,
        0
    );
    // Our promotion finds the work done.
    run(
        &pool,
        "UPDATE company_raw_intake SET validated = TRUE, validated_by = 'n8n'",
    )
    .await;
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
    assert_eq!(count(&pool, "SELECT count(*) FROM company_master").await, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn events_made_by_hand_join_the_company_they_speak_of(pool: PgPool) {
    run(&pool, IMPORT).await;
    run(
        &pool,
        &super::MASTER
            .replace("test.example", "acme.example")
            .replace("TEST-001", "20261102-WV-1"),
    )
    .await;
    run(&pool, SLOT).await;
    run(&pool, CONTACT).await;
    run(&pool, super::VERIFICATION).await;
    let before = event_types(&pool).await.len();
    for payload in [
        ("company_created", r#"{"record_id": 1}"#),
        ("company_created", r#"{"record_id": "1", "batch_id": "B"}"#),
        (
            "company_promoted",
            r#"{"record_id": "04.04.01.84.00001.001"}"#,
        ),
        ("slots_created", r#"{"slot_id": "04.04.01.84.00001.001"}"#),
        ("contact_enriched", r#"{"record_id": 1}"#),
        ("email_verified", r#"{"record_id": 1, "id": 7}"#),
        (
            "anything",
            r#"{"company_unique_id": "04.04.01.84.00001.001"}"#,
        ),
    ] {
        run(&pool, &format!("INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('{}', '{}'::jsonb, 'pending')", payload.0, payload.1)).await;
    }
    run(&pool, "SELECT marketing.notify_pipeline_event('intake.company_raw_intake', 'company_updated', '{\"record_id\": 1, \"import_batch_id\": \"B\"}')").await;
    run(&pool, "UPDATE company_slots SET slot_label = 'CFO'").await;
    let made: Vec<(String, bool, Option<String>)> = sqlx::query_as(
        "SELECT e.event_type, e.correlation_id = i.correlation_id, e.batch_id FROM pipeline_events e, company_raw_intake i
         WHERE i.company = 'Acme' ORDER BY e.id OFFSET 6",
    )
    .fetch_all(&pool).await.unwrap();
    assert_eq!(before, 6);
    assert_eq!(made.len(), 9);
    for (event, same, _) in &made {
        assert!(same, "{event}");
    }
    assert_eq!(
        (made[1].2.as_deref(), made[7].2.as_deref()),
        (Some("B"), Some("B"))
    );
    // What nobody knows begins a line of its own.
    for payload in ["{}", "[]", "3", r#"{"record_id": "x"}"#] {
        run(&pool, &format!("INSERT INTO pipeline_events (event_type, payload) VALUES ('company_created', '{payload}')")).await;
    }
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pipeline_events WHERE correlation_id IS NULL"
        )
        .await,
        0
    );
}
