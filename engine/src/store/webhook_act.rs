//! What admins do with webhooks: made, changed, switched, tested, deleted.

use domain::{
    model::webhook::{LONGEST_NAME, TestAnswer, WebhookForm, WebhookSecret},
    role::Actor,
};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::audit::{self, Act};
use crate::{
    Engine, EngineError, Result,
    webhooks::{Message, Outcome, Target, new_secret, shown},
};

/// Each has messages on their way at a time, and connections to the database with them.
const MOST: i64 = 50;
/// The type of an event that is none.
const TEST: &str = "webhook_test";
/// Types that one webhook may name, and the length of each.
const MOST_TYPES: usize = 50;
const LONGEST_TYPE: usize = 100;

impl Engine {
    /// Makes a webhook that gets what is committed from now on. Its secret is in the answer, and no page shows it again.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that is taken, empty or too long, an address that may not be sent to, types
    /// that are none, or one webhook too many; [`EngineError::Database`].
    pub async fn make_webhook(&self, form: &WebhookForm, by: &Actor) -> Result<WebhookSecret> {
        let name = checked_name(&form.name)?;
        let types = checked_types(&form.event_types)?;
        // It asks the name server, which belongs in no transaction.
        let target = Target::parse(&form.url, &self.config.webhooks).await?;
        let mut transaction = self.transaction().await?;
        follow(&mut transaction).await?;
        check_name(&mut transaction, name, None).await?;
        let webhooks: i64 = sqlx::query_scalar("SELECT count(*) FROM app.webhooks")
            .fetch_one(&mut *transaction)
            .await?;
        if webhooks >= MOST {
            return Err(EngineError::Invalid(format!(
                "There are {MOST} webhooks, which is the most: delete one that is not used"
            )));
        }
        let secret = new_secret();
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO app.webhooks (name, url, event_types, secret, created_by) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(name)
        .bind(target.as_str())
        .bind(types)
        .bind(&secret)
        .bind(&by.name)
        .fetch_one(&mut *transaction)
        .await?;
        let (_, after) = told(&mut transaction, id).await?;
        let act = Act::new("webhook.create", "webhook", name).changed(None, Some(after));
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(WebhookSecret {
            id,
            name: name.to_owned(),
            secret,
        })
    }

    /// Gives a webhook another name, address or choice of events. Without an address it keeps the one that it has.
    ///
    /// # Errors
    /// As [`Engine::make_webhook`], and [`EngineError::NotFound`].
    pub async fn change_webhook(&self, id: i64, form: &WebhookForm, by: &Actor) -> Result<()> {
        let name = checked_name(&form.name)?;
        let types = checked_types(&form.event_types)?;
        let target = match form.url.trim() {
            "" => None,
            url => Some(Target::parse(url, &self.config.webhooks).await?),
        };
        let mut transaction = self.transaction().await?;
        lock(&mut transaction).await?;
        let (_, before) = told(&mut transaction, id).await?;
        check_name(&mut transaction, name, Some(id)).await?;
        sqlx::query(
            "UPDATE app.webhooks SET name = $2, url = coalesce($3, url), event_types = $4 WHERE id = $1",
        )
        .bind(id)
        .bind(name)
        .bind(target.as_ref().map(Target::as_str))
        .bind(types)
        .execute(&mut *transaction)
        .await?;
        let (_, after) = told(&mut transaction, id).await?;
        let act = Act::new("webhook.change", "webhook", name).changed(Some(before), Some(after));
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Switches a webhook on, which also ends a pause, or off. Returns its name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn switch_webhook(&self, id: i64, on: bool, by: &Actor) -> Result<String> {
        let mut transaction = self.transaction().await?;
        if on {
            follow(&mut transaction).await?;
        } else {
            lock(&mut transaction).await?;
        }
        let (name, before) = told(&mut transaction, id).await?;
        sqlx::query(
            "UPDATE app.webhooks
             SET enabled = $2, paused_reason = NULL, rest_until = NULL, dead_in_a_row = 0 WHERE id = $1",
        )
        .bind(id)
        .bind(on)
        .execute(&mut *transaction)
        .await?;
        let (_, after) = told(&mut transaction, id).await?;
        let action = if on {
            "webhook.enable"
        } else {
            "webhook.disable"
        };
        let act = Act::new(action, "webhook", &name).changed(Some(before), Some(after));
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(name)
    }

    /// Gives a webhook another secret: what is sent from now on is signed with it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn rotate_webhook_secret(&self, id: i64, by: &Actor) -> Result<WebhookSecret> {
        let mut transaction = self.transaction().await?;
        let (name, _) = told(&mut transaction, id).await?;
        let secret = new_secret();
        sqlx::query("UPDATE app.webhooks SET secret = $2, secret_at = now() WHERE id = $1")
            .bind(id)
            .bind(&secret)
            .execute(&mut *transaction)
            .await?;
        let act = Act::new("webhook.rotate_secret", "webhook", &name);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(WebhookSecret { id, name, secret })
    }

    /// Sends an event that is none, at once and once, also where the webhook is off, and returns what came back. It is on
    /// record among the deliveries, and says nothing of the receiver.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`]. What goes wrong on the way is in the answer.
    pub async fn test_webhook(&self, id: i64, by: &Actor) -> Result<TestAnswer> {
        // The number is none of an event's, neither now nor later.
        let found: Option<(String, String, String, i64, String)> = sqlx::query_as(
            "SELECT name, url, secret, number, json_build_object('event_id', number, 'event_type', $3::TEXT, 'payload',
                        json_build_object('record_id', '0', 'webhook', name, 'sent_by', $2), 'table', NULL,
                        'timestamp', now())::TEXT
             FROM (SELECT name, url, secret, nextval(pg_get_serial_sequence('marketing.pipeline_events', 'id')) AS number
                   FROM app.webhooks WHERE id = $1) w",
        )
        .bind(id)
        .bind(&by.name)
        .bind(TEST)
        .fetch_optional(&self.pool)
        .await?;
        let (name, url, secret, number, body) = found.ok_or_else(|| missing(id))?;
        let message = Message {
            url,
            secret,
            key: format!("test-{number}"),
            body,
        };
        let outcome = self.post.send(message).await;
        let mut transaction = self.transaction().await?;
        note_test(&mut transaction, id, number, &outcome).await?;
        let told = json!({"status": outcome.status, "error": outcome.error});
        let act = Act::new("webhook.test", "webhook", name).details(told);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(TestAnswer {
            status: outcome.status,
            duration_ms: i64::try_from(outcome.duration.as_millis()).unwrap_or(i64::MAX),
            error: outcome.error,
            answer: outcome.answer,
        })
    }

    /// Deletes a webhook and its deliveries. Returns its name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn delete_webhook(&self, id: i64, by: &Actor) -> Result<String> {
        let mut transaction = self.transaction().await?;
        lock(&mut transaction).await?;
        // Before the webhook is locked, as who writes an attempt down does it.
        let deliveries = sqlx::query("DELETE FROM app.webhook_deliveries WHERE webhook_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let (name, before) = told(&mut transaction, id).await?;
        sqlx::query("DELETE FROM app.webhooks WHERE id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        let act = Act::new("webhook.delete", "webhook", &name)
            .changed(Some(before), None)
            .details(json!({"deliveries": deliveries}));
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(name)
    }
}

/// Leaves nothing of a webhook that was deleted meanwhile.
async fn note_test(
    connection: &mut PgConnection,
    webhook: i64,
    number: i64,
    outcome: &Outcome,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO app.webhook_deliveries (webhook_id, event_id, event_type, is_test, status, attempts, tried_at, http_status,
                                             duration_ms, error, answer)
         SELECT id, $2, $3, TRUE, CASE WHEN $4::TEXT IS NULL THEN 'delivered' ELSE 'dead' END, 1, clock_timestamp(), $5, $6, $4, $7
         FROM app.webhooks WHERE id = $1",
    )
    .bind(webhook)
    .bind(number)
    .bind(TEST)
    .bind(&outcome.error)
    .bind(outcome.status.map(i32::from))
    .bind(i32::try_from(outcome.duration.as_millis()).unwrap_or(i32::MAX))
    .bind(&outcome.answer)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whoever makes or switches one waits for the others, and for a turn of the process that delivers.
async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT FROM app.webhook_position FOR UPDATE")
        .execute(connection)
        .await?;
    Ok(())
}

/// As [`lock`], and has what is committed from now on handed out.
async fn follow(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT app.follow_events()")
        .execute(connection)
        .await?;
    Ok(())
}

fn missing(id: i64) -> EngineError {
    EngineError::NotFound(format!("Webhook {id}"))
}

/// The name of a webhook, and the webhook as the audit log keeps it: without its secret, and without what may be one.
/// Keeps others from changing it.
async fn told(connection: &mut PgConnection, id: i64) -> Result<(String, Value)> {
    let found: Option<(String, String, Option<Vec<String>>, bool, Option<String>)> =
        sqlx::query_as(
            "SELECT name, url, event_types, enabled, paused_reason FROM app.webhooks WHERE id = $1 FOR NO KEY UPDATE",
        )
        .bind(id)
        .fetch_optional(connection)
        .await?;
    let (name, url, event_types, enabled, reason) = found.ok_or_else(|| missing(id))?;
    let shown = json!({
        "id": id, "name": name, "url": shown(&url), "event_types": event_types, "enabled": enabled,
        "paused_reason": reason,
    });
    Ok((name, shown))
}

fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Err(EngineError::Invalid(format!(
            "A name has 1 to {LONGEST_NAME} printable characters"
        )));
    }
    Ok(name)
}

async fn check_name(connection: &mut PgConnection, name: &str, own: Option<i64>) -> Result<()> {
    let taken: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM app.webhooks WHERE lower(name) = lower($1) AND id IS DISTINCT FROM $2)",
    )
    .bind(name)
    .bind(own)
    .fetch_one(connection)
    .await?;
    if taken {
        return Err(EngineError::Invalid(format!(
            "There is a webhook called {name} already: choose another name"
        )));
    }
    Ok(())
}

/// None is all of them.
fn checked_types(text: &str) -> Result<Option<Vec<String>>> {
    let mut types: Vec<String> = text
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    types.sort();
    types.dedup();
    let is_type = |name: &String| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ':');
        name.len() <= LONGEST_TYPE && name.chars().all(known)
    };
    if let Some(wrong) = types.iter().find(|name| !is_type(name)) {
        return Err(EngineError::Invalid(format!(
            "“{wrong}” is no event type: write names such as company_validated, parted by commas"
        )));
    }
    if types.len() > MOST_TYPES {
        return Err(EngineError::Invalid(format!(
            "Name {MOST_TYPES} event types at most, or none for all of them"
        )));
    }
    Ok(Some(types).filter(|types| !types.is_empty()))
}
