//! The report of one phase: its figures and what goes wrong in it.

use std::collections::HashSet;

use chrono::Utc;
use domain::{
    model::{
        overview::WorkflowHealth,
        report::{PhaseReport, REPORT_ERRORS, REPORT_OTHER_ERRORS, Rest, TopErrors},
    },
    phase::Phase,
    stage::StageName,
};

use crate::{Engine, Result, store::strip};

/// Event types whose errors are looked for.
enum Types {
    Of(Phase),
    /// Those that belong to no phase.
    Other,
}

impl Engine {
    /// The figures of a phase, its workflows and its unresolved errors.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn phase_report(&self, phase: Phase) -> Result<PhaseReport> {
        let (cards, queue, health, phases, counts, runs, errors, other_errors) = tokio::try_join!(
            self.phase_cards(),
            self.queue_rows(),
            self.workflow_health(),
            self.workflow_phases(),
            self.stage_counts(),
            self.phase_runs(phase),
            self.top_errors(Types::Of(phase), REPORT_ERRORS),
            self.top_errors(Types::Other, REPORT_OTHER_ERRORS),
        )?;
        let card = cards.into_iter().find(|card| card.phase == phase);
        let mut strip = strip::steps(&counts, &queue);
        // The import itself is the beginning of the first phase.
        strip.retain(|step| step.stage.map_or(Phase::Enrichment, StageName::phase) == phase);
        let of = |phase: Option<Phase>| -> Vec<WorkflowHealth> {
            let of = |row: &&WorkflowHealth| phases.is_of(&row.workflow_name, phase);
            health.iter().filter(of).cloned().collect()
        };
        Ok(PhaseReport {
            as_of: Utc::now(),
            card: card.ok_or(crate::EngineError::NotFound("This phase".into()))?,
            runs,
            strip,
            health: of(Some(phase)),
            other_health: of(None),
            errors,
            other_errors,
        })
    }

    /// The phases of the workflows of which `v_workflow_health` tells: those of their runs, as the cards count them, and
    /// those in which they are listed.
    async fn workflow_phases(&self) -> Result<WorkflowPhases> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT label, phase FROM marketing.v_rollup
             WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '1 hour', 'UTC')
             GROUP BY label, phase HAVING sum(n) > 0
             UNION SELECT workflow_name, phase FROM marketing.workflows",
        )
        .fetch_all(&self.pool)
        .await?;
        let row = |(name, phase): (String, String)| (name, Phase::parse(&phase));
        Ok(WorkflowPhases(rows.into_iter().map(row).collect()))
    }

    /// The causes with the most unresolved errors. All groups are counted together first; what else is told of a group
    /// is looked up for those that are shown only.
    async fn top_errors(&self, types: Types, limit: usize) -> Result<TopErrors> {
        let (types, among): (Vec<&str>, bool) = match types {
            Types::Of(phase) => (phase.event_types().to_vec(), true),
            Types::Other => (Phase::every_event_type().collect(), false),
        };
        let top: Vec<(String, i64, i64, i64)> = sqlx::query_as(
            "SELECT group_key, open, count(*) OVER (), (sum(open) OVER ())::BIGINT
             FROM marketing.v_error_groups WHERE open > 0 AND (event_type = ANY($1)) = $2
             ORDER BY open DESC, group_key LIMIT $3",
        )
        .bind(types)
        .bind(among)
        .bind(limit as i64)
        .fetch_all(&self.pool)
        .await?;
        let Some((_, _, groups, errors)) = top.first() else {
            return Ok(TopErrors::default());
        };
        let rest = Rest {
            groups: groups - top.len() as i64,
            errors: errors - top.iter().map(|(_, open, ..)| open).sum::<i64>(),
        };
        let keys: Vec<String> = top.into_iter().map(|(key, ..)| key).collect();
        let mut groups = self.error_groups_of(&keys).await?;
        groups.sort_by_key(|group| keys.iter().position(|key| *key == group.key));
        Ok(TopErrors { groups, rest })
    }
}

/// Pairs of a workflow and a phase; a workflow may run in several. None is the phase of names that no phase has a part in.
struct WorkflowPhases(HashSet<(String, Option<Phase>)>);

impl WorkflowPhases {
    /// What has run only since these pairs were read belongs to no phase yet, and so is on every report.
    fn is_of(&self, workflow: &str, phase: Option<Phase>) -> bool {
        let has = |phase| self.0.contains(&(workflow.to_owned(), phase));
        match phase {
            Some(_) => has(phase),
            None => has(None) || !Phase::ALL.into_iter().any(|phase| has(Some(phase))),
        }
    }
}
