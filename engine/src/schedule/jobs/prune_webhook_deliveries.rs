//! What became of old deliveries to webhooks, also of those that were never sent.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_webhook_deliveries",
    kept: Kept::WebhookDeliveries,
    statement: include_str!("../../../sql/retention/webhook_deliveries.sql"),
};
