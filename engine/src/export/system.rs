//! What the columns are of what the page about the system shows, and of the runs of schedules.

use domain::model::{
    schedule::ScheduleRun,
    system::{SettingShown, TableSize},
};

use super::{
    Exported,
    rows::{json, text, time},
};

impl Exported for TableSize {
    const COLUMNS: &'static [&'static str] = &["table", "rows", "bytes"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.rows.to_string(),
            self.bytes.to_string(),
        ]
    }
}

impl Exported for SettingShown {
    const COLUMNS: &'static [&'static str] = &["setting", "value", "meaning"];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.value.clone(), self.help.clone()]
    }
}

impl Exported for ScheduleRun {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "due_at",
        "started_at",
        "finished_at",
        "status",
        "triggered_by",
        "result",
        "error",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.due_at.to_rfc3339(),
            self.started_at.to_rfc3339(),
            time(self.finished_at),
            self.status.name().to_owned(),
            self.triggered_by.clone(),
            json(self.result.as_ref()),
            text(&self.error),
        ]
    }
}
