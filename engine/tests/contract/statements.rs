//! The SQL contract: what people are told to type into psql, with no application running.
//!
//! One test for each line of the checklist that concerns these objects; the number is the line's.

use sqlx::{PgPool, Row, postgres::PgListener};
use crate::support::count;

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql)
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

async fn insert_test_company(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         VALUES ('Test Company', 'https://test.example', 'TEST-001') RETURNING id",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

const MASTER: &str = "INSERT INTO marketing.company_master
    (company_unique_id, company_name, website_url, import_batch_id, source_system, promoted_from_intake_at, created_at)
    VALUES ('04.04.01.84.00001.001', 'Test', 'https://test.example', 'B', 'webhook-promotion', NOW(), NOW())
    ON CONFLICT (company_unique_id) DO NOTHING";
const SLOT: &str = "INSERT INTO marketing.company_slots
    (company_slot_unique_id, company_unique_id, slot_type, slot_label, created_at)
    VALUES ('04.04.01.84.00001.001', '04.04.01.84.00001.001', 'executive', 'CEO', NOW())
    ON CONFLICT (company_slot_unique_id) DO NOTHING";
const CONTACT: &str = "INSERT INTO marketing.contact_enrichment
    (company_slot_unique_id, linkedin_url, full_name, email, phone, enrichment_status, enrichment_source, enrichment_data, created_at)
    VALUES ('04.04.01.84.00001.001', 'https://l.example', 'Ada Test', 'ada@test.example', NULL, 'completed', 'apify', '{}', NOW())
    ON CONFLICT (company_slot_unique_id) DO UPDATE SET enrichment_status = EXCLUDED.enrichment_status, enriched_at = NOW()";

async fn insert_contact(pool: &PgPool) {
    run(pool, MASTER).await;
    run(pool, SLOT).await;
    run(pool, CONTACT).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn line_1_triggers_are_listed(pool: PgPool) {
    let n = count(
        &pool,
        "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema IN ('marketing', 'intake')
         AND trigger_name LIKE '%_event' AND trigger_name LIKE 'trigger_%event'",
    )
    .await;
    assert!(n >= 6, "{n}");
    for name in [
        "trigger_company_raw_intake_event",
        "trigger_company_master_event",
        "trigger_company_slots_event",
        "trigger_people_raw_intake_event",
        "trigger_contact_enrichment_event",
        "trigger_email_verification_event",
    ] {
        let there: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM information_schema.triggers WHERE trigger_name = $1)",
        )
        .bind(name)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert!(there, "{name}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_2_3_tables_and_error_views_answer_also_unqualified(pool: PgPool) {
    for sql in [
        "SELECT * FROM marketing.pipeline_events LIMIT 5",
        "SELECT * FROM marketing.pipeline_errors LIMIT 5",
        "SELECT * FROM marketing.vw_unresolved_errors",
        "SELECT * FROM marketing.vw_error_rate_24h",
        "SELECT * FROM vw_unresolved_errors",
        "SELECT * FROM vw_error_rate_24h",
    ] {
        run(&pool, sql).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_4_12_14_validating_a_row_makes_its_events(pool: PgPool) {
    let id = insert_test_company(&pool).await;
    sqlx::query("UPDATE intake.company_raw_intake SET validated = TRUE, validated_at = NOW(), validated_by = 'webhook-validator', validation_notes = 'Valid' WHERE id = $1")
        .bind(id).execute(&pool).await.unwrap();
    let types: Vec<String> = sqlx::query_scalar(
        "SELECT event_type FROM marketing.pipeline_events WHERE payload->>'record_id' = $1::TEXT ORDER BY created_at, id",
    )
    .bind(id.to_string()).fetch_all(&pool).await.unwrap();
    assert_eq!(types, ["company_created", "company_validated"]);
    // The same change again changes nothing and makes nothing.
    sqlx::query("UPDATE intake.company_raw_intake SET validated = TRUE WHERE id = $1")
        .bind(id)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await,
        2
    );
    run(
        &pool,
        "SELECT * FROM marketing.pipeline_events ORDER BY created_at DESC LIMIT 5",
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn line_5_events_are_marked_by_number(pool: PgPool) {
    insert_test_company(&pool).await;
    run(&pool, "SELECT marketing.mark_event_processed(1)").await;
    assert_eq!(count(&pool, "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'processed' AND processed_at IS NOT NULL").await, 1);
    run(&pool, "SELECT marketing.mark_event_failed(1, 'broken')").await;
    assert_eq!(count(&pool, "SELECT retry_count::BIGINT FROM marketing.pipeline_events WHERE status = 'failed' AND error_message = 'broken'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn line_6_errors_are_logged_with_quoted_and_bare_records(pool: PgPool) {
    let id = insert_test_company(&pool).await;
    run(&pool, "SELECT marketing.log_pipeline_error('company_created', '1', 'Test error', '{\"a\": 1}'::jsonb)").await;
    assert_eq!(id, 1);
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'"
        )
        .await,
        1
    );
    assert_eq!(count(&pool, "SELECT event_id FROM marketing.pipeline_errors WHERE record_id = '1' AND severity = 'error'").await, 1);
    run(&pool, "SELECT marketing.log_pipeline_error('company_promoted', '04.04.01.84.00001.001', 'x', NULL, 'critical')").await;
    run(
        &pool,
        "SELECT marketing.log_pipeline_error('company_created', 42, 'bare number')",
    )
    .await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_errors WHERE record_id = '42'"
        )
        .await,
        1
    );
    run(
        &pool,
        "SELECT marketing.resolve_pipeline_error(1, 'ada@example.com', 'fixed')",
    )
    .await;
    assert_eq!(count(&pool, "SELECT count(*) FROM marketing.pipeline_errors WHERE resolved AND resolved_by = 'ada@example.com' AND resolution_notes = 'fixed'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_7_8_masters_and_slots_are_inserted_once(pool: PgPool) {
    for _ in 0..2 {
        run(&pool, MASTER).await;
        run(&pool, SLOT).await;
    }
    let types: Vec<String> =
        sqlx::query_scalar("SELECT event_type FROM marketing.pipeline_events ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(types, ["company_promoted", "slots_created"]);
    for five_segments in [
        "04.04.01.84.00001",
        "04.04.01.84.1.001",
        "04.04.02.84.00001.001",
    ] {
        let refused = sqlx::query("INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system) VALUES ($1, 'x', 'y', 'z')")
            .bind(five_segments).execute(&pool).await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("company_master_barton_id_format")
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_9_10_contacts_are_upserted_by_slot_and_verified_repeatedly(pool: PgPool) {
    insert_contact(&pool).await;
    run(&pool, CONTACT).await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.contact_enrichment").await,
        1
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE event_type = 'contact_enriched'"
        )
        .await,
        1
    );
    for status in ["valid", "invalid"] {
        sqlx::query("INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service, verification_result, verified_at, created_at) VALUES (1, 'ada@test.example', $1, 'millionverifier', '{}', NOW(), NOW())")
            .bind(status).execute(&pool).await.unwrap();
    }
    let types: Vec<String> = sqlx::query_scalar("SELECT event_type FROM marketing.pipeline_events WHERE event_type LIKE 'email%' ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(types, ["email_verified", "email_failed"]);
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
            &body["table"]
        ),
        (
            &"company_created".into(),
            &id.into(),
            &"intake.company_raw_intake".into()
        )
    );
    assert!(body["event_id"].is_i64() && body["timestamp"].is_string());
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

#[sqlx::test(migrations = "../migrations")]
async fn lines_15_to_18_and_23_24_monitoring_queries_answer(pool: PgPool) {
    insert_test_company(&pool).await;
    run(&pool, "SELECT marketing.mark_event_processed(1)").await;
    for sql in [
        "SELECT * FROM marketing.pipeline_events WHERE status = 'pending' ORDER BY created_at ASC",
        "SELECT * FROM marketing.pipeline_events WHERE status = 'failed' ORDER BY created_at DESC",
        "SELECT event_type, record_id, error_message, created_at FROM marketing.pipeline_errors WHERE resolved = FALSE ORDER BY created_at DESC LIMIT 10",
        "SELECT * FROM marketing.pipeline_errors WHERE created_at > NOW() - INTERVAL '1 hour'",
        "SELECT event_type, COUNT(*) FROM marketing.pipeline_events WHERE status = 'pending' GROUP BY event_type",
        "SELECT event_type, error_message, severity, created_at FROM marketing.pipeline_errors WHERE resolved = FALSE ORDER BY created_at DESC LIMIT 20",
    ] {
        run(&pool, sql).await;
    }
    let row = sqlx::query(
        "SELECT event_type, COUNT(*) AS total, COUNT(*) FILTER (WHERE status = 'processed') AS processed,
                COUNT(*) FILTER (WHERE status = 'failed') AS failed,
                AVG(EXTRACT(EPOCH FROM (processed_at - created_at)))::FLOAT8 AS latency
         FROM marketing.pipeline_events WHERE created_at > NOW() - INTERVAL '1 hour' GROUP BY event_type",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(
        (row.get::<i64, _>("total"), row.get::<i64, _>("processed")),
        (1, 1)
    );
    assert!(row.get::<f64, _>("latency") >= 0.0);
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_22_29_30_contacts_are_exported_and_erased(pool: PgPool) {
    insert_contact(&pool).await;
    run(&pool, "INSERT INTO marketing.email_verification (enrichment_id, email) VALUES (1, 'ada@test.example')").await;
    run(&pool, "SELECT full_name, company_name FROM marketing.contact_enrichment WHERE email = 'ada@test.example'").await;
    run(
        &pool,
        "DELETE FROM marketing.contact_enrichment WHERE id = 1",
    )
    .await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.email_verification").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_26_27_retention_deletes_and_vacuums(pool: PgPool) {
    insert_test_company(&pool).await;
    run(
        &pool,
        "SELECT marketing.log_pipeline_error('company_created', '1', 'x')",
    )
    .await;
    run(&pool, "UPDATE marketing.pipeline_events SET status = 'processed', processed_at = NOW() - INTERVAL '31 days'").await;
    run(&pool, "DELETE FROM marketing.pipeline_events WHERE status = 'processed' AND processed_at < NOW() - INTERVAL '30 days'").await;
    run(&pool, "DELETE FROM marketing.pipeline_errors WHERE resolved = TRUE AND resolved_at < NOW() - INTERVAL '90 days'").await;
    run(&pool, "VACUUM ANALYZE marketing.pipeline_events").await;
    run(&pool, "VACUUM ANALYZE marketing.pipeline_errors").await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await,
        0
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_errors WHERE event_id IS NULL"
        )
        .await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn line_28_a_manual_event_is_accepted(pool: PgPool) {
    run(&pool, r#"INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('company_created', '{"record_id": 999, "company_name": "Manual", "website": "https://m.example", "trigger_time": "2025-01-01T00:00:00Z"}'::jsonb, 'pending')"#).await;
    assert_eq!(
        count(&pool, "SELECT pending_count FROM v_event_queue_status").await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn line_31_the_short_tables_are_there_already(pool: PgPool) {
    run(&pool, "CREATE TABLE IF NOT EXISTS marketing.pipeline_events (id SERIAL PRIMARY KEY, event_type TEXT, payload JSONB)").await;
    run(&pool, "CREATE INDEX IF NOT EXISTS idx_pipeline_events_status ON marketing.pipeline_events(status, created_at)").await;
    run(&pool, "CREATE INDEX IF NOT EXISTS idx_pipeline_errors_resolved ON marketing.pipeline_errors(resolved, created_at)").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn line_33_views_are_listed(pool: PgPool) {
    let views: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::TEXT FROM information_schema.views WHERE table_schema = 'marketing' AND table_name LIKE 'v_%' ORDER BY 1",
    )
    .fetch_all(&pool).await.unwrap();
    for name in [
        "v_daily_throughput",
        "v_error_recent",
        "v_event_queue_status",
        "v_phase_stats",
        "v_sniper_targets",
        "v_workflow_health",
        "v_workflow_stats_hourly",
        "v_workflow_stats_recent",
        "v_workflow_summary",
        "vw_error_rate_24h",
        "vw_unresolved_errors",
    ] {
        assert!(views.iter().any(|view| view == name), "{name} of {views:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn line_34_a_website_change_is_one_update(pool: PgPool) {
    insert_test_company(&pool).await;
    run(&pool, "UPDATE intake.company_raw_intake SET website = 'https://changed.example' WHERE company = 'Test Company'").await;
    let counts: Vec<(String, i64)> = sqlx::query_as(
        "SELECT event_type, COUNT(*) FROM marketing.pipeline_events WHERE payload->>'company' = 'Test Company' GROUP BY event_type ORDER BY 1",
    )
    .fetch_all(&pool).await.unwrap();
    assert_eq!(
        counts,
        [
            ("company_created".to_owned(), 1),
            ("company_updated".to_owned(), 1)
        ]
    );
    run(
        &pool,
        "DELETE FROM marketing.pipeline_events WHERE payload->>'company' = 'Test Company'",
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_35_to_37_and_44_phases_are_always_four(pool: PgPool) {
    insert_test_company(&pool).await;
    let phases: Vec<String> = sqlx::query_scalar("SELECT phase FROM v_phase_stats")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(
        phases,
        ["enrichment", "intelligence", "messaging", "delivery"]
    );
    run(&pool, "SELECT * FROM marketing.v_workflow_summary").await;
    run(&pool, "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) VALUES ('WF_Validate_Company', 'error', 2), ('WF_Validate_Company', 'ok', 4), ('something complete', 'ok', 1)").await;
    assert_eq!(count(&pool, "SELECT error_rate::BIGINT FROM v_phase_stats WHERE error_rate > 5.0 AND phase = 'enrichment'").await, 50);
    assert_eq!(
        count(
            &pool,
            "SELECT total_runs FROM v_phase_stats WHERE phase = 'other'"
        )
        .await,
        1
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM v_workflow_health WHERE health_status = 'critical'"
        )
        .await,
        1
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM v_workflow_health WHERE health_status = 'idle'"
        )
        .await,
        4
    );
    run(
        &pool,
        "UPDATE pipeline_events SET created_at = now() - INTERVAL '31 minutes'",
    )
    .await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM v_event_queue_status WHERE oldest_age_minutes > 30"
        )
        .await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_38_43_grants_and_the_operations_test_run(pool: PgPool) {
    run(&pool, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'n8n_user') THEN CREATE ROLE n8n_user; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$").await;
    run(&pool, "GRANT USAGE ON SCHEMA marketing TO n8n_user; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA marketing TO n8n_user; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA marketing TO n8n_user").await;
    run(&pool, "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system) VALUES ('04.04.01.84.99999.001', 'Ops', 'https://ops.example', 'test')").await;
    run(&pool, "INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id) VALUES ('04.04.05.84.99999.001', '04.04.01.84.99999.001')").await;
    run(&pool, "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, created_at) VALUES ('test', '999', 'Test', NOW())").await;
    run(&pool, "SELECT * FROM v_phase_stats; SELECT * FROM v_error_recent; SELECT * FROM v_workflow_health; SELECT * FROM v_event_queue_status").await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM v_error_recent WHERE record_id = '999'"
        )
        .await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn ten_thousand_rows_in_one_insert_are_ten_thousand_events(pool: PgPool) {
    run(&pool, "INSERT INTO company_raw_intake (company, website) SELECT 'C' || n, 'https://c' || n || '.example' FROM generate_series(1, 10000) n").await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(DISTINCT payload->>'record_id') FROM pipeline_events"
        )
        .await,
        10_000
    );
    assert_eq!(
        count(&pool, "SELECT pending_count FROM v_event_queue_status").await,
        10_000
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_read_a_partial_index_with_much_and_with_little_waiting(pool: PgPool) {
    run(&pool, "INSERT INTO company_raw_intake (company, website) SELECT 'C' || n, 'https://c' || n || '.example' FROM generate_series(1, 20000) n").await;
    run(&pool, "ANALYZE marketing.pipeline_events").await;
    let plan = explain_claim(&pool).await;
    assert!(plan.contains("pipeline_events_claim"), "{plan}");
    run(
        &pool,
        "UPDATE pipeline_events SET status = 'processed', processed_at = now() WHERE id > 100",
    )
    .await;
    run(&pool, "ANALYZE marketing.pipeline_events").await;
    let plan = explain_claim(&pool).await;
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

async fn explain_claim(pool: &PgPool) -> String {
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT id FROM marketing.pipeline_events WHERE status = 'pending' AND event_type = 'company_created'
         AND next_attempt_at <= now() ORDER BY next_attempt_at, id LIMIT 256 FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    plan.join("\n")
}
