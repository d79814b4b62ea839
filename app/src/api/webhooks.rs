//! Webhooks and their deliveries, in the hands of an admin.

use super::json::Json;
use domain::model::{
    Page,
    webhook::{DeliveryQuery, DeliveryRow, TestAnswer, WebhookForm, WebhookRow, WebhookSecret},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "webhooks", input = Json, output = Json)]
pub async fn webhooks() -> Result<Vec<WebhookRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.webhooks().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "webhook", input = Json, output = Json)]
pub async fn webhook(id: i64) -> Result<WebhookRow, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.webhook(id).await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "webhook_deliveries", input = Json, output = Json)]
pub async fn webhook_deliveries(query: DeliveryQuery) -> Result<Page<DeliveryRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .webhook_deliveries(&query)
        .await
        .map_err(crate::ssr::problem)
}

/// Makes a webhook; its secret is told only this once.
#[server(prefix = "/api/fn", endpoint = "make_webhook", input = Json, output = Json)]
pub async fn make_webhook(form: WebhookForm) -> Result<WebhookSecret, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .make_webhook(&form, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// An empty address leaves the present one.
#[server(prefix = "/api/fn", endpoint = "change_webhook", input = Json, output = Json)]
pub async fn change_webhook(id: i64, form: WebhookForm) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .change_webhook(id, &form, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// On ends a pause, too. Returns the webhook's name.
#[server(prefix = "/api/fn", endpoint = "switch_webhook", input = Json, output = Json)]
pub async fn switch_webhook(id: i64, on: bool) -> Result<String, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .switch_webhook(id, on, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Makes another secret, which is told only this once; the one before is of no use any more.
#[server(prefix = "/api/fn", endpoint = "rotate_webhook_secret", input = Json, output = Json)]
pub async fn rotate_webhook_secret(id: i64) -> Result<WebhookSecret, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .rotate_webhook_secret(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Sends an event that is none, and returns what came back.
#[server(prefix = "/api/fn", endpoint = "test_webhook", input = Json, output = Json)]
pub async fn test_webhook(id: i64) -> Result<TestAnswer, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .test_webhook(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Deletes a webhook with its deliveries, and returns its name.
#[server(prefix = "/api/fn", endpoint = "delete_webhook", input = Json, output = Json)]
pub async fn delete_webhook(id: i64) -> Result<String, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .delete_webhook(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Sends one event again, or all that were given up. Returns how many.
#[server(prefix = "/api/fn", endpoint = "deliver_again", input = Json, output = Json)]
pub async fn deliver_again(webhook: i64, event: Option<i64>) -> Result<u64, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .deliver_again(webhook, event, &actor)
        .await
        .map_err(crate::ssr::problem)
}
