//! What a worker knows that it holds. The database may know more: a lease whose commit arrived and whose answer was lost.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Claimed;

/// So long after a lane left an event in doubt its lease may yet appear: a commit that nobody waits for any more.
const COMMITTED_WITHIN: Duration = Duration::from_secs(60);

/// The leased events that the lanes of a worker are at.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    held: HashSet<i64>,
    /// Left by their lanes without a settled end, and since when.
    doubted: HashMap<i64, Instant>,
}

impl Held {
    /// Takes note of events before their lease is committed, until the guard is dropped.
    pub(super) fn note(&self, events: &[Claimed]) -> Noted {
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        self.with(|known| {
            known.held.extend(&ids);
            known.doubted.retain(|id, _| !ids.contains(id));
        });
        Noted {
            held: self.clone(),
            ids,
            settled: false,
        }
    }

    pub(super) fn holds(&self, id: i64) -> bool {
        self.with(|known| known.held.contains(&id))
    }

    /// Events that no lane is at and whose lease may have stayed.
    pub(super) fn doubted(&self) -> Vec<i64> {
        self.with(|known| known.doubted.keys().copied().collect())
    }

    /// The database answered about all that were in doubt at that moment.
    pub(super) fn asked(&self, at: Instant) {
        self.with(|known| {
            known
                .doubted
                .retain(|_, since| *since + COMMITTED_WITHIN > at);
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Forgets the events when it goes. Unless they are settled, they are in doubt: what of them is still leased, the heart
/// gives back.
pub(super) struct Noted {
    held: Held,
    ids: Vec<i64>,
    settled: bool,
}

impl Noted {
    /// What became of each of the events is committed.
    pub(super) fn settled(mut self) {
        self.settled = true;
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let now = Instant::now();
        self.held.with(|known| {
            for id in &self.ids {
                known.held.remove(id);
                if !self.settled {
                    known.doubted.insert(*id, now);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn what_a_lane_leaves_unsettled_is_in_doubt_until_the_database_answered_late_enough() {
        let events = |ids: &[i64]| -> Vec<Claimed> {
            let due = DateTime::UNIX_EPOCH;
            ids.iter().map(|id| Claimed::at(due, *id)).collect()
        };
        let held = Held::default();
        held.note(&events(&[1, 2])).settled();
        assert!(held.doubted().is_empty());
        drop(held.note(&events(&[3, 4])));
        let again = held.note(&events(&[4]));
        assert_eq!((held.doubted(), held.holds(4)), (vec![3], true));
        again.settled();
        // An answer of before the commit could arrive proves nothing.
        held.asked(Instant::now());
        assert_eq!((held.doubted(), held.holds(3)), (vec![3], false));
        held.asked(Instant::now() + COMMITTED_WITHIN);
        assert!(held.doubted().is_empty());
    }
}
