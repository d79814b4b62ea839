//! What happens now, beside what a day came to.

use domain::model::{
    event::EventFilter,
    overview::{EventCounts, PhaseCard, Vitals},
};

use crate::{Engine, Result};

/// What is read for [`Vitals`]; the rest follows from the cards.
pub(super) struct Read {
    active_stages: i64,
    stages: i64,
    running: i64,
    unresolved_errors: i64,
    average_latency: Option<f64>,
}

impl Engine {
    pub(super) async fn vitals(&self) -> Result<Read> {
        let (active_stages, stages, running, unresolved_errors, average_latency) = sqlx::query_as(
            "SELECT count(*) FILTER (WHERE NOT paused), count(*),
                    (SELECT coalesce(sum(n), 0)::BIGINT FROM marketing.v_rollup WHERE metric = 'event' AND detail = 'processing'),
                    (SELECT coalesce(sum(n), 0)::BIGINT FROM marketing.v_rollup WHERE metric = 'error' AND detail = 'open'),
                    (SELECT sum(seconds) / nullif(sum(timed), 0) FROM marketing.v_rollup
                     WHERE metric = 'event' AND bucket >= date_trunc('day', now() - INTERVAL '24 hours', 'UTC'))
             FROM marketing.stage_settings",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Read {
            active_stages,
            stages,
            running,
            unresolved_errors,
            average_latency,
        })
    }

    /// How many events were made lately. Each count ends at 10,000 and looks at as many rows, which the figures beside
    /// it do not: it is meant to be asked more seldom.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn event_counts(&self) -> Result<EventCounts> {
        let within = |span: &str| EventFilter {
            newer_than: span.parse().ok(),
            ..EventFilter::default()
        };
        let (five_minutes, day) = (within("5m"), within("1d"));
        let (five_minutes, day) =
            tokio::try_join!(self.count_within(&five_minutes), self.count_within(&day))?;
        Ok(EventCounts { five_minutes, day })
    }
}

impl Read {
    pub(super) fn with(self, cards: &[PhaseCard]) -> Vitals {
        let runs: i64 = cards.iter().map(|card| card.total_runs).sum();
        let errors: i64 = cards.iter().map(|card| card.errors).sum();
        Vitals {
            active_stages: self.active_stages,
            stages: self.stages,
            running: self.running,
            success_rate: (runs > 0).then(|| 100.0 * (runs - errors) as f64 / runs as f64),
            average_latency: self.average_latency,
            unresolved_errors: self.unresolved_errors,
        }
    }
}
