//! The filter of people, to the query string and back.

use domain::{
    model::user::{UserFilter, UserState},
    role::Role,
};

use super::{
    Params,
    lists::{Reader, text, unread},
};

const READERS: [Reader; 2] = [
    ("role", |text| Role::parse(text).is_some()),
    ("state", |text| UserState::parse(text).is_some()),
];

/// The first part of the filter that cannot be read, for the person who wrote it.
pub fn unread_of_users(params: &Params) -> Option<String> {
    unread(params, &READERS)
}

/// What cannot be read is no filter; see [`unread_of_users`].
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
        assert_eq!(unread_of_users(&read), None);
        let nonsense = Params::parse("role=boss&state=");
        assert_eq!(user_filter(&nonsense), UserFilter::default());
        assert!(unread_of_users(&nonsense).is_some());
    }
}
