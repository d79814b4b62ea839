//! Deleting by age, in steps that are short enough for nobody to wait.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::model::retention::Kept;
use serde_json::{Value, json};
use sqlx::{PgPool, types::Json};

use super::{Done, Job, Run};
use crate::Result;

/// Rows that one statement looks at. Five thousand deletions with their runs take some hundred milliseconds.
const STEP: i64 = 5_000;
/// Between two steps at least; a step that took longer is followed by as long a pause, so that half of the time at most
/// is spent deleting.
const PAUSE: Duration = Duration::from_millis(50);
/// A deadlock is the other's right of way, but not for ever.
const TRIES: u32 = 5;

/// A job that walks a table with a statement of `engine/sql/retention`.
///
/// The statement is given the last id of the step before, the rows to look at and the moment before which things may
/// go. It returns the last id that it looked at, whether it was the last step, and how much of what it deleted.
pub(super) struct Prune {
    pub(super) name: &'static str,
    pub(super) kept: Kept,
    pub(super) statement: &'static str,
}

#[async_trait::async_trait]
impl Job for Prune {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn run(&self, run: &Run) -> Result<Done> {
        let Some(before) = expiry(&run.pool, self.kept).await? else {
            return Ok(Done::All(kept_for_ever()));
        };
        let mut deleted = BTreeMap::new();
        let mut last = 0;
        loop {
            if run.stop.is_cancelled() {
                return Ok(Done::Part(json!(deleted)));
            }
            let begun = Instant::now();
            let step = self.step(&run.pool, last, before).await?;
            for (what, n) in step.deleted {
                *deleted.entry(what).or_insert(0) += n;
            }
            match step.last {
                Some(id) if !step.done => last = id,
                _ => return Ok(Done::All(json!(deleted))),
            }
            rest(run, begun.elapsed()).await;
        }
    }
}

struct Step {
    last: Option<i64>,
    done: bool,
    deleted: BTreeMap<String, i64>,
}

impl Prune {
    async fn step(&self, pool: &PgPool, last: i64, before: DateTime<Utc>) -> Result<Step> {
        let mut tries = 1;
        loop {
            let answer: sqlx::Result<(Option<i64>, bool, Json<BTreeMap<String, i64>>)> =
                sqlx::query_as(self.statement)
                    .bind(last)
                    .bind(STEP)
                    .bind(before)
                    .fetch_one(pool)
                    .await;
            match answer {
                Ok((last, done, Json(deleted))) => {
                    return Ok(Step {
                        last,
                        done,
                        deleted,
                    });
                }
                Err(error) if tries < TRIES && gave_way(&error) => tries += 1,
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether PostgreSQL ended the statement in favour of another one: a deadlock or a conflict.
fn gave_way(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code.starts_with("40"))
}

/// Lets others have their turn after a step, or returns at once when it is time to stop.
pub(super) async fn rest(run: &Run, took: Duration) {
    tokio::select! {
        () = run.stop.cancelled() => {}
        () = tokio::time::sleep(took.max(PAUSE)) => {}
    }
}

/// The moment before which things of a kind may go, by the clock of the database; none when they are kept for ever.
pub(super) async fn expiry(pool: &PgPool, kept: Kept) -> Result<Option<DateTime<Utc>>> {
    let expiry: Option<DateTime<Utc>> = sqlx::query_scalar(
        "SELECT now() - make_interval(days => keep_days) FROM marketing.retention_settings
         WHERE what = $1 AND keep_days > 0",
    )
    .bind(kept.name())
    .fetch_optional(pool)
    .await?;
    Ok(expiry)
}

pub(super) fn kept_for_ever() -> Value {
    json!({"kept": "for ever"})
}
