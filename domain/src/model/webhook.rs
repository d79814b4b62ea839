//! Webhooks: who gets the events of the pipeline by HTTP, and what became of each delivery.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Count;
use crate::span::Span;

/// Characters of a webhook's name.
pub const LONGEST_NAME: usize = 60;
/// Characters of its address.
pub const LONGEST_URL: usize = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    On,
    /// Nothing is sent, events wait: too much could not be delivered.
    Paused,
    /// Nothing is sent, and events of this time are not kept for it.
    Off,
}

impl WebhookState {
    pub const ALL: [Self; 3] = [Self::On, Self::Paused, Self::Off];

    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A webhook without its secret, and without what may be a secret in its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRow {
    pub id: i64,
    pub name: String,
    /// Shortened, its query left out.
    pub url: String,
    /// `None` is all of them.
    pub event_types: Option<Vec<String>>,
    pub state: WebhookState,
    /// Why it was stopped without a person.
    pub reason: Option<String>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// When its secret was made.
    pub secret_at: DateTime<Utc>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_failure_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    /// The deliveries of the last 24 hours, in the order of [`DeliveryStatus::ALL`].
    pub counts: [Count; 4],
}

/// What a webhook is asked to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookForm {
    /// What it is for; no other webhook is called so.
    pub name: String,
    /// Empty when a webhook is changed: it keeps its address.
    pub url: String,
    /// Names parted by commas or blanks; none is all of them.
    pub event_types: String,
}

/// A webhook whose secret was just made. It is told only this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecret {
    pub id: i64,
    pub name: String,
    pub secret: String,
}

/// What a webhook answered to a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestAnswer {
    /// None where there was no answer, which `error` then tells of.
    pub status: Option<u16>,
    pub duration_ms: i64,
    pub error: Option<String>,
    /// The beginning of its body.
    pub answer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Not tried yet.
    Pending,
    /// Tried, and to be tried again.
    Failed,
    Delivered,
    /// Not to be tried again unless somebody asks for it.
    Dead,
}

impl DeliveryStatus {
    pub const ALL: [Self; 4] = [Self::Delivered, Self::Pending, Self::Failed, Self::Dead];

    /// As in the table and in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The word shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pending => "waiting",
            Self::Failed => "to be retried",
            Self::Delivered => "delivered",
            Self::Dead => "given up",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryFilter {
    pub status: Option<DeliveryStatus>,
    pub event_type: Option<String>,
    /// Made within this time.
    pub newer_than: Option<Span>,
}

/// A page of a webhook's deliveries, the newest event first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryQuery {
    pub webhook: i64,
    pub filter: DeliveryFilter,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Of a test a number that is no event's.
    pub event_id: i64,
    pub event_type: String,
    /// Somebody had it sent to see whether the receiver answers; it is never sent again.
    pub is_test: bool,
    pub status: DeliveryStatus,
    pub made_at: DateTime<Utc>,
    pub attempts: i32,
    pub tried_at: Option<DateTime<Utc>>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub http_status: Option<i32>,
    pub duration_ms: Option<i32>,
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub answer: Option<String>,
}
