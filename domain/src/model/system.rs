//! What runs here, how large it has become, and how it is set up.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everything on the page about the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    pub installation: Installation,
    pub figures: SystemFigures,
}

/// What the process that answers knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    pub version: String,
    /// Of the browser's half; none where it was not built.
    pub build: Option<String>,
    /// In the order of the help.
    pub settings: Vec<SettingShown>,
}

/// A setting with the value in effect, fit to be seen: without passwords and keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingShown {
    pub name: String,
    pub value: String,
    pub help: String,
}

impl SettingShown {
    /// Whether the text stands in it; without one, yes.
    pub fn mentions(&self, text: Option<&str>) -> bool {
        stands_in(text, &[&self.name, &self.value, &self.help])
    }
}

fn stands_in(text: Option<&str>, values: &[&str]) -> bool {
    let Some(text) = text.map(str::to_lowercase) else {
        return true;
    };
    values
        .iter()
        .any(|value| value.to_lowercase().contains(&text))
}

/// What the database knows, and the engine of the process that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemFigures {
    pub as_of: DateTime<Utc>,
    /// Its version, such as `15.14`.
    pub postgres: String,
    pub migrations: i64,
    pub newest_migration: Option<Migration>,
    pub database_bytes: i64,
    /// The ten largest, with their indexes, the largest first.
    pub tables: Vec<TableSize>,
    pub connections: Connections,
    pub workers: i64,
    pub workers_alive: i64,
    pub waiting: i64,
    pub working: i64,
    /// Of the event that waits longest.
    pub oldest_waiting_minutes: Option<f64>,
    pub listening: Listening,
}

/// The last change of the schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// The time in its name, as one number.
    pub version: i64,
    pub description: String,
    pub applied_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSize {
    /// With its schema.
    pub name: String,
    /// As PostgreSQL's statistics have it.
    pub rows: i64,
    pub bytes: i64,
}

impl TableSize {
    /// Whether the text stands in its name; without one, yes.
    pub fn mentions(&self, text: Option<&str>) -> bool {
        stands_in(text, &[&self.name])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// Of the whole PostgreSQL server, whoever opened them.
    pub used: i64,
    pub limit: i64,
    /// Of the pool of the process that answers.
    pub pool_used: u32,
    pub pool_limit: u32,
}

/// The connection through which a process hears of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    pub connected: bool,
    /// When the last notification came; none since the process started.
    pub heard_at: Option<DateTime<Utc>>,
}
