//! Calls that must not be made twice.

use engine::queue::{UnknownOutcome, Upkeep, Worker};
use sqlx::PgPool;

use super::{
    effects::Killed,
    stages::{Remote, prepare},
    support::{count, drain, engine, operator, url, wait_for},
};

#[sqlx::test(migrations = "../migrations")]
async fn a_call_of_unknown_outcome_waits_for_a_person(pool: PgPool) {
    prepare(&pool, 2).await;
    let engine = engine(&pool);
    let stuck = Remote::new(UnknownOutcome::Ask, 0);
    let killed = Killed::start(&url(&pool).await, stuck.clone());
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.external_calls WHERE state = 'intended'",
        2,
    )
    .await;
    while stuck.calls().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    killed.kill();

    let (upkeep, next) = (Upkeep::start(&engine), Remote::new(UnknownOutcome::Ask, 99));
    let worker = Worker::start_with(&engine, |lanes| lanes.remote(next.clone()))
        .await
        .unwrap();
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.dead_letters WHERE kind = 'unknown_outcome'",
        2,
    )
    .await;
    assert_eq!(
        next.calls(),
        Vec::<String>::new(),
        "nothing is repeated blindly"
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.external_calls WHERE state = 'unknown'"
        )
        .await,
        2
    );

    engine
        .settle_unknown_call(1, true, &operator())
        .await
        .unwrap();
    engine
        .settle_unknown_call(2, false, &operator())
        .await
        .unwrap();
    assert!(
        engine
            .settle_unknown_call(2, false, &operator())
            .await
            .is_err(),
        "it is settled"
    );
    drain(&pool).await;
    worker.stop().await;
    upkeep.stop().await;
    assert_eq!(next.calls(), ["probe-2"], "the same key as the first time");
    assert!(stuck.calls().contains(&"probe-2".to_owned()));
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.external_calls WHERE state = 'done'"
        )
        .await,
        2
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.dead_letters").await,
        0
    );
}
