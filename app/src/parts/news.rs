//! What happens elsewhere is told where a person is: as a message in the corner, and, while the page is in the background,
//! by the browser itself if they want that.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    event::EventStatus,
    model::{
        event::EventFilter,
        live::Topic,
        news::{News, NewsItem},
    },
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::news::news_since,
    browser::{self, notices},
    live::Live,
    parts::toast::{Toast, Toasts},
    query::{Params, carry, events_path, group_path, import_path, use_query},
};

/// Asked no more often, and only after something has changed; ages are looked at every 30 s.
const PACE: Duration = Duration::from_secs(5);

/// Asks for as long as the page lives. Does nothing on the server.
#[component]
pub(crate) fn NewsWatch() -> impl IntoView {
    let (live, toasts, present) = (Live::expect(), Toasts::expect(), use_query());
    let watch = StoredValue::new(Watch::default());
    let look = move || {
        let changed =
            untrack(|| live.version(Topic::Errors) + live.version(Topic::Imports) + live.tick());
        if let Some(since) = watch.try_update_value(|watch| watch.ask(changed)).flatten() {
            spawn_local(async move {
                let answer = news_since(since.0).await;
                let fresh = watch.try_update_value(|watch| watch.hear(answer.ok()));
                for item in fresh.unwrap_or_default() {
                    tell(&item, toasts, &present.get_untracked());
                }
            });
        }
    };
    Effect::new(move || {
        look();
        if let Ok(timer) = set_interval_with_handle(look, PACE) {
            on_cleanup(move || timer.clear());
        }
    });
}

fn tell(item: &NewsItem, toasts: Toasts, present: &Params) {
    let href = carry(&target(item), present);
    // Whoever stands there sees it.
    if browser::path() != target(item) {
        toasts.push(Toast::new(item.text()).link("Show", href));
    }
    if browser::hidden() {
        notices::show(&item.text(), &item.key());
    }
}

fn target(item: &NewsItem) -> String {
    match item {
        NewsItem::Regression { group, .. } | NewsItem::NewErrors { group, .. } => group_path(group),
        NewsItem::Queue { event_type, .. } => events_path(&EventFilter {
            event_type: Some(event_type.clone()),
            status: Some(EventStatus::Pending),
            ..EventFilter::default()
        }),
        NewsItem::Import { batch, .. } => import_path(batch),
    }
}

/// From when on the next question asks.
struct Since(Option<DateTime<Utc>>);

/// What was asked and heard last.
#[derive(Default)]
struct Watch {
    changed: Option<u64>,
    as_of: Option<DateTime<Utc>>,
    /// Of the last answer: the next one overlaps it.
    known: Vec<String>,
    asking: bool,
    /// The person wants to hear of nothing, until the page is loaded again.
    over: bool,
}

impl Watch {
    fn ask(&mut self, changed: u64) -> Option<Since> {
        if self.asking || self.over || self.changed == Some(changed) {
            return None;
        }
        self.asking = true;
        self.changed = Some(changed);
        Some(Since(self.as_of))
    }

    /// What of an answer is new. The first one is where the page begins, and no news; without an answer the question is
    /// asked again.
    fn hear(&mut self, answer: Option<News>) -> Vec<NewsItem> {
        self.asking = false;
        let Some(news) = answer else {
            self.changed = None;
            return Vec::new();
        };
        self.over = !news.wanted;
        let first = self.as_of.replace(news.as_of).is_none();
        let keys = news.items.iter().map(NewsItem::key).collect();
        let known = std::mem::replace(&mut self.known, keys);
        let fresh = news.items.into_iter();
        fresh
            .filter(|item| !first && !known.contains(&item.key()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(second: i64, groups: &[&str]) -> Option<News> {
        Some(News {
            as_of: DateTime::from_timestamp(second, 0).unwrap(),
            wanted: true,
            items: groups
                .iter()
                .map(|group| NewsItem::NewErrors {
                    group: (*group).into(),
                    message: "m".into(),
                })
                .collect(),
        })
    }

    fn told(fresh: Vec<NewsItem>) -> Vec<String> {
        fresh.iter().map(NewsItem::key).collect()
    }

    #[test]
    fn each_piece_of_news_is_told_once() {
        let mut watch = Watch::default();
        assert!(watch.ask(1).is_some_and(|since| since.0.is_none()));
        assert!(watch.ask(2).is_none(), "one question at a time");
        assert_eq!(told(watch.hear(answer(10, &["a"]))), [] as [String; 0]);
        assert!(watch.ask(2).is_some_and(|since| since.0.is_some()));
        assert_eq!(told(watch.hear(answer(20, &["a", "b"]))), ["new b"]);
        assert!(watch.ask(2).is_none(), "nothing has changed");
        // A question without an answer is asked again.
        assert!(watch.ask(3).is_some());
        assert_eq!(told(watch.hear(None)), [] as [String; 0]);
        assert!(watch.ask(3).is_some());
        assert_eq!(told(watch.hear(answer(30, &["c"]))), ["new c"]);
    }

    #[test]
    fn who_wants_no_news_is_not_asked_for_again() {
        let mut watch = Watch::default();
        assert!(watch.ask(1).is_some());
        let mut nothing = answer(10, &[]);
        nothing.iter_mut().for_each(|news| news.wanted = false);
        watch.hear(nothing);
        assert!(watch.ask(2).is_none());
    }
}
