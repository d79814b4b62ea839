//! What people are told without asking: of what happens elsewhere while they look at something else.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    import::ImportStatus,
    overview::{QUEUE_CRITICAL_MINUTES, QUEUE_WARNING_MINUTES},
};
use crate::format::count;

/// What a person may be told of; they choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsKind {
    /// A resolved group of errors has come back.
    Regressions,
    /// Errors of a cause that was not known.
    NewErrors,
    /// Events wait longer than the queue's limits.
    Queue,
    /// One's own import has ended.
    Imports,
}

impl NewsKind {
    pub const ALL: [Self; 4] = [
        Self::Regressions,
        Self::NewErrors,
        Self::Queue,
        Self::Imports,
    ];

    /// As in `app.users.told`, and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regressions => "regressions",
            Self::NewErrors => "new_errors",
            Self::Queue => "queue",
            Self::Imports => "imports",
        }
    }

    /// As it is offered.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Regressions => "A resolved error comes back",
            Self::NewErrors => "An error of a new kind appears",
            Self::Queue => "Events wait for more than 10 or 30 minutes",
            Self::Imports => "An import that I started has ended",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What has happened since somebody asked last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// To be sent with the next question.
    pub as_of: DateTime<Utc>,
    /// Whether the person wants to be told of anything.
    pub wanted: bool,
    pub items: Vec<NewsItem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewsItem {
    /// `at` is when the first of the new errors was logged.
    Regression {
        group: String,
        message: String,
        at: DateTime<Utc>,
    },
    NewErrors {
        group: String,
        message: String,
    },
    /// A state: it is told as long as it lasts.
    Queue {
        event_type: String,
        waiting: i64,
        /// Longer than [`QUEUE_CRITICAL_MINUTES`].
        critical: bool,
    },
    Import {
        batch: String,
        file: Option<String>,
        status: ImportStatus,
        accepted: i64,
        left_out: i64,
    },
}

impl NewsItem {
    /// Tells one piece of news from another, and is the same when it comes twice.
    pub fn key(&self) -> String {
        match self {
            Self::Regression { group, at, .. } => format!("regression {group} {at}"),
            Self::NewErrors { group, .. } => format!("new {group}"),
            Self::Queue {
                event_type,
                critical,
                ..
            } => format!("queue {event_type} {critical}"),
            Self::Import { batch, .. } => format!("import {batch}"),
        }
    }

    /// As a message says it.
    pub fn text(&self) -> String {
        match self {
            Self::Regression { message, .. } => format!("A resolved error is back: {message}"),
            Self::NewErrors { message, .. } => format!("An error of a new kind: {message}"),
            Self::Queue {
                event_type,
                waiting,
                critical,
            } => {
                let minutes = if *critical {
                    QUEUE_CRITICAL_MINUTES
                } else {
                    QUEUE_WARNING_MINUTES
                };
                let (noun, verb) = if *waiting == 1 {
                    ("event", "waits")
                } else {
                    ("events", "wait")
                };
                format!(
                    "{} {event_type} {noun} {verb}, the oldest for more than {minutes} minutes",
                    count(*waiting)
                )
            }
            Self::Import {
                batch,
                file,
                status,
                accepted,
                left_out,
            } => {
                let name = file.as_ref().unwrap_or(batch);
                match status {
                    ImportStatus::Completed => format!(
                        "The import of {name} is done: {} rows accepted, {} left out",
                        count(*accepted),
                        count(*left_out)
                    ),
                    status => format!("The import of {name} has ended: {}", status.name()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_say_what_happened_and_to_what() {
        let import = |status| NewsItem::Import {
            batch: "b1".into(),
            file: Some("leads.csv".into()),
            status,
            accepted: 1_200,
            left_out: 3,
        };
        let queue = |waiting, critical| NewsItem::Queue {
            event_type: "slots_created".into(),
            waiting,
            critical,
        };
        for (item, text) in [
            (
                import(ImportStatus::Completed),
                "The import of leads.csv is done: 1,200 rows accepted, 3 left out",
            ),
            (
                import(ImportStatus::Failed),
                "The import of leads.csv has ended: failed",
            ),
            (
                queue(1, false),
                "1 slots_created event waits, the oldest for more than 10 minutes",
            ),
            (
                queue(2_000, true),
                "2,000 slots_created events wait, the oldest for more than 30 minutes",
            ),
        ] {
            assert_eq!(item.text(), text);
        }
        assert_ne!(queue(1, true).key(), queue(1, false).key());
        assert_eq!(queue(1, true).key(), queue(9, true).key());
    }
}
