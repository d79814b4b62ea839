//! The filter of contacts, to the query string and back.

use domain::model::contact::{ContactFilter, EmailState, EnrichmentStatus};

use super::{
    Params,
    lists::{sort, text},
    readers::Readers,
    window::{WINDOW, Written, window},
};

pub static CONTACT_READERS: Readers = Readers::within(
    &WINDOW,
    &[
        ("email", |text| EmailState::parse(text).is_some()),
        ("status", |text| EnrichmentStatus::parse(text).is_some()),
    ],
);

/// What cannot be read is no filter; see [`CONTACT_READERS`].
pub fn contact_filter(params: &Params) -> ContactFilter {
    ContactFilter {
        search: text(params, "q"),
        email: text(params, "email").and_then(|name| EmailState::parse(&name)),
        role: text(params, "role"),
        status: text(params, "status").and_then(|name| EnrichmentStatus::parse(&name)),
        batch: text(params, "batch"),
        company: text(params, "company"),
        window: window(params, &WINDOW),
        sort: sort(params),
        cursor: text(params, "after"),
    }
}

pub fn contacts_path(filter: &ContactFilter) -> String {
    let made = Written::of(filter.window, &WINDOW);
    made.path(
        "/contacts",
        [
            ("q", filter.search.as_deref()),
            ("email", filter.email.map(EmailState::name)),
            ("role", filter.role.as_deref()),
            ("status", filter.status.map(EnrichmentStatus::name)),
            ("batch", filter.batch.as_deref()),
            ("company", filter.company.as_deref()),
            ("sort", filter.sort.text().as_deref()),
            ("after", filter.cursor.as_deref()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use domain::model::{contact::ContactColumn, sort::Sort, window::Window};

    use super::*;
    use crate::query::params;

    #[test]
    fn contact_filters_survive_the_url() {
        let mut filters = vec![ContactFilter::default()];
        for email in EmailState::ALL {
            for status in EnrichmentStatus::ALL {
                filters.push(ContactFilter {
                    search: Some("ada+lists@söhne.example & 100 %".into()),
                    email: Some(email),
                    role: Some("HR Director".into()),
                    status: Some(status),
                    batch: Some("20251120-TX-01".into()),
                    company: Some("04.04.01.84.00412.012".into()),
                    window: Window {
                        newer_than: "3d".parse().ok(),
                        ..Window::default()
                    },
                    sort: Sort::default().clicked(ContactColumn::Since),
                    cursor: Some("2026-11-21T03:00:00+00:00~17".into()),
                });
            }
        }
        for filter in filters {
            assert_eq!(contact_filter(&params(&contacts_path(&filter))), filter);
        }
    }

    #[test]
    fn what_is_no_state_is_no_filter_and_is_named() {
        let nonsense = params("/x?email=verified&status=+&role=&q=+");
        assert_eq!(contact_filter(&nonsense), ContactFilter::default());
        let named = CONTACT_READERS.unread(&nonsense).unwrap_or_default();
        assert!(named.contains("“email”"), "{named}");
        assert_eq!(CONTACT_READERS.unread(&params("/x?email=none&q=a")), None);
    }
}
