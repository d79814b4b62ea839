//! Replay: a record is run again from a stage on, and what earlier stages did stays.
//!
//! Triggers make the events of what is new or changed, and a second run often changes nothing. So a replay is an action
//! that goes from stage to stage: when the events of one have ended, it makes those of the next which no trigger made.

mod effects;
mod scope;
mod step;

use domain::{
    model::{
        bulk::BulkAction,
        replay::{ReplayPlan, ReplayTarget},
    },
    role::Actor,
    stage::StageName,
};
use serde_json::json;
use sqlx::PgConnection;

use crate::{Engine, EngineError, Result, store::audit};

use scope::Scope;
pub(super) use step::{Steps, advance};

impl Engine {
    /// What [`Engine::replay`] would do. Nothing is changed.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown record, [`EngineError::Invalid`] when it cannot run from this stage.
    pub async fn replay_preview(
        &self,
        target: &ReplayTarget,
        from: StageName,
    ) -> Result<ReplayPlan> {
        let mut transaction = self.transaction().await?;
        let plan = plan(&mut transaction, target, from).await?.0;
        transaction.rollback().await?;
        Ok(plan)
    }

    /// Runs a record again from a stage on, with new events; the action tells how far it is.
    ///
    /// # Errors
    /// As [`Engine::replay_preview`], and [`EngineError::Invalid`] while events of the record are not done yet.
    pub async fn replay(
        &self,
        target: &ReplayTarget,
        from: StageName,
        reason: &str,
        actor: &Actor,
    ) -> Result<BulkAction> {
        let mut transaction = self.transaction().await?;
        // One at a time: two of the same record would not see each other's events.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('marketing.replay'))")
            .execute(&mut *transaction)
            .await?;
        let (plan, scope) = plan(&mut transaction, target, from).await?;
        if let Some(event) = plan.blocked_by.first() {
            return Err(EngineError::Invalid(format!(
                "Event {event} of this record is not done yet: wait for it, or cancel it first"
            )));
        }
        let id = open(&mut transaction, &plan, reason, actor).await?;
        let made = step::enter(&mut transaction, id, from, &scope).await?;
        Steps::new(target, from, made)
            .write(&mut transaction, id)
            .await?;
        let (kind, target) = match target {
            ReplayTarget::Company(key) => ("company", key.clone()),
            ReplayTarget::Slot(key) => ("slot", key.clone()),
            ReplayTarget::Contact(id) => ("contact", id.to_string()),
        };
        let act = audit::Act::new("record.replay", kind, target)
            .details(json!({ "action": id, "reason": reason.trim(), "plan": plan }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.ring_all_stages();
        self.action(id).await
    }
}

async fn plan(
    connection: &mut PgConnection,
    target: &ReplayTarget,
    from: StageName,
) -> Result<(ReplayPlan, Scope)> {
    let scope = Scope::find(connection, target).await?;
    scope.check(target, from)?;
    let events = step::missing(connection, from, &scope, None).await?;
    if events.is_empty() {
        return Err(EngineError::Invalid(scope.nothing_for(from)));
    }
    let plan = ReplayPlan {
        title: format!("Replay of {} from {} on", scope.name(), from.title()),
        from,
        events: events.iter().map(step::Planned::shown).collect(),
        follows: StageName::ALL
            .into_iter()
            .skip_while(|stage| *stage != from)
            .skip(1)
            .collect(),
        effects: effects::of(connection, from, &scope).await?,
        blocked_by: scope.open_events(connection).await?,
    };
    Ok((plan, scope))
}

async fn open(
    connection: &mut PgConnection,
    plan: &ReplayPlan,
    reason: &str,
    actor: &Actor,
) -> Result<i64> {
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
    Ok(sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_actions
             (title, requested_by, requested_by_id, origin, kind, state, reason, started_at)
         VALUES ($1, $2, $3, $4, 'replay', 'running', $5, now()) RETURNING id",
    )
    .bind(&plan.title)
    .bind(&actor.name)
    .bind(actor.user_id)
    .bind(&actor.origin)
    .bind(reason)
    .fetch_one(connection)
    .await?)
}
