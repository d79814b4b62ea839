//! The run of a bulk action: chunk by chunk, each one transaction, by whichever process comes first.

use domain::{
    model::bulk::{ActionKind, ActionState, EventAct, EventSelection},
    role::{Actor, Role},
};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection, PgPool, QueryBuilder};

use super::{
    apply,
    replay::{self, Steps},
    selection, undo,
};
use crate::{connect, store::audit};

/// Events of one transaction: it stays below a second, and a killed process loses no more than this.
const CHUNK: i64 = 1_000;

/// Does a chunk of the oldest running action that no other process has in hand. `false` when there is none: one query.
pub(crate) async fn run_actions(pool: PgPool) -> sqlx::Result<bool> {
    let waits: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM marketing.pipeline_actions WHERE state = 'running' AND due_at <= clock_timestamp())",
    )
    .fetch_one(&pool)
    .await?;
    Ok(waits && run_one(&pool, None).await?)
}

/// As [`run_actions`], of one action where its id is given.
pub(super) async fn run_one(pool: &PgPool, only: Option<i64>) -> sqlx::Result<bool> {
    let mut transaction = connect::begin(pool).await?;
    let Some(mut running) = Running::lock(&mut transaction, only).await? else {
        return Ok(false);
    };
    let done = async {
        chunk(&mut transaction, &mut running).await?;
        if running.state != ActionState::Running {
            let act = audit::Act::new("action.finish", "action", running.id).details(
                json!({ "total": running.total, "done": running.done, "state": running.state }),
            );
            audit::record(&mut transaction, &running.actor(), act).await?;
        }
        transaction.commit().await
    };
    match done.await {
        Ok(()) => Ok(true),
        Err(error) if may_pass(&error) => Err(error),
        Err(error) => {
            give_up(pool, &running, &error).await?;
            Ok(true)
        }
    }
}

/// Changes the next events and moves the cursor; whoever calls commits.
pub(super) async fn chunk(
    connection: &mut PgConnection,
    running: &mut Running,
) -> sqlx::Result<()> {
    let (looked_at, last, done) = match &running.work {
        Work::Act(act, selection) => {
            let ids = next(connection, running, act, selection).await?;
            let done = apply::apply(connection, running, act, &ids).await?;
            (ids.len(), ids.last().copied(), done)
        }
        Work::Undo(of) => undo::step(connection, running, *of, CHUNK).await?,
        Work::Unreadable(text) => return Err(sqlx::Error::Decode(text.clone().into())),
        Work::Replay(steps) => {
            running.state = replay::advance(connection, running.id, steps.clone()).await?;
            return Ok(());
        }
    };
    running.cursor = last.unwrap_or(running.cursor);
    running.done += i64::try_from(done).unwrap_or(i64::MAX);
    let ended = (looked_at as i64) < CHUNK;
    if ended {
        running.state = ActionState::Done;
    }
    sqlx::query(
        "UPDATE marketing.pipeline_actions
         SET cursor = $2, done = $3, state = CASE WHEN $4 THEN 'done' ELSE state END,
             skipped = CASE WHEN $4 THEN greatest(total - $3, 0) ELSE 0 END,
             finished_at = CASE WHEN $4 THEN clock_timestamp() END
         WHERE id = $1",
    )
    .bind(running.id)
    .bind(running.cursor)
    .bind(running.done)
    .bind(ended)
    .execute(connection)
    .await?;
    Ok(())
}

/// Waits for events that are locked: passing them over would leave them out for good.
async fn next(
    connection: &mut PgConnection,
    running: &Running,
    act: &EventAct,
    selection: &EventSelection,
) -> sqlx::Result<Vec<i64>> {
    let mut query = QueryBuilder::new("SELECT e.id FROM marketing.pipeline_events e");
    selection::push(&mut query, act, selection, running.up_to);
    query.push(" AND e.id > ").push_bind(running.cursor);
    query
        .push(" ORDER BY e.id LIMIT ")
        .push_bind(CHUNK)
        .push(" FOR UPDATE OF e");
    query.build_query_scalar().fetch_all(connection).await
}

/// An action that this transaction holds.
pub(crate) struct Running {
    pub(crate) id: i64,
    pub(crate) total: i64,
    pub(super) done: i64,
    pub(super) requested_by: String,
    pub(super) reason: Option<String>,
    pub(super) cursor: i64,
    requested_by_id: Option<i64>,
    origin: String,
    up_to: Option<i64>,
    pub(super) state: ActionState,
    work: Work,
}

enum Work {
    Act(EventAct, EventSelection),
    Undo(i64),
    Replay(Steps),
    /// Written by a newer version, or by hand.
    Unreadable(String),
}

impl Running {
    /// Passes over what another process has in hand.
    pub(super) async fn lock(
        connection: &mut PgConnection,
        only: Option<i64>,
    ) -> sqlx::Result<Option<Self>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, kind, selection, params, reason, up_to, cursor, total, done, undo_of, requested_by,
                    requested_by_id, origin
             FROM marketing.pipeline_actions
             WHERE state = 'running' AND (id = $1 OR $1::BIGINT IS NULL AND due_at <= clock_timestamp())
             ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
        )
        .bind(only)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(Row::running))
    }

    /// The person who asked, wherever the action is continued.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            user_id: self.requested_by_id.unwrap_or_default(),
            name: self.requested_by.clone(),
            role: Role::Operator,
            origin: self.origin.clone(),
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    kind: String,
    selection: Option<Value>,
    params: Option<Value>,
    reason: Option<String>,
    up_to: Option<i64>,
    cursor: i64,
    total: i64,
    done: i64,
    undo_of: Option<i64>,
    requested_by: String,
    requested_by_id: Option<i64>,
    origin: String,
}

impl Row {
    fn running(mut self) -> Running {
        let work = self.work();
        Running {
            id: self.id,
            total: self.total,
            done: self.done,
            requested_by: self.requested_by,
            reason: self.reason,
            cursor: self.cursor,
            requested_by_id: self.requested_by_id,
            origin: self.origin,
            up_to: self.up_to,
            work: work.unwrap_or_else(|error| Work::Unreadable(error.to_string())),
            state: ActionState::Running,
        }
    }

    fn work(&mut self) -> serde_json::Result<Work> {
        let kind = ActionKind::parse(&self.kind);
        let params = self.params.take().unwrap_or_default();
        let act = match (kind, self.undo_of) {
            (Some(ActionKind::Undo), Some(of)) => return Ok(Work::Undo(of)),
            (Some(ActionKind::Replay), _) => {
                return Ok(Work::Replay(serde_json::from_value(params)?));
            }
            (Some(ActionKind::ProcessNow), _) => EventAct::ProcessNow,
            (Some(ActionKind::Retry), _) => EventAct::Retry,
            (Some(ActionKind::Cancel), _) => EventAct::Cancel,
            (Some(ActionKind::Requeue), _) => EventAct::Requeue(serde_json::from_value(params)?),
            (Some(ActionKind::DeadLetter), _) => EventAct::DeadLetter,
            (Some(ActionKind::Release), _) => EventAct::Release,
            (Some(ActionKind::Purge), _) => EventAct::Purge,
            (Some(ActionKind::Undo) | None, _) => {
                return Ok(Work::Unreadable(format!(
                    "{} is no action that runs in chunks",
                    self.kind
                )));
            }
        };
        let selection = self.selection.take().unwrap_or_default();
        Ok(Work::Act(act, serde_json::from_value(selection)?))
    }
}

/// Whether the same chunk may succeed in a moment: the database was away, or two transactions crossed.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            ["08", "40", "53", "55", "57"].contains(&&code[..code.len().min(2)])
        }
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) => false,
        _ => true,
    }
}

/// What no second try helps ends the action, so that it does not stand in the way of others; what was done stays.
async fn give_up(pool: &PgPool, running: &Running, error: &sqlx::Error) -> sqlx::Result<()> {
    tracing::error!(action = running.id, %error, "a bulk action failed");
    let mut transaction = connect::begin(pool).await?;
    sqlx::query(
        "UPDATE marketing.pipeline_actions SET state = 'failed', error = $2, finished_at = clock_timestamp()
         WHERE id = $1 AND state = 'running'",
    )
    .bind(running.id)
    .bind(error.to_string())
    .execute(&mut *transaction)
    .await?;
    let act = audit::Act::new("action.fail", "action", running.id)
        .details(json!({ "done": running.done, "error": error.to_string() }));
    audit::record(&mut transaction, &running.actor(), act).await?;
    transaction.commit().await
}
