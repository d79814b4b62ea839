//! What stages and batches are told while they run: settings and pauses.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::overview::StripStep;
use crate::stage::StageName;

/// Numbers of `marketing.stage_settings`; `None` is the stage's own default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageSettings {
    /// Calls under way at once, 1 to 256.
    pub concurrency: Option<i32>,
    /// Events of one claim, 1 to 2,000.
    pub batch_size: Option<i32>,
    /// Milliseconds between the beginnings of two batches, at most an hour.
    pub min_delay_ms: Option<i32>,
    /// Attempts before an event is dead, 1 to 100.
    pub attempts: Option<i32>,
    /// Milliseconds before the second attempt, 10 to an hour.
    pub backoff_base_ms: Option<i32>,
    /// Milliseconds between two attempts at most, 10 to a day.
    pub backoff_cap_ms: Option<i32>,
    /// Milliseconds that one call may take, 100 to an hour.
    pub time_out_ms: Option<i32>,
}

impl StageSettings {
    /// What is wrong with the numbers, for the person who typed them.
    ///
    /// # Errors
    /// The first number that lies outside its range.
    pub fn check(&self) -> Result<(), String> {
        let ranges = [
            ("concurrency", self.concurrency, 1, 256),
            ("batch size", self.batch_size, 1, 2_000),
            (
                "minimum delay (milliseconds)",
                self.min_delay_ms,
                0,
                3_600_000,
            ),
            ("number of attempts", self.attempts, 1, 100),
            (
                "first back-off (milliseconds)",
                self.backoff_base_ms,
                10,
                3_600_000,
            ),
            (
                "longest back-off (milliseconds)",
                self.backoff_cap_ms,
                10,
                86_400_000,
            ),
            ("time-out (milliseconds)", self.time_out_ms, 100, 3_600_000),
        ];
        for (name, value, least, most) in ranges {
            if let Some(value) = value
                && !(least..=most).contains(&value)
            {
                return Err(format!(
                    "The {name} is {value}, but must be {least} to {most}"
                ));
            }
        }
        match (self.backoff_base_ms, self.backoff_cap_ms) {
            (Some(base), Some(cap)) if base > cap => Err(format!(
                "The first back-off of {base} ms is longer than the longest one of {cap} ms"
            )),
            _ => Ok(()),
        }
    }
}

/// Who paused something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub reason: Option<String>,
    pub paused_by: Option<String>,
    pub paused_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageState {
    pub stage: StageName,
    pub pause: Option<Pause>,
    pub settings: StageSettings,
    /// What holds where `settings` says nothing.
    pub own: StageSettings,
    pub updated_by: Option<String>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPause {
    pub batch_id: String,
    pub pause: Pause,
    /// Events of the batch that wait meanwhile.
    pub waiting: i64,
}

/// What is paused at the moment, the last first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    pub stages: Vec<(StageName, Pause)>,
    pub batches: Vec<(String, Pause)>,
}

/// A stage with what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageFigures {
    pub state: StageState,
    pub step: StripStep,
    /// Runs in each of the last 60 minutes, oldest first.
    pub runs_per_minute: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_named() {
        let table = [
            (StageSettings::default(), None),
            (
                StageSettings {
                    concurrency: Some(256),
                    min_delay_ms: Some(0),
                    ..StageSettings::default()
                },
                None,
            ),
            (
                StageSettings {
                    concurrency: Some(0),
                    ..StageSettings::default()
                },
                Some("The concurrency is 0, but must be 1 to 256"),
            ),
            (
                StageSettings {
                    time_out_ms: Some(99),
                    ..StageSettings::default()
                },
                Some("The time-out (milliseconds) is 99, but must be 100 to 3600000"),
            ),
            (
                StageSettings {
                    backoff_base_ms: Some(2_000),
                    backoff_cap_ms: Some(1_000),
                    ..StageSettings::default()
                },
                Some("The first back-off of 2000 ms is longer than the longest one of 1000 ms"),
            ),
        ];
        for (settings, expected) in table {
            assert_eq!(settings.check().err().as_deref(), expected, "{settings:?}");
        }
    }
}
