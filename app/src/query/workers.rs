//! The filter of workers, from the query string.

use domain::model::worker::WorkerState;

use super::{Params, lists::text, readers::Readers};

pub static WORKER_READERS: Readers =
    Readers::of(&[("state", |text| WorkerState::parse(text).is_some())]);

/// What cannot be read is no filter; see [`WORKER_READERS`].
pub fn worker_state(params: &Params) -> Option<WorkerState> {
    text(params, "state").and_then(|name| WorkerState::parse(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_workers_are_read_from_the_url() {
        for state in WorkerState::ALL {
            let read = Params::parse(&format!("state={}", state.name()));
            assert_eq!(worker_state(&read), Some(state));
        }
        let nonsense = Params::parse("state=lost");
        assert_eq!(worker_state(&nonsense), None);
        assert!(WORKER_READERS.unread(&nonsense).is_some());
    }
}
