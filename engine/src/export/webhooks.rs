//! What the columns of deliveries to a webhook are.

use domain::model::webhook::DeliveryRow;

use super::{
    Exported,
    rows::{number, text, time},
};

impl Exported for DeliveryRow {
    const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "event_type",
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
