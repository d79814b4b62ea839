//! The filter of workers, from the query string.

use domain::model::worker::WorkerState;

use super::{
    Params,
    lists::{Reader, text, unread},
};

const READERS: [Reader; 1] = [("state", |text| WorkerState::parse(text).is_some())];

/// What of the filter cannot be read, for the person who wrote it.
pub fn unread_of_workers(params: &Params) -> Option<String> {
    unread(params, &READERS)
}

/// What cannot be read is no filter; see [`unread_of_workers`].
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
        assert!(unread_of_workers(&nonsense).is_some());
    }
}
