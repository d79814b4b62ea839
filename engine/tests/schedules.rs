//! Schedules: who runs a tick, how often, and what people can do with them.

use std::time::Duration;

use crate::support::{count, engine, operator, wait_for};
use domain::model::schedule::RunStatus;
use engine::{Engine, EngineError};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// One look, as every process takes every five seconds.
async fn look(engine: &Engine) -> Vec<String> {
    engine
        .run_due_schedules(&CancellationToken::new())
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_first_look_plans_and_runs_nothing(pool: PgPool) {
    let engine = engine(&pool);
    assert_eq!(look(&engine).await, [""; 0]);
    let schedules = engine.schedules().await.unwrap();
    assert_eq!(schedules.len(), 10);
    for schedule in schedules {
        let next = schedule.next_run_at.unwrap();
        let now = chrono::Utc::now();
        assert!(
            next > now && next < now + Duration::from_secs(86_460),
            "{next}"
        );
        assert_eq!((schedule.status, schedule.last_run_at), (None, None));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tick_runs_once_however_many_processes_look(pool: PgPool) {
    let engine = engine(&pool);
    look(&engine).await;
    // Three days without any process: 72 ticks were missed.
    run(&pool, "UPDATE marketing.schedules SET cron = '0 * * * *', next_run_at = now() - INTERVAL '3 days' WHERE name = 'prune_events'").await;
    let looks = (0..8).map(|_| look(&engine));
    let started: Vec<String> = futures::future::join_all(looks)
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(started, ["prune_events"]);
    let runs = engine.schedule_runs("prune_events").await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].status, RunStatus::Ok);
    assert_eq!(runs[0].triggered_by, "schedule");
    let schedule = engine.schedule("prune_events").await.unwrap();
    assert_eq!(schedule.status, Some(RunStatus::Ok));
    assert!(schedule.next_run_at.unwrap() > chrono::Utc::now());
    assert_eq!(schedule.last_result.unwrap()["events"], 0);
    // The same tick once more, as after a restore: its key refuses a second run, and the schedule goes on.
    run(&pool, "UPDATE marketing.schedules s SET next_run_at = r.due_at FROM marketing.schedule_runs r WHERE r.name = s.name").await;
    assert_eq!(look(&engine).await, [""; 0]);
    assert!(
        engine
            .schedule("prune_events")
            .await
            .unwrap()
            .next_run_at
            .unwrap()
            > chrono::Utc::now()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_whose_process_was_killed_is_lost_and_the_next_tick_runs(pool: PgPool) {
    let engine = engine(&pool);
    look(&engine).await;
    run(
        &pool,
        "INSERT INTO marketing.schedule_runs (name, due_at, runner) VALUES ('prune_runs', now() - INTERVAL '1 day', 'dead');
         UPDATE marketing.schedules SET leased_by = 'dead', lease_beat_at = now(), next_run_at = now(),
             leased_run = (SELECT id FROM marketing.schedule_runs) WHERE name = 'prune_runs'",
    )
    .await;
    assert_eq!(look(&engine).await, [""; 0], "it still beats");
    let running = engine.schedule("prune_runs").await.unwrap();
    assert_eq!(running.status, Some(RunStatus::Running));
    run(&pool, "UPDATE marketing.schedules SET lease_beat_at = now() - INTERVAL '30 seconds' WHERE leased_by = 'dead'").await;
    assert_eq!(look(&engine).await, ["prune_runs"]);
    let runs = engine.schedule_runs("prune_runs").await.unwrap();
    let statuses: Vec<_> = runs.iter().map(|run| run.status).collect();
    assert_eq!(statuses, [RunStatus::Ok, RunStatus::Lost]);
    assert!(runs[1].error.as_deref().unwrap().contains("went away"));
}

#[sqlx::test(migrations = "../migrations")]
async fn people_run_pause_resume_and_change(pool: PgPool) {
    let (engine, olga) = (engine(&pool), operator());
    look(&engine).await;
    let paused = engine
        .pause_schedule("prune_errors", " audit week ", &olga)
        .await
        .unwrap();
    let pause = paused.pause.unwrap();
    assert_eq!(
        (pause.reason.as_str(), pause.by.as_str()),
        ("audit week", "olga")
    );
    assert_eq!(paused.next_run_at, None);
    assert_eq!(look(&engine).await, [""; 0]);
    // Asked for, it runs all the same, and stays paused.
    engine
        .request_schedule_run("prune_errors", &olga)
        .await
        .unwrap();
    let twice = engine.request_schedule_run("prune_errors", &olga).await;
    assert!(matches!(twice, Err(EngineError::Invalid(_))));
    assert_eq!(look(&engine).await, ["prune_errors"]);
    let runs = engine.schedule_runs("prune_errors").await.unwrap();
    assert_eq!((runs.len(), runs[0].triggered_by.as_str()), (1, "olga"));
    assert_eq!(look(&engine).await, [""; 0]);

    let resumed = engine.resume_schedule("prune_errors", &olga).await.unwrap();
    assert!(resumed.pause.is_none() && resumed.next_run_at.unwrap() > chrono::Utc::now());
    let changed = engine
        .change_schedule("prune_errors", "0 0 1 1 *", "Europe/Berlin", &olga)
        .await
        .unwrap();
    let new_year = changed.next_run_at.unwrap().to_rfc3339();
    assert!(new_year.ends_with("-12-31T23:00:00+00:00"), "{new_year}");
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.audit_log WHERE target_kind = 'schedule' AND actor = 'olga'").await,
        4
    );
    let preview = engine.preview_cron("*/10 * * * *", "UTC").unwrap();
    assert_eq!(preview.len(), 5);
    assert!(
        preview
            .windows(2)
            .all(|pair| pair[1] - pair[0] == chrono::TimeDelta::minutes(10))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_makes_no_sense_is_refused_with_a_reason(pool: PgPool) {
    let (engine, olga) = (engine(&pool), operator());
    let refused = [
        engine.pause_schedule("prune_runs", "  ", &olga).await,
        engine.resume_schedule("prune_runs", &olga).await,
        engine
            .change_schedule("prune_runs", "often", "UTC", &olga)
            .await,
        engine
            .change_schedule("prune_runs", "0 4 * * *", "Mars", &olga)
            .await,
    ];
    for (outcome, expected) in
        refused
            .into_iter()
            .zip(["Say why", "not paused", "fields", "time zone"])
    {
        let Err(EngineError::Invalid(said)) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(said.contains(expected), "{said}");
    }
    for outcome in [
        engine.schedule("none").await,
        engine.request_schedule_run("none", &olga).await,
        engine.pause_schedule("none", "x", &olga).await,
    ] {
        assert!(matches!(outcome, Err(EngineError::NotFound(_))));
    }
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.audit_log").await,
        0
    );
    // A line that somebody wrote with SQL does not keep the runner busy: it is paused, and says why.
    run(
        &pool,
        "UPDATE marketing.schedules SET cron = '99 * * * *' WHERE name = 'prune_runs'",
    )
    .await;
    look(&engine).await;
    let pause = engine.schedule("prune_runs").await.unwrap().pause.unwrap();
    assert_eq!(pause.by, "scheduler");
    assert!(pause.reason.contains("no cron line"), "{}", pause.reason);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_process_has_a_runner_and_a_failed_job_says_why(pool: PgPool) {
    let engine = engine(&pool);
    let process = crate::support::worker(&engine).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.schedules WHERE next_run_at IS NOT NULL",
        10,
    )
    .await;
    run(
        &pool,
        "ALTER TABLE marketing.pipeline_errors RENAME TO elsewhere",
    )
    .await;
    engine
        .request_schedule_run("prune_errors", &operator())
        .await
        .unwrap();
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.schedules WHERE last_status = 'failed'",
        1,
    )
    .await;
    let runs = engine.schedule_runs("prune_errors").await.unwrap();
    assert!(
        runs[0]
            .error
            .as_deref()
            .unwrap()
            .contains("pipeline_errors")
    );
    process.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_job_stops_between_its_steps_when_the_process_ends(pool: PgPool) {
    let engine = engine(&pool);
    engine
        .request_schedule_run("prune_events", &operator())
        .await
        .unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    engine.run_due_schedules(&stop).await.unwrap();
    let schedule = engine.schedule("prune_events").await.unwrap();
    assert_eq!(schedule.status, Some(RunStatus::Stopped));
}

#[sqlx::test(migrations = "../migrations")]
async fn vacuum_looks_after_the_tables_of_the_queue(pool: PgPool) {
    let engine = engine(&pool);
    crate::support::insert(&pool, 200).await;
    engine
        .request_schedule_run("vacuum_queue", &operator())
        .await
        .unwrap();
    assert_eq!(look(&engine).await, ["vacuum_queue"]);
    let result = engine
        .schedule("vacuum_queue")
        .await
        .unwrap()
        .last_result
        .unwrap();
    assert!(
        result["marketing.pipeline_events"]["dead_rows"].is_number(),
        "{result}"
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM pg_class WHERE oid = 'marketing.pipeline_events'::REGCLASS AND reltuples = 200").await,
        1
    );
}
