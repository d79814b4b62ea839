//! What people are told without asking: each thing once, to those who want to hear of it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    model::{
        error::ErrorFilter,
        news::{NewsItem, NewsKind},
    },
    role::{Actor, Role},
};
use engine::{Engine, store::error::ErrorSelection};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{count, engine};

pub(super) async fn ada(engine: &Engine) -> Actor {
    engine
        .put_user(
            "ada",
            "correct horse battery",
            Role::Operator,
            &Actor::system(),
        )
        .await
        .unwrap()
}

async fn log(pool: &PgPool, message: &str, age: &str) {
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, error_message, created_at)
         VALUES ('slots_created', $1, now() - $2::INTERVAL)",
    )
    .bind(message)
    .bind(age)
    .execute(pool)
    .await
    .unwrap();
}

async fn heard(engine: &Engine, since: DateTime<Utc>, who: &Actor) -> Vec<String> {
    let news = engine.news(Some(since), who).await.unwrap();
    news.items.iter().map(NewsItem::text).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn new_kinds_of_errors_are_told_and_resolved_ones_that_come_back(pool: PgPool) {
    let engine = engine(&pool);
    let ada = ada(&engine).await;
    let lately = Utc::now() - TimeDelta::minutes(1);
    for message in ["Known of old", "Mended"] {
        log(&pool, message, "1 hour").await;
    }
    log(&pool, "Known of old", "0 s").await;
    assert_eq!(heard(&engine, lately, &ada).await, [] as [String; 0]);
    log(&pool, "Quite new 17", "0 s").await;
    log(&pool, "Quite new 18", "0 s").await;
    assert_eq!(
        heard(&engine, lately, &ada).await,
        ["An error of a new kind: Quite new <n>"]
    );

    let mended = ErrorSelection::Matching(ErrorFilter {
        search: Some("Mended".into()),
        resolved: Some(false),
        ..ErrorFilter::default()
    });
    engine.resolve_errors(&mended, "done", &ada).await.unwrap();
    sqlx::query("UPDATE marketing.error_groups SET resolved_at = now() - INTERVAL '30 minutes' WHERE resolved_at IS NOT NULL")
        .execute(&pool)
        .await
        .unwrap();
    log(&pool, "Mended", "10 s").await;
    log(&pool, "Mended", "0 s").await;
    let all = heard(&engine, lately, &ada).await;
    assert_eq!(all[0], "A resolved error is back: Mended", "{all:?}");
    // It has come back long before somebody asks for what is newer.
    sqlx::query("UPDATE marketing.pipeline_errors SET created_at = now() - INTERVAL '20 minutes' WHERE NOT resolved AND error_message = 'Mended'")
        .execute(&pool)
        .await
        .unwrap();
    log(&pool, "Mended", "0 s").await;
    assert_eq!(heard(&engine, lately, &ada).await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn late_queues_and_own_imports_are_told_to_those_who_want_it(pool: PgPool) {
    let engine = engine(&pool);
    let ada = ada(&engine).await;
    let lately = Utc::now() - TimeDelta::minutes(1);
    let sql = "INSERT INTO marketing.pipeline_events (event_type, payload, created_at)
               SELECT 'late_' || n, '{}', now() - n * INTERVAL '1 minute' FROM generate_series(9, 33, 12) n;
               INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status, accepted, rejected, duplicates, finished_at)
               VALUES ('b1', 'mine.csv', 'ada', 'completed', 10, 2, 1, now()), ('b2', 'hers.csv', 'eve', 'completed', 10, 2, 1, now()),
                      ('b3', 'old.csv', 'ada', 'completed', 1, 0, 0, now() - INTERVAL '1 hour'), ('b4', NULL, 'ada', 'cancelled', 0, 0, 0, now())";
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&pool)
        .await
        .unwrap();
    let queues = [
        "1 late_33 event waits, the oldest for more than 30 minutes",
        "1 late_21 event waits, the oldest for more than 10 minutes",
    ];
    let imports = [
        "The import of mine.csv is done: 10 rows accepted, 3 left out",
        "The import of b4 has ended: cancelled",
    ];
    let mut all = heard(&engine, lately, &ada).await;
    all[2..].sort();
    assert_eq!(all, [queues[0], queues[1], imports[1], imports[0]]);
    // Whoever has just come learns what is the matter, not what was.
    let now = engine.news(None, &ada).await.unwrap();
    assert_eq!((now.items.len(), now.wanted), (2, true));

    engine.choose_news(&ada, &[NewsKind::Queue]).await.unwrap();
    assert_eq!(engine.news_choices(&ada).await.unwrap(), [NewsKind::Queue]);
    assert_eq!(heard(&engine, lately, &ada).await, queues);
    engine.choose_news(&ada, &[]).await.unwrap();
    let nothing = engine.news(Some(lately), &ada).await.unwrap();
    assert_eq!((nothing.items.len(), nothing.wanted), (0, false));
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.audit_log WHERE action = 'user.notifications'"
        )
        .await,
        2
    );
}
