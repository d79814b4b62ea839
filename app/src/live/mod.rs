//! What changes on the server reaches the page: one websocket says what is stale, resources read it again.

mod socket;
mod throttle;

use std::{collections::VecDeque, time::Duration};

use domain::model::live::{LiveEvent, Topic};
use leptos::prelude::*;

use crate::problem::Problem;

/// Lines of the live feed that are kept.
pub const FEED_LENGTH: usize = 50;

/// The pace of what is read more seldom.
const SELDOM: Duration = Duration::from_secs(5);

/// The state of the websocket as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Connecting,
    Connected,
    Reconnecting,
    /// The browser itself has no network.
    Offline,
    /// The session has ended; reconnecting would not help.
    SignedOut,
}

/// The page's one source of changes, in the context of every page.
#[derive(Clone, Copy)]
pub struct Live {
    pub connection: RwSignal<Connection>,
    /// Newest first.
    pub feed: RwSignal<VecDeque<LiveEvent>>,
    /// The server has another browser's half than the one that runs here.
    pub outdated: RwSignal<bool>,
    /// A person wants the figures to stay as they are; only Refresh reads them again.
    pub held: RwSignal<bool>,
    /// Something has changed since they were held.
    pub behind: RwSignal<bool>,
    pipeline: RwSignal<u64>,
    errors: RwSignal<u64>,
    imports: RwSignal<u64>,
    settings: RwSignal<u64>,
    ticks: RwSignal<u64>,
    asked: RwSignal<u64>,
    turns: RwSignal<u64>,
}

impl Live {
    pub fn provide() -> Self {
        let live = Self {
            connection: RwSignal::new(Connection::Connecting),
            feed: RwSignal::new(VecDeque::new()),
            outdated: RwSignal::new(false),
            held: RwSignal::new(false),
            behind: RwSignal::new(false),
            pipeline: RwSignal::new(0),
            errors: RwSignal::new(0),
            imports: RwSignal::new(0),
            settings: RwSignal::new(0),
            ticks: RwSignal::new(0),
            asked: RwSignal::new(0),
            turns: RwSignal::new(0),
        };
        provide_context(live);
        live
    }

    pub fn expect() -> Self {
        expect_context()
    }

    /// Connects, for as long as the page lives. Does nothing on the server.
    pub fn start(self) {
        Effect::new(move |started: Option<()>| {
            if started.is_none() {
                socket::start(self);
                self.turn();
            }
        });
    }

    fn turn(self) {
        let seen = StoredValue::new(0);
        let look = move || {
            let now = self.pipeline.get_untracked();
            if now != seen.get_value() {
                seen.set_value(now);
                self.turns.update(|n| *n += 1);
            }
        };
        if let Ok(timer) = set_interval_with_handle(look, SELDOM) {
            on_cleanup(move || timer.clear());
        }
    }

    /// Rises with every change of the topic; reading it inside a resource's source makes the resource follow.
    pub fn version(self, topic: Topic) -> u64 {
        self.signal(topic).get()
    }

    /// Rises every 30 s and on Refresh, for what ages without an event.
    pub fn tick(self) -> u64 {
        self.ticks.get()
    }

    /// As [`Live::tick`], and at most every 5 s after changes of the pipeline: for figures that take longer to count.
    pub fn seldom(self) -> u64 {
        self.turns.get() + self.ticks.get()
    }

    /// Follows what happens or stays as it is; returns what to say.
    pub fn hold_or_follow(self) -> &'static str {
        let held = !self.held.get_untracked();
        self.held.set(held);
        if held {
            "The figures stay as they are"
        } else {
            "The figures follow again"
        }
    }

    /// Makes every resource read again.
    pub fn refresh(self) {
        self.behind.set(false);
        for topic in Topic::ALL {
            self.stale(topic);
        }
        self.ticks.update(|n| *n += 1);
        self.asked.update(|n| *n += 1);
    }

    /// Rises on Refresh only, for what has a pace of its own or none.
    pub fn asked(self) -> u64 {
        self.asked.get()
    }

    pub fn stale(self, topic: Topic) {
        self.signal(topic).update(|n| *n += 1);
    }

    fn signal(self, topic: Topic) -> RwSignal<u64> {
        match topic {
            Topic::Pipeline => self.pipeline,
            Topic::Errors => self.errors,
            Topic::Imports => self.imports,
            Topic::Settings => self.settings,
        }
    }

    /// A resource that is read again when its source or one of the topics changes. What was read before stays on
    /// the page until the new answer is there; a change during a read leads to one more read, not to many.
    pub fn resource<S, T, F>(
        self,
        topics: &'static [Topic],
        source: impl Fn() -> S + Send + Sync + 'static,
        fetch: impl Fn(S) -> F + Send + Sync + 'static,
    ) -> Resource<Result<T, Problem>>
    where
        S: PartialEq + Clone + Send + Sync + 'static,
        T: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        Resource::new(
            move || {
                let versions: u64 = topics.iter().map(|topic| self.version(*topic)).sum();
                (source(), versions)
            },
            move |(source, _)| fetch(source),
        )
    }
}
