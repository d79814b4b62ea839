//! Webhooks with a real receiver: what arrives, when it is tried again, and what is not sent.

mod acts;
mod receiver;

use std::{collections::BTreeSet, time::Duration};

use domain::model::webhook::{
    DeliveryFilter, DeliveryQuery, DeliveryRow, DeliveryStatus, WebhookForm, WebhookSecret,
    WebhookState,
};
use engine::{Engine, EngineConfig, queue::Upkeep, webhooks::WebhookOptions};
use receiver::{Receiver, Reply};
use sqlx::PgPool;

use crate::support::{config, count, insert, operator, wait_for};

const DELIVERED: &str = "SELECT count(*) FROM app.webhook_deliveries WHERE status = 'delivered'";
const DEAD: &str = "SELECT count(*) FROM app.webhook_deliveries WHERE status = 'dead'";
const PENDING: &str = "SELECT count(*) FROM app.webhook_deliveries WHERE status = 'pending'";

/// Delays that a test has time for.
fn options() -> WebhookOptions {
    WebhookOptions {
        private_addresses: true,
        first_delay: Duration::from_millis(1),
        time_out: Duration::from_secs(20),
        lease: Duration::from_secs(2),
    }
}

fn with(pool: &PgPool, webhooks: WebhookOptions) -> Engine {
    let config = EngineConfig {
        webhooks,
        ..config("")
    };
    Engine::with_pool(pool.clone(), config)
}

fn form(name: &str, url: &str, event_types: &str) -> WebhookForm {
    WebhookForm {
        name: name.into(),
        url: url.into(),
        event_types: event_types.into(),
    }
}

async fn make(engine: &Engine, name: &str, receiver: &Receiver, types: &str) -> WebhookSecret {
    engine
        .make_webhook(&form(name, &receiver.url, types), &operator())
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

async fn deliveries(engine: &Engine, webhook: i64, filter: DeliveryFilter) -> Vec<DeliveryRow> {
    let query = DeliveryQuery {
        webhook,
        filter,
        cursor: None,
    };
    engine.webhook_deliveries(&query).await.unwrap().rows
}

async fn all(engine: &Engine, webhook: i64) -> Vec<DeliveryRow> {
    deliveries(engine, webhook, DeliveryFilter::default()).await
}

#[sqlx::test(migrations = "../migrations")]
async fn each_event_arrives_once_signed_and_no_other_does(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    insert(&pool, 3).await;
    assert_eq!(count(&pool, FOLLOWED).await, 0, "nobody wants events");
    let receiver = Receiver::start(200).await;
    let other = Receiver::start(204).await;
    let made = make(&engine, "n8n", &receiver, "").await;
    let picky = make(&engine, "picky", &other, "by_hand, company_validated").await;
    insert(&pool, 20).await;
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES ('by_hand', '{\"record_id\": 1e40}', 'processed')",
    )
    .await;
    wait_for(&pool, DELIVERED, 22).await;
    upkeep.stop().await;

    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM marketing.pipeline_events WHERE id > 3 ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    let mut events = receiver.events();
    events.sort_unstable();
    assert_eq!(events, ids);
    assert_eq!(other.events(), ids[20..]);
    for got in receiver.got() {
        assert_eq!(got.path, "/hook");
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("x-idempotency-key"), got.event.to_string());
        assert!(
            got.header("user-agent")
                .starts_with("outreach-command-center/")
        );
        assert!(got.header("x-timestamp").len() == 13, "milliseconds");
        assert!(got.is_signed_with(&made.secret));
        assert!(!got.is_signed_with(&picky.secret));
        assert!(got.body["payload"].is_object());
        assert!(got.body["timestamp"].is_string());
    }
    let first = &receiver.got()[0];
    assert_eq!(first.body["event_type"], "company_created");
    assert_eq!(first.body["table"], "intake.company_raw_intake");
    let rows = all(&engine, made.id).await;
    assert_eq!(rows.len(), 21);
    assert!(
        rows.iter()
            .all(|row| row.attempts == 1 && row.http_status == Some(200))
    );
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.counts.map(|count| count.n), [21, 0, 0, 0]);
    assert!(row.last_success_at.is_some() && row.last_failure_at.is_none());
}

const FOLLOWED: &str = "SELECT count(*) FROM app.webhook_position WHERE handed_to IS NOT NULL";

#[sqlx::test(migrations = "../migrations")]
async fn what_fails_is_tried_again_later_each_time(pool: PgPool) {
    let patient = WebhookOptions {
        first_delay: Duration::from_secs(100),
        ..options()
    };
    let engine = with(&pool, patient);
    let upkeep = Upkeep::start(&engine);
    let receiver = Receiver::start(Reply {
        body: "x".repeat(5000),
        ..500.into()
    })
    .await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 1).await;
    for (attempt, least) in [(1, 100.0), (2, 200.0), (3, 400.0)] {
        wait_for(
            &pool,
            "SELECT coalesce(max(attempts), 0)::BIGINT FROM app.webhook_deliveries",
            attempt,
        )
        .await;
        let row = all(&engine, made.id).await.remove(0);
        assert_eq!(row.status, DeliveryStatus::Failed);
        assert_eq!(row.http_status, Some(500));
        assert!(row.error.unwrap().contains("500 Internal Server Error"));
        assert_eq!(row.answer.unwrap().len(), 1024);
        let wait = (row.next_attempt_at.unwrap() - row.tried_at.unwrap()).as_seconds_f64();
        assert!((least..least * 1.31).contains(&wait), "{attempt}: {wait}");
        run(
            &pool,
            "UPDATE app.webhook_deliveries SET next_attempt_at = now()",
        )
        .await;
    }
    receiver.answer(200);
    run(
        &pool,
        "UPDATE app.webhook_deliveries SET next_attempt_at = now()",
    )
    .await;
    wait_for(&pool, DELIVERED, 1).await;
    let row = all(&engine, made.id).await.remove(0);
    assert_eq!((row.error, row.next_attempt_at), (None, None));
    let keys: BTreeSet<String> = receiver
        .got()
        .iter()
        .map(|got| got.header("x-idempotency-key").to_owned())
        .collect();
    assert_eq!(keys.len(), 1, "a receiver can tell that it is one event");
    upkeep.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn too_many_dead_deliveries_pause_it_and_a_person_goes_on(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    let receiver = Receiver::start(500).await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 20).await;
    wait_for(&pool, DEAD, 20).await;
    assert_eq!(receiver.got().len(), 20 * 8);
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.state, WebhookState::Paused);
    assert!(row.reason.unwrap().starts_with("20 deliveries in a row"));
    assert!(row.last_error.unwrap().contains("500"));

    // What comes meanwhile waits, and nothing is sent.
    receiver.answer(200);
    insert(&pool, 5).await;
    wait_for(&pool, PENDING, 5).await;
    assert_eq!(receiver.got().len(), 20 * 8);
    engine
        .switch_webhook(made.id, true, &operator())
        .await
        .unwrap();
    wait_for(&pool, DELIVERED, 5).await;
    let (one, rest) = (all(&engine, made.id).await[24].event_id, 19);
    assert_eq!(
        engine
            .deliver_again(made.id, Some(one), &operator())
            .await
            .unwrap(),
        1
    );
    wait_for(&pool, DELIVERED, 6).await;
    assert_eq!(
        engine
            .deliver_again(made.id, None, &operator())
            .await
            .unwrap(),
        rest
    );
    wait_for(&pool, DELIVERED, 25).await;
    // Also what has arrived.
    assert_eq!(
        engine
            .deliver_again(made.id, Some(one), &operator())
            .await
            .unwrap(),
        1
    );
    wait_for(
        &pool,
        "SELECT (SELECT count(*) FROM app.webhook_deliveries WHERE status = 'pending')",
        0,
    )
    .await;
    wait_for(&pool, DELIVERED, 25).await;
    upkeep.stop().await;
    let times = receiver
        .events()
        .iter()
        .filter(|event| **event == one)
        .count();
    assert_eq!(times, 8 + 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_commits_late_arrives_and_what_is_rolled_back_is_forgotten(pool: PgPool) {
    let engine = with(&pool, options());
    let receiver = Receiver::start(200).await;
    let begin = async |name: &'static str| {
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query("INSERT INTO intake.company_raw_intake (company, website) VALUES ($1, 'https://' || $1 || '.example')")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction
    };
    // Its id was taken before anybody wanted events, and it is committed after.
    let early = begin("early").await;
    insert(&pool, 1).await;
    make(&engine, "n8n", &receiver, "").await;
    let upkeep = Upkeep::start(&engine);
    let late = begin("late").await;
    let gone = begin("gone").await;
    insert(&pool, 2).await;
    wait_for(&pool, DELIVERED, 2).await;
    gone.rollback().await.unwrap();
    late.commit().await.unwrap();
    wait_for(&pool, DELIVERED, 3).await;
    early.commit().await.unwrap();
    wait_for(&pool, DELIVERED, 4).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM app.webhook_position WHERE missing <> '{}' OR judged <> '{}'",
        0,
    )
    .await;
    upkeep.stop().await;
    let events: BTreeSet<i64> = receiver.events().into_iter().collect();
    assert_eq!(events.len(), 4);
    assert!(!events.contains(&2), "committed before");
    assert_eq!(receiver.got().len(), 4, "each once");
}

#[sqlx::test(migrations = "../migrations")]
async fn when_the_process_dies_another_one_goes_on(pool: PgPool) {
    let first = with(&pool, options());
    let receiver = Receiver::start(Reply {
        after: Duration::from_millis(300),
        ..200.into()
    })
    .await;
    make(&first, "n8n", &receiver, "").await;
    let upkeep = Upkeep::start(&first);
    insert(&pool, 40).await;
    while receiver.got().len() < 6 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Its tasks end where they are, with messages on their way.
    drop(upkeep);
    insert(&pool, 10).await;
    let second = with(&pool, options());
    let (one, two) = (Upkeep::start(&second), Upkeep::start(&second));
    receiver.answer(200);
    wait_for(&pool, DELIVERED, 50).await;
    one.stop().await;
    two.stop().await;
    let events: BTreeSet<i64> = receiver.events().into_iter().collect();
    assert_eq!(events.len(), 50);
    // Only what was on its way came twice.
    assert!(receiver.got().len() <= 54, "{}", receiver.got().len());
    let held = "SELECT count(*) FROM app.webhook_position WHERE runner IS NOT NULL";
    assert_eq!(count(&pool, held).await, 0, "the turn is left to others");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_receiver_holds_up_nobody_else(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    let slow = Receiver::start(Reply {
        after: Duration::from_secs(3600),
        ..200.into()
    })
    .await;
    let quick = Receiver::start(200).await;
    let stuck = make(&engine, "slow", &slow, "").await;
    make(&engine, "quick", &quick, "").await;
    insert(&pool, 200).await;
    wait_for(&pool, DELIVERED, 200).await;
    assert_eq!(quick.got().len(), 200);
    assert!(slow.got().len() <= 4, "at most four are on their way");
    let waiting = DeliveryFilter {
        status: Some(DeliveryStatus::Pending),
        ..DeliveryFilter::default()
    };
    assert_eq!(deliveries(&engine, stuck.id, waiting).await.len(), 50);
    drop(upkeep);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_receiver_says_when_it_wants_to_be_left_alone_and_when_it_is_gone(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    let receiver = Receiver::start(Reply {
        header: Some(("retry-after", "600")),
        ..429.into()
    })
    .await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 30).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM app.webhooks WHERE rest_until > now() + INTERVAL '9 minutes'",
        1,
    )
    .await;
    // Switching it off and on forgets the rest.
    engine
        .switch_webhook(made.id, false, &operator())
        .await
        .unwrap();
    assert!(receiver.got().len() <= 8, "the others wait");
    receiver.answer(410);
    let tried = receiver.got().len();
    engine
        .switch_webhook(made.id, true, &operator())
        .await
        .unwrap();
    wait_for(
        &pool,
        "SELECT count(*) FROM app.webhooks WHERE NOT enabled",
        1,
    )
    .await;
    upkeep.stop().await;
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.state, WebhookState::Off);
    assert!(row.reason.unwrap().contains("410 Gone"));
    assert!(receiver.got().len() <= tried + 8);
}

#[sqlx::test(migrations = "../migrations")]
async fn no_redirect_is_followed(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    let receiver = Receiver::start(Reply {
        header: Some(("location", "/elsewhere")),
        ..307.into()
    })
    .await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 1).await;
    wait_for(&pool, DEAD, 1).await;
    upkeep.stop().await;
    assert!(receiver.got().iter().all(|got| got.path == "/hook"));
    assert_eq!(all(&engine, made.id).await[0].http_status, Some(307));
}
