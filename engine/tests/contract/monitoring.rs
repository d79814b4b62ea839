//! What people ask when they watch the pipeline, and what they tidy away.

use sqlx::{PgPool, Row};

use super::{column, insert_contact, insert_test_company, run, support::count};

#[sqlx::test(migrations = "../migrations")]
async fn lines_2_3_tables_and_error_views_answer_also_unqualified(pool: PgPool) {
    run(&pool, "SELECT marketing.log_pipeline_error('company_created', '1', 'first'); SELECT marketing.log_pipeline_error('company_created', '2', 'second', NULL, 'critical')").await;
    for sql in [
        "SELECT * FROM marketing.pipeline_events LIMIT 5",
        "SELECT * FROM marketing.pipeline_errors LIMIT 5",
        "SELECT * FROM marketing.vw_unresolved_errors",
        "SELECT * FROM marketing.vw_error_rate_24h",
    ] {
        run(&pool, sql).await;
    }
    let unresolved: Vec<(String, String, i64, Vec<String>)> = sqlx::query_as(
        "SELECT event_type, severity, error_count, error_messages FROM vw_unresolved_errors",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(unresolved.len(), 2);
    assert_eq!(
        (
            unresolved[0].1.as_str(),
            unresolved[0].2,
            unresolved[0].3[0].as_str()
        ),
        ("critical", 1, "second")
    );
    let rate: (i64, i64, i64, f64) = sqlx::query_as("SELECT total_errors, critical_count, resolved_count, resolution_rate_pct::FLOAT8 FROM vw_error_rate_24h").fetch_one(&pool).await.unwrap();
    assert_eq!(rate, (2, 1, 0, 0.0));
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_15_to_18_and_23_24_monitoring_queries_answer(pool: PgPool) {
    for _ in 0..3 {
        insert_test_company(&pool).await;
    }
    run(&pool, "SELECT marketing.mark_event_processed(1)").await;
    run(
        &pool,
        "SELECT marketing.log_pipeline_error('company_created', '2', 'broken', NULL, 'critical')",
    )
    .await;
    assert_eq!(
        count(&pool, "SELECT id FROM marketing.pipeline_events WHERE status = 'pending' ORDER BY created_at ASC").await,
        3
    );
    assert_eq!(
        count(&pool, "SELECT id FROM marketing.pipeline_events WHERE status = 'failed' ORDER BY created_at DESC").await,
        2
    );
    let recent: (String, String, String) = sqlx::query_as(
        "SELECT event_type, record_id, error_message FROM marketing.pipeline_errors WHERE resolved = FALSE ORDER BY created_at DESC LIMIT 10",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(
        recent,
        ("company_created".into(), "2".into(), "broken".into())
    );
    run(
        &pool,
        "SELECT * FROM marketing.pipeline_errors WHERE created_at > NOW() - INTERVAL '1 hour'",
    )
    .await;
    assert_eq!(count(&pool, "SELECT COUNT(*) FROM marketing.pipeline_events WHERE status = 'pending' GROUP BY event_type").await, 1);
    let severities: (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*) FILTER (WHERE severity = 'error'), COUNT(*) FILTER (WHERE severity = 'critical')
         FROM marketing.pipeline_errors WHERE created_at > NOW() - INTERVAL '24 hours' GROUP BY event_type",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(severities, (0, 1));
    let row = sqlx::query(
        "SELECT event_type, COUNT(*) AS total, COUNT(*) FILTER (WHERE status = 'processed') AS processed,
                COUNT(*) FILTER (WHERE status = 'failed') AS failed,
                AVG(EXTRACT(EPOCH FROM (processed_at - created_at)))::FLOAT8 AS latency,
                MAX(EXTRACT(EPOCH FROM (processed_at - created_at)))::FLOAT8 AS longest
         FROM marketing.pipeline_events WHERE created_at > NOW() - INTERVAL '1 hour' GROUP BY event_type",
    )
    .fetch_one(&pool).await.unwrap();
    assert_eq!(
        (
            row.get::<i64, _>("total"),
            row.get::<i64, _>("processed"),
            row.get::<i64, _>("failed")
        ),
        (3, 1, 1)
    );
    assert!(row.get::<f64, _>("longest") >= row.get::<f64, _>("latency"));
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
    let delete = "DELETE FROM marketing.pipeline_errors WHERE resolved = TRUE AND resolved_at < NOW() - INTERVAL '90 days'";
    run(&pool, delete).await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_errors").await,
        1
    );
    run(
        &pool,
        "UPDATE pipeline_errors SET resolved = TRUE, resolved_at = NOW() - INTERVAL '91 days'",
    )
    .await;
    run(&pool, delete).await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_errors").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn line_33_views_are_listed(pool: PgPool) {
    let views = column(
        &pool,
        "SELECT table_name::TEXT FROM information_schema.views WHERE table_schema = 'marketing' AND table_name LIKE 'v_%' ORDER BY 1",
    )
    .await;
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
async fn lines_35_to_37_phases_are_always_four(pool: PgPool) {
    insert_test_company(&pool).await;
    assert_eq!(
        column(&pool, "SELECT phase FROM v_phase_stats").await,
        ["enrichment", "intelligence", "messaging", "delivery"]
    );
    run(&pool, "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) VALUES ('WF_Validate_Company', 'error', 2), ('WF_Validate_Company', 'ok', 4), ('something complete', 'ok', 1)").await;
    assert_eq!(count(&pool, "SELECT total_runs FROM marketing.v_workflow_summary WHERE workflow_name = 'WF_Validate_Company'").await, 2);
    assert_eq!(
        column(
            &pool,
            "SELECT concat_ws(' ', phase, total_runs, errors, error_rate::FLOAT8, avg_duration::FLOAT8) FROM v_phase_stats WHERE error_rate > 5.0"
        )
        .await,
        ["enrichment 2 1 50 3"]
    );
    assert_eq!(
        count(
            &pool,
            "SELECT total_runs FROM v_phase_stats WHERE phase = 'other'"
        )
        .await,
        1
    );
}

/// The statements behind the cards, tables and alarms of the command center.
#[sqlx::test(migrations = "../migrations")]
async fn line_44_every_binding_of_the_dashboard_has_its_columns(pool: PgPool) {
    insert_contact(&pool).await;
    run(&pool, "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds) VALUES ('WF_Validate_Company', 'timeout', 301)").await;
    run(&pool, "INSERT INTO marketing.ple_results (company_id, ple_score, calculated_at) VALUES ('a', 0.9, now() - INTERVAL '1 day'), ('a', 0.8, now()), ('c', 0.2, now())").await;
    run(&pool, "INSERT INTO marketing.bit_signals (company_id, bit_intent_score, signal_timestamp) VALUES ('a', 0.1, now()), ('b', 0.95, now())").await;
    run(
        &pool,
        "SELECT marketing.log_pipeline_error('company_created', '7', 'x')",
    )
    .await;
    assert_eq!(count(&pool, "SELECT count(*) FROM (SELECT phase, total_runs, errors, error_rate, avg_duration FROM v_phase_stats WHERE phase = 'enrichment') t").await, 1);
    assert_eq!(
        count(&pool, "SELECT count(*) FROM (SELECT id, event_type, record_id, error_message, severity, resolved, created_at FROM v_error_recent ORDER BY created_at DESC LIMIT 100) t").await,
        1
    );
    assert_eq!(
        column(&pool, "SELECT concat_ws(' ', company_id, ple_score, bit_intent_score) FROM v_sniper_targets LIMIT 50").await,
        ["b 0.95", "a 0.8 0.1"],
        "the newest score counts, the strongest company comes first"
    );
    assert_eq!(
        column(&pool, "SELECT concat_ws(' ', workflow_name, total_runs, error_count, error_rate_pct::INT, avg_duration_sec::INT) FROM v_workflow_health WHERE health_status = 'critical'").await,
        ["WF_Validate_Company 1 1 100 301"]
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM v_workflow_health WHERE health_status = 'idle'"
        )
        .await,
        4
    );
    assert_eq!(count(&pool, "SELECT total_events FROM v_daily_throughput WHERE date = (now() AT TIME ZONE 'UTC')::DATE").await, 3);
    let overdue = "SELECT count(*) FROM v_event_queue_status WHERE oldest_age_minutes > 30";
    assert_eq!(count(&pool, overdue).await, 0);
    run(
        &pool,
        "UPDATE pipeline_events SET created_at = now() - INTERVAL '31 minutes' WHERE event_type = 'slots_created'",
    )
    .await;
    assert_eq!(count(&pool, overdue).await, 1);
}
