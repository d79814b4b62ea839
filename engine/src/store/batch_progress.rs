//! How far a batch is: its events by stage and status from the rollups, whose sums do not grow with it.

use domain::{
    model::batch::{BatchProgress, BatchStage, PACE_MINUTES},
    stage::StageName,
};
use sqlx::FromRow;

use crate::{Engine, Result};

impl Engine {
    /// Each stage's events of the batch, as the list of events counts them, with what an estimate of its end needs. A batch
    /// that nothing is known of has none.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn batch_progress(&self, batch_id: &str) -> Result<BatchProgress> {
        let (types, workflows): (Vec<&str>, Vec<&str>) = StageName::ALL
            .map(|stage| (stage.consumes(), stage.workflow()))
            .into_iter()
            .unzip();
        let rows: Vec<Row> = sqlx::query_as(
            "WITH own AS (
                 SELECT label, detail, sum(n)::BIGINT AS n FROM marketing.v_rollup
                 WHERE metric = 'batch' AND bucket = '-infinity' AND phase = $1 GROUP BY 1, 2),
             everybodys AS MATERIALIZED (
                 SELECT label, sum(n)::BIGINT AS n FROM marketing.v_rollup
                 WHERE metric = 'event' AND detail IN ('pending', 'processing') GROUP BY 1),
             -- From the first of these minutes in which anything was done: a stage that has just begun is as fast as it is.
             pace AS MATERIALIZED (
                 SELECT label, (sum(n) / greatest(extract(epoch FROM now() - min(bucket)), 1))::FLOAT8 AS rate
                 FROM marketing.v_rollup
                 WHERE metric = 'run' AND detail = 'ok'
                   AND bucket > date_trunc('minute', now(), 'UTC') - make_interval(mins => $5)
                 GROUP BY 1)
             SELECT s.stage,
                    coalesce((SELECT n FROM own WHERE label = s.type AND detail = 'processed'), 0) AS done,
                    coalesce((SELECT n FROM own WHERE label = s.type AND detail = 'pending'), 0) AS waiting,
                    coalesce((SELECT n FROM own WHERE label = s.type AND detail = 'processing'), 0) AS processing,
                    coalesce((SELECT n FROM own WHERE label = s.type AND detail = 'failed'), 0) AS failed,
                    coalesce((SELECT paused FROM marketing.stage_settings t WHERE t.stage = s.stage), FALSE) AS paused,
                    coalesce((SELECT n FROM everybodys WHERE label = s.type), 0) AS queued,
                    coalesce((SELECT rate FROM pace WHERE label = s.workflow), 0) AS rate,
                    EXISTS (SELECT FROM marketing.batch_pauses WHERE batch_id = $1) AS batch_paused,
                    EXISTS (SELECT FROM intake.import_batches WHERE import_batch_id = $1 AND status = 'importing') AS reading
             FROM unnest($2::TEXT[], $3::TEXT[], $4::TEXT[]) WITH ORDINALITY AS s (stage, type, workflow, place)
             ORDER BY s.place",
        )
        .bind(batch_id)
        .bind(StageName::ALL.map(StageName::name).as_slice())
        .bind(&types)
        .bind(&workflows)
        .bind(PACE_MINUTES)
        .fetch_all(&self.pool)
        .await?;
        Ok(BatchProgress {
            reading: rows.iter().any(|row| row.reading),
            paused: rows.iter().any(|row| row.batch_paused),
            stages: rows.into_iter().filter_map(Row::stage).collect(),
        })
    }
}

#[derive(FromRow)]
struct Row {
    stage: String,
    done: i64,
    waiting: i64,
    processing: i64,
    failed: i64,
    paused: bool,
    queued: i64,
    rate: f64,
    batch_paused: bool,
    reading: bool,
}

impl Row {
    fn stage(self) -> Option<BatchStage> {
        Some(BatchStage {
            stage: StageName::parse(&self.stage)?,
            done: self.done,
            waiting: self.waiting,
            processing: self.processing,
            failed: self.failed,
            paused: self.paused,
            queued: self.queued,
            rate: self.rate,
        })
    }
}
