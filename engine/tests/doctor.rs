//! The invariants: none is broken by the pipeline, and each is noticed when somebody breaks it.

use std::time::Duration;

use crate::support::{Process, answers, count, engine, insert, operator};
use domain::model::doctor::{Finding, Severity};
use engine::Engine;
use sqlx::PgPool;

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql)
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

/// A database on which the pipeline has done all of its work, with people who were not found and calls that failed.
async fn worked(pool: &PgPool) -> Engine {
    let engine = engine(pool);
    insert(pool, 30).await;
    let process = Process::start(&engine, answers(0.2, 0.05)).await;
    while open(pool).await > 0 {
        // Failed calls are tried again at once: what they leave behind does not depend on the wait.
        run(pool, "UPDATE marketing.pipeline_events SET next_attempt_at = now() WHERE status = 'pending' AND next_attempt_at > now()").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    process.stop().await;
    engine
}

async fn open(pool: &PgPool) -> i64 {
    count(
        pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE status IN ('pending', 'processing')",
    )
    .await
}

async fn findings(engine: &Engine) -> Vec<Finding> {
    engine.examine().await.unwrap().findings
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pipeline_breaks_nothing(pool: PgPool) {
    let engine = worked(&pool).await;
    let examination = engine.examine().await.unwrap();
    assert_eq!(examination.checks.len(), 32, "{:?}", examination.checks);
    let bad: Vec<_> = examination
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Information)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    // A second time on a process that works: nothing that is merely under way is a finding.
    insert(&pool, 200).await;
    let process = Process::start(&engine, answers(0.1, 0.0)).await;
    while open(&pool).await > 0 {
        let examination = engine.examine().await.unwrap();
        assert_eq!(examination.count(Severity::Fault), 0, "{examination:#?}");
    }
    process.stop().await;
}

/// Check, what breaks it, the record that is named, and how bad it is.
const BROKEN: &[(&str, &str, &str, Severity)] = &[
    (
        "runs",
        "DROP INDEX marketing.workflow_stats_effect;
         INSERT INTO marketing.workflow_stats (workflow_name, status, event_id) SELECT 'WF_Validate_Company', 'ok', 1",
        "event 1",
        Severity::Fault,
    ),
    (
        "masters",
        "DROP INDEX marketing.company_master_source_record;
         UPDATE marketing.company_master SET source_record_id = '5' WHERE source_record_id = '6'",
        "intake row 5",
        Severity::Fault,
    ),
    (
        "barton_ids",
        "ALTER TABLE marketing.company_master DROP CONSTRAINT company_master_pkey CASCADE;
         UPDATE marketing.company_master SET company_unique_id = (SELECT min(company_unique_id) FROM marketing.company_master) WHERE id = (SELECT max(id) FROM marketing.company_master)",
        "company 04.04.01.",
        Severity::Fault,
    ),
    (
        "slots",
        "UPDATE marketing.company_slots SET slot_label = 'CEO' WHERE slot_label = 'CFO'",
        "company 04.04.01.",
        Severity::Warning,
    ),
    (
        "contacts",
        "ALTER TABLE marketing.contact_enrichment DROP CONSTRAINT contact_enrichment_company_slot_unique_id_key;
         INSERT INTO marketing.contact_enrichment (company_slot_unique_id) SELECT min(company_slot_unique_id) FROM marketing.contact_enrichment",
        "slot 04.04.05.",
        Severity::Fault,
    ),
    (
        "people",
        "UPDATE marketing.people_master SET company_slot_unique_id = (SELECT min(company_slot_unique_id) FROM marketing.people_master)",
        "slot 04.04.05.",
        Severity::Warning,
    ),
    (
        "scores",
        "INSERT INTO marketing.ple_results (company_id, ple_score) VALUES ('04.04.01.84.00005.001', 0.8);
         UPDATE marketing.company_scores SET ple_score = 0.9",
        "company 04.04.01.84.00005.001",
        Severity::Fault,
    ),
    (
        "error_groups",
        "INSERT INTO marketing.pipeline_errors (event_type, error_message) VALUES ('a', 'b'); DELETE FROM marketing.error_groups",
        "group ",
        Severity::Fault,
    ),
    (
        "companies_elsewhere",
        "INSERT INTO marketing.companies_elsewhere SELECT company_unique_id, created_at, id FROM marketing.company_master",
        "company 04.04.01.",
        Severity::Fault,
    ),
    (
        "text_indexes",
        "DROP INDEX marketing.contact_enrichment_text",
        "index marketing.contact_enrichment_text",
        Severity::Warning,
    ),
    (
        "refused",
        "INSERT INTO marketing.refused_effects (event_id, stage, worker_id) VALUES (1, 'enrich', 'w')",
        "stage enrich",
        Severity::Information,
    ),
    (
        "done_and_waiting",
        "UPDATE marketing.pipeline_events SET status = 'pending' WHERE id = 1",
        "event 1",
        Severity::Warning,
    ),
    (
        "done_elsewhere",
        "INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('company_created', '{}', 'processed')",
        "company_created events",
        Severity::Information,
    ),
    (
        "stale_leases",
        "UPDATE marketing.pipeline_events SET status = 'processing', locked_by = 'ghost', locked_at = now() - INTERVAL '2 minutes' WHERE id = 2",
        "event 2",
        Severity::Fault,
    ),
    (
        "unleased",
        "UPDATE marketing.pipeline_events SET status = 'processing', locked_at = now() - INTERVAL '1 hour' WHERE id = 2",
        "event 2",
        Severity::Warning,
    ),
    (
        "left_leases",
        "UPDATE marketing.pipeline_events SET locked_by = 'ghost' WHERE id = 3",
        "event 3",
        Severity::Warning,
    ),
    (
        "put_aside",
        "UPDATE marketing.pipeline_events SET status = 'pending', next_attempt_at = 'infinity' WHERE id = 3",
        "event 3",
        Severity::Fault,
    ),
    (
        "failed_silently",
        "INSERT INTO marketing.pipeline_events (event_type, payload) VALUES ('by_hand', '{}');
         SELECT marketing.mark_event_failed((SELECT max(id) FROM marketing.pipeline_events), 'x')",
        "by_hand events",
        Severity::Information,
    ),
    (
        "dead_letters",
        "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES (4, 'person', 'x', 'olga')",
        "event 4",
        Severity::Fault,
    ),
    (
        "orphans",
        "SET session_replication_role = replica; DELETE FROM marketing.company_slots WHERE id = 1; RESET session_replication_role",
        "contact ",
        Severity::Fault,
    ),
    (
        "orphans",
        "SET session_replication_role = replica; DELETE FROM marketing.company_master WHERE id = 1; RESET session_replication_role",
        "slot 04.04.05.",
        Severity::Fault,
    ),
    (
        "orphans",
        "SET session_replication_role = replica; DELETE FROM marketing.contact_enrichment WHERE id IN (SELECT enrichment_id FROM marketing.email_verification); RESET session_replication_role",
        "verification ",
        Severity::Fault,
    ),
    (
        "orphans",
        "SET session_replication_role = replica; INSERT INTO marketing.pipeline_errors (event_type, error_message, event_id, group_key) VALUES ('a', 'b', 99999999, 'x'); RESET session_replication_role",
        "error ",
        Severity::Fault,
    ),
    (
        "lost_records",
        "INSERT INTO marketing.pipeline_events (event_type, payload) VALUES ('company_promoted', '{\"record_id\": \"none\"}')",
        "company_promoted events, pending",
        Severity::Information,
    ),
    (
        "external_calls",
        "INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, state, worker_id, attempt) VALUES ('k', 7, 'enrich', 'unknown', 'w', 1)",
        "event 7",
        Severity::Warning,
    ),
    (
        "actions",
        "INSERT INTO marketing.pipeline_actions (title, requested_by, created_at) VALUES ('Process now', 'olga', now() - INTERVAL '2 hours');
         INSERT INTO marketing.pipeline_events (event_type, payload, action_id) SELECT 'company_created', '{}', max(id) FROM marketing.pipeline_actions",
        "action ",
        Severity::Warning,
    ),
    (
        "paused",
        "UPDATE marketing.stage_settings SET paused = TRUE, paused_at = now(), paused_by = 'olga', pause_reason = 'x' WHERE stage = 'enrich'",
        "stage enrich",
        Severity::Information,
    ),
    (
        "paused",
        "INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ('b1', 'x', 'olga')",
        "batch b1",
        Severity::Information,
    ),
    (
        "paused",
        "INSERT INTO app.webhooks (name, url, secret, created_by, paused_reason)
         VALUES ('n8n', 'https://n8n.example/', repeat('0', 64), 'ada', 'x')",
        "webhook n8n",
        Severity::Warning,
    ),
    (
        "schedules",
        "UPDATE marketing.schedules SET next_run_at = now() - INTERVAL '1 hour' WHERE name = 'prune_runs'",
        "schedule prune_runs",
        Severity::Warning,
    ),
    (
        "rollups",
        "UPDATE marketing.rollups SET n = n + 1 WHERE metric = 'master'",
        "master",
        Severity::Fault,
    ),
    (
        "rollups",
        "UPDATE marketing.rollups SET seconds = seconds + 5 WHERE metric = 'event' AND detail = 'processed' AND label = 'company_created'",
        "event / 20",
        Severity::Fault,
    ),
    (
        "rollups",
        "DELETE FROM marketing.rollups WHERE metric = 'run'",
        "run / 20",
        Severity::Fault,
    ),
    (
        "contract_columns",
        "ALTER TABLE marketing.email_verification DROP COLUMN verification_service",
        "column marketing.email_verification.verification_service",
        Severity::Fault,
    ),
    (
        "contract_columns",
        "ALTER TABLE marketing.company_missing ALTER COLUMN reason TYPE VARCHAR(10)",
        "column marketing.company_missing.reason",
        Severity::Fault,
    ),
    (
        "contract_columns",
        "DROP TABLE marketing.bit_signals CASCADE",
        "table marketing.bit_signals",
        Severity::Fault,
    ),
    (
        "contract_views",
        "DROP VIEW marketing.v_error_recent",
        "view marketing.v_error_recent",
        Severity::Fault,
    ),
    (
        "contract_functions",
        "DROP FUNCTION marketing.mark_event_processed(BIGINT)",
        "function marketing.mark_event_processed(bigint)",
        Severity::Fault,
    ),
    (
        "contract_functions",
        "CREATE OR REPLACE FUNCTION marketing.notify_pipeline_event(p_table_name TEXT, p_event_type TEXT, p_payload JSONB)
         RETURNS VOID AS $$ BEGIN /* PERFORM pg_notify('pipeline_event', ''); */ RETURN; END; $$ LANGUAGE plpgsql",
        "function marketing.notify_pipeline_event(text,text,jsonb)",
        Severity::Information,
    ),
    (
        "contract_triggers",
        "DROP TRIGGER trigger_company_slots_event ON marketing.company_slots",
        "trigger trigger_company_slots_event on marketing.company_slots",
        Severity::Fault,
    ),
    (
        "contract_triggers",
        "ALTER TABLE marketing.workflow_stats DISABLE TRIGGER count_insert",
        "trigger count_insert on marketing.workflow_stats",
        Severity::Fault,
    ),
    (
        "contract_bodies",
        "DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW marketing.v_phase_stats AS SELECT * FROM ('
             || rtrim(pg_get_viewdef('marketing.v_phase_stats'), ';') || ') AS before WHERE FALSE'; END $$",
        "view marketing.v_phase_stats",
        Severity::Warning,
    ),
    (
        "contract_bodies",
        "CREATE OR REPLACE FUNCTION marketing.mark_event_processed(event_id BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$ BEGIN END $$",
        "function marketing.mark_event_processed(bigint)",
        Severity::Warning,
    ),
    (
        "contract_keys",
        "DROP INDEX marketing.workflow_stats_effect",
        "table marketing.workflow_stats",
        Severity::Fault,
    ),
];

#[sqlx::test(migrations = "../migrations")]
async fn each_broken_invariant_is_named(pool: PgPool) {
    let engine = worked(&pool).await;
    run(&pool, "SELECT marketing.fold_rollups()").await;
    for (check, break_it, record, severity) in BROKEN {
        // Each on its own, in a transaction that is taken back.
        let mut transaction = pool.begin().await.unwrap();
        sqlx::raw_sql(*break_it)
            .execute(&mut *transaction)
            .await
            .unwrap_or_else(|error| panic!("{break_it}: {error}"));
        let found = engine::doctor::examine(&mut transaction).await.unwrap();
        transaction.rollback().await.unwrap();
        let named = found
            .findings
            .iter()
            .find(|finding| finding.check == *check && finding.record.starts_with(record));
        let named = named.unwrap_or_else(|| panic!("{check}: {record} of {:#?}", found.findings));
        assert_eq!(named.severity, *severity, "{named:?}");
        assert!(
            !named.what.is_empty() && !named.advice.is_empty(),
            "{named:?}"
        );
        assert!(
            !found
                .findings
                .iter()
                .any(|finding| finding.what.starts_with("could not be asked"))
                || check.starts_with("contract_"),
            "{found:#?}"
        );
    }
    let broken: std::collections::BTreeSet<_> = BROKEN
        .iter()
        .map(|(check, ..)| (*check).to_owned())
        .collect();
    let checks = engine.examine().await.unwrap().checks.into_iter().collect();
    assert_eq!(broken, checks, "every check has a case");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_recount_repairs_what_was_written_past_the_triggers(pool: PgPool) {
    let engine = worked(&pool).await;
    run(
        &pool,
        "ALTER TABLE marketing.pipeline_events DISABLE TRIGGER ALL;
         DELETE FROM marketing.pipeline_events WHERE id % 3 = 0;
         ALTER TABLE marketing.pipeline_events ENABLE TRIGGER ALL;
         DELETE FROM marketing.rollups WHERE metric = 'slot'",
    )
    .await;
    let wrong = findings(&engine).await;
    let wrong = wrong.iter().filter(|finding| finding.check == "rollups");
    let wrong = wrong.count() as i64;
    assert!(wrong > 1);
    assert_eq!(engine.recount_rollups(&operator()).await.unwrap(), wrong);
    assert!(
        findings(&engine)
            .await
            .iter()
            .all(|finding| finding.check != "rollups")
    );
    assert_eq!(engine.recount_rollups(&operator()).await.unwrap(), 0);
    // What is written after it is counted on top of it.
    insert(&pool, 3).await;
    assert!(
        findings(&engine)
            .await
            .iter()
            .all(|finding| finding.check != "rollups")
    );
}
