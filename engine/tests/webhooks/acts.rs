//! What admins do with webhooks, and what nobody sees.

use domain::{
    model::webhook::{DeliveryStatus, WebhookState},
    webhook::DEAD_IN_A_ROW,
};
use engine::{EngineError, queue::Upkeep, webhooks::WebhookOptions};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{
    DEAD, DELIVERED, FOLLOWED, all, form, make, options,
    receiver::{Receiver, Reply},
    run, with,
};
use crate::support::{count, insert, operator, wait_for};

#[sqlx::test(migrations = "../migrations")]
async fn a_private_address_is_refused_when_it_is_given_and_when_it_is_connected_to(pool: PgPool) {
    let engine = with(
        &pool,
        WebhookOptions {
            private_addresses: false,
            ..options()
        },
    );
    let receiver = Receiver::start(200).await;
    let refused = engine
        .make_webhook(&form("n8n", &receiver.url, ""), &operator())
        .await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("WEBHOOK_PRIVATE_ADDRESSES"), "{error}");

    // As if the setting had been another when it was made.
    let permissive = with(&pool, options());
    let made = make(&permissive, "n8n", &receiver, "").await;
    let answer = engine.test_webhook(made.id, &operator()).await.unwrap();
    assert_eq!(answer.status, None);
    let upkeep = Upkeep::start(&engine);
    insert(&pool, 1).await;
    wait_for(&pool, DEAD, 2).await;
    upkeep.stop().await;
    let rows = all(&engine, made.id).await;
    assert_eq!(rows.len(), 2, "the event, and the test before it");
    assert!(!rows[0].is_test && rows[1].is_test);
    for row in rows {
        assert!(row.error.unwrap().contains("private network"));
    }
    assert_eq!(receiver.got().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_test_is_on_record_once_and_says_nothing_of_the_receiver(pool: PgPool) {
    let engine = with(&pool, options());
    let receiver = Receiver::start(500).await;
    let made = make(&engine, "n8n", &receiver, "").await;
    let upkeep = Upkeep::start(&engine);
    for _ in 0..DEAD_IN_A_ROW + 1 {
        engine.test_webhook(made.id, &operator()).await.unwrap();
    }
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.state, WebhookState::On, "no test pauses it");
    assert_eq!((row.last_failure_at, row.last_error), (None, None));
    let tests = all(&engine, made.id).await;
    assert_eq!(tests.len() as i32, DEAD_IN_A_ROW + 1);
    let newest = &tests[0];
    assert!(newest.is_test && newest.event_id > tests[1].event_id);
    assert_eq!(
        (newest.status, newest.attempts, newest.http_status),
        (DeliveryStatus::Dead, 1, Some(500))
    );
    assert_eq!(newest.event_type, "webhook_test");
    let sent = receiver.got().pop().unwrap();
    assert_eq!(sent.body["event_id"], newest.event_id);

    // Neither one nor all of them are sent again, and what comes after them has a number of its own.
    let olga = operator();
    let again = engine.deliver_again(made.id, Some(newest.event_id), &olga);
    assert!(matches!(again.await, Err(EngineError::NotFound(_))));
    assert_eq!(engine.deliver_again(made.id, None, &olga).await.unwrap(), 0);
    receiver.answer(200);
    insert(&pool, 1).await;
    wait_for(&pool, DELIVERED, 1).await;
    upkeep.stop().await;
    let rows = all(&engine, made.id).await;
    assert_eq!(rows.len(), tests.len() + 1);
    assert!(!rows[0].is_test && rows[0].event_id > newest.event_id);
    assert_eq!(receiver.got().len(), tests.len() + 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_is_made_changed_tested_and_deleted_and_its_secret_is_nowhere(pool: PgPool) {
    let engine = with(&pool, options());
    let receiver = Receiver::start(Reply {
        body: "Workflow was started".into(),
        ..200.into()
    })
    .await;
    let url = format!("{}/4f2c90aa-token?key=s3cret", receiver.url);
    let made = engine
        .make_webhook(&form(" n8n ", &url, "b, a a\n"), &operator())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(made.name, "n8n");
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.event_types, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(
        (row.state, row.created_by.as_str()),
        (WebhookState::On, "olga")
    );
    assert!(
        row.url.ends_with('…') && !row.url.contains("token"),
        "{}",
        row.url
    );

    let taken = engine
        .make_webhook(&form("N8N", &url, ""), &operator())
        .await;
    assert!(
        taken
            .err()
            .unwrap()
            .to_string()
            .contains("called N8N already")
    );
    for wrong in [
        form("", &url, ""),
        form("x", &url, "a/b"),
        form("x", "", ""),
    ] {
        let refused = engine.make_webhook(&wrong, &operator()).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{wrong:?}");
    }

    let answer = engine.test_webhook(made.id, &operator()).await.unwrap();
    assert_eq!((answer.status, answer.error), (Some(200), None));
    assert_eq!(answer.answer.as_deref(), Some("Workflow was started"));
    let tested = receiver.got().remove(0);
    assert!(tested.is_signed_with(&made.secret));
    assert_eq!(tested.body["event_type"], "webhook_test");

    // Without an address it keeps its own.
    engine
        .change_webhook(made.id, &form("events", "", ""), &operator())
        .await
        .unwrap();
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!((row.name.as_str(), row.event_types), ("events", None));
    let renewed = engine
        .rotate_webhook_secret(made.id, &operator())
        .await
        .unwrap();
    assert!(renewed.secret != made.secret);
    engine.test_webhook(made.id, &operator()).await.unwrap();
    let tested = receiver.got().remove(1);
    assert!(tested.is_signed_with(&renewed.secret) && !tested.is_signed_with(&made.secret));
    assert!(tested.path.ends_with("/4f2c90aa-token"));

    engine
        .switch_webhook(made.id, false, &operator())
        .await
        .unwrap();
    assert_eq!(
        engine.webhook(made.id).await.unwrap().state,
        WebhookState::Off
    );
    engine.delete_webhook(made.id, &operator()).await.unwrap();
    assert!(engine.webhooks().await.unwrap().is_empty());
    let gone = engine.delete_webhook(made.id, &operator()).await;
    assert!(matches!(gone, Err(EngineError::NotFound(_))));

    let log: Vec<(String, String)> = sqlx::query_as(
        "SELECT action, concat(before, after, details) FROM marketing.audit_log ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    let expected = [
        "webhook.create",
        "webhook.test",
        "webhook.change",
        "webhook.rotate_secret",
        "webhook.test",
        "webhook.disable",
        "webhook.delete",
    ];
    assert_eq!(actions, expected);
    for (action, told) in &log {
        for secret in [made.secret.as_str(), &renewed.secret, "s3cret", "token"] {
            assert!(!told.contains(secret), "{action}: {told}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_happens_while_it_is_off_is_not_delivered_and_nobody_looks(pool: PgPool) {
    let engine = with(&pool, options());
    let upkeep = Upkeep::start(&engine);
    let receiver = Receiver::start(200).await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 2).await;
    wait_for(&pool, DELIVERED, 2).await;
    engine
        .switch_webhook(made.id, false, &operator())
        .await
        .unwrap();
    insert(&pool, 3).await;
    wait_for(&pool, FOLLOWED, 0).await;
    engine
        .switch_webhook(made.id, true, &operator())
        .await
        .unwrap();
    insert(&pool, 1).await;
    wait_for(&pool, DELIVERED, 3).await;
    upkeep.stop().await;
    let mut events = receiver.events();
    events.sort_unstable();
    assert_eq!(events, [1, 2, 6]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_one_gets_nothing_of_what_others_still_wait_for(pool: PgPool) {
    let engine = with(&pool, options());
    let (old, new) = (Receiver::start(200).await, Receiver::start(200).await);
    make(&engine, "old", &old, "").await;
    // Nobody has handed them out yet.
    insert(&pool, 1200).await;
    make(&engine, "new", &new, "").await;
    insert(&pool, 1).await;
    let upkeep = Upkeep::start(&engine);
    wait_for(&pool, DELIVERED, 1202).await;
    upkeep.stop().await;
    assert_eq!((old.got().len(), new.got().len()), (1201, 1));
    assert!(
        old.events()[..5].iter().all(|event| *event < 20),
        "in their order"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_that_is_gone_is_told_of_and_old_deliveries_go(pool: PgPool) {
    let engine = with(&pool, options());
    let receiver = Receiver::start(200).await;
    let made = make(&engine, "n8n", &receiver, "").await;
    insert(&pool, 30).await;
    let mut handing = true;
    while handing {
        handing = sqlx::query_scalar("SELECT more FROM app.hand_out_events(10)")
            .fetch_one(&pool)
            .await
            .unwrap();
    }
    run(
        &pool,
        "DELETE FROM marketing.pipeline_events WHERE id <= 25",
    )
    .await;
    let upkeep = Upkeep::start(&engine);
    wait_for(&pool, DELIVERED, 5).await;
    wait_for(&pool, DEAD, 25).await;
    upkeep.stop().await;
    let row = engine.webhook(made.id).await.unwrap();
    assert_eq!(row.state, WebhookState::On, "the receiver is not to blame");
    assert!(row.last_error.unwrap().contains("deleted"));

    run(
        &pool,
        "UPDATE app.webhook_deliveries SET made_at = now() - INTERVAL '31 days' WHERE event_id <= 10;
         UPDATE app.webhook_deliveries SET made_at = now() - INTERVAL '29 days' WHERE event_id > 10",
    )
    .await;
    engine
        .request_schedule_run("prune_webhook_deliveries", &operator())
        .await
        .unwrap();
    engine
        .run_due_schedules(&CancellationToken::new())
        .await
        .unwrap();
    let left = count(&pool, "SELECT min(event_id) FROM app.webhook_deliveries").await;
    assert_eq!((left, all(&engine, made.id).await.len()), (11, 20));
}

#[sqlx::test(migrations = "../migrations")]
async fn roles_of_programs_read_nothing_of_it(pool: PgPool) {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
         WHERE c.relname LIKE 'webhook%' AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner
         UNION ALL
         SELECT 'schema' FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
         WHERE n.nspname = 'app' AND a.grantee <> n.nspowner",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(open.is_empty(), "{open:?}");
}
