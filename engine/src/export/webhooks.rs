//! What the columns are of webhooks and of the deliveries to one. Addresses are shortened, as on the page.

use domain::model::webhook::{DeliveryRow, WebhookRow};

use super::{
    Exported,
    rows::{number, text, time},
};

impl Exported for DeliveryRow {
    const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "event_type",
        "is_test",
        "made_at",
        "status",
        "attempts",
        "tried_at",
        "next_attempt_at",
        "http_status",
        "duration_ms",
        "error",
        "answer",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.to_string(),
            self.event_type.clone(),
            self.is_test.to_string(),
            self.made_at.to_rfc3339(),
            self.status.name().to_owned(),
            self.attempts.to_string(),
            time(self.tried_at),
            time(self.next_attempt_at),
            number(self.http_status),
            number(self.duration_ms),
            text(&self.error),
            text(&self.answer),
        ]
    }
}

impl Exported for WebhookRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "name",
        "url",
        "event_types",
        "state",
        "reason",
        "delivered_24h",
        "pending_24h",
        "failed_24h",
        "dead_24h",
        "last_success_at",
        "last_failure_at",
        "last_error",
        "created_by",
        "created_at",
        "secret_at",
    ];

    fn cells(&self) -> Vec<String> {
        // In the order of `DeliveryStatus::ALL`, as the columns are.
        let [delivered, pending, failed, dead] = self.counts.map(|count| count.n.to_string());
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.url.clone(),
            text(&self.event_types.as_ref().map(|types| types.join(" "))),
            self.state.name().to_owned(),
            text(&self.reason),
            delivered,
            pending,
            failed,
            dead,
            time(self.last_success_at),
            time(self.last_failure_at),
            text(&self.last_error),
            self.created_by.clone(),
            self.created_at.to_rfc3339(),
            self.secret_at.to_rfc3339(),
        ]
    }
}
