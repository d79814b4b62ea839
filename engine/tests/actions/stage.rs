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
