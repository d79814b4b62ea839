//! Errors of one cause, as one thing to deal with.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Count, window::Window};

/// What is to be done about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    Open,
    /// It was resolved, and has come back.
    Regressed,
    /// Open, but below what somebody said would matter.
    Ignored,
    /// None of its errors is open.
    Resolved,
}

impl GroupState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Regressed, Self::Ignored, Self::Resolved];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Regressed => "regressed",
            Self::Ignored => "ignored",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Which states are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupStates {
    /// Open and regressed.
    #[default]
    ToDo,
    Any,
    Only(GroupState),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupSort {
    #[default]
    LastSeen,
    FirstSeen,
    /// The most errors first.
    Total,
}

impl GroupSort {
    pub const ALL: [Self; 3] = [Self::LastSeen, Self::FirstSeen, Self::Total];

    pub const fn name(self) -> &'static str {
        match self {
            Self::LastSeen => "last",
            Self::FirstSeen => "first",
            Self::Total => "errors",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// A page of groups; `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupQuery {
    pub states: GroupStates,
    pub event_type: Option<String>,
    pub assigned_to: Option<String>,
    /// Text within the message.
    pub search: Option<String>,
    /// Seen in this time: the last one not before it, and the first one not after it.
    #[serde(default)]
    pub window: Window,
    pub sort: GroupSort,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Sixteen hexadecimal digits, made from type and message.
    pub key: String,
    pub event_type: String,
    /// Without what differs from record to record.
    pub message: String,
    pub state: GroupState,
    /// Errors in all.
    pub total: i64,
    pub open: i64,
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    /// Companies among the last thousand errors.
    pub companies: Count,
    pub assigned_to: Option<String>,
    /// Errors a day in UTC, the last of fourteen being today.
    pub days: Vec<i64>,
}

/// For how long a group shall be passed over; whatever is reached first ends it, and nothing named is for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignore {
    pub why: String,
    pub hours: Option<u32>,
    /// Errors in all.
    pub total: Option<i64>,
    /// Errors within an hour.
    pub rate: Option<i64>,
}

/// A group that is passed over, and until what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    pub decided: Decided,
    pub why: String,
    pub until: Option<DateTime<Utc>>,
    /// Errors in all.
    pub total: Option<i64>,
    /// Errors within an hour.
    pub rate: Option<i64>,
}

/// Who decided, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub by: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupDetail {
    pub row: GroupRow,
    /// The last time at which nothing of it was open.
    pub resolved: Option<Decided>,
    pub ignored: Option<Ignored>,
    /// The twenty that were met last.
    pub affected: Vec<Affected>,
    /// The newest fifty, oldest first.
    pub notes: Vec<GroupNote>,
    /// How many there are before these.
    pub earlier_notes: i64,
}

/// A company, or a record where no company is known, that errors of a group are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Of the company's page.
    pub company_key: Option<String>,
    pub name: String,
    pub errors: i64,
    pub open: i64,
    pub last_seen: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupNote {
    pub id: i64,
    pub author: String,
    pub at: DateTime<Utc>,
    pub body: String,
}
