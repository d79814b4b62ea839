//! The rollbacks of the operations guide, word for word, and the way back.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};

use super::{
    event_types, insert_contact, insert_test_company, run,
    support::{count, drain, engine, worker},
};

/// How many notifications came since the last call.
async fn heard(listener: &mut PgListener) -> usize {
    let mut n = 0;
    while let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(300), listener.recv()).await {
        n += 1;
    }
    n
}

const WITHOUT_NOTIFY: &str = "CREATE OR REPLACE FUNCTION marketing.notify_pipeline_event(
  p_table_name TEXT,
  p_event_type TEXT,
  p_payload JSONB
)
RETURNS VOID AS $$
BEGIN
  -- Insert event into pipeline_events table (keep this)
  INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at)
  VALUES (p_event_type, p_payload, 'pending', NOW());

  -- DISABLED: pg_notify for troubleshooting
  -- PERFORM pg_notify('pipeline_event', json_build_object(...)::text);
END;
$$ LANGUAGE plpgsql";

#[sqlx::test(migrations = "../migrations")]
async fn rollback_1_events_are_kept_and_not_notified(pool: PgPool) {
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("pipeline_event").await.unwrap();
    let by_hand = "SELECT marketing.notify_pipeline_event('t', 'by_hand', '{}')";
    run(&pool, by_hand).await;
    assert_eq!(heard(&mut listener).await, 1);
    for silent in [
        WITHOUT_NOTIFY,
        "CREATE OR REPLACE FUNCTION marketing.notify_pipeline_event(p_table_name TEXT, p_event_type TEXT, p_payload JSONB)
         RETURNS VOID AS $$ BEGIN /* PERFORM pg_notify('pipeline_event', ''); */ RETURN; END; $$ LANGUAGE plpgsql",
    ] {
        run(&pool, silent).await;
        let before = event_types(&pool).await.len();
        insert_test_company(&pool).await;
        run(
            &pool,
            "UPDATE company_raw_intake SET website = website || '/x'",
        )
        .await;
        run(&pool, by_hand).await;
        insert_contact(&pool).await;
        assert_eq!(heard(&mut listener).await, 0);
        assert!(event_types(&pool).await.len() > before + 2);
    }
    run(&pool, "SELECT marketing.restore_events()").await;
    insert_test_company(&pool).await;
    run(&pool, by_hand).await;
    assert_eq!(heard(&mut listener).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn rollback_2_a_table_without_its_trigger_makes_no_events(pool: PgPool) {
    let drop_one =
        "DROP TRIGGER IF EXISTS trigger_company_raw_intake_event ON intake.company_raw_intake";
    run(&pool, drop_one).await;
    insert_test_company(&pool).await;
    run(&pool, "UPDATE company_raw_intake SET validated = TRUE").await;
    assert_eq!(event_types(&pool).await, [""; 0]);
    // The statement of the migration, as the guide says.
    run(&pool, "CREATE TRIGGER trigger_company_raw_intake_event AFTER INSERT ON intake.company_raw_intake
        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_raw_intake_insert()").await;
    run(
        &pool,
        "UPDATE company_raw_intake SET website = 'https://x.example'",
    )
    .await;
    insert_test_company(&pool).await;
    assert_eq!(
        event_types(&pool).await,
        ["company_updated", "company_created"]
    );
    for (off, on) in [("DISABLE", "ENABLE")] {
        run(&pool, &format!("ALTER TABLE intake.company_raw_intake {off} TRIGGER trigger_company_raw_intake_event")).await;
        insert_test_company(&pool).await;
        run(
            &pool,
            "UPDATE company_raw_intake SET website = 'https://y.example'",
        )
        .await;
        assert_eq!(event_types(&pool).await.len(), 2);
        run(&pool, &format!("ALTER TABLE intake.company_raw_intake {on} TRIGGER trigger_company_raw_intake_event")).await;
    }
    run(
        &pool,
        "UPDATE company_raw_intake SET website = 'https://z.example' WHERE id = 1",
    )
    .await;
    assert_eq!(event_types(&pool).await.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn rollback_3_all_triggers_are_dropped_and_made_again(pool: PgPool) {
    run(
        &pool,
        "DROP TRIGGER IF EXISTS trigger_company_raw_intake_event ON intake.company_raw_intake;
         DROP TRIGGER IF EXISTS trigger_company_master_event ON marketing.company_master;
         DROP TRIGGER IF EXISTS trigger_company_slots_event ON marketing.company_slots;
         DROP TRIGGER IF EXISTS trigger_people_raw_intake_event ON marketing.people_raw_intake;
         DROP TRIGGER IF EXISTS trigger_contact_enrichment_event ON marketing.contact_enrichment;
         DROP TRIGGER IF EXISTS trigger_email_verification_event ON marketing.email_verification",
    )
    .await;
    insert_test_company(&pool).await;
    insert_contact(&pool).await;
    run(&pool, super::VERIFICATION).await;
    run(&pool, "UPDATE company_raw_intake SET validated = TRUE; UPDATE company_master SET industry = 'x'; UPDATE company_slots SET slot_label = 'x';
        UPDATE contact_enrichment SET enrichment_status = 'pending'; UPDATE contact_enrichment SET enrichment_status = 'completed';
        UPDATE email_verification SET verification_status = 'invalid'").await;
    assert_eq!(event_types(&pool).await, [""; 0]);
    assert_eq!(
        count(&pool, "SELECT marketing.restore_events()::BIGINT").await,
        6
    );
    assert_eq!(
        count(&pool, "SELECT marketing.restore_events()::BIGINT").await,
        0
    );
    insert_test_company(&pool).await;
    run(&pool, "UPDATE company_slots SET slot_label = 'y'").await;
    assert_eq!(
        event_types(&pool).await,
        ["company_created", "slot_updated"]
    );
    // Counts are kept by triggers of their own, which no rollback names.
    assert_eq!(
        count(
            &pool,
            "SELECT sum(n)::BIGINT FROM marketing.v_rollup WHERE metric = 'intake'"
        )
        .await,
        2
    );
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
}

/// The operations test, then everything is taken away and the tables remain usable.
#[sqlx::test(migrations = "../migrations")]
async fn line_43_the_operations_test_and_the_full_rollback(pool: PgPool) {
    run(&pool, "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system) VALUES ('04.04.01.84.99999.001', 'Ops', 'https://ops.example', 'test')").await;
    run(&pool, "INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id) VALUES ('04.04.05.84.99999.001', '04.04.01.84.99999.001')").await;
    run(&pool, "INSERT INTO marketing.pipeline_errors(event_type, record_id, error_message, created_at) VALUES ('test_event', '999', 'Test error message', NOW())").await;
    run(&pool, "INSERT INTO marketing.workflow_stats (workflow_name, status, triggered_by, record_id) VALUES ('Test_Workflow', 'ok', 'manual_test', '999')").await;
    let error: (String, bool, i64) = sqlx::query_as(
        "SELECT severity, resolved, (SELECT count(*) FROM v_error_recent WHERE record_id = '999') FROM marketing.pipeline_errors WHERE event_type = 'test_event'",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(error, ("error".to_owned(), false, 1));
    assert_eq!(
        count(
            &pool,
            "SELECT total_runs FROM marketing.v_phase_stats WHERE phase = 'other'"
        )
        .await,
        1
    );
    run(&pool, "SELECT * FROM marketing.v_phase_stats; SELECT * FROM marketing.v_workflow_health; SELECT * FROM marketing.v_event_queue_status").await;
    let (triggers, pending): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema IN ('marketing', 'intake') AND trigger_name LIKE '%_event'),
                (SELECT sum(pending_count)::BIGINT FROM v_event_queue_status)",
    )
    .fetch_one(&pool).await.unwrap();
    assert!(triggers >= 6 && pending == 2, "{triggers} {pending}");

    run(
        &pool,
        "DROP VIEW IF EXISTS marketing.v_phase_stats CASCADE;
         DROP VIEW IF EXISTS marketing.v_error_recent CASCADE;
         DROP VIEW IF EXISTS marketing.v_sniper_targets CASCADE;
         DROP VIEW IF EXISTS marketing.v_workflow_health CASCADE;
         DROP VIEW IF EXISTS marketing.v_event_queue_status CASCADE;
         DROP VIEW IF EXISTS marketing.v_daily_throughput CASCADE;
         DROP TABLE IF EXISTS marketing.workflow_stats CASCADE;
         DROP TRIGGER IF EXISTS trigger_company_raw_intake_event ON intake.company_raw_intake;
         DROP TRIGGER IF EXISTS trigger_company_master_event ON marketing.company_master;
         DROP TRIGGER IF EXISTS trigger_company_slots_event ON marketing.company_slots;
         DROP TRIGGER IF EXISTS trigger_people_raw_intake_event ON marketing.people_raw_intake;
         DROP TRIGGER IF EXISTS trigger_email_verification_event ON marketing.email_verification;
         DROP FUNCTION IF EXISTS marketing.notify_pipeline_event(TEXT, TEXT, JSONB);
         DROP FUNCTION IF EXISTS marketing.mark_event_processed(INT);
         DROP FUNCTION IF EXISTS marketing.log_pipeline_error(TEXT, BIGINT, TEXT, JSONB)",
    )
    .await;
    let before = event_types(&pool).await.len();
    insert_test_company(&pool).await;
    run(&pool, "UPDATE company_raw_intake SET validated = TRUE").await;
    insert_contact(&pool).await;
    assert_eq!(
        event_types(&pool).await[before..],
        ["contact_enriched"],
        "the guide does not drop the trigger of contacts"
    );
    run(&pool, "DROP TABLE IF EXISTS marketing.pipeline_errors CASCADE; DROP TABLE IF EXISTS marketing.pipeline_events CASCADE").await;
    insert_test_company(&pool).await;
}
