//! How long what is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is deleted by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    Events,
    DeadLetters,
    Errors,
    Runs,
    Audit,
    ScheduleRuns,
    ActionItems,
    WebhookDeliveries,
    ApiTokens,
}

impl Kept {
    pub const ALL: [Self; 9] = [
        Self::Events,
        Self::DeadLetters,
        Self::Errors,
        Self::Runs,
        Self::Audit,
        Self::ScheduleRuns,
        Self::ActionItems,
        Self::WebhookDeliveries,
        Self::ApiTokens,
    ];

    /// The name in settings and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::DeadLetters => "dead_letters",
            Self::Errors => "errors",
            Self::Runs => "runs",
            Self::Audit => "audit",
            Self::ScheduleRuns => "schedule_runs",
            Self::ActionItems => "action_items",
            Self::WebhookDeliveries => "webhook_deliveries",
            Self::ApiTokens => "api_tokens",
        }
    }

    /// What is deleted, and what its age is counted from.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Events => {
                "Processed and cancelled events with their attempts, from the end of their processing"
            }
            Self::DeadLetters => "Dead letters with their events and attempts, from their move",
            Self::Errors => "Resolved errors, from their resolution",
            Self::Runs => "Runs of workflows that belong to no event, from their start",
            Self::Audit => "Entries of the audit log, from the act",
            Self::ScheduleRuns => "Runs of schedules, from their start",
            Self::ActionItems => {
                "What bulk actions changed, which their undo needs, from their end"
            }
            Self::WebhookDeliveries => "Deliveries to webhooks, from their event",
            Self::ApiTokens => "Tokens that do not work any more, from their end",
        }
    }

    /// The things in a word.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::DeadLetters => "dead letters",
            Self::Errors => "resolved errors",
            Self::Runs => "runs of no event",
            Self::Audit => "entries of the audit log",
            Self::ScheduleRuns => "runs of schedules",
            Self::ActionItems => "changes of bulk actions",
            Self::WebhookDeliveries => "deliveries to webhooks",
            Self::ApiTokens => "tokens that ended",
        }
    }

    /// The job that deletes what is older.
    pub const fn job(self) -> &'static str {
        match self {
            Self::Events => "prune_events",
            Self::DeadLetters => "prune_dead_letters",
            Self::Errors => "prune_errors",
            Self::Runs => "prune_runs",
            Self::Audit => "prune_audit",
            Self::ScheduleRuns => "prune_schedule_runs",
            Self::ActionItems => "prune_action_items",
            Self::WebhookDeliveries => "prune_webhook_deliveries",
            Self::ApiTokens => "prune_api_tokens",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kept| kept.name() == name)
    }
}

/// How long one kind of thing is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionSetting {
    pub what: Kept,
    /// Days; none is for ever.
    pub keep_days: Option<i32>,
    pub updated_by: Option<String>,
    pub updated_at: DateTime<Utc>,
}
