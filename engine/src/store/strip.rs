//! The pipeline strip: six steps from import to verified.

use std::collections::HashMap;

use domain::{
    event::EventStatus,
    model::overview::{QueueRow, StripStep},
    stage::StageName,
};

use crate::{Engine, Result};

/// Sums of the rollups by metric, label and detail, and runs of the last minute by workflow.
pub(super) struct Counts {
    sums: HashMap<(String, String, String), i64>,
    last_minute: HashMap<String, i64>,
}

impl Engine {
    pub(super) async fn stage_counts(&self) -> Result<Counts> {
        let sums: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT metric, label, detail, sum(n)::BIGINT FROM marketing.v_rollup
             WHERE metric IN ('intake', 'master', 'slot', 'enrichment', 'verification', 'event') GROUP BY 1, 2, 3",
        )
        .fetch_all(&self.pool)
        .await?;
        let last_minute: Vec<(String, i64)> = sqlx::query_as(
            "SELECT label, sum(n)::BIGINT FROM marketing.v_rollup
             WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '1 minute', 'UTC') GROUP BY 1",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Counts {
            sums: sums
                .into_iter()
                .map(|(metric, label, detail, n)| ((metric, label, detail), n))
                .collect(),
            last_minute: last_minute.into_iter().collect(),
        })
    }
}

impl Counts {
    /// The sum over every label and detail that the test admits.
    fn sum(&self, metric: &str, admits: impl Fn(&str, &str) -> bool) -> i64 {
        self.sums
            .iter()
            .filter(|((m, label, detail), _)| m == metric && admits(label, detail))
            .map(|(_, n)| n)
            .sum()
    }

    fn events(&self, stage: StageName, status: EventStatus) -> i64 {
        self.sum("event", |label, detail| {
            label == stage.consumes() && detail == status.name()
        })
    }
}

pub(super) fn steps(counts: &Counts, queue: &[QueueRow]) -> Vec<StripStep> {
    let imported = counts.sum("intake", |_, _| true);
    let valid = counts.sum("intake", |label, _| label == "valid");
    let rejected = counts.sum("intake", |label, _| label == "rejected");
    let masters = counts.sum("master", |_, _| true);
    let slots = counts.sum("slot", |_, _| true);
    let found = counts.sum("enrichment", |label, _| label == "completed");
    let not_found = counts.sum("enrichment", |label, reason| {
        label == "failed" && reason == "not_found"
    });
    let verified = counts.sum("verification", |label, _| label == "valid");
    let not_valid = counts.sum("verification", |label, _| {
        !matches!(label, "valid" | "pending")
    });
    let import = StripStep {
        stage: None,
        done: imported,
        waiting: 0,
        processing: 0,
        failed: 0,
        declined: 0,
        declined_label: String::new(),
        rate: 0.0,
        oldest_minutes: None,
        progress: if imported > 0 { 1.0 } else { 0.0 },
    };
    // (stage, done, declined, its label, what reached the stage)
    let stages = [
        (StageName::Validate, valid, rejected, "rejected", imported),
        (StageName::Promote, masters, 0, "", valid.max(masters)),
        (StageName::Slots, slots, 0, "", masters * 3),
        (StageName::Enrich, found, not_found, "not found", slots),
        (StageName::Verify, verified, not_valid, "not valid", found),
    ];
    let steps =
        stages.into_iter().map(
            |(stage, done, declined, declined_label, reached)| StripStep {
                stage: Some(stage),
                done,
                waiting: counts.events(stage, EventStatus::Pending),
                processing: counts.events(stage, EventStatus::Processing),
                failed: counts.events(stage, EventStatus::Failed),
                declined,
                declined_label: declined_label.to_owned(),
                rate: counts
                    .last_minute
                    .get(stage.workflow())
                    .map_or(0.0, |n| *n as f64 / 60.0),
                oldest_minutes: queue
                    .iter()
                    .find(|row| row.event_type == stage.consumes())
                    .and_then(|row| row.oldest_age_minutes),
                progress: if reached > 0 {
                    ((done + declined) as f64 / reached as f64).clamp(0.0, 1.0)
                } else {
                    0.0
                },
            },
        );
    std::iter::once(import).chain(steps).collect()
}
