//! The deliveries of one webhook.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::webhook::{Verdict, judge};
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    post::{Message, Outcome},
    turn::{self, Delivery, Effect},
};
use crate::Engine;

/// Messages on their way to one receiver at a time: enough to hide its distance, and no crowd.
const IN_FLIGHT: usize = 4;

/// Sends what is due, begun in the order of the events, until nothing is.
pub(super) async fn deliver(engine: Engine, stop: CancellationToken, webhook: i64) {
    let failed = AtomicBool::new(false);
    while !failed.load(Ordering::Relaxed) && !stop.is_cancelled() {
        let due = turn::due(&engine.pool, webhook);
        let due = match engine.live.while_connected(due).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, webhook, "the deliveries of a webhook could not be read; trying again");
                return;
            }
        };
        if due.is_empty() {
            return;
        }
        let send = |event| {
            let (engine, stop, failed) = (&engine, &stop, &failed);
            async move {
                if stop.is_cancelled() || failed.load(Ordering::Relaxed) {
                    return;
                }
                if let Err(error) = attempt(engine, webhook, event).await {
                    // The message may have arrived, and comes again.
                    tracing::warn!(%error, webhook, event, "a delivery was not written down; trying again");
                    failed.store(true, Ordering::Relaxed);
                }
            }
        };
        stream::iter(due).for_each_concurrent(IN_FLIGHT, send).await;
    }
}

async fn attempt(engine: &Engine, webhook: i64, event: i64) -> sqlx::Result<()> {
    let reading = turn::read(&engine.pool, webhook, event);
    let Some(delivery) = engine.live.while_connected(reading).await? else {
        return Ok(());
    };
    let attempts = delivery.attempts;
    let (outcome, effect) = match message(delivery, event) {
        Some(message) => {
            let outcome = engine.post.send(message).await;
            let effect = effect(engine, attempts, &outcome);
            (outcome, effect)
        }
        None => gone(),
    };
    let writing = turn::record(&engine.pool, (webhook, event), attempts, &outcome, effect);
    engine.live.while_connected(writing).await
}

fn message(delivery: Delivery, event: i64) -> Option<Message> {
    Some(Message {
        body: delivery.body?,
        url: delivery.url,
        secret: delivery.secret,
        key: event.to_string(),
    })
}

fn effect(engine: &Engine, attempts: i32, outcome: &Outcome) -> Effect {
    let verdict = judge(
        outcome.status,
        outcome.retry_after,
        u32::try_from(attempts).unwrap_or(0) + 1,
        engine.config.webhooks.first_delay,
        rand::random(),
    );
    let dead = Effect {
        status: "dead",
        counts: true,
        ..Effect::default()
    };
    let again = |after| Effect {
        status: "failed",
        after: Some(after),
        ..Effect::default()
    };
    match verdict {
        Verdict::Delivered => Effect {
            status: "delivered",
            ..Effect::default()
        },
        Verdict::Again(after) => again(after),
        Verdict::Rest(after) => Effect {
            rest: true,
            ..again(after)
        },
        Verdict::Dead => dead,
        Verdict::Gone => Effect {
            off: Some("The receiver answered with 410 Gone: nobody wants events there any more"),
            ..dead
        },
    }
}

/// Of an event that was deleted before it was sent.
fn gone() -> (Outcome, Effect) {
    let outcome = Outcome {
        status: None,
        retry_after: None,
        duration: std::time::Duration::ZERO,
        error: Some("the event was deleted before it could be delivered".to_owned()),
        answer: None,
    };
    let effect = Effect {
        status: "dead",
        ..Effect::default()
    };
    (outcome, effect)
}
