//! The filters of schedules and of the system page, from the query string.

use domain::model::schedule::ScheduleState;

use super::{Params, lists::text, readers::Readers};

pub static SCHEDULE_READERS: Readers =
    Readers::of(&[("state", |text| ScheduleState::parse(text).is_some())]);

/// What cannot be read is no filter; see [`SCHEDULE_READERS`].
pub fn schedule_state(params: &Params) -> Option<ScheduleState> {
    text(params, "state").and_then(|name| ScheduleState::parse(&name))
}

/// What is looked for in the tables and settings.
pub fn system_search(params: &Params) -> Option<String> {
    text(params, "q")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_schedules_are_read_from_the_url() {
        for state in ScheduleState::all() {
            let read = Params::parse(&format!("state={}", state.name()));
            assert_eq!(schedule_state(&read), Some(state));
        }
        let nonsense = Params::parse("state=asleep");
        assert_eq!(schedule_state(&nonsense), None);
        assert!(SCHEDULE_READERS.unread(&nonsense).is_some());
    }
}
