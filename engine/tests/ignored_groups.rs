//! Groups of errors that are passed over, until something is reached or somebody resolves them.

use domain::model::{
    error_group::{GroupState, Ignore},
    news::NewsItem,
};
use engine::EngineError;
use sqlx::PgPool;

use crate::{
    error_groups::{fail, key_of, of_group},
    support::{engine, operator},
};

#[sqlx::test(migrations = "../migrations")]
async fn a_group_is_ignored_until_what_was_named_is_reached(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Noise #", 3).await;
    let key = key_of(&pool, "Noise").await;
    let state = async || engine.error_group(&key).await.unwrap().row.state;
    let ignore = async |ignore: Ignore| {
        let ignore = Ignore {
            why: "known".into(),
            ..ignore
        };
        engine.ignore_error_group(&key, &ignore, &operator()).await
    };
    let until = |hours, total, rate| Ignore {
        hours,
        total,
        rate,
        ..Ignore::default()
    };
    for nonsense in [
        until(Some(0), None, None),
        until(Some(1_000_000), None, None),
        until(None, Some(3), None),
        until(None, None, Some(0)),
    ] {
        let refused = ignore(nonsense.clone()).await;
        assert!(
            matches!(refused, Err(EngineError::Invalid(_))),
            "{nonsense:?}"
        );
    }
    let unsaid = engine
        .ignore_error_group(&key, &Ignore::default(), &operator())
        .await;
    assert!(matches!(unsaid, Err(EngineError::Invalid(_))));
    assert_eq!(state().await, GroupState::Open);

    ignore(until(None, None, None)).await.unwrap();
    assert_eq!(state().await, GroupState::Ignored);
    engine.heed_error_group(&key, &operator()).await.unwrap();
    assert_eq!(state().await, GroupState::Open);

    for (limits, end) in [
        (
            until(Some(1), None, None),
            "UPDATE marketing.error_groups SET ignored_until = now() - INTERVAL '1 second'",
        ),
        (
            until(Some(1), Some(4), None),
            "INSERT INTO marketing.pipeline_errors (event_type, error_message) VALUES ('a', 'Noise 4')",
        ),
        (
            until(Some(1), Some(100), Some(6)),
            "INSERT INTO marketing.pipeline_errors (event_type, error_message) VALUES ('a', 'Noise 5'), ('a', 'Noise 6')",
        ),
    ] {
        ignore(limits.clone()).await.unwrap();
        assert_eq!(state().await, GroupState::Ignored, "{limits:?}");
        sqlx::query(end).execute(&pool).await.unwrap();
        assert_eq!(state().await, GroupState::Open, "{limits:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_resolves_an_ignored_group_hears_when_it_comes_back(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Noise #", 3).await;
    sqlx::query("UPDATE marketing.error_groups SET first_seen = now() - INTERVAL '1 day'")
        .execute(&pool)
        .await
        .unwrap();
    let key = key_of(&pool, "Noise").await;
    let state = async || engine.error_group(&key).await.unwrap().row.state;
    let resolve = async || {
        engine
            .resolve_errors(&of_group(&key), "mended", &operator())
            .await
            .unwrap()
    };
    let for_good = Ignore {
        why: "known".into(),
        ..Ignore::default()
    };
    let ignore = async || {
        engine
            .ignore_error_group(&key, &for_good, &operator())
            .await
            .unwrap();
    };
    ignore().await;
    let resolution = resolve().await;
    // Who takes the resolution back has the group as it was.
    engine
        .reopen_resolution(resolution.id, &operator())
        .await
        .unwrap();
    assert_eq!(state().await, GroupState::Ignored);
    resolve().await;
    fail(&pool, "a", "Noise 9#", 1).await;
    assert_eq!(state().await, GroupState::Regressed);
    let ada = crate::news::ada(&engine).await;
    let before = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let heard = engine.news(Some(before), &ada).await.unwrap();
    let heard: Vec<String> = heard.items.iter().map(NewsItem::text).collect();
    assert_eq!(heard, ["A resolved error is back: Noise <n>"]);
    ignore().await;
    assert_eq!(state().await, GroupState::Ignored);
    let heard = engine.news(Some(before), &ada).await.unwrap();
    assert_eq!(heard.items, []);
}
