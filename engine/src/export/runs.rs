//! What the columns of runs are.

use domain::model::run::RunRow;

use super::{
    Exported,
    rows::{number, text},
};

impl Exported for RunRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "workflow_name",
        "phase",
        "status",
        "duration_seconds",
        "error_message",
        "triggered_by",
        "batch_id",
        "record_id",
        "event_id",
        "attempt",
        "worker_id",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.created_at.to_rfc3339(),
            self.workflow.clone(),
            text(&self.phase),
            self.status.name().to_owned(),
            self.seconds
                .map_or_else(String::new, |seconds| seconds.to_string()),
            text(&self.error_message),
            text(&self.triggered_by),
            text(&self.batch_id),
            text(&self.record_id),
            number(self.event_id),
            number(self.attempt),
            text(&self.worker_id),
        ]
    }
}
