//! The filter of people, to the query string and back.

use domain::{
    model::user::{UserFilter, UserState},
    role::Role,
};

use super::{Params, lists::text, readers::Readers};

pub static USER_READERS: Readers = Readers::of(&[
    ("role", |text| Role::parse(text).is_some()),
    ("state", |text| UserState::parse(text).is_some()),
]);

/// What cannot be read is no filter; see [`USER_READERS`].
pub fn user_filter(params: &Params) -> UserFilter {
    UserFilter {
        search: text(params, "q"),
        role: text(params, "role").and_then(|name| Role::parse(&name)),
        state: text(params, "state").and_then(|name| UserState::parse(&name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_people_are_read_from_the_url() {
        let read = Params::parse("q=+ada&role=admin&state=disabled&e_q=x");
        let expected = UserFilter {
            search: Some("ada".into()),
            role: Some(Role::Admin),
            state: Some(UserState::Disabled),
        };
        assert_eq!(user_filter(&read), expected);
        assert_eq!(USER_READERS.unread(&read), None);
        let nonsense = Params::parse("role=boss&state=");
        assert_eq!(user_filter(&nonsense), UserFilter::default());
        assert!(USER_READERS.unread(&nonsense).is_some());
    }
}
