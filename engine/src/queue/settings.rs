//! The settings of stages and the pauses, as the database has them: read with every heartbeat, obeyed by the lanes.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde::Deserialize;

use super::{Policy, StageSettings};

/// What was read last. Empty before the first heartbeat: everything runs with its defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    stages: HashMap<String, Row>,
    pub(super) paused_batches: HashSet<String>,
}

/// A row of `marketing.stage_settings`; what is absent is the stage's own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Row {
    stage: String,
    paused: bool,
    concurrency: Option<u32>,
    batch_size: Option<i64>,
    min_delay_ms: Option<u64>,
    attempts: Option<i32>,
    backoff_base_ms: Option<u64>,
    backoff_cap_ms: Option<u64>,
    time_out_ms: Option<u64>,
}

impl Settings {
    pub(super) fn new(rows: Vec<Row>, paused_batches: Vec<String>) -> Self {
        Self {
            stages: rows
                .into_iter()
                .map(|row| (row.stage.clone(), row))
                .collect(),
            paused_batches: paused_batches.into_iter().collect(),
        }
    }

    pub(super) fn of(&self, stage: &str, own: StageSettings) -> StageSettings {
        self.stages.get(stage).map_or(own, |row| row.over(own))
    }
}

impl Row {
    fn over(&self, own: StageSettings) -> StageSettings {
        let time = |told: Option<u64>, own| told.map_or(own, Duration::from_millis);
        StageSettings {
            paused: self.paused,
            concurrency: self
                .concurrency
                .map_or(own.concurrency, |n| n.max(1) as usize),
            batch_size: self.batch_size.unwrap_or(own.batch_size).max(1),
            min_delay: time(self.min_delay_ms, own.min_delay),
            policy: Policy {
                attempts: self.attempts.unwrap_or(own.policy.attempts),
                base: time(self.backoff_base_ms, own.policy.base),
                cap: time(self.backoff_cap_ms, own.policy.cap),
            },
            time_out: time(self.time_out_ms, own.time_out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_overrules_what_it_names_and_nothing_else() {
        let row: Row = serde_json::from_str(
            r#"{"stage": "enrich", "paused": true, "concurrency": 4, "batch_size": null, "min_delay_ms": 250,
                "attempts": null, "backoff_base_ms": null, "backoff_cap_ms": 9000, "time_out_ms": null,
                "next_batch_at": "-infinity"}"#,
        )
        .unwrap();
        let settings = Settings::new(vec![row], Vec::new());
        let expected = StageSettings {
            paused: true,
            concurrency: 4,
            min_delay: Duration::from_millis(250),
            policy: Policy {
                cap: Duration::from_secs(9),
                ..StageSettings::REMOTE.policy
            },
            ..StageSettings::REMOTE
        };
        assert_eq!(settings.of("enrich", StageSettings::REMOTE), expected);
        assert_eq!(
            settings.of("verify", StageSettings::REMOTE),
            StageSettings::REMOTE
        );
    }
}
