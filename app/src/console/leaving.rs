//! Rows that go away before the server has answered: what one did is seen at once, and comes back if it is refused.

use std::collections::BTreeMap;

use leptos::prelude::*;

/// Errors that were resolved here, by id, and whether the server has agreed.
#[derive(Clone, Copy)]
pub(super) struct Leaving(RwSignal<BTreeMap<i64, bool>>);

impl Leaving {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(BTreeMap::new()))
    }

    pub(super) fn hide(self, id: i64) {
        self.0.update(|all| {
            all.insert(id, false);
        });
    }

    /// From here on the list knows it, too.
    pub(super) fn agreed(self, id: i64) {
        self.0.update(|all| {
            all.insert(id, true);
        });
    }

    pub(super) fn bring_back(self, id: i64) {
        self.0.update(|all| {
            all.remove(&id);
        });
    }

    pub(super) fn hides(self, id: i64) -> bool {
        self.0.with(|all| all.contains_key(&id))
    }

    /// The list was read again: what it still shows of those that are agreed upon is open again.
    pub(super) fn settle(self) {
        self.0.maybe_update(|all| {
            let before = all.len();
            all.retain(|_, agreed| !*agreed);
            all.len() < before
        });
    }
}
