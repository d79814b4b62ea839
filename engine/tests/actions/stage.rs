//! Stages and batches that are paused, and settings that hold at once.

use domain::{model::stage::StageSettings, stage::StageName};
use sqlx::PgPool;

use super::{
    events,
    support::{count, engine, operator},
};

#[sqlx::test(migrations = "../migrations")]
async fn a_stage_is_paused_with_reason_and_author_and_resumed(pool: PgPool) {
    let engine = engine(&pool);
    let stage = StageName::Enrich;
    assert!(engine.pause_stage(stage, " ", &operator()).await.is_err());
    engine
        .pause_stage(stage, "the provider is down", &operator())
        .await
        .unwrap();
    let twice = engine
        .pause_stage(stage, "again", &operator())
        .await
        .unwrap_err();
    assert_eq!(twice.to_string(), "Enrich is paused already");
    let states = engine.stage_settings().await.unwrap();
    assert_eq!(
        states.iter().map(|state| state.stage).collect::<Vec<_>>(),
        StageName::ALL
    );
    let pause = states[3].pause.clone().unwrap();
    assert_eq!(pause.reason.as_deref(), Some("the provider is down"));
    assert_eq!(pause.paused_by.as_deref(), Some("olga"));
    assert!(states[0].pause.is_none());
    let pauses = engine.pauses().await.unwrap();
    assert_eq!(pauses.stages, [(stage, pause)]);
    assert!(pauses.batches.is_empty());
    engine.resume_stage(stage, "", &operator()).await.unwrap();
    assert!(engine.resume_stage(stage, "", &operator()).await.is_err());
    assert!(engine.stage_settings().await.unwrap()[3].pause.is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_are_checked_and_logged_with_before_and_after(pool: PgPool) {
    let engine = engine(&pool);
    let wrong = StageSettings {
        batch_size: Some(2_001),
        ..StageSettings::default()
    };
    let refused = engine
        .update_stage_settings(StageName::Verify, &wrong, &operator())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The batch size is 2001, but must be 1 to 2000"
    );
    let settings = StageSettings {
        concurrency: Some(10),
        min_delay_ms: Some(10_000),
        attempts: Some(5),
        ..StageSettings::default()
    };
    for settings in [settings, StageSettings::default()] {
        engine
            .update_stage_settings(StageName::Verify, &settings, &operator())
            .await
            .unwrap();
        assert_eq!(engine.stage_settings().await.unwrap()[4].settings, settings);
    }
    let (before, after): (serde_json::Value, serde_json::Value) = sqlx::query_as(
        "SELECT before, after FROM marketing.audit_log WHERE action = 'stage.settings' ORDER BY id LIMIT 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(before["attempts"].is_null());
    assert_eq!(
        (after["attempts"].as_i64(), after["min_delay_ms"].as_i64()),
        (Some(5), Some(10_000))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_batch_that_goes_on_is_due_at_once(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 4, "pending").await;
    let unknown = engine
        .pause_batch("b7", "why not", &operator())
        .await
        .unwrap_err();
    assert_eq!(unknown.to_string(), "Batch b7 was not found");
    engine
        .pause_batch("b1", "wrong file", &operator())
        .await
        .unwrap();
    assert!(
        engine
            .pause_batch("b1", "wrong file", &operator())
            .await
            .is_err()
    );
    let pauses = engine.pauses().await.unwrap();
    assert_eq!(pauses.batches[0].0, "b1");
    assert_eq!(pauses.batches[0].1.reason.as_deref(), Some("wrong file"));
    let paused = engine.paused_batches().await.unwrap();
    assert_eq!((paused[0].batch_id.as_str(), paused[0].waiting), ("b1", 4));
    // As workers do with what comes up.
    sqlx::query(
        "UPDATE marketing.pipeline_events SET next_attempt_at = 'infinity' WHERE id % 2 = 0",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(
        engine
            .resume_batch("b1", "the right one after all", &operator())
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE next_attempt_at > now()"
        )
        .await,
        0
    );
    assert!(engine.resume_batch("b1", "", &operator()).await.is_err());
    assert!(engine.paused_batches().await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn stages_show_what_waits_what_ran_and_what_they_run_with(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 3, "pending").await;
    events(&pool, 2, "failed").await;
    sqlx::query(
        "INSERT INTO marketing.workflow_stats (workflow_name, status, created_at)
         SELECT 'WF_Validate_Company', 'ok', now() - ago
         FROM (VALUES (interval '0'), ('0'), ('30 minutes'), ('3 hours')) AS runs (ago)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let own = StageSettings {
        attempts: Some(7),
        ..StageSettings::default()
    };
    engine
        .update_stage_settings(StageName::Validate, &own, &operator())
        .await
        .unwrap();
    let figures = engine.stage_figures().await.unwrap();
    let stages: Vec<StageName> = figures.iter().map(|one| one.state.stage).collect();
    assert_eq!(stages, StageName::ALL);
    let validate = &figures[0];
    assert_eq!((validate.step.waiting, validate.step.failed), (3, 2));
    assert_eq!(validate.runs_per_minute.len(), 60);
    assert_eq!(validate.runs_per_minute.iter().sum::<i64>(), 3);
    assert_eq!(validate.runs_per_minute[29], 1);
    let state = &validate.state;
    assert_eq!(state.settings.attempts, Some(7));
    assert_eq!(
        (state.own.attempts, state.own.batch_size),
        (Some(3), Some(512))
    );
    assert_eq!(figures[4].runs_per_minute.iter().sum::<i64>(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn workers_are_shown_with_their_leases_and_the_silent_ones_are_told_apart(pool: PgPool) {
    let engine = engine(&pool);
    assert!(engine.workers().await.unwrap().rows.is_empty());
    sqlx::query(
        "INSERT INTO marketing.pipeline_workers (worker_id, started_at, heartbeat_at, host, pid)
         VALUES ('new', now(), clock_timestamp(), 'h', 7),
                ('old', now() - interval '1 hour', now() - interval '1 minute', NULL, NULL)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let held = events(&pool, 2, "pending").await;
    sqlx::query(
        "UPDATE marketing.pipeline_events SET status = 'processing', locked_by = 'old', locked_at = now() WHERE id = ANY($1)",
    )
    .bind(&held)
    .execute(&pool)
    .await
    .unwrap();
    let workers = engine.workers().await.unwrap();
    let seen: Vec<_> = workers
        .rows
        .iter()
        .map(|row| (row.worker_id.as_str(), row.alive, row.leases))
        .collect();
    assert_eq!(seen, [("new", true, 0), ("old", false, 2)]);
    assert_eq!(workers.rows[0].pid, Some(7));
    assert!(workers.rows[0].oldest_lease.is_none() && workers.rows[1].oldest_lease.is_some());
}
