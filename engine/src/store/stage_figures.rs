//! What each stage does at the moment, and what is paused.

use chrono::{DateTime, Utc};
use domain::{
    model::stage::{Pause, Pauses, StageFigures},
    stage::StageName,
};

use crate::{Engine, Result};

/// Minutes that a stage's sparkline spans.
const MINUTES: i32 = 60;

impl Engine {
    /// Settings, pauses and figures of all stages, in their order.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn stage_figures(&self) -> Result<Vec<StageFigures>> {
        let (states, counts, queue, runs) = tokio::try_join!(
            self.stage_settings(),
            self.stage_counts(),
            self.queue_rows(),
            self.runs_per_minute(),
        )?;
        let steps = super::strip::steps(&counts, &queue);
        let figures = states.into_iter().filter_map(|state| {
            let step = steps.iter().find(|step| step.stage == Some(state.stage))?;
            Some(StageFigures {
                runs_per_minute: series(state.stage, &runs),
                step: step.clone(),
                state,
            })
        });
        Ok(figures.collect())
    }

    /// Stages and batches that nothing is taken from at the moment.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn pauses(&self) -> Result<Pauses> {
        let stages = self.stage_settings().await?;
        let batches: Vec<(String, String, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT batch_id, reason, paused_by, paused_at FROM marketing.batch_pauses
             ORDER BY paused_at DESC, batch_id",
        )
        .fetch_all(&self.pool)
        .await?;
        let pause = |(batch_id, reason, paused_by, paused_at)| {
            let pause = Pause {
                reason: Some(reason),
                paused_by: Some(paused_by),
                paused_at,
            };
            (batch_id, pause)
        };
        Ok(Pauses {
            stages: stages
                .into_iter()
                .filter_map(|state| Some((state.stage, state.pause?)))
                .collect(),
            batches: batches.into_iter().map(pause).collect(),
        })
    }

    /// Workflow, minutes ago, runs.
    async fn runs_per_minute(&self) -> Result<Vec<(String, i32, i64)>> {
        Ok(sqlx::query_as(
            "SELECT label, (extract(epoch FROM date_trunc('minute', now(), 'UTC') - bucket) / 60)::INT, sum(n)::BIGINT
             FROM marketing.v_rollup
             WHERE metric = 'run' AND bucket > date_trunc('minute', now(), 'UTC') - make_interval(mins => $1)
             GROUP BY 1, 2",
        )
        .bind(MINUTES)
        .fetch_all(&self.pool)
        .await?)
    }
}

fn series(stage: StageName, runs: &[(String, i32, i64)]) -> Vec<i64> {
    let mut series = vec![0; MINUTES as usize];
    for (workflow, ago, n) in runs {
        let place = usize::try_from(MINUTES - 1 - ago);
        if workflow == stage.workflow()
            && let Some(minute) = place.ok().and_then(|place| series.get_mut(place))
        {
            *minute += n;
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_ends_with_the_present_minute() {
        let validate = || StageName::Validate.workflow().to_owned();
        let runs = [
            (validate(), 0, 5),
            (validate(), 59, 7),
            (validate(), 60, 9),
            (validate(), -1, 9),
            ("other".to_owned(), 3, 9),
        ];
        let series = series(StageName::Validate, &runs);
        assert_eq!((series.len(), series[0], series[59]), (60, 7, 5));
        assert_eq!(series.iter().sum::<i64>(), 12);
    }
}
