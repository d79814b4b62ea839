//! Rows that are chosen for an action.

use std::collections::BTreeSet;

use domain::{
    format::count,
    model::bulk::{EventAct, EventSelection, Records},
};
use leptos::prelude::*;

use crate::{
    parts::bulk::{Bulk, BulkTarget},
    session,
};

/// What a row of a list stands for.
pub(crate) trait Choosable: Clone + Ord + Send + Sync + 'static {
    const ONE: &'static str;
    const MANY: &'static str;

    /// The events that are meant with it.
    fn selection(chosen: Vec<Self>) -> EventSelection;
}

/// An event.
impl Choosable for i64 {
    const ONE: &'static str = "event";
    const MANY: &'static str = "events";

    fn selection(chosen: Vec<Self>) -> EventSelection {
        EventSelection::Ids(chosen)
    }
}

/// Key of a company, the record of which is chosen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CompanyKey(pub(crate) String);

impl Choosable for CompanyKey {
    const ONE: &'static str = "company";
    const MANY: &'static str = "companies";

    fn selection(chosen: Vec<Self>) -> EventSelection {
        let keys = chosen.into_iter().map(|Self(key)| key).collect();
        EventSelection::Of(Records::Companies(keys))
    }
}

/// Id of a contact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContactId(pub(crate) i64);

impl Choosable for ContactId {
    const ONE: &'static str = "contact";
    const MANY: &'static str = "contacts";

    fn selection(chosen: Vec<Self>) -> EventSelection {
        let ids = chosen.into_iter().map(|Self(id)| id).collect();
        EventSelection::Of(Records::Contacts(ids))
    }
}

/// Id of an import batch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BatchId(pub(crate) String);

impl Choosable for BatchId {
    const ONE: &'static str = "batch";
    const MANY: &'static str = "batches";

    fn selection(chosen: Vec<Self>) -> EventSelection {
        let ids = chosen.into_iter().map(|Self(id)| id).collect();
        EventSelection::Of(Records::Batches(ids))
    }
}

/// What is chosen; it stays so from page to page of one list.
pub(crate) struct Chosen<K: Choosable = i64>(RwSignal<BTreeSet<K>>);

impl<K: Choosable> Clone for Chosen<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Choosable> Copy for Chosen<K> {}

impl<K: Choosable> Chosen<K> {
    /// Forgets everything when `of` changes, since what was chosen from another list is not meant any more, and when an
    /// action has begun with it.
    pub(crate) fn of<T: PartialEq + Send + Sync + 'static>(
        of: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let chosen = RwSignal::new(BTreeSet::new());
        let bulk = Bulk::expect();
        let of = Memo::new(move |_| (of(), bulk.started()));
        Effect::new(move |before: Option<()>| {
            // Read, and not only tracked: a memo that nobody reads never learns that it is stale.
            of.with(|_| ());
            if before.is_some() {
                chosen.set(BTreeSet::new());
            }
        });
        Self(chosen)
    }

    /// Buttons that act on what is chosen, or on `all` of what matches while nothing is. `found` is that in words, such as
    /// "412 events"; `page` is what is in sight.
    pub(crate) fn bar(
        self,
        acts: Vec<EventAct>,
        all: EventSelection,
        found: String,
        page: Vec<K>,
    ) -> AnyView {
        let bulk = Bulk::expect();
        let chosen = Memo::new(move |_| -> (Option<EventSelection>, String) {
            let keys: Vec<K> = self.0.with(|keys| keys.iter().cloned().collect());
            let what = match keys.len() {
                0 => return (None, format!("all {found} that match")),
                1 => format!("the chosen {}", K::ONE),
                n => format!("the {} chosen {}", count(n as i64), K::MANY),
            };
            (Some(K::selection(keys)), what)
        });
        let what = move || chosen.get().1;
        // The buttons stay as they are when the list is read again: only what they say and do follows.
        let button = |act: EventAct| {
            let (title, all) = (act.kind().title(), all.clone());
            let key = matches!(act, EventAct::Retry).then_some("r");
            let ask = move |_| {
                let (selection, what) = chosen.get_untracked();
                bulk.ask(BulkTarget {
                    act: act.clone(),
                    selection: selection.unwrap_or_else(|| all.clone()),
                    what,
                });
            };
            view! {
                <button class="btn small" data-key=key aria-label=move || format!("{title}: {}", what()) on:click=ask>
                    {format!("{title}…")}
                </button>
            }
        };
        let buttons = acts
            .into_iter()
            .filter(|act| session::may(act.permission()))
            .map(button)
            .collect_view();
        view! {
            <div class="bulk-bar">
                {self.page(page)}
                <span data-selection="">"With " <b>{what}</b> ":"</span>
                {buttons}
            </div>
        }
        .into_any()
    }

    /// As [`Chosen::bar`], with what may be done to the events of records.
    pub(crate) fn record_bar(self, all: Records, found: String, page: Vec<K>) -> AnyView {
        let acts = vec![EventAct::Retry, EventAct::Cancel, EventAct::DeadLetter];
        self.bar(acts, EventSelection::Of(all), found, page)
    }

    /// Chooses one, which people know by `name`, or leaves it out.
    pub(crate) fn checkbox(self, key: K, name: &str) -> AnyView {
        let Self(chosen) = self;
        let toggle = {
            let key = key.clone();
            move |_| {
                chosen.update(|keys| {
                    if !keys.remove(&key) {
                        keys.insert(key.clone());
                    }
                });
            }
        };
        let checked = move || chosen.with(|keys| keys.contains(&key));
        view! {
            <input type="checkbox" data-key="s" aria-label=format!("Choose {name}") prop:checked=checked on:change=toggle />
        }
        .into_any()
    }

    /// Chooses all of the page, or none of it.
    fn page(self, page: Vec<K>) -> AnyView {
        let Self(chosen) = self;
        let page = StoredValue::new(page);
        let all = move || {
            page.with_value(|page| chosen.with(|keys| page.iter().all(|key| keys.contains(key))))
        };
        let toggle = move |_| {
            let whole = all();
            page.with_value(|page| {
                chosen.update(|keys| {
                    for key in page {
                        if whole {
                            keys.remove(key)
                        } else {
                            keys.insert(key.clone())
                        };
                    }
                });
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=all on:change=toggle />
                "Choose this page"
            </label>
        }
        .into_any()
    }
}
