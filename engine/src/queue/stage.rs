//! What a stage is to the queue: its names and what it runs with.

use std::time::Duration;

use domain::{model::stage as model, stage::StageName};

/// The names of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageInfo {
    /// Key of `marketing.stage_settings`.
    pub name: &'static str,
    /// Stored in `marketing.workflow_stats`.
    pub workflow: &'static str,
    pub phase: &'static str,
    /// The event types that it works on, aliases last.
    pub event_types: &'static [&'static str],
}

impl From<StageName> for StageInfo {
    fn from(stage: StageName) -> Self {
        Self {
            name: stage.name(),
            workflow: stage.workflow(),
            phase: stage.phase().name(),
            event_types: stage.event_types(),
        }
    }
}

/// How often and how fast a stage tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub attempts: i32,
    pub base: Duration,
    pub cap: Duration,
}

/// What a stage runs with. Its own values are the defaults; `marketing.stage_settings` overrules them while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageSettings {
    pub paused: bool,
    /// In each worker: batches at the same time of a stage whose effects are in the database (at most
    /// [`super::MOST_LANES`]), calls at the same time of one that calls out.
    pub concurrency: usize,
    /// Events of one transaction.
    pub batch_size: i64,
    /// From one batch to the next, over all workers.
    pub min_delay: Duration,
    pub policy: Policy,
    /// For one statement of a stage whose effects are in the database, for one call of one that calls out.
    pub time_out: Duration,
}

impl StageSettings {
    /// 512 events are enough that the fixed costs of a transaction vanish, and few enough that it ends within 100 ms. While one
    /// batch waits for the disk or for us, another one keeps PostgreSQL busy.
    pub const LOCAL: Self = Self {
        paused: false,
        concurrency: 2,
        batch_size: 512,
        min_delay: Duration::ZERO,
        policy: Policy {
            attempts: 3,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(60),
        },
        time_out: Duration::from_secs(60),
    };

    /// A killed worker leaves at most two batches to be taken back. 255 is a multiple of the three slots of a company.
    pub const REMOTE: Self = Self {
        concurrency: 96,
        batch_size: 255,
        time_out: Duration::from_secs(30),
        ..Self::LOCAL
    };

    /// As people see and set them.
    pub(crate) fn shown(self) -> model::StageSettings {
        let whole = |n: u128| i32::try_from(n).ok();
        model::StageSettings {
            concurrency: whole(self.concurrency as u128),
            batch_size: i32::try_from(self.batch_size).ok(),
            min_delay_ms: whole(self.min_delay.as_millis()),
            attempts: Some(self.policy.attempts),
            backoff_base_ms: whole(self.policy.base.as_millis()),
            backoff_cap_ms: whole(self.policy.cap.as_millis()),
            time_out_ms: whole(self.time_out.as_millis()),
        }
    }

    /// The defaults of a stage of the pipeline. Real providers are asked in small batches with a delay, as their limits
    /// and the specification have it; the sandbox has no limits.
    pub const fn of(stage: StageName, sandbox: bool) -> Self {
        let own = match stage {
            StageName::Validate | StageName::Promote | StageName::Slots => return Self::LOCAL,
            StageName::Enrich => Self {
                time_out: Duration::from_secs(120),
                ..Self::REMOTE
            },
            StageName::Verify => Self {
                policy: Policy {
                    cap: Duration::from_secs(30),
                    ..Self::REMOTE.policy
                },
                ..Self::REMOTE
            },
        };
        if sandbox {
            return own;
        }
        let (batch_size, seconds) = match stage {
            StageName::Enrich => (25, 5),
            _ => (10, 10),
        };
        Self {
            batch_size,
            min_delay: Duration::from_secs(seconds),
            ..own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_providers_are_asked_within_their_limits() {
        let table = [
            (StageName::Enrich, false, (25, 5)),
            (StageName::Verify, false, (10, 10)),
            (StageName::Enrich, true, (255, 0)),
            (StageName::Validate, false, (512, 0)),
        ];
        for (stage, sandbox, expected) in table {
            let settings = StageSettings::of(stage, sandbox);
            let found = (settings.batch_size, settings.min_delay.as_secs());
            assert_eq!(found, expected, "{stage:?}");
        }
    }
}
