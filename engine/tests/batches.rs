//! How far a batch is, stage by stage.

use domain::{
    estimate::{Estimate, NoEstimate, estimate},
    event::EventStatus,
    model::event::EventFilter,
    stage::StageName,
};
use engine::Engine;
use sqlx::PgPool;

use crate::support::{Process, answers, drain, engine, insert, operator};

/// Type, status and number of the batch's events.
type Counted = (String, String, i64);

/// Compares the page's figures with a recount and with the lists behind them; returns what is open.
async fn check(engine: &Engine, pool: &PgPool, batch: &str) -> i64 {
    let recounted: Vec<Counted> = sqlx::query_as(
        "SELECT event_type, status, count(*) FROM marketing.pipeline_events WHERE batch_id = $1 GROUP BY 1, 2",
    )
    .bind(batch)
    .fetch_all(pool)
    .await
    .unwrap();
    let progress = engine.batch_progress(batch).await.unwrap();
    for stage in &progress.stages {
        let kind = stage.stage.consumes();
        for (status, shown) in [
            (EventStatus::Processed, stage.done),
            (EventStatus::Pending, stage.waiting),
            (EventStatus::Processing, stage.processing),
            (EventStatus::Failed, stage.failed),
        ] {
            let one = recounted
                .iter()
                .find(|(event_type, name, _)| event_type == kind && name == status.name());
            assert_eq!(
                shown,
                one.map_or(0, |(.., n)| *n),
                "{batch} {kind} {status:?}"
            );
            let list = EventFilter {
                event_type: Some(kind.to_owned()),
                status: Some(status),
                batch: Some(batch.to_owned()),
                ..EventFilter::default()
            };
            assert_eq!(engine.events_count(&list).await.unwrap().n, shown);
        }
    }
    progress.stages.iter().map(|stage| stage.open()).sum()
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_equal_a_recount_and_the_lists(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 40).await;
    sqlx::query(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Other ' || n, 'https://other' || n || '.example', 'b2' FROM generate_series(1, 7) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(check(&engine, &pool, "b1").await, 40);
    let worker = Process::start(&engine, answers(0.2, 0.3)).await;
    drain(&pool).await;
    worker.stop().await;
    assert_eq!(check(&engine, &pool, "b1").await, 0);
    assert_eq!(check(&engine, &pool, "b2").await, 0);
    let [validate, .., verify] = &engine.batch_progress("b1").await.unwrap().stages[..] else {
        panic!("five stages");
    };
    assert_eq!((validate.done, validate.failed), (40, 0));
    assert!(verify.rate > 0.0 && validate.rate > 0.0);

    // Whatever happens to the rows: another batch, another state, age.
    for change in [
        "UPDATE marketing.pipeline_events SET batch_id = 'b2' WHERE batch_id = 'b1' AND id % 3 = 0",
        "UPDATE marketing.pipeline_events SET batch_id = NULL WHERE batch_id = 'b1' AND id % 5 = 0",
        "UPDATE marketing.pipeline_events SET status = 'pending', processed_at = NULL WHERE id % 2 = 0",
        "DELETE FROM marketing.pipeline_events WHERE id % 7 = 0",
        "SELECT marketing.fold_rollups()",
        "TRUNCATE marketing.pipeline_events CASCADE",
    ] {
        sqlx::query(change).execute(&pool).await.unwrap();
        for batch in ["b1", "b2"] {
            check(&engine, &pool, batch).await;
        }
    }
    assert_eq!(check(&engine, &pool, "b1").await, 0);
    assert_eq!(check(&engine, &pool, "unheard of").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_estimate_takes_the_pace_and_everybodys_work(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 30).await;
    let now = async || estimate(&engine.batch_progress("b1").await.unwrap());
    let validate = StageName::Validate;
    assert_eq!(now().await, Estimate::Unknown(NoEstimate::NoPace(validate)));
    // A run for each of 60 events two minutes ago, in every stage.
    sqlx::query(
        "INSERT INTO marketing.workflow_stats (workflow_name, status, created_at)
         SELECT name, 'ok', now() - INTERVAL '2 minutes' FROM unnest($1::TEXT[]) AS name, generate_series(1, 60)",
    )
    .bind(StageName::ALL.map(StageName::workflow).as_slice())
    .execute(&pool)
    .await
    .unwrap();
    let Estimate::In(alone) = now().await else {
        panic!("every stage has a pace");
    };
    // 60 runs in two minutes and at most one more: 30 events take one to one and a half.
    assert!((60.0..=91.0).contains(&alone), "{alone}");
    sqlx::query(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Other ' || n, 'https://other' || n || '.example', 'b2' FROM generate_series(1, 90) n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let Estimate::In(shared) = now().await else {
        panic!("every stage has a pace");
    };
    assert!(shared > 3.5 * alone, "{shared} beside {alone}");

    engine
        .pause_stage(StageName::Enrich, "a test", &operator())
        .await
        .unwrap();
    let paused = Estimate::Unknown(NoEstimate::StagePaused(StageName::Enrich));
    assert_eq!(now().await, paused);
    engine
        .pause_batch("b1", "a test", &operator())
        .await
        .unwrap();
    assert_eq!(now().await, Estimate::Unknown(NoEstimate::BatchPaused));
    sqlx::query("INSERT INTO intake.import_batches (import_batch_id, importer, status) VALUES ('b1', 'test', 'importing')")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(now().await, Estimate::Unknown(NoEstimate::Reading));
}
