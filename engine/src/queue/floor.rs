//! Where claims begin. Events are taken in the order in which they are due. While some transaction is open for long, the
//! index entries of those that were done stay, and a claim from the very beginning walks past them all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Claimed,
    claim::{Locked, Place, Take},
};

/// So often a claim, or the heart, begins at the beginning. What became due behind the last claim is found by then: the
/// events of a transaction that took long.
const LOOK_BACK: Duration = Duration::from_secs(1);
/// The rest after a look back, in lengths of it.
const LOOK_BACK_RESTS: u32 = 20;
/// Events are due from the beginning of their transaction on, and seen at its end: so long it may take without waiting
/// for a look back. A full claim has older events to take than those.
const COMMITTED_WITHIN: Duration = Duration::from_millis(500);

/// What the lanes of a worker and its heart know, by event type. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Floors(Arc<Mutex<HashMap<&'static str, Floor>>>);

struct Floor {
    from: Option<Place>,
    looked_back: Instant,
    rest: Duration,
}

impl Floor {
    fn looked_back(from: Option<Place>, took: Duration) -> Self {
        Self {
            from,
            looked_back: Instant::now(),
            rest: LOOK_BACK + took * LOOK_BACK_RESTS,
        }
    }
}

impl Floors {
    /// Where to look for events of this type; nowhere is the beginning.
    pub(super) fn of(&self, event_type: &'static str) -> Option<Place> {
        let floors = self.lock();
        let floor = floors.get(event_type)?;
        floor
            .from
            .filter(|_| floor.looked_back.elapsed() < floor.rest)
    }

    /// The next claim of this type.
    pub(super) fn take(&self, event_type: &'static str, limit: i64) -> Take {
        match self.of(event_type) {
            Some(from) => Take::From(event_type, limit, from),
            None => Take::Next(event_type, limit),
        }
    }

    /// Learns from a claim and the time that it took.
    pub(super) fn note(&self, take: &Take, locked: &Locked, took: Duration) {
        let (event_type, limit, looked_back) = match take {
            Take::Next(event_type, limit) => (*event_type, *limit, true),
            Take::From(event_type, limit, _) => (*event_type, *limit, false),
            Take::These(_) => return,
        };
        let full = (locked.events.len() + locked.aside) as i64 >= limit;
        let first = locked.events.iter().map(Claimed::place).min();
        self.note_place(event_type, looked_back, full, first, took);
    }

    /// As [`Floors::note`], of what was taken in another way: the first of it, and whether there may be more.
    pub(super) fn note_place(
        &self,
        event_type: &'static str,
        looked_back: bool,
        full: bool,
        first: Option<Place>,
        took: Duration,
    ) {
        let from = first.map(|(due, id)| {
            if full {
                (due, id)
            } else {
                (due - COMMITTED_WITHIN, 0)
            }
        });
        let mut floors = self.lock();
        match floors.get_mut(event_type) {
            Some(floor) if looked_back => *floor = Floor::looked_back(from.or(floor.from), took),
            Some(floor) => floor.from = from.or(floor.from),
            None => {
                floors.insert(event_type, Floor::looked_back(from, took));
            }
        }
    }

    /// The heart looked at all events of a type: the next claim does so, too, if any is due.
    pub(super) fn seen_all(&self, event_type: &'static str, due: bool, took: Duration) {
        let mut floors = self.lock();
        if due {
            floors.remove(event_type);
        } else if let Some(floor) = floors.get_mut(event_type) {
            *floor = Floor::looked_back(floor.from, took);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Floor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_claim_begins_where_the_last_one_found_something_and_looks_back_now_and_then() {
        let due = |second| DateTime::from_timestamp(second, 0).unwrap();
        let found = |places: &[Place], aside| Locked {
            events: places
                .iter()
                .map(|(due, id)| Claimed::at(*due, *id))
                .collect(),
            aside,
        };
        let (first, at_once) = (Take::Next("a", 2), Duration::ZERO);
        let from = |place| Take::From("a", 2, place);
        let floors = Floors::default();
        assert_eq!(floors.of("a"), None);
        // All of one transaction are due at the same moment.
        floors.note(&first, &found(&[(due(7), 5), (due(7), 4)], 0), at_once);
        assert_eq!(floors.of("a"), Some((due(7), 4)));
        floors.note(&from((due(7), 4)), &found(&[(due(7), 9)], 1), at_once);
        assert_eq!(floors.of("a"), Some((due(7), 9)));
        // Another type and single events tell nothing, nor does a claim that finds nothing.
        floors.note(&Take::Next("b", 2), &found(&[(due(1), 1)], 1), at_once);
        floors.note(&Take::These(vec![1]), &found(&[(due(1), 1)], 0), at_once);
        floors.note(&from((due(7), 9)), &found(&[], 0), at_once);
        assert_eq!(floors.of("a"), Some((due(7), 9)));
        // With time to spare, what was begun a little earlier may yet be committed.
        floors.note(&from((due(7), 9)), &found(&[(due(9), 11)], 0), at_once);
        assert_eq!(floors.of("a"), Some((due(9) - COMMITTED_WITHIN, 0)));
        floors.seen_all("a", true, at_once);
        assert_eq!(floors.of("a"), None);
        floors.note(&first, &found(&[(due(9), 11)], 0), at_once);
        std::thread::sleep(LOOK_BACK);
        assert_eq!(floors.of("a"), None);
        floors.seen_all("a", false, at_once);
        assert_eq!(floors.of("a"), Some((due(9) - COMMITTED_WITHIN, 0)));
        // A look back that takes long is a rare one.
        floors.note(&first, &found(&[], 0), LOOK_BACK);
        std::thread::sleep(LOOK_BACK);
        assert_eq!(floors.of("a"), Some((due(9) - COMMITTED_WITHIN, 0)));
    }
}
