//! What happens now, beside what a day came to.

use domain::model::{
    Count,
    event::EventFilter,
    overview::{PhaseCard, Vitals},
};

use crate::{Engine, Result};

/// What is read for [`Vitals`]; the rest follows from the cards.
pub(super) struct Read {
    active_stages: i64,
    stages: i64,
    running: i64,
    unresolved_errors: i64,
    average_latency: Option<f64>,
    events_5m: Option<Count>,
    events_24h: Option<Count>,
}

impl Engine {
    pub(super) async fn vitals(&self) -> Result<Read> {
        let within = |span: &str| EventFilter {
            newer_than: span.parse().ok(),
            ..EventFilter::default()
        };
        let (five_minutes, day) = (within("5m"), within("1d"));
        let (
            (active_stages, stages, running, unresolved_errors, average_latency),
            events_5m,
            events_24h,
        ) = tokio::try_join!(
            async {
                Ok(sqlx::query_as::<_, (i64, i64, i64, i64, Option<f64>)>(
                    "SELECT count(*) FILTER (WHERE NOT paused), count(*),
                            (SELECT coalesce(sum(n), 0)::BIGINT FROM marketing.v_rollup WHERE metric = 'event' AND detail = 'processing'),
                            (SELECT count(*) FROM marketing.pipeline_errors WHERE NOT resolved),
                            (SELECT sum(seconds) / nullif(sum(timed), 0) FROM marketing.v_rollup
                             WHERE metric = 'event' AND bucket >= date_trunc('day', now() - INTERVAL '24 hours', 'UTC'))
                     FROM marketing.stage_settings",
                )
                .fetch_one(&self.pool)
                .await?)
            },
            // As the list behind the figure counts them.
            self.count_within(&five_minutes),
            self.count_within(&day),
        )?;
        Ok(Read {
            active_stages,
            stages,
            running,
            unresolved_errors,
            average_latency,
            events_5m,
            events_24h,
        })
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
            events_5m: self.events_5m,
            events_24h: self.events_24h,
            success_rate: (runs > 0).then(|| 100.0 * (runs - errors) as f64 / runs as f64),
            average_latency: self.average_latency,
            unresolved_errors: self.unresolved_errors,
        }
    }
}
