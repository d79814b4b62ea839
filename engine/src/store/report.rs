//! The report of one phase: its figures and what goes wrong in it.

use chrono::{DateTime, Utc};
use domain::{
    event::Severity,
    model::{
        error::ErrorGroup,
        overview::{PhaseReport, REPORT_ERRORS},
    },
    phase::Phase,
    stage::StageName,
};

use crate::{Engine, Result, store::strip};

impl Engine {
    /// The figures of a phase, its workflows and its unresolved errors.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn phase_report(&self, phase: Phase) -> Result<PhaseReport> {
        let (cards, queue, health, counts, errors) = tokio::try_join!(
            self.phase_cards(),
            self.queue_rows(),
            self.workflow_health(),
            self.stage_counts(),
            self.errors_of(phase),
        )?;
        let card = cards.into_iter().find(|card| card.phase == phase);
        let mut strip = strip::steps(&counts, &queue);
        // The import itself is the beginning of the first phase.
        strip.retain(|step| step.stage.map_or(Phase::Enrichment, StageName::phase) == phase);
        let mut health = health;
        health.retain(|row| {
            StageName::of_workflow(&row.workflow_name).map(StageName::phase) == Some(phase)
        });
        Ok(PhaseReport {
            as_of: Utc::now(),
            card: card.ok_or(crate::EngineError::NotFound("This phase".into()))?,
            strip,
            health,
            errors,
        })
    }

    /// An error is of the phase of the stage that works on its type of event.
    async fn errors_of(&self, phase: Phase) -> Result<Vec<ErrorGroup>> {
        let rows: Vec<(String, String, i64, DateTime<Utc>, String)> = sqlx::query_as(
            "SELECT event_type, severity, error_count, latest_error, error_messages[1]
             FROM marketing.vw_unresolved_errors ORDER BY error_count DESC, event_type, severity",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter(|(event_type, ..)| {
                StageName::of_event(event_type).map(StageName::phase) == Some(phase)
            })
            .filter_map(|(event_type, severity, count, latest, message)| {
                Some(ErrorGroup {
                    event_type,
                    severity: Severity::parse(&severity)?,
                    count,
                    latest,
                    message,
                })
            })
            .take(REPORT_ERRORS)
            .collect())
    }
}
