//! The deliveries of one webhook.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::webhook::{Verdict, judge};
use futures::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    post::{Message, Outcome},
    turn::{self, Delivery, Effect},
};
use crate::Engine;

/// Messages on their way to one receiver at a time: enough to hide its distance, and no crowd.
const IN_FLIGHT: usize = 4;

/// Sends what is due at a webhook.
pub(super) struct Lane {
    pub(super) engine: Engine,
    pub(super) stop: CancellationToken,
    pub(super) webhook: i64,
    /// Shared by all lanes: the connections of the process are there for the queue, too.
    pub(super) questions: Arc<Semaphore>,
}

impl Lane {
    /// Goes by the order of the events, until nothing is due.
    pub(super) async fn run(self) {
        let failed = AtomicBool::new(false);
        let over = || self.stop.is_cancelled() || failed.load(Ordering::Relaxed);
        while !over() {
            let due = match self.ask(turn::due(&self.engine.pool, self.webhook)).await {
                Ok(due) if due.is_empty() => return,
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, webhook = self.webhook, "the deliveries of a webhook could not be read; trying again");
                    return;
                }
            };
            let (lane, over, failed) = (&self, &over, &failed);
            let send = |event| async move {
                if over() {
                    return;
                }
                if let Err(error) = lane.attempt(event).await {
                    // The message may have arrived, and comes again.
                    tracing::warn!(%error, webhook = lane.webhook, event, "a delivery was not written down; trying again");
                    failed.store(true, Ordering::Relaxed);
                }
            };
            stream::iter(due).for_each_concurrent(IN_FLIGHT, send).await;
        }
    }

    async fn attempt(&self, event: i64) -> sqlx::Result<()> {
        let (pool, webhook) = (&self.engine.pool, self.webhook);
        let Some(delivery) = self.ask(turn::read(pool, webhook, event)).await? else {
            return Ok(());
        };
        let attempts = delivery.attempts;
        let (outcome, effect) = match message(delivery, event) {
            Some(message) => {
                let outcome = self.engine.post.send(message).await;
                let effect = self.effect(attempts, &outcome);
                (outcome, effect)
            }
            None => gone(),
        };
        let record = turn::record(pool, (webhook, event), attempts, &outcome, effect);
        self.ask(record).await
    }

    async fn ask<T>(&self, question: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        // Nobody closes it.
        let _turn = self.questions.acquire().await.ok();
        self.engine.live.while_connected(question).await
    }

    fn effect(&self, attempts: i32, outcome: &Outcome) -> Effect {
        let verdict = judge(
            outcome.status,
            outcome.retry_after,
            u32::try_from(attempts).unwrap_or(0) + 1,
            self.engine.config.webhooks.first_delay,
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
                off: Some(
                    "The receiver answered with 410 Gone: nobody wants events there any more",
                ),
                ..dead
            },
        }
    }
}

fn message(delivery: Delivery, event: i64) -> Option<Message> {
    Some(Message {
        body: delivery.body?,
        url: delivery.url,
        secret: delivery.secret,
        key: event.to_string(),
    })
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
