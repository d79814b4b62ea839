//! What the counts cost those who write: the transactions of a stage, with the counting triggers and without them.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::crowd::run;
use crate::{
    Bench,
    figure::{Figure, Rounds},
};

const BATCH: usize = 256;
/// As upkeep folds every two seconds, which is about so many of these batches.
const FOLDED_AFTER: usize = 20;
/// The transaction of validation: claim, verdicts, whose trigger makes the next events, acknowledgement, runs.
const CLAIM: &str = "WITH claimed AS (
        SELECT id FROM marketing.pipeline_events
        WHERE event_type = 'company_created' AND status = 'pending' AND next_attempt_at <= now()
        ORDER BY next_attempt_at, id LIMIT 256 FOR UPDATE SKIP LOCKED)
    SELECT array_agg(id) FROM claimed";
const VERDICTS: &str = "UPDATE intake.company_raw_intake i SET validated = TRUE, validated_at = now(), validated_by = 'bench'
    FROM marketing.pipeline_events e
    WHERE e.id = ANY($1) AND i.id = (e.payload ->> 'record_id')::BIGINT";
const ACKNOWLEDGEMENT: &str = "UPDATE marketing.pipeline_events
    SET status = 'processed', processed_at = clock_timestamp() WHERE id = ANY($1)";
const RUNS: &str = "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, triggered_by, record_id, phase,
        event_id, correlation_id, attempt, worker_id)
    SELECT 'WF_Validate_Company', 'ok', 0.001, 'neon_event', payload ->> 'record_id', 'enrichment', id, correlation_id, 1, 'bench'
    FROM marketing.pipeline_events WHERE id = ANY($1)";

pub(crate) async fn measure(bench: &Bench) -> Figure {
    let url = bench.database("rollup_cost").await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    run(&mut connection, "SET outreach.notify = 'off'").await;
    let triggers: Vec<(String, String)> = sqlx::query_as(
        "SELECT tgrelid::REGCLASS::TEXT, tgname::TEXT FROM pg_trigger
         WHERE tgname IN ('count_insert', 'count_update', 'count_delete', 'count_truncate')",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(triggers.len() >= 28, "{triggers:?}");
    let batches = bench.size(100, 2);
    let mut rounds = Rounds::default();
    // The first pass fills caches and plans, and is thrown away.
    work(&mut connection, batches / 4 + 1).await;
    for round in 0..bench.rounds() {
        let mut arms = [("with", "ENABLE"), ("without", "DISABLE")];
        if round % 2 == 1 {
            arms.reverse();
        }
        for (arm, switch) in arms {
            for (table, trigger) in &triggers {
                let sql = format!("ALTER TABLE {table} {switch} TRIGGER {trigger}");
                run(&mut connection, &sql).await;
            }
            // The same beginning for each: no dead rows and no dirty pages of the arm before.
            for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
                run(&mut connection, sql).await;
            }
            rounds.add(arm, work(&mut connection, batches).await);
        }
    }
    let ratio = rounds.ratio("with", "without");
    connection.close().await.unwrap();
    bench.drop_database("rollup_cost").await;
    Figure {
        arm: "P10",
        what: "cost of the counts for writers: 1 - with / without the counting triggers".into(),
        aim: "<= 10 %",
        reached: format!(
            "{:.1} % ({:.1} to {:.1})",
            (1.0 - ratio.median) * 100.0,
            (1.0 - ratio.max) * 100.0,
            (1.0 - ratio.min) * 100.0
        ),
        from: format!(
            "events made and processed a second: {} with, {} without",
            rounds.of("with"),
            rounds.of("without")
        ),
    }
}

/// Imports and validates so many batches; returns the rate in events.
async fn work(connection: &mut PgConnection, batches: usize) -> f64 {
    let begun = Instant::now();
    for batch in 1..=batches {
        let rows = format!(
            "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
             SELECT 'Company ' || n, 'https://c' || n || '.example', 'bench' FROM generate_series(1, {BATCH}) n"
        );
        run(connection, &rows).await;
        let mut transaction = connection.begin().await.unwrap();
        let ids: Vec<i64> = sqlx::query_scalar(CLAIM)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        assert_eq!(ids.len(), BATCH);
        for sql in [VERDICTS, ACKNOWLEDGEMENT, RUNS] {
            let done = sqlx::query(AssertSqlSafe(sql))
                .bind(&ids)
                .execute(&mut *transaction)
                .await
                .unwrap();
            assert_eq!(done.rows_affected(), BATCH as u64, "{sql}");
        }
        transaction.commit().await.unwrap();
        if batch % FOLDED_AFTER == 0 {
            run(connection, "SELECT marketing.fold_rollups()").await;
        }
    }
    (batches * BATCH) as f64 / begun.elapsed().as_secs_f64()
}
