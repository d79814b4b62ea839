//! Notifications that are left to the relay while many transactions notify: each committed event is announced once.

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Connection, PgConnection, PgPool, postgres::PgListener};

use crate::support::{count, engine, wait_for};

const EVENTS: &str = "SELECT count(*) FROM marketing.pipeline_events";
const UNSETTLED: &str =
    "SELECT count(*) FROM marketing.event_relay_position WHERE swept_to IS NOT NULL";

async fn listener(pool: &PgPool) -> PgListener {
    let mut listener = PgListener::connect_with(pool).await.unwrap();
    listener.listen("pipeline_event").await.unwrap();
    listener
}

/// How often each event was announced since the last call.
async fn heard(listener: &mut PgListener, into: &mut BTreeMap<i64, usize>) {
    while let Ok(told) = tokio::time::timeout(Duration::from_millis(200), listener.recv()).await {
        let body: serde_json::Value = serde_json::from_str(told.unwrap().payload()).unwrap();
        *into.entry(body["event_id"].as_i64().unwrap()).or_default() += 1;
    }
}

async fn insert(connection: &mut PgConnection, name: &str) {
    sqlx::query("INSERT INTO intake.company_raw_intake (company, website) VALUES ($1, 'https://' || $1 || '.example')")
        .bind(name)
        .execute(connection)
        .await
        .unwrap();
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// Whether all is settled.
async fn announce(pool: &PgPool) -> bool {
    sqlx::query_scalar("SELECT settled FROM marketing.announce_events()")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn connection(pool: &PgPool) -> PgConnection {
    PgConnection::connect_with(&pool.connect_options())
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_commits_late_is_announced_then_and_what_is_rolled_back_never(pool: PgPool) {
    let mut ear = listener(&pool).await;
    let mut seen = BTreeMap::new();
    let (mut early, mut late, mut gone, mut own) = (
        connection(&pool).await,
        connection(&pool).await,
        connection(&pool).await,
        connection(&pool).await,
    );
    insert(&mut own, "before").await;
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len(), 1, "triggers notify by themselves");

    run(&pool, "SELECT marketing.defer_announcements(60)").await;
    let mut late_work = late.begin().await.unwrap();
    insert(&mut late_work, "late").await;
    let mut gone_work = gone.begin().await.unwrap();
    insert(&mut gone_work, "gone").await;
    insert(&mut early, "early").await;
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len(), 1, "it is left to the relay");
    assert!(!announce(&pool).await);
    gone_work.rollback().await.unwrap();
    for _ in 0..3 {
        assert!(!announce(&pool).await, "more may be deferred");
    }
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len(), 2, "only what is committed");

    run(
        &pool,
        "UPDATE marketing.event_relay SET deferring_until = now()",
    )
    .await;
    insert(&mut own, "after").await;
    for _ in 0..3 {
        assert!(!announce(&pool).await, "a transaction of before is open");
    }
    late_work.commit().await.unwrap();
    while !announce(&pool).await {}
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len() as i64, count(&pool, EVENTS).await);
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    assert!(announce(&pool).await, "there is nothing left to do");
}

#[sqlx::test(migrations = "../migrations")]
async fn events_made_by_hand_stay_silent_and_so_does_what_a_rollback_silenced(pool: PgPool) {
    let mut ear = listener(&pool).await;
    let mut seen = BTreeMap::new();
    run(&pool, "SELECT marketing.defer_announcements(60)").await;
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload) VALUES ('by_hand', '{}')",
    )
    .await;
    announce(&pool).await;
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len(), 0);
    run(
        &pool,
        "SELECT marketing.notify_pipeline_event('t', 'by_function', '{}')",
    )
    .await;
    heard(&mut ear, &mut seen).await;
    assert_eq!(
        seen.len(),
        1,
        "the function of the contract notifies at once"
    );
    run(
        &pool,
        "CREATE OR REPLACE FUNCTION marketing.notify_pipeline_event(p_table_name TEXT, p_event_type TEXT, p_payload JSONB)
         RETURNS VOID AS $$ BEGIN RETURN; END; $$ LANGUAGE plpgsql",
    )
    .await;
    insert(&mut connection(&pool).await, "silent").await;
    announce(&pool).await;
    heard(&mut ear, &mut seen).await;
    assert_eq!(seen.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_hears_of_many_transactions_announces_for_them(pool: PgPool) {
    const WRITERS: usize = 8;
    const EACH: usize = 250;
    let mut ear = listener(&pool).await;
    let _engine = engine(&pool);
    let listening = tokio::spawn(async move {
        let mut seen = BTreeMap::new();
        while seen.len() < WRITERS * EACH {
            heard(&mut ear, &mut seen).await;
        }
        heard(&mut ear, &mut seen).await;
        seen
    });
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let mut own = connection(&pool).await;
        writers.spawn(async move {
            for n in 0..EACH {
                insert(&mut own, &format!("w{writer}-{n}")).await;
            }
        });
    }
    writers.join_all().await;
    let seen = tokio::time::timeout(Duration::from_secs(30), listening)
        .await
        .expect("every event is announced")
        .unwrap();
    assert_eq!(seen.len() as i64, count(&pool, EVENTS).await);
    assert!(seen.values().all(|times| *times == 1));
    let deferred = count(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE deferred",
    )
    .await;
    assert!(deferred > 0, "the rate was high enough to be noticed");
    wait_for(&pool, UNSETTLED, 0).await;
}
