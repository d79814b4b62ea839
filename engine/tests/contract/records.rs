//! The statements of the workflows on single records.

use sqlx::PgPool;

use super::{
    CONTACT, MASTER, SLOT, column, event_types, insert_contact, insert_test_company, run,
    support::count,
};

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
    assert_eq!(
        event_types(&pool).await,
        ["company_promoted", "slots_created"]
    );
    for malformed in [
        "04.04.01.84.00001",
        "04.04.01.84.1.001",
        "04.04.02.84.00001.001",
    ] {
        let refused = sqlx::query("INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system) VALUES ($1, 'x', 'y', 'z')")
            .bind(malformed).execute(&pool).await;
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
    for status in ["valid", "invalid"] {
        sqlx::query("INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service, verification_result, verified_at, created_at) VALUES (1, 'ada@test.example', $1, 'millionverifier', '{}', NOW(), NOW())")
            .bind(status).execute(&pool).await.unwrap();
    }
    assert_eq!(
        event_types(&pool).await[2..],
        ["contact_enriched", "email_verified", "email_failed"]
    );
}

/// The table that line 21 has people create, and the question they are told to ask it.
#[sqlx::test(migrations = "../migrations")]
async fn a_verdict_counts_whoever_wrote_it_and_the_newest_does(pool: PgPool) {
    insert_contact(&pool).await;
    let state = "SELECT concat_ws(' ', c.email_status, v.state) FROM marketing.contact_enrichment c, marketing.v_companies v";
    run(&pool, super::VERIFICATION).await;
    assert_eq!(column(&pool, state).await, ["valid verified"]);
    run(
        &pool,
        "INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, verification_service)
         SELECT enrichment_id, email, 'invalid', verification_service FROM marketing.email_verification",
    )
    .await;
    assert_eq!(column(&pool, state).await, ["invalid enriched"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_21_22_the_value_of_a_contact_names_its_company(pool: PgPool) {
    insert_contact(&pool).await;
    run(&pool, "CREATE TABLE IF NOT EXISTS marketing.contact_ltv (contact_id INT PRIMARY KEY, total_emails_sent INT, total_replies INT,
        meetings_booked INT, deals_closed INT, total_revenue NUMERIC, last_contact_at TIMESTAMP)").await;
    run(
        &pool,
        "INSERT INTO marketing.contact_ltv VALUES (1, 10, 4, 2, 1, 12000, NOW())",
    )
    .await;
    let row: (String, String, f64, i32, f64) = sqlx::query_as(
        "SELECT ce.full_name, ce.company_name, ltv.total_revenue::FLOAT8, ltv.meetings_booked,
                (ltv.total_replies::FLOAT8 / NULLIF(ltv.total_emails_sent, 0)) AS reply_rate
         FROM marketing.contact_ltv ltv JOIN marketing.contact_enrichment ce ON ce.id = ltv.contact_id
         WHERE ltv.total_revenue > 10000 ORDER BY ltv.total_revenue DESC",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(
        row,
        ("Ada Test".into(), "Test Company".into(), 12_000.0, 2, 0.4)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_29_30_contacts_are_exported_and_erased(pool: PgPool) {
    insert_contact(&pool).await;
    run(&pool, super::VERIFICATION).await;
    let exported: (i32, String) = sqlx::query_as(
        "SELECT id, full_name FROM marketing.contact_enrichment WHERE email = 'ada@test.example'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(exported, (1, "Ada Test".into()));
    run(
        &pool,
        "DELETE FROM marketing.contact_enrichment WHERE id = 1",
    )
    .await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.email_verification").await,
        0
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_slots").await,
        1
    );
}
