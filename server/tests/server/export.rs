//! Exports.

use domain::role::Role;
use sqlx::PgPool;

use crate::app::{App, header};

#[sqlx::test(migrations = "../migrations")]
async fn phase_statistics_are_a_file_with_its_time(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    let answer = operator.get("/export/phase-stats.csv").await;
    assert_eq!(answer.status(), 200);
    let disposition = header(&answer, "content-disposition").to_owned();
    assert!(
        disposition.starts_with("attachment; filename=\"phase_stats_20"),
        "{disposition}"
    );
    assert!(header(&answer, "content-type").starts_with("text/csv"));
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# phase_stats as of 20"), "{text}");
    assert_eq!(lines[1], "phase,total_runs,errors,error_rate,avg_duration");
    assert_eq!(lines.len(), 6, "four phases: {text}");
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_are_filtered_whole_and_harmless(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let operator = app.person(Role::Operator).await;
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity, resolved)
         SELECT 'test_' || n % 2, n, CASE n WHEN 1 THEN '=cmd()' ELSE 'broken' END, 'error', n > 180
         FROM generate_series(1, 200) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let rows = async |path: &str| {
        let answer = operator.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_reader(text.as_bytes())
            .into_records()
            .map(Result::unwrap)
            .collect();
        rows
    };
    let open = rows("/export/errors.csv").await;
    assert_eq!(open.len(), 180, "unresolved ones, over all pages");
    assert!(open.iter().any(|row| &row[5] == "'=cmd()"), "no formula");
    assert_eq!(rows("/export/errors.csv?e_resolved=any").await.len(), 200);
    assert_eq!(
        rows("/export/errors.csv?e_resolved=yes&e_type=test_1")
            .await
            .len(),
        10
    );
    assert_eq!(rows("/export/errors.csv?e_q=cmd").await.len(), 1);
    assert_eq!(
        rows("/export/errors.csv?e_after=x&e_severity=critical")
            .await
            .len(),
        0
    );
}

/// Each list goes over several pieces of 1,000 rows, and holds what its page counts.
#[sqlx::test(migrations = "../migrations")]
async fn every_table_is_whole_says_its_filter_and_begins_with_its_columns(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    sqlx::raw_sql(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'C' || n, 'https://c' || n || '.example', CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END
         FROM generate_series(1, 2400) n;
         INSERT INTO marketing.ple_results (company_id, ple_score) VALUES ('a', 0.9)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let lines = async |path: &str| {
        let answer = admin.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let name = header(&answer, "content-disposition").to_owned();
        let text = answer.text().await.unwrap();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (name, lines)
    };
    let (name, all) = lines("/export/events.csv").await;
    assert!(name.contains("filename=\"pipeline_events_20"), "{name}");
    assert!(all[0].ends_with(": everything"), "{}", all[0]);
    assert!(
        all[1].starts_with("id,created_at,event_type,"),
        "{}",
        all[1]
    );
    assert_eq!(all.len(), 2402);
    let ids: std::collections::HashSet<&str> = all[2..]
        .iter()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(ids.len(), 2400, "each event once");

    let (name, even) = lines("/export/events.csv?batch=even&status=pending&after=x&e_q=y").await;
    assert!(
        name.contains("pipeline_events_batch-even_status-pending_20"),
        "{name}"
    );
    assert!(
        even[0].ends_with(": filter batch=even&status=pending"),
        "{}",
        even[0]
    );
    assert_eq!(even.len(), 1202);
    let (_, companies) = lines("/export/companies.csv?batch=odd").await;
    assert_eq!(companies.len(), 1202);

    for (table, rows) in [
        ("actions", 0),
        ("audit", 1),
        ("dead-letters", 0),
        ("event-queue", 1),
        ("imports", 0),
        ("phase-stats", 4),
        ("runs", 0),
        ("schedules", 10),
        ("sessions", 1),
        ("settings", 0),
        ("sniper-targets", 1),
        ("stages", 5),
        ("table-sizes", 10),
        ("throughput", 1),
        ("tokens", 0),
        ("users", 1),
        ("webhooks", 0),
        ("workers", 0),
        ("workflow-health", 5),
    ] {
        let (_, lines) = lines(&format!("/export/{table}.csv")).await;
        assert_eq!(lines.len(), rows + 2, "{table}: {lines:?}");
    }
    let unread = admin.get("/export/events.csv?status=odd").await;
    assert_eq!(unread.status(), 422, "not everything instead");

    sqlx::raw_sql(
        "INSERT INTO app.webhooks (name, url, secret, created_by) VALUES ('n8n', 'https://n8n.example/', repeat('0', 64), 'ada');
         INSERT INTO app.webhook_deliveries (webhook_id, event_id, event_type, status)
         VALUES (1, 7, 't', 'dead'), (1, 8, 't', 'pending')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (_, dead) = lines("/export/webhook-deliveries.csv?webhook=1&status=dead").await;
    assert!(dead[2].starts_with("7,t,") && dead.len() == 3, "{dead:?}");
    let (name, off) = lines("/export/webhooks.csv?state=off").await;
    assert!(
        name.contains("webhooks_state-off_20") && off.len() == 2,
        "{off:?}"
    );
    let (_, on) = lines("/export/webhooks.csv?state=on").await;
    assert!(
        on[2].starts_with("1,n8n,https://n8n.example/,,on,,0,1,0,1,"),
        "{on:?}"
    );
    for unsaid in ["webhook-deliveries.csv", "schedule-runs.csv"] {
        let of_none = admin.get(&format!("/export/{unsaid}")).await;
        assert_eq!(of_none.status(), 422, "{unsaid}");
    }
    for unread in ["webhooks", "tokens", "workers", "schedules"] {
        let answer = admin
            .get(&format!("/export/{unread}.csv?state=unheard-of"))
            .await;
        assert_eq!(answer.status(), 422, "{unread}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_listed_by_state_is_taken_away_so(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    sqlx::raw_sql(
        "INSERT INTO app.api_tokens (name, hash, prefix, role, created_by, created_at, expires_at)
         SELECT 'token ' || n, decode(lpad(to_hex(n), 64, '0'), 'hex'), 'occ_' || lpad(n::TEXT, 8, '0'), 'viewer', (SELECT id FROM app.users),
                now() - INTERVAL '9 days', now() + CASE n WHEN 1 THEN -1 ELSE 1 END * INTERVAL '1 day'
         FROM generate_series(1, 1100) n;
         INSERT INTO marketing.pipeline_workers (worker_id, host, pid, heartbeat_at)
         VALUES ('quick', 'h', 1, now() + INTERVAL '1 day'), ('still', 'h', 2, now() - INTERVAL '1 day');
         INSERT INTO marketing.workflow_stats (workflow_name, status)
         VALUES ('WF_Verify_Emails', 'ok'), ('WF_Verify_Emails', 'timeout'), ('Write Messages', 'error');
         INSERT INTO marketing.schedule_runs (name, due_at, status, runner)
         VALUES ('prune_runs', now(), 'ok', 'x'), ('prune_audit', now(), 'ok', 'x');
         UPDATE marketing.schedules SET paused = TRUE, paused_by = 'ada', pause_reason = 'a holiday', paused_at = now() WHERE name = 'prune_audit'",
    )
    .execute(&pool)
    .await
    .unwrap();
    for (path, named, rows) in [
        ("tokens.csv", "api_tokens_20", 1100),
        (
            "tokens.csv?state=live&after=9",
            "api_tokens_state-live_20",
            1099,
        ),
        ("tokens.csv?state=expired", "api_tokens_state-expired_20", 1),
        (
            "workers.csv?state=alive",
            "pipeline_workers_state-alive_20",
            1,
        ),
        (
            "workers.csv?state=silent",
            "pipeline_workers_state-silent_20",
            1,
        ),
        ("workers.csv", "pipeline_workers_20", 2),
        (
            "runs.csv?workflow=WF_Verify_Emails&status=failed&after=9",
            "workflow_stats_workflow-WF_Verify_Emails_status-failed_20",
            1,
        ),
        (
            "runs.csv?phase=messaging",
            "workflow_stats_phase-messaging_20",
            1,
        ),
        ("schedules.csv?state=paused", "schedules_state-paused_20", 1),
        (
            "table-sizes.csv?q=AUDIT_log",
            "table_sizes_q-AUDIT_log_20",
            1,
        ),
        (
            "settings.csv?q=none-says-this",
            "settings_q-none-says-this_20",
            0,
        ),
        (
            "schedule-runs.csv?name=prune_runs",
            "schedule_runs_name-prune_runs_20",
            1,
        ),
    ] {
        let answer = admin.get(&format!("/export/{path}")).await;
        assert_eq!(answer.status(), 200, "{path}");
        let name = header(&answer, "content-disposition").to_owned();
        assert!(name.contains(named), "{path}: {name}");
        let text = answer.text().await.unwrap();
        assert_eq!(text.lines().count(), rows + 2, "{path}: {text:.500}");
        assert!(!text.contains("\\x"), "no hash: {text:.500}");
    }
    // A viewer takes away their own sessions, and nobody else's.
    let viewer = app.person(Role::Viewer).await;
    let own = viewer
        .get("/export/sessions.csv")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(own.lines().count(), 3, "{own}");
    assert!(
        own.lines()
            .nth(2)
            .is_some_and(|line| line.ends_with(",true")),
        "{own}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn contacts_are_taken_away_with_their_filter(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let operator = app.person(Role::Operator).await;
    sqlx::raw_sql(
        "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, source_record_id, import_batch_id)
         SELECT '04.04.01.84.' || lpad(n::TEXT, 5, '0') || '.001', 'Company ' || n, 'https://c' || n || '.example', 'test', 'made ' || n, 'b'
         FROM generate_series(1, 1200) n;
         INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label)
         SELECT '04.04.05.81' || substr(company_unique_id, 12), company_unique_id, 'executive', 'CEO' FROM marketing.company_master;
         INSERT INTO marketing.contact_enrichment (company_slot_unique_id, full_name, email, enrichment_status, enrichment_data, email_status)
         SELECT company_slot_unique_id, CASE n WHEN 1 THEN '=cmd()' WHEN 2 THEN NULL ELSE 'Ada ' || n END,
                CASE WHEN n > 2 THEN 'ada' || n || '@c.example' END, CASE n WHEN 2 THEN 'failed' ELSE 'completed' END,
                CASE n WHEN 2 THEN '{\"reason\": \"not_found\"}'::JSONB END, CASE WHEN n % 2 = 1 AND n > 2 THEN 'valid' END
         FROM (SELECT s.*, row_number() OVER (ORDER BY s.id) AS n FROM marketing.company_slots s) AS numbered",
    )
    .execute(&pool)
    .await
    .unwrap();
    let file = async |path: &str| {
        let answer = operator.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let name = header(&answer, "content-disposition").to_owned();
        let text = answer.text().await.unwrap();
        let comment = text.lines().next().unwrap_or_default().to_owned();
        let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_reader(text.as_bytes())
            .into_records()
            .map(Result::unwrap)
            .collect();
        (name, comment, rows)
    };
    let (name, comment, all) = file("/export/contacts.csv").await;
    assert!(name.contains("filename=\"contacts_20"), "{name}");
    assert!(comment.ends_with(": everything"), "{comment}");
    assert_eq!(all.len(), 1_200, "over two pieces");
    assert!(all.iter().any(|row| &row[1] == "'=cmd()"), "no formula");
    let missed = all.iter().find(|row| row[1].is_empty()).unwrap();
    assert_eq!(
        (&missed[10], &missed[13], &missed[14]),
        ("none", "failed", "not_found")
    );

    let (name, comment, valid) =
        file("/export/contacts.csv?email=valid&batch=b&role=CEO&after=x&e_q=y").await;
    assert!(
        name.contains("contacts_email-valid_batch-b_role-CEO_20"),
        "{name}"
    );
    assert!(
        comment.ends_with(": filter email=valid&batch=b&role=CEO"),
        "{comment}"
    );
    assert_eq!(valid.len(), 599);
    assert_eq!(file("/export/contacts.csv?q=ada7%40c").await.2.len(), 1);
    assert_eq!(file("/export/contacts.csv?status=failed").await.2.len(), 1);
    let unread = operator.get("/export/contacts.csv?email=verified").await;
    assert_eq!(unread.status(), 422, "not everything instead");
    let viewer = app.person(Role::Viewer).await;
    let refused = viewer.get("/export/contacts.csv").await;
    assert_eq!(refused.status(), 403);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_import_has_no_report(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    assert_eq!(operator.get("/export/import/none.csv").await.status(), 404);
    assert_eq!(operator.get("/export/import/none").await.status(), 404);
    let unread = operator.get("/export/import/none.csv?rows=some").await;
    assert_eq!(unread.status(), 404, "not everything instead");
}
