//! The overview page's figures, read from the views and the rollups.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    model::overview::{
        CardMetric, DailyThroughput, Overview, PhaseBefore, PhaseCard, QueueRow, SniperTarget,
        WorkflowHealth,
    },
    phase::Phase,
    stage::StageName,
};
use sqlx::FromRow;

use super::intelligence::Intelligence;
use crate::{Engine, Result, charts};

impl Engine {
    /// All of the overview; the parts are read side by side.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn overview(&self) -> Result<Overview> {
        let (cards, queue, health, throughput, counts, empty, vitals) = tokio::try_join!(
            self.phase_cards(),
            self.queue_rows(),
            self.workflow_health(),
            self.daily_throughput(),
            self.stage_counts(),
            self.is_empty(),
            self.vitals(),
        )?;
        let strip = super::strip::steps(&counts, &queue);
        Ok(Overview {
            as_of: Utc::now(),
            demo: self.config.demo,
            empty,
            vitals: vitals.with(&cards),
            cards,
            strip,
            queue: with_idle_types(queue),
            health,
            throughput,
        })
    }

    /// The strongest `limit` rows of `v_sniper_targets`.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn sniper_targets(&self, limit: i64) -> Result<Vec<SniperTarget>> {
        let rows: Vec<SniperRow> = sqlx::query_as(
            "SELECT t.company_id, m.company_name, t.ple_score::FLOAT8, t.bit_intent_score::FLOAT8, t.ple_updated_at,
                    t.last_signal_at
             FROM (SELECT * FROM marketing.v_sniper_targets LIMIT $1) t
             LEFT JOIN marketing.company_master m ON m.company_unique_id = t.company_id
             ORDER BY greatest(t.ple_score, t.bit_intent_score) DESC, t.company_id",
        )
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(SniperRow::into).collect())
    }

    /// Bar charts of the daily throughput as SVG elements, colours as CSS variables; empty without events.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn throughput_chart(&self) -> Result<String> {
        let days = self.daily_throughput().await?;
        let today = sqlx::query_scalar("SELECT CURRENT_DATE")
            .fetch_one(&self.pool)
            .await?;
        Ok(charts::throughput(&days, today))
    }

    async fn phase_stats(&self) -> Result<Vec<PhaseStats>> {
        Ok(sqlx::query_as(
            "SELECT phase, total_runs, errors, error_rate::FLOAT8, avg_duration::FLOAT8 FROM marketing.v_phase_stats",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// The cards, with the rows of `v_phase_stats`.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn phase_cards(&self) -> Result<Vec<PhaseCard>> {
        let (stats, before, hours, metrics) = tokio::try_join!(
            self.phase_stats(),
            self.phases_before(),
            self.runs_per_hour(),
            self.intelligence()
        )?;
        Ok(Phase::ALL
            .into_iter()
            .map(|phase| {
                let row = stats.iter().find(|row| row.phase == phase.name());
                PhaseCard {
                    phase,
                    total_runs: row.map_or(0, |row| row.total_runs),
                    errors: row.map_or(0, |row| row.errors),
                    error_rate: row.map_or(0.0, |row| row.error_rate),
                    avg_duration: row.and_then(|row| row.avg_duration),
                    before: before
                        .iter()
                        .find(|(name, _)| name == phase.name())
                        .map(|(_, before)| *before)
                        .unwrap_or_default(),
                    metrics: own_metrics(phase, &metrics),
                    runs_per_hour: series(phase, &hours),
                }
            })
            .collect())
    }

    /// What `v_phase_stats` said 24 h ago, of phases in which something ran.
    async fn phases_before(&self) -> Result<Vec<(String, PhaseBefore)>> {
        let rows: Vec<(String, i64, Option<f64>, Option<f64>)> = sqlx::query_as(
            "SELECT phase, sum(n)::BIGINT,
                    (100 * coalesce(sum(n) FILTER (WHERE detail IN ('error', 'timeout')), 0) / nullif(sum(n), 0))::FLOAT8,
                    sum(seconds) / nullif(sum(timed), 0)
             FROM marketing.v_rollup
             WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '48 hours', 'UTC')
               AND bucket < date_trunc('minute', now() - INTERVAL '24 hours', 'UTC')
             GROUP BY phase",
        )
        .fetch_all(&self.pool)
        .await?;
        let before = |(phase, total_runs, error_rate, avg_duration)| {
            let before = PhaseBefore {
                total_runs,
                error_rate,
                avg_duration,
            };
            (phase, before)
        };
        Ok(rows.into_iter().map(before).collect())
    }

    /// Runs by phase and hours ago, 0 being the hour that ends now.
    async fn runs_per_hour(&self) -> Result<Vec<(String, i32, i64)>> {
        Ok(sqlx::query_as(
            "SELECT phase, floor(extract(epoch FROM now() - bucket) / 3600)::INT AS ago, sum(n)::BIGINT
             FROM marketing.v_rollup
             WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '24 hours', 'UTC')
             GROUP BY 1, 2",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// `v_event_queue_status`: the types of which events wait, the longest waiting first.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn queue_rows(&self) -> Result<Vec<QueueRow>> {
        let rows: Vec<(String, i64, Option<DateTime<Utc>>, Option<f64>)> = sqlx::query_as(
            "SELECT event_type, pending_count, oldest_pending, oldest_age_minutes::FLOAT8 FROM marketing.v_event_queue_status",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(
                |(event_type, pending_count, oldest_pending, oldest_age_minutes)| QueueRow {
                    event_type,
                    pending_count,
                    oldest_pending,
                    oldest_age_minutes,
                },
            )
            .collect())
    }

    /// `v_workflow_health`, the workflows of our stages first, in their order.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn workflow_health(&self) -> Result<Vec<WorkflowHealth>> {
        let rows: Vec<HealthRow> = sqlx::query_as(
            "SELECT workflow_name, total_runs, error_count, error_rate_pct::FLOAT8, avg_duration_sec::FLOAT8, last_run,
                    health_status
             FROM marketing.v_workflow_health",
        )
        .fetch_all(&self.pool)
        .await?;
        let place = |name: &str| {
            StageName::ALL
                .iter()
                .position(|stage| stage.workflow() == name)
                .unwrap_or(usize::MAX)
        };
        let mut health: Vec<WorkflowHealth> = rows.into_iter().map(HealthRow::into).collect();
        health.sort_by_key(|row| place(&row.workflow_name));
        Ok(health)
    }

    /// `v_daily_throughput`, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn daily_throughput(&self) -> Result<Vec<DailyThroughput>> {
        let rows: Vec<(NaiveDate, i64, i64, i64, i64, Option<f64>)> = sqlx::query_as(
            "SELECT date, total_events, processed_events, failed_events, pending_events,
                    avg_processing_time_seconds::FLOAT8
             FROM marketing.v_daily_throughput",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(
                |(date, total_events, processed_events, failed_events, pending_events, average)| {
                    DailyThroughput {
                        date,
                        total_events,
                        processed_events,
                        failed_events,
                        pending_events,
                        avg_processing_time_seconds: average,
                    }
                },
            )
            .collect())
    }

    async fn is_empty(&self) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT FROM intake.company_raw_intake) AND NOT EXISTS (SELECT FROM intake.import_batches)
                    AND NOT EXISTS (SELECT FROM marketing.company_master)",
        )
        .fetch_one(&self.pool)
        .await?)
    }
}

#[derive(FromRow)]
struct PhaseStats {
    phase: String,
    total_runs: i64,
    errors: i64,
    error_rate: f64,
    avg_duration: Option<f64>,
}

/// A metric whose source holds nothing is a dash with its reason, never a zero that lies.
fn own_metrics(phase: Phase, intelligence: &Intelligence) -> Vec<CardMetric> {
    let missing = |labels: [&str; 3], reason: &str| {
        labels.map(|label| CardMetric {
            label: label.to_owned(),
            value: None,
            reason: Some(reason.to_owned()),
            change: None,
        })
    };
    match phase {
        Phase::Enrichment => Vec::new(),
        Phase::Intelligence => intelligence.metrics(),
        Phase::Messaging => missing(
            ["Campaigns", "Messages sent", "Open rate"],
            "No campaign data: this database has no campaign tables",
        )
        .into(),
        Phase::Delivery => missing(
            ["Delivery rate", "Replies", "Meetings booked"],
            "No delivery data: this database has no delivery tables",
        )
        .into(),
    }
}

fn series(phase: Phase, hours: &[(String, i32, i64)]) -> Vec<i64> {
    (0..24)
        .rev()
        .map(|ago| {
            hours
                .iter()
                .filter(|(name, at, _)| name == phase.name() && *at == ago)
                .map(|(_, _, n)| n)
                .sum()
        })
        .collect()
}

/// The types that stages work on are listed even when nothing waits.
fn with_idle_types(mut queue: Vec<QueueRow>) -> Vec<QueueRow> {
    for stage in StageName::ALL {
        if !queue.iter().any(|row| row.event_type == stage.consumes()) {
            queue.push(QueueRow {
                event_type: stage.consumes().to_owned(),
                pending_count: 0,
                oldest_pending: None,
                oldest_age_minutes: None,
            });
        }
    }
    queue
}

#[derive(FromRow)]
struct HealthRow {
    workflow_name: String,
    total_runs: i64,
    error_count: i64,
    error_rate_pct: f64,
    avg_duration_sec: Option<f64>,
    last_run: Option<DateTime<Utc>>,
    health_status: String,
}

impl From<HealthRow> for WorkflowHealth {
    fn from(row: HealthRow) -> Self {
        Self {
            workflow_name: row.workflow_name,
            total_runs: row.total_runs,
            error_count: row.error_count,
            error_rate_pct: row.error_rate_pct,
            avg_duration_sec: row.avg_duration_sec,
            last_run: row.last_run,
            health_status: row.health_status,
        }
    }
}

#[derive(FromRow)]
struct SniperRow {
    company_id: String,
    company_name: Option<String>,
    ple_score: Option<f64>,
    bit_intent_score: Option<f64>,
    ple_updated_at: Option<DateTime<Utc>>,
    last_signal_at: Option<DateTime<Utc>>,
}

impl From<SniperRow> for SniperTarget {
    fn from(row: SniperRow) -> Self {
        Self {
            company_id: row.company_id,
            company_name: row.company_name,
            ple_score: row.ple_score,
            bit_intent_score: row.bit_intent_score,
            ple_updated_at: row.ple_updated_at,
            last_signal_at: row.last_signal_at,
        }
    }
}
