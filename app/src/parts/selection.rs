//! Rows that are chosen for an action.

use std::collections::BTreeSet;

use domain::{
    format::count,
    model::bulk::{EventAct, EventSelection},
};
use leptos::prelude::*;

use crate::{
    parts::bulk::{Bulk, BulkTarget},
    session,
};

/// Ids of events; they stay chosen from page to page of one list.
#[derive(Clone, Copy)]
pub(crate) struct Chosen(RwSignal<BTreeSet<i64>>);

impl Chosen {
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
    /// "412 events"; `page` are the ids in sight.
    pub(crate) fn bar(
        self,
        acts: Vec<EventAct>,
        all: EventSelection,
        found: String,
        page: Vec<i64>,
    ) -> AnyView {
        let bulk = Bulk::expect();
        let chosen = Memo::new(move |_| -> (Option<EventSelection>, String) {
            let ids: Vec<i64> = self.0.with(|ids| ids.iter().copied().collect());
            match ids.len() {
                0 => (None, format!("all {found} that match")),
                1 => (
                    Some(EventSelection::Ids(ids)),
                    "the chosen event".to_owned(),
                ),
                n => (
                    Some(EventSelection::Ids(ids)),
                    format!("the {} chosen events", count(n as i64)),
                ),
            }
        });
        let what = move || chosen.get().1;
        // The buttons stay as they are when the list is read again: only what they say and do follows.
        let button = |act: EventAct| {
            let (title, all) = (act.kind().title(), all.clone());
            let ask = move |_| {
                let (selection, what) = chosen.get_untracked();
                bulk.ask(BulkTarget {
                    act: act.clone(),
                    selection: selection.unwrap_or_else(|| all.clone()),
                    what,
                });
            };
            view! {
                <button class="btn small" aria-label=move || format!("{title}: {}", what()) on:click=ask>
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

    /// Chooses one event, or leaves it out.
    pub(crate) fn checkbox(self, id: i64) -> AnyView {
        let Self(chosen) = self;
        let toggle = move |_| {
            chosen.update(|ids| {
                if !ids.remove(&id) {
                    ids.insert(id);
                }
            });
        };
        let checked = move || chosen.with(|ids| ids.contains(&id));
        view! {
            <input type="checkbox" aria-label=format!("Choose event {id}") prop:checked=checked on:change=toggle />
        }
        .into_any()
    }

    /// Chooses all of the page, or none of it.
    fn page(self, page: Vec<i64>) -> AnyView {
        let Self(chosen) = self;
        let page = StoredValue::new(page);
        let all = move || {
            page.with_value(|page| chosen.with(|ids| page.iter().all(|id| ids.contains(id))))
        };
        let toggle = move |_| {
            let whole = all();
            page.with_value(|page| {
                chosen.update(|ids| {
                    for id in page {
                        if whole {
                            ids.remove(id)
                        } else {
                            ids.insert(*id)
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
