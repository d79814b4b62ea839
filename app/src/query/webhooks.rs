//! The filter of the deliveries to a webhook, to the query string and back.

use domain::model::webhook::{DeliveryFilter, DeliveryStatus, WebhookState};

use super::{
    Params, link,
    lists::text,
    readers::{Readers, is_span},
};

pub static DELIVERY_READERS: Readers = Readers::of(&[
    ("status", |text| DeliveryStatus::parse(text).is_some()),
    ("newer", is_span),
]);

pub static WEBHOOK_READERS: Readers =
    Readers::of(&[("state", |text| WebhookState::parse(text).is_some())]);

/// What cannot be read is no filter; see [`WEBHOOK_READERS`].
pub fn webhook_state(params: &Params) -> Option<WebhookState> {
    text(params, "state").and_then(|name| WebhookState::parse(&name))
}

/// What cannot be read is no filter; see [`DELIVERY_READERS`].
pub fn delivery_filter(params: &Params) -> DeliveryFilter {
    DeliveryFilter {
        status: text(params, "status").and_then(|name| DeliveryStatus::parse(&name)),
        event_type: text(params, "type"),
        newer_than: text(params, "newer").and_then(|span| span.parse().ok()),
    }
}

/// A webhook with its deliveries.
pub fn webhook_path(id: i64, filter: &DeliveryFilter) -> String {
    let newer = filter.newer_than.map(|span| span.to_string());
    link(
        &format!("/webhooks/{id}"),
        &Params::default(),
        &[
            ("status", filter.status.map(DeliveryStatus::name)),
            ("type", filter.event_type.as_deref()),
            ("newer", newer.as_deref()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::params;

    #[test]
    fn filters_of_deliveries_survive_the_url() {
        let mut filters = vec![DeliveryFilter::default()];
        filters.extend(DeliveryStatus::ALL.map(|status| DeliveryFilter {
            status: Some(status),
            event_type: Some("company_created & more".into()),
            newer_than: "24h".parse().ok(),
        }));
        for filter in filters {
            let path = webhook_path(7, &filter);
            assert!(path.starts_with("/webhooks/7"));
            assert_eq!(delivery_filter(&params(&path)), filter);
        }
        let nonsense = Params::parse("status=lost&newer=soon");
        assert_eq!(delivery_filter(&nonsense), DeliveryFilter::default());
        assert!(DELIVERY_READERS.unread(&nonsense).is_some());
    }

    #[test]
    fn states_of_webhooks_are_read_from_the_url() {
        for state in WebhookState::ALL {
            let read = Params::parse(&format!("state={}", state.name()));
            assert_eq!(webhook_state(&read), Some(state));
        }
        let nonsense = Params::parse("state=lost");
        assert_eq!(webhook_state(&nonsense), None);
        assert!(WEBHOOK_READERS.unread(&nonsense).is_some());
    }
}
