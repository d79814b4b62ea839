//! Many notifications, few messages: the first after a quiet time at once, and the more a message had gathered, the longer
//! the next one gathers.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use domain::model::live::{LiveEvent, LiveMessage, Topic};
use serde::Deserialize;
use tokio::time::Instant;

use super::SETTINGS;

/// Between two messages at most: below what a person perceives as delay, above what a browser can redraw for nothing.
const INTERVAL: Duration = Duration::from_millis(50);
/// For each notification that a message gathered, the next one waits so long. Below a hundred a second none waits for
/// another; above, the wait grows with each message until a few large ones serve a thousand sockets at little cost.
const PACE: Duration = Duration::from_millis(10);
/// Events that a message carries; the rest is only counted.
const SHOWN: usize = 50;

#[derive(Default)]
pub(super) struct Coalescer {
    topics: BTreeSet<Topic>,
    events: std::collections::VecDeque<LiveEvent>,
    count: u64,
    last_id: i64,
    /// Notifications since the last message, of whatever kind.
    gathered: u32,
    due: Option<Instant>,
    /// Before this moment there is no next message.
    rests: Option<Instant>,
}

impl Coalescer {
    /// When the gathered message is to be sent; `None` while there is nothing.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes a notification in, and returns what was told of an event.
    pub(super) fn add(&mut self, channel: &str, body: &str, now: Instant) -> Option<Told> {
        let mut told = None;
        match channel {
            "pipeline_event" => {
                self.topics.insert(Topic::Pipeline);
                self.count += 1;
                if let Ok(body) = serde_json::from_str::<Body>(body) {
                    self.last_id = self.last_id.max(body.event_id.unwrap_or(0));
                    told = Some(Told {
                        event_type: body.event_type.clone(),
                        at: body.timestamp,
                    });
                    if self.events.len() == SHOWN {
                        self.events.pop_front();
                    }
                    self.events.push_back(body.into());
                }
            }
            "workflow_event" => drop(self.topics.insert(Topic::Pipeline)),
            "error_event" => drop(self.topics.insert(Topic::Errors)),
            "import_event" => drop(self.topics.insert(Topic::Imports)),
            SETTINGS => drop(self.topics.insert(Topic::Settings)),
            _ => return None,
        }
        self.gathered = self.gathered.saturating_add(1);
        if self.due.is_none() {
            self.due = Some(self.rests.map_or(now, |rests| now.max(rests)));
        }
        told
    }

    /// The gathered message, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> Option<LiveMessage> {
        self.due.take()?;
        let pause = PACE.saturating_mul(std::mem::take(&mut self.gathered));
        self.rests = Some(now + pause.min(INTERVAL));
        Some(LiveMessage::Changed {
            topics: std::mem::take(&mut self.topics).into_iter().collect(),
            events: self.events.drain(..).collect(),
            count: std::mem::take(&mut self.count),
            last_id: self.last_id,
        })
    }
}

/// What a notification tells of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// A worker may wait for it.
    pub(super) event_type: String,
    /// When its transaction began.
    pub(super) at: Option<DateTime<Utc>>,
}

/// The body of a notification on `pipeline_event`; people may send their own, so most of it is optional.
#[derive(Deserialize)]
struct Body {
    event_id: Option<i64>,
    event_type: String,
    timestamp: Option<DateTime<Utc>>,
    #[serde(default)]
    payload: serde_json::Value,
}

impl From<Body> for LiveEvent {
    fn from(body: Body) -> Self {
        Self {
            id: body.event_id.unwrap_or(0),
            event_type: body.event_type,
            record_id: super::replay::text(&body.payload["record_id"]),
            label: super::replay::label(&body.payload),
            at: body.timestamp.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(id: i64) -> String {
        format!(
            r#"{{"event_id":{id},"event_type":"company_created","payload":{{"record_id":{id},"company":"Acme"}}}}"#
        )
    }

    #[test]
    fn the_first_is_due_at_once_and_the_next_waits_for_the_pace() {
        let start = Instant::now();
        let mut coalescer = Coalescer::default();
        assert_eq!(
            coalescer
                .add("pipeline_event", &body(1), start)
                .map(|told| told.event_type)
                .as_deref(),
            Some("company_created")
        );
        assert_eq!(coalescer.due(), Some(start));
        coalescer.take(start).unwrap();
        assert_eq!(coalescer.due(), None);
        coalescer.add("error_event", "{}", start + PACE / 2);
        assert_eq!(coalescer.due(), Some(start + PACE));
    }

    #[test]
    fn at_an_even_pace_nothing_waits_and_under_load_a_few_messages_carry_all() {
        check(Duration::from_millis(20), 50, Duration::ZERO);
        check(Duration::from_millis(1), 25, INTERVAL);
    }

    /// Notifications come for a second, one each `every`; at most so many messages go out, and none is later than so much.
    fn check(every: Duration, most: usize, latest: Duration) {
        let start = Instant::now();
        let (mut coalescer, mut messages) = (Coalescer::default(), 0);
        let mut at = start;
        while at < start + Duration::from_secs(1) {
            if let Some(due) = coalescer.due().filter(|due| *due <= at) {
                coalescer.take(due).unwrap();
                messages += 1;
            }
            coalescer.add("pipeline_event", &body(1), at);
            let due = coalescer.due().unwrap();
            assert!(due <= at + latest, "{every:?}");
            if due == at {
                coalescer.take(at).unwrap();
                messages += 1;
            }
            at += every;
        }
        assert!(messages <= most, "{every:?}: {messages}");
    }

    #[test]
    fn a_burst_is_one_message_with_the_newest_events_and_the_whole_count() {
        let now = Instant::now();
        let mut coalescer = Coalescer::default();
        for id in 1..=1000 {
            coalescer.add("pipeline_event", &body(id), now);
        }
        let Some(LiveMessage::Changed {
            topics,
            events,
            count,
            last_id,
        }) = coalescer.take(now)
        else {
            panic!("a message was due")
        };
        assert_eq!(
            (topics, count, last_id),
            (vec![Topic::Pipeline], 1000, 1000)
        );
        assert_eq!(
            events.iter().map(|e| e.id).collect::<Vec<_>>(),
            (951..=1000).collect::<Vec<_>>()
        );
        assert_eq!(events[0].label.as_deref(), Some("Acme"));
    }

    #[test]
    fn a_body_that_is_no_json_still_marks_the_pipeline() {
        let mut coalescer = Coalescer::default();
        assert_eq!(
            coalescer.add("pipeline_event", "hello", Instant::now()),
            None
        );
        assert!(coalescer.take(Instant::now()).is_some());
    }
}
