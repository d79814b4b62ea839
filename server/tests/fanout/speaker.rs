//! Whoever makes the events that are heard: each a transaction of its own, at an even pace.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use tokio::time::{MissedTickBehavior, interval};

use crate::audience::{DIGITS, MARK};

/// Makes the events of these numbers; returns when each was committed.
pub(crate) async fn speak(
    connection: &mut PgConnection,
    numbers: std::ops::Range<usize>,
    every: Duration,
) -> Vec<Instant> {
    let mut ticks = interval(every);
    // An even pace: what comes late does not make the next come early.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut committed = Vec::with_capacity(numbers.len());
    for number in numbers {
        ticks.tick().await;
        let mark = format!("{}{number:0DIGITS$}", std::str::from_utf8(MARK).unwrap());
        sqlx::query(
            "SELECT marketing.notify_pipeline_event('bench', 'bench_ticked',
                jsonb_build_object('record_id', $1::TEXT, 'company_name', 'Acme Rockets Ltd'))",
        )
        .bind(mark)
        .execute(&mut *connection)
        .await
        .unwrap();
        committed.push(Instant::now());
    }
    committed
}
