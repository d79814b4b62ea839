//! The start of a bulk action: its row, its first chunk and its entry in the log are one transaction.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    model::bulk::{ActionKind, ActionState, BulkAction, BulkRequest, EventAct, EventSelection},
    role::Actor,
    stage::StageName,
};
use serde_json::{Value, json};
use sqlx::{PgConnection, QueryBuilder};

use super::{
    ask,
    run::{self, Running},
    selection,
};
use crate::{Engine, EngineError, Result, store::audit};

/// How soon a caller who waits for an action looks at it again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Engine {
    /// Starts a bulk action and does its first chunk. The rest is done by the upkeep of any process, or by
    /// [`Engine::finish_action`].
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when no event fits or the request makes no sense, [`EngineError::Database`].
    pub async fn start_action(&self, request: &BulkRequest, actor: &Actor) -> Result<BulkAction> {
        ask::check(request)?;
        ask::check_whole(request)?;
        let mut transaction = self.transaction().await?;
        let running = open(&mut transaction, request, None, actor).await?;
        record(&mut transaction, request, actor, &running).await?;
        transaction.commit().await?;
        self.ring_all_stages();
        self.action(running.id).await
    }

    /// Does what is left of an action, beside other processes that may do the same, and returns it when it has ended.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn finish_action(&self, id: i64) -> Result<BulkAction> {
        loop {
            let action = self.action(id).await?;
            if action.state != ActionState::Running {
                self.ring_all_stages();
                return Ok(action);
            }
            let taken = run::run_one(&self.pool, Some(id)).await?;
            // Another process has it in hand, or it waits for its events.
            if !taken || action.kind == ActionKind::Replay {
                self.ring_all_stages();
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    pub(crate) fn ring_all_stages(&self) {
        for event_type in StageName::consumed_types() {
            self.live.doorbell(event_type).notify_one();
        }
    }
}

/// The row of the action and its first chunk; whoever calls writes the log and commits.
pub(crate) async fn open(
    connection: &mut PgConnection,
    request: &BulkRequest,
    title: Option<String>,
    actor: &Actor,
) -> Result<Running> {
    let (total, up_to) = count(connection, request).await?;
    if total == 0 {
        return Err(EngineError::Invalid(format!(
            "There is nothing to do: {} takes {}",
            request.act.kind().name(),
            request.act.takes()
        )));
    }
    let title = title.unwrap_or_else(|| self::title(request, total));
    let id = insert(connection, request, &title, actor, (total, up_to)).await?;
    let mut running = Running::lock(connection, Some(id))
        .await?
        .ok_or_else(|| EngineError::NotFound(format!("Action {id}")))?;
    run::chunk(connection, &mut running).await?;
    Ok(running)
}

/// Events that fit, and the id of the last. Of those named one by one, all count: what does not fit is shown as skipped.
async fn count(connection: &mut PgConnection, request: &BulkRequest) -> Result<(i64, i64)> {
    let mut query = QueryBuilder::new(
        "SELECT count(*), coalesce(max(e.id), 0) FROM marketing.pipeline_events e",
    );
    selection::push(&mut query, &request.act, &request.selection, request.up_to);
    let (count, up_to): (i64, i64) = query.build_query_as().fetch_one(connection).await?;
    let total = match &request.selection {
        EventSelection::Ids(ids) if count > 0 => {
            let distinct: BTreeSet<i64> = ids.iter().copied().collect();
            i64::try_from(distinct.len()).unwrap_or(i64::MAX)
        }
        _ => count,
    };
    Ok((total, up_to))
}

async fn insert(
    connection: &mut PgConnection,
    request: &BulkRequest,
    title: &str,
    actor: &Actor,
    (total, up_to): (i64, i64),
) -> Result<i64> {
    let params = match &request.act {
        EventAct::Requeue(edit) => Some(json!(edit)),
        _ => None,
    };
    Ok(sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_actions
             (title, requested_by, requested_by_id, origin, total, kind, selection, params, reason, state, up_to, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', $10, now()) RETURNING id",
    )
    .bind(title)
    .bind(&actor.name)
    .bind(actor.user_id)
    .bind(&actor.origin)
    .bind(total)
    .bind(request.act.kind().name())
    .bind(json!(request.selection))
    .bind(params)
    .bind(ask::reason(request))
    .bind(up_to)
    .fetch_one(connection)
    .await?)
}

fn title(request: &BulkRequest, total: i64) -> String {
    let what = request.act.kind().title();
    match &request.selection {
        EventSelection::Ids(ids) if ids.len() == 1 => format!("{what}: event {}", ids[0]),
        EventSelection::Ids(_) => format!("{what}: {total} events"),
        EventSelection::Matching(_) => format!("{what}: {total} events that match a filter"),
        EventSelection::DeadLetters(_) => format!("{what}: {total} dead letters"),
        EventSelection::Errors(_) => format!("{what}: {total} events that failed"),
        EventSelection::Of(records) => {
            let (one, many) = records.nouns();
            match records.named() {
                Some(1) => format!("{what}: {total} events of one {one}"),
                Some(n) => format!("{what}: {total} events of {n} {many}"),
                None => format!("{what}: {total} events of {many} that match a filter"),
            }
        }
    }
}

/// One event's entry shows it before and after; of more, the items of the action do.
async fn record(
    connection: &mut PgConnection,
    request: &BulkRequest,
    actor: &Actor,
    running: &Running,
) -> Result<()> {
    let action = match request.act {
        EventAct::ProcessNow => "event.process_now",
        EventAct::Retry => "event.retry",
        EventAct::Cancel => "event.cancel",
        EventAct::Requeue(_) => "event.requeue",
        EventAct::DeadLetter => "event.dead_letter",
        EventAct::Release => "event.release",
        EventAct::Purge => "event.purge",
    };
    let details = json!({ "action": running.id, "request": request, "total": running.total, "done": running.done,
        "state": running.state });
    let act = match &request.selection {
        EventSelection::Ids(ids) if ids.len() == 1 => {
            let (before, after) = item(connection, running.id).await?;
            audit::Act::new(action, "event", ids[0]).changed(before, after)
        }
        _ => audit::Act::new(action, "action", running.id),
    };
    Ok(audit::record(connection, actor, act.details(details)).await?)
}

async fn item(
    connection: &mut PgConnection,
    action: i64,
) -> Result<(Option<Value>, Option<Value>)> {
    let found: Option<(Value, Option<Value>)> = sqlx::query_as(
        "SELECT before, after FROM marketing.pipeline_action_items WHERE action_id = $1 LIMIT 1",
    )
    .bind(action)
    .fetch_optional(connection)
    .await?;
    Ok(found.map_or((None, None), |(before, after)| (Some(before), after)))
}
