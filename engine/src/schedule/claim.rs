//! Taking a tick, keeping it, and writing down how it ended.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, PgPool};

use super::cron::CronLine;
use crate::connect;

/// Seconds without a beat after which a run counts as lost: four missed beats of five seconds.
const LOST_AFTER: f64 = 20.0;

/// What a look at the schedules came to.
pub(super) enum Step {
    /// Nothing is due.
    Idle,
    /// A schedule was given its next time, or had its tick already: look again.
    Planned,
    Take(Taken),
}

/// A tick in hand.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) run: i64,
    pub(super) name: String,
    pub(super) job: String,
}

#[derive(FromRow)]
struct Due {
    name: String,
    job: String,
    cron: String,
    zone: String,
    next_run_at: Option<DateTime<Utc>>,
    run_requested_at: Option<DateTime<Utc>>,
    run_requested_by: Option<String>,
    ticks: bool,
    now: DateTime<Utc>,
}

/// What makes a schedule due: it is free, and somebody asked for it, or it has a tick that is due or not known yet.
const IS_DUE: &str = "leased_by IS NULL AND (run_requested_at IS NOT NULL
    OR (NOT paused AND (next_run_at IS NULL OR next_run_at <= now())))";

/// Takes what is due, of the jobs that this process knows. One statement when there is nothing.
pub(super) async fn take(pool: &PgPool, runner: &str, jobs: &[&str]) -> sqlx::Result<Step> {
    let due = sqlx::AssertSqlSafe(format!(
        "SELECT EXISTS (SELECT FROM marketing.schedules WHERE (job = ANY($1) AND {IS_DUE})
             OR lease_beat_at < clock_timestamp() - make_interval(secs => $2))"
    ));
    let anything: bool = sqlx::query_scalar(due)
        .bind(jobs)
        .bind(LOST_AFTER)
        .fetch_one(pool)
        .await?;
    if !anything {
        return Ok(Step::Idle);
    }
    let mut transaction = connect::begin(pool).await?;
    give_up_lost(&mut transaction).await?;
    let due = sqlx::AssertSqlSafe(format!(
        "SELECT name, job, cron, zone, next_run_at, run_requested_at, run_requested_by,
                NOT paused AND next_run_at IS NOT NULL AND next_run_at <= now() AS ticks, now() AS now
         FROM marketing.schedules WHERE job = ANY($1) AND {IS_DUE}
         ORDER BY coalesce(run_requested_at, next_run_at), name LIMIT 1 FOR UPDATE SKIP LOCKED"
    ));
    let due: Option<Due> = sqlx::query_as(due)
        .bind(jobs)
        .fetch_optional(&mut *transaction)
        .await?;
    let step = match due {
        Some(due) => plan(&mut transaction, due, runner).await?,
        None => Step::Idle,
    };
    transaction.commit().await?;
    Ok(step)
}

/// Gives a locked schedule its next time, and takes the tick that is due. However many were missed, this is one.
async fn plan(connection: &mut PgConnection, due: Due, runner: &str) -> sqlx::Result<Step> {
    let next = match CronLine::parse(&due.cron, &due.zone, due.now) {
        Ok(line) if due.ticks || due.next_run_at.is_none() => line.next_after(due.now),
        Ok(_) => due.next_run_at,
        Err(problem) => {
            // Somebody wrote it with SQL. Pausing says so where people look, and keeps runners from trying for ever.
            tracing::warn!(schedule = due.name, problem, "a schedule was paused");
            pause(connection, &due.name, &problem).await?;
            return Ok(Step::Planned);
        }
    };
    let tick = if due.ticks {
        due.next_run_at
    } else {
        due.run_requested_at
    };
    let run = match tick {
        Some(at) => begin(connection, &due, at, runner).await?,
        None => None,
    };
    sqlx::query(
        "UPDATE marketing.schedules
         SET next_run_at = CASE WHEN NOT paused THEN $2 END, run_requested_at = NULL, run_requested_by = NULL,
             leased_run = $3, leased_by = CASE WHEN $3 IS NOT NULL THEN $4 END,
             lease_beat_at = CASE WHEN $3 IS NOT NULL THEN clock_timestamp() END,
             last_run_at = CASE WHEN $3 IS NOT NULL THEN clock_timestamp() ELSE last_run_at END
         WHERE name = $1",
    )
    .bind(&due.name)
    .bind(next)
    .bind(run)
    .bind(runner)
    .execute(connection)
    .await?;
    Ok(match run {
        Some(run) => Step::Take(Taken {
            run,
            name: due.name,
            job: due.job,
        }),
        None => Step::Planned,
    })
}

/// The run of a tick; none when the tick has one.
async fn begin(
    connection: &mut PgConnection,
    due: &Due,
    at: DateTime<Utc>,
    runner: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "INSERT INTO marketing.schedule_runs (name, due_at, triggered_by, runner)
         VALUES ($1, $2, coalesce($3, 'schedule'), $4) ON CONFLICT (name, due_at) DO NOTHING RETURNING id",
    )
    .bind(&due.name)
    .bind(at)
    .bind(due.run_requested_by.as_deref())
    .bind(runner)
    .fetch_optional(connection)
    .await
}

async fn pause(connection: &mut PgConnection, name: &str, reason: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.schedules
         SET paused = TRUE, pause_reason = $2, paused_by = 'scheduler', paused_at = now(), next_run_at = NULL,
             run_requested_at = NULL, run_requested_by = NULL
         WHERE name = $1",
    )
    .bind(name)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(())
}

async fn give_up_lost(connection: &mut PgConnection) -> sqlx::Result<()> {
    let lost = sqlx::query(
        "WITH lost AS (
             SELECT name, leased_run FROM marketing.schedules
             WHERE lease_beat_at < clock_timestamp() - make_interval(secs => $1) FOR UPDATE SKIP LOCKED
         ), ended AS (
             UPDATE marketing.schedule_runs r
             SET status = 'lost', finished_at = clock_timestamp(), error = 'The process that ran it went away'
             FROM lost WHERE r.id = lost.leased_run AND r.status = 'running'
         )
         UPDATE marketing.schedules s
         SET leased_by = NULL, leased_run = NULL, lease_beat_at = NULL, last_status = 'lost', last_result = NULL,
             last_duration_ms = NULL
         FROM lost WHERE s.name = lost.name",
    )
    .bind(LOST_AFTER)
    .execute(connection)
    .await?
    .rows_affected();
    if lost > 0 {
        tracing::warn!(lost, "runs of schedules stopped beating and are lost");
    }
    Ok(())
}

/// Says that a run goes on; false when it was given up as lost, and somebody else may have the schedule.
pub(super) async fn beat(pool: &PgPool, taken: &Taken) -> sqlx::Result<bool> {
    let beaten = sqlx::query(
        "UPDATE marketing.schedules SET lease_beat_at = clock_timestamp() WHERE name = $1 AND leased_run = $2",
    )
    .bind(&taken.name)
    .bind(taken.run)
    .execute(pool)
    .await?;
    Ok(beaten.rows_affected() == 1)
}

/// Writes down how a run ended, unless it was given up.
pub(super) async fn finish(
    pool: &PgPool,
    taken: &Taken,
    status: &str,
    result: Option<&Value>,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH ended AS (
             UPDATE marketing.schedule_runs
             SET status = $2, finished_at = clock_timestamp(), result = $3, error = $4
             WHERE id = $1 AND status = 'running' RETURNING name, started_at, result
         )
         UPDATE marketing.schedules s
         SET leased_by = NULL, leased_run = NULL, lease_beat_at = NULL, last_status = $2, last_result = ended.result,
             last_duration_ms = extract(epoch FROM clock_timestamp() - ended.started_at) * 1000
         FROM ended WHERE s.name = ended.name AND s.leased_run = $1",
    )
    .bind(taken.run)
    .bind(status)
    .bind(result)
    .bind(error)
    .execute(pool)
    .await?;
    Ok(())
}
