//! Gives back the space of what was deleted, and counts the tables for the planner.

use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    Result,
    schedule::{Done, Job, Run},
};

/// What retention deletes from, and what is written most.
const TABLES: [&str; 7] = [
    "marketing.pipeline_events",
    "marketing.pipeline_errors",
    "marketing.workflow_stats",
    "marketing.dead_letters",
    "marketing.rollups",
    "marketing.rollup_deltas",
    "marketing.pipeline_workers",
];

pub(super) struct VacuumQueue;

#[async_trait::async_trait]
impl Job for VacuumQueue {
    fn name(&self) -> &'static str {
        "vacuum_queue"
    }

    async fn run(&self, run: &Run) -> Result<Done> {
        // A connection of its own: it is closed when the process ends in the middle, and takes its settings with it.
        let mut connection = run.pool.acquire().await?.detach();
        // By hand vacuum takes all of the disk that it can get.
        sqlx::query("SET vacuum_cost_delay = '2ms'")
            .execute(&mut connection)
            .await?;
        let mut told = Map::new();
        for table in TABLES {
            let one = tokio::select! {
                () = run.stop.cancelled() => return Ok(Done::Part(Value::Object(told))),
                one = vacuum(&mut connection, table) => one?,
            };
            told.insert(table.to_owned(), one);
        }
        Ok(Done::All(Value::Object(told)))
    }
}

/// Vacuums a table that is ours, and says how many dead rows it had.
async fn vacuum(connection: &mut PgConnection, table: &str) -> Result<Value> {
    let found: Option<(bool, i64)> = sqlx::query_as(
        "SELECT pg_has_role(c.relowner, 'USAGE'), coalesce(s.n_dead_tup, 0)
         FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = to_regclass($1)",
    )
    .bind(table)
    .fetch_optional(&mut *connection)
    .await?;
    let dead = match found {
        None => return Ok(json!("there is no such table")),
        Some((false, _)) => return Ok(json!("left to the owner of the table")),
        Some((true, dead)) => dead,
    };
    // Whoever has the table locked is not waited for: tomorrow is another night.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "VACUUM (ANALYZE, SKIP_LOCKED) {table}"
    )))
    .execute(connection)
    .await?;
    Ok(json!({"dead_rows": dead}))
}
