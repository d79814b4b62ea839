//! What a worker knows that it holds. The database may know more: a lease whose commit arrived and whose answer was lost.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::Claimed;

/// The leased events that the lanes of a worker are at.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<HashSet<i64>>>);

impl Held {
    /// Takes note of events before their lease is committed, until the guard is dropped.
    pub(super) fn note(&self, events: &[Claimed]) -> Noted {
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        self.with(|held| held.extend(&ids));
        Noted {
            held: self.clone(),
            ids,
        }
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.with(|held| held.iter().copied().collect())
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashSet<i64>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Forgets the events when it goes, whatever became of them: what is still leased then, the heart gives back.
pub(super) struct Noted {
    held: Held,
    ids: Vec<i64>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.held.with(|held| {
            for id in &self.ids {
                held.remove(id);
            }
        });
    }
}
