//! Writes and the events they make.

use sqlx::{Connection, PgConnection, PgPool, Row, postgres::PgListener};

use super::{
    column, event_types, insert_contact, insert_test_company, run,
    support::{count, drain, engine, worker},
};

#[sqlx::test(migrations = "../migrations")]
async fn line_1_triggers_are_listed(pool: PgPool) {
    let names = column(
        &pool,
        "SELECT trigger_name::TEXT FROM information_schema.triggers WHERE trigger_schema IN ('marketing', 'intake')
         AND trigger_name LIKE '%_event' AND trigger_name LIKE 'trigger_%event'",
    )
    .await;
    assert!(names.len() >= 6, "{names:?}");
    for name in [
        "trigger_company_raw_intake_event",
        "trigger_company_master_event",
        "trigger_company_slots_event",
        "trigger_people_raw_intake_event",
        "trigger_contact_enrichment_event",
        "trigger_email_verification_event",
    ] {
        assert!(names.iter().any(|listed| listed == name), "{name}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_4_12_validating_a_row_makes_its_events(pool: PgPool) {
    let id = insert_test_company(&pool).await;
    sqlx::query("UPDATE intake.company_raw_intake SET validated = TRUE, validated_at = NOW(), validated_by = 'webhook-validator', validation_notes = 'Valid' WHERE id = $1")
        .bind(id).execute(&pool).await.unwrap();
    assert_eq!(
        event_types(&pool).await,
        ["company_created", "company_validated"]
    );
    let newest: String = sqlx::query_scalar(
        "SELECT event_type FROM marketing.pipeline_events ORDER BY created_at DESC LIMIT 5",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(newest, "company_validated");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_row_that_arrives_validated_is_announced_once(pool: PgPool) {
    run(&pool, "INSERT INTO company_raw_intake (company, website, validated, validated_by) VALUES ('V', 'https://v.example', TRUE, 'n8n')").await;
    run(&pool, "INSERT INTO company_raw_intake (company, website, validated) VALUES ('R', 'https://r.example', FALSE)").await;
    run(
        &pool,
        "UPDATE company_raw_intake SET validated = TRUE WHERE company = 'V'",
    )
    .await;
    assert_eq!(
        event_types(&pool).await,
        ["company_created", "company_validated", "company_created"]
    );
    let by: String = sqlx::query_scalar("SELECT payload ->> 'validated_by' FROM pipeline_events WHERE event_type = 'company_validated'")
        .fetch_one(&pool).await.unwrap();
    assert_eq!(by, "n8n");
}

/// What n8n or a person decided stands, even where our rule says otherwise; what we decided may change with the row.
#[sqlx::test(migrations = "../migrations")]
async fn validation_leaves_the_decisions_of_others_alone(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO company_raw_intake (company, website, validated, validated_by, validation_notes) VALUES
            ('Refused', 'https://refused.example', FALSE, 'ada', 'A competitor'),
            ('Accepted', NULL, NULL, NULL, NULL),
            ('Ours', 'https://ours.example', FALSE, 'command-center', 'Missing website'),
            ('By psql', 'https://psql.example', FALSE, NULL, NULL)",
    )
    .await;
    run(&pool, "UPDATE company_raw_intake SET validated = TRUE, validated_by = 'n8n-auto-validator', website = 'https://a.example' WHERE company = 'Accepted'").await;
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
    let rows = column(
        &pool,
        "SELECT concat_ws(' ', company, validated, validated_by, validation_notes) FROM intake.company_raw_intake ORDER BY id",
    )
    .await;
    assert_eq!(
        rows,
        [
            "Refused f ada A competitor",
            "Accepted t n8n-auto-validator",
            "Ours t command-center Passed validation",
            "By psql f",
        ]
    );
    let note: String = sqlx::query_scalar(
        "SELECT error_message FROM pipeline_events WHERE event_type = 'company_created' AND payload ->> 'company' = 'Refused'",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(note, "ada decided already: not valid");
    assert_eq!(
        column(
            &pool,
            "SELECT company_name FROM company_master ORDER BY company_name"
        )
        .await,
        ["Accepted", "Ours"]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_11_13_an_insert_notifies_a_listening_session(pool: PgPool) {
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("pipeline_event").await.unwrap();
    let id = insert_test_company(&pool).await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(1), listener.recv())
        .await
        .unwrap()
        .unwrap();
    let body: serde_json::Value = serde_json::from_str(heard.payload()).unwrap();
    assert_eq!(
        (
            &body["event_type"],
            &body["payload"]["record_id"],
            &body["payload"]["id"],
            &body["payload"]["company"],
            &body["table"]
        ),
        (
            &"company_created".into(),
            &id.into(),
            &id.into(),
            &"Test Company".into(),
            &"intake.company_raw_intake".into()
        )
    );
    assert!(body["event_id"].is_i64() && body["timestamp"].is_string());
}

/// The same record from its insert to its promotion, with the application running.
#[sqlx::test(migrations = "../migrations")]
async fn line_14_the_events_of_a_record_are_created_validated_and_processed(pool: PgPool) {
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    let id = insert_test_company(&pool).await;
    drain(&pool).await;
    worker.stop().await;
    let events: Vec<(String, String)> = sqlx::query_as(
        "SELECT event_type, status FROM marketing.pipeline_events WHERE payload->>'record_id' = $1::TEXT AND source_table LIKE 'intake.%'
         ORDER BY created_at",
    )
    .bind(id.to_string()).fetch_all(&pool).await.unwrap();
    let expected =
        ["company_created", "company_validated"].map(|name| (name.to_owned(), "processed".into()));
    assert_eq!(events, expected);
    assert_eq!(count(&pool, "SELECT count(*) FROM marketing.pipeline_events WHERE processed_at IS NULL OR processed_at < created_at").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn line_34_the_trigger_test_shows_one_created_and_one_updated(pool: PgPool) {
    for _ in 0..2 {
        run(
            &pool,
            "DELETE FROM marketing.pipeline_events WHERE payload->>'company' = 'Trigger Test Co'",
        )
        .await;
        run(
            &pool,
            "DELETE FROM intake.company_raw_intake WHERE company = 'Trigger Test Co'",
        )
        .await;
        run(&pool, "INSERT INTO intake.company_raw_intake(company, website, import_batch_id) VALUES ('Trigger Test Co', 'https://trigger-test.com', 'TEST-01')").await;
        run(&pool, "UPDATE intake.company_raw_intake SET website = 'https://trigger-test-updated.com' WHERE company = 'Trigger Test Co'").await;
        let shown: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT event_type, payload->>'company' as company, payload->>'website' as website, status
             FROM marketing.pipeline_events WHERE payload->>'company' = 'Trigger Test Co' ORDER BY id",
        )
        .fetch_all(&pool).await.unwrap();
        let expected = [
            ("company_created", "https://trigger-test.com"),
            ("company_updated", "https://trigger-test-updated.com"),
        ]
        .map(|(event, website)| {
            (
                event.to_owned(),
                "Trigger Test Co".to_owned(),
                website.to_owned(),
                "pending".to_owned(),
            )
        });
        assert_eq!(shown, expected);
        let summary: Vec<(String, i64)> = sqlx::query_as(
            "SELECT event_type, COUNT(*) as count FROM marketing.pipeline_events
             WHERE payload->>'company' = 'Trigger Test Co' GROUP BY event_type ORDER BY event_type",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(
            summary,
            [
                ("company_created".to_owned(), 1),
                ("company_updated".to_owned(), 1)
            ]
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_update_that_changes_nothing_makes_nothing(pool: PgPool) {
    insert_test_company(&pool).await;
    insert_contact(&pool).await;
    run(&pool, super::VERIFICATION).await;
    run(&pool, "INSERT INTO people_raw_intake (unique_id, company_unique_id, company_slot_unique_id, first_name, last_name)
        VALUES ('04.04.02.84.00001.001', '04.04.01.84.00001.001', '04.04.01.84.00001.001', 'Ada', 'Test')").await;
    let before = event_types(&pool).await;
    for sql in [
        "UPDATE company_raw_intake SET company = company, validated = validated",
        "UPDATE company_master SET company_name = company_name",
        "UPDATE company_slots SET slot_label = slot_label",
        "UPDATE people_raw_intake SET title = title",
        "UPDATE contact_enrichment SET enrichment_status = enrichment_status",
        "UPDATE email_verification SET verification_status = verification_status",
        "UPDATE company_raw_intake SET company = 'X' WHERE FALSE",
    ] {
        run(&pool, sql).await;
        assert_eq!(event_types(&pool).await, before, "{sql}");
    }
    for (sql, event) in [
        (
            "UPDATE company_slots SET slot_label = 'CTO'",
            "slot_updated",
        ),
        (
            "UPDATE people_raw_intake SET title = 'CTO'",
            "contact_updated",
        ),
        (
            "UPDATE company_master SET industry = 'Tea'",
            "company_master_updated",
        ),
    ] {
        run(&pool, sql).await;
        assert_eq!(
            event_types(&pool).await.last().map(String::as_str),
            Some(event),
            "{sql}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn ten_thousand_rows_in_one_insert_are_ten_thousand_events_of_one_trigger_call(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap().detach();
    sqlx::query("SET track_functions = 'all'")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("INSERT INTO intake.company_raw_intake (company, website) SELECT 'C' || n, 'https://c' || n || '.example' FROM generate_series(1, 10000) n")
        .execute(&mut *transaction).await.unwrap();
    assert_eq!(
        calls(&mut transaction, "on_company_raw_intake_insert").await,
        1
    );
    // What completes hand-made rows is not asked for the pipeline's own.
    assert_eq!(calls(&mut transaction, "complete_event").await, 0);
    sqlx::query("UPDATE intake.company_raw_intake SET validated = TRUE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(
        calls(&mut transaction, "on_company_raw_intake_update").await,
        1
    );
    transaction.commit().await.unwrap();
    for event in ["company_created", "company_validated"] {
        let (events, records): (i64, i64) = sqlx::query_as(
            "SELECT count(*), count(DISTINCT payload->>'record_id') FROM marketing.pipeline_events WHERE event_type = $1",
        )
        .bind(event).fetch_one(&pool).await.unwrap();
        assert_eq!((events, records), (10_000, 10_000), "{event}");
        let shown: i64 = sqlx::query_scalar(
            "SELECT pending_count FROM v_event_queue_status WHERE event_type = $1",
        )
        .bind(event)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(shown, 10_000, "{event}");
    }
}

async fn calls(connection: &mut PgConnection, function: &str) -> i64 {
    sqlx::query("SELECT coalesce(sum(calls), 0)::BIGINT AS calls FROM pg_stat_xact_user_functions WHERE funcname = $1")
        .bind(function)
        .fetch_one(connection)
        .await
        .unwrap()
        .get("calls")
}

#[sqlx::test(migrations = "../migrations")]
async fn a_payload_too_long_to_notify_does_not_abort_the_writer(pool: PgPool) {
    sqlx::query("INSERT INTO company_raw_intake (company, website) VALUES (repeat('x', 100000), 'https://x.example')").execute(&pool).await.unwrap();
    assert_eq!(
        count(
            &pool,
            "SELECT length(payload->>'company')::BIGINT FROM pipeline_events"
        )
        .await,
        100_000
    );
}
