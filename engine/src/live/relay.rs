//! Announces events of many transactions in one, while there are more of them than PostgreSQL lets notify.
//!
//! Commits that notify wait for each other, disk and all. So while the listener hears of many transactions, their triggers
//! are told to leave the notification to this task (`marketing.defer_announcements`), which sends what is committed ten
//! times a second (`marketing.announce_events`). Otherwise it asks for nothing.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use sqlx::{FromRow, PgPool};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// In which transactions are counted.
const WINDOW: Duration = Duration::from_millis(200);
/// Transactions in a window from which on they hinder each other: a disk that syncs in 3 ms lets 330 a second notify.
const MANY: usize = 20;
/// How long triggers leave it to the relay without being told again: so long nobody announces after a crash.
const DEFERRING: Duration = Duration::from_secs(3);
const RENEW: Duration = Duration::from_secs(1);
/// Sooner than what a listener may wait, a second, with room for a slow sweep.
const SWEEP: Duration = Duration::from_millis(100);
/// While only transactions that are still open keep it from being settled.
const SLOW_SWEEP: Duration = Duration::from_millis(500);

/// Tells when many transactions notify.
#[derive(Default)]
pub(super) struct Rate {
    since: Option<Instant>,
    transactions: usize,
    last: Option<DateTime<Utc>>,
}

impl Rate {
    /// Counts an event's transaction, which is known by the time at which it began.
    pub(super) fn is_high_with(&mut self, at: Option<DateTime<Utc>>, now: Instant) -> bool {
        if self.since.is_none_or(|since| now - since >= WINDOW) {
            self.since = Some(now);
            self.transactions = 0;
        }
        if at.is_none() || at != self.last {
            self.transactions += 1;
            self.last = at;
        }
        self.transactions >= MANY
    }
}

#[derive(FromRow)]
struct Sweep {
    transactions: i32,
    more: bool,
    settled: bool,
}

/// Runs for ever. Any number of processes may: they take turns sweep by sweep.
pub(super) async fn relay(pool: PgPool, busy: Arc<Notify>) {
    // What a process left that ended while it deferred.
    let mut deferring = false;
    loop {
        match run(&pool, &busy, deferring).await {
            Ok(()) => {
                busy.notified().await;
                deferring = true;
            }
            Err(error) => {
                tracing::warn!(%error, "deferred notifications were not sent; trying again");
                sleep(RENEW).await;
            }
        }
    }
}

/// Defers while the rate is high, and announces until all is settled.
async fn run(pool: &PgPool, busy: &Notify, mut deferring: bool) -> sqlx::Result<()> {
    let mut renewed: Option<Instant> = None;
    let mut transactions = 0;
    loop {
        // The relay's own notifications ring, too: only while nothing is deferred does the bell say anything.
        let rung = busy.notified().now_or_never().is_some();
        deferring |= rung;
        if deferring && renewed.is_none_or(|at| at.elapsed() >= RENEW) {
            let many = MANY as f64 * RENEW.as_secs_f64() / WINDOW.as_secs_f64();
            deferring = renewed.is_none() || f64::from(transactions) >= many;
            renewed = deferring.then(Instant::now);
            transactions = 0;
            if deferring {
                sqlx::query("SELECT marketing.defer_announcements($1)")
                    .bind(DEFERRING.as_secs_f64())
                    .execute(pool)
                    .await?;
            }
        }
        let sweep: Sweep =
            sqlx::query_as("SELECT transactions, more, settled FROM marketing.announce_events()")
                .fetch_one(pool)
                .await?;
        transactions += sweep.transactions;
        if sweep.settled && !deferring {
            return Ok(());
        }
        if !sweep.more {
            sleep(if deferring { SWEEP } else { SLOW_SWEEP }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(second, 0)
    }

    #[test]
    fn events_of_one_transaction_are_no_rate() {
        let mut rate = Rate::default();
        let now = Instant::now();
        assert!((0..10_000).all(|_| !rate.is_high_with(at(1), now)));
    }

    #[test]
    fn many_transactions_in_a_window_are_one_and_few_in_each_of_many_are_none() {
        let now = Instant::now();
        let mut rate = Rate::default();
        let heard = (0..MANY as i64).map(|n| rate.is_high_with(at(n), now));
        assert_eq!(heard.filter(|high| *high).count(), 1);
        let mut rate = Rate::default();
        let slow = WINDOW / (MANY as u32 / 2);
        assert!((0..1000).all(|n| !rate.is_high_with(at(n.into()), now + slow * n)));
    }
}
