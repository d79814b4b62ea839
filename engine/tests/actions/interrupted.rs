//! Processes that die in the middle of a bulk action.

use domain::model::bulk::{ActionState, EventAct};
use engine::queue::Upkeep;
use sqlx::PgPool;

use super::{
    events, in_state,
    support::{count, engine, operator, wait_for},
};

const TOUCHED: &str = "SELECT count(*) FROM marketing.pipeline_action_items";

#[sqlx::test(migrations = "../migrations")]
async fn another_process_continues_and_each_event_is_changed_once(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 3_500, "failed").await;
    // A process that dies after its first chunk: nobody here goes on.
    let started = engine
        .start_action(&in_state(EventAct::Retry, "failed"), &operator())
        .await
        .unwrap();
    assert_eq!(started.done, 1_000);

    // One that dies within its chunk: it waits for an event that somebody holds, and is cut off there.
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM marketing.pipeline_events WHERE status = 'failed' ORDER BY id OFFSET 500 LIMIT 1 FOR UPDATE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let dying = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.finish_action(started.id).await })
    };
    wait_for(
        &pool,
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        1,
    )
    .await;
    dying.abort();
    drop(dying.await);
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND datname = current_database()",
    )
    .execute(&pool)
    .await
    .unwrap();
    holder.rollback().await.unwrap();
    assert_eq!(
        count(&pool, TOUCHED).await,
        1_000,
        "the chunk in hand is lost as a whole"
    );

    // Three that live share the rest.
    let others = [
        Upkeep::start(&engine),
        Upkeep::start(&engine),
        Upkeep::start(&engine),
    ];
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_actions WHERE state = 'done'",
        1,
    )
    .await;
    for upkeep in others {
        upkeep.stop().await;
    }
    let done = engine.action(started.id).await.unwrap();
    assert_eq!(
        (done.state, done.done, done.skipped),
        (ActionState::Done, 3_500, 0)
    );
    assert_eq!(count(&pool, TOUCHED).await, 3_500);
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'pending' AND max_attempts = 6").await,
        3_500
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.audit_log WHERE action = 'action.finish' AND actor = 'olga'").await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_finishes_what_it_starts(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 2_500, "pending").await;
    let started = engine
        .start_action(&in_state(EventAct::Cancel, "pending"), &operator())
        .await
        .unwrap();
    let (one, other) = tokio::join!(
        engine.finish_action(started.id),
        engine.finish_action(started.id)
    );
    assert_eq!(one.unwrap().done, 2_500);
    assert_eq!(other.unwrap().done, 2_500);
    assert_eq!(count(&pool, TOUCHED).await, 2_500);
}
