//! The metrics of the intelligence card: targets, scores and signals, now and 24 hours ago.

use domain::{
    format::count,
    model::overview::{CardMetric, MetricChange},
};
use sqlx::FromRow;

use crate::{Engine, Result};

/// What is known; absent where the source has no row at all, or no sample was taken a day ago.
#[derive(FromRow)]
pub(super) struct Intelligence {
    targets: Option<i64>,
    average: Option<f64>,
    signals: Option<i64>,
    sampled: bool,
    targets_before: Option<i64>,
    average_before: Option<f64>,
    signals_before: i64,
}

impl Engine {
    /// Values of `v_phase_card_metrics`, and what they were a day ago. Signals have their times; of scores only the newest
    /// counts, so these were sampled: the sample is that of the hour, and not of an earlier one, or it would be another day's.
    pub(super) async fn intelligence(&self) -> Result<Intelligence> {
        Ok(sqlx::query_as(
            "WITH own AS (
                 SELECT max(value) FILTER (WHERE metric = 'sniper_targets') AS targets,
                        max(value) FILTER (WHERE metric = 'ple_score_avg') AS average,
                        max(value) FILTER (WHERE metric = 'bit_signals') AS signals
                 FROM marketing.v_phase_card_metrics WHERE phase = 'intelligence'),
             known AS (
                 SELECT EXISTS (SELECT FROM marketing.ple_results) AS scored, EXISTS (SELECT FROM marketing.bit_signals) AS signalled)
             SELECT CASE WHEN k.scored OR k.signalled THEN o.targets::BIGINT END AS targets,
                    CASE WHEN k.scored THEN o.average::FLOAT8 END AS average,
                    CASE WHEN k.signalled THEN o.signals::BIGINT END AS signals,
                    s.bucket IS NOT NULL AS sampled, s.targets AS targets_before,
                    s.score_sum / nullif(s.scored, 0) AS average_before,
                    (SELECT count(*) FROM marketing.bit_signals
                     WHERE created_at > now() - INTERVAL '48 hours' AND created_at <= now() - INTERVAL '24 hours') AS signals_before
             FROM own o CROSS JOIN known k
             LEFT JOIN marketing.intelligence_samples s ON s.bucket = date_trunc('hour', now() - INTERVAL '24 hours', 'UTC')",
        )
        .fetch_one(&self.pool)
        .await?)
    }
}

impl Intelligence {
    pub(super) fn metrics(&self) -> Vec<CardMetric> {
        let targets = self.targets.map(|now| match self.targets_before {
            Some(before) => MetricChange::Count { now, before },
            None => not_sampled(),
        });
        let average = self.average.map(|now| match self.average_before {
            Some(before) => MetricChange::Average { now, before },
            None if self.sampled => {
                MetricChange::Unknown("No company was scored 24 hours ago".into())
            }
            None => not_sampled(),
        });
        let signals = self.signals.map(|now| MetricChange::Count {
            now,
            before: self.signals_before,
        });
        vec![
            metric(
                "Sniper targets",
                self.targets.map(count),
                "No score and no signal has been recorded",
                targets,
            ),
            metric(
                "Avg PLE score",
                self.average.map(|value| format!("{value:.2}")),
                "No company has been scored",
                average,
            ),
            metric(
                "BIT signals",
                self.signals.map(count),
                "No signal has been recorded",
                signals,
            ),
        ]
    }
}

fn not_sampled() -> MetricChange {
    MetricChange::Unknown("Nothing was noted 24 hours ago; it is noted once an hour".into())
}

fn metric(
    label: &str,
    value: Option<String>,
    reason: &str,
    change: Option<MetricChange>,
) -> CardMetric {
    CardMetric {
        label: label.to_owned(),
        reason: value.is_none().then(|| reason.to_owned()),
        value,
        change,
    }
}
