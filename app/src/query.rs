//! The URL holds the state of a page: filters to query strings and back.
//!
//! The error console is on every page and keeps its own keys, which start with `e_`.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::{
    event::{EventStatus, Severity},
    model::{
        audit::{AuditFilter, AuditQuery},
        bulk::{ActionFilter, ActionKind, ActionState},
        company::{Attention, CompanyFilter, CompanyState},
        dead_letter::{DeadLetterFilter, DeadLetterKind, DeadLetterQuery},
        error::{ErrorFilter, ErrorQuery, ErrorSort},
        event::EventFilter,
        import::{ImportFilter, ImportStatus},
    },
    phase::Phase,
};
use leptos::prelude::{Memo, Read};
use leptos_router::hooks::use_location;

/// The keys of the error console; links to other pages carry them along.
pub const CONSOLE_KEYS: [&str; 8] = [
    "e_panel",
    "e_type",
    "e_severity",
    "e_resolved",
    "e_q",
    "e_sort",
    "e_order",
    "e_after",
];

/// The present query, decoded once: the router's own map decodes twice, so that a search for `100%25` or a link with
/// `%2526` in it would come out as something else.
pub fn use_query() -> Memo<Params> {
    let search = use_location().search;
    Memo::new(move |_| Params::parse(&search.read()))
}

/// Keys and values of a query string, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string without its `?`.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (unescape(key), unescape(value)))
                .collect(),
        )
    }

    /// The value of a key, the last one where there are several.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.iter()
            .filter(|(name, _)| *name == key)
            .last()
            .map(|(_, value)| value)
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.get_str(key).map(str::to_owned)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Undoes the encoding of a form; what is not UTF-8 or not an escape stays visible.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = text
            .get(at + 1..at + 3)
            .filter(|_| byte == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(match (byte, escaped) {
            (_, Some(escaped)) => {
                at += 2;
                escaped
            }
            (b'+', None) => b' ',
            (byte, None) => byte,
        });
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// One change of a query string: set the key to a value, or remove it.
pub type Change<'a> = (&'a str, Option<&'a str>);

/// `path` with the present parameters and the changes made to them.
pub fn link(path: &str, present: &Params, changes: &[Change<'_>]) -> String {
    let kept = present
        .iter()
        .filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
    let changed = changes
        .iter()
        .filter_map(|(key, value)| value.map(|value| (*key, value)));
    write(path, kept.chain(changed))
}

/// `path`, which may hold a query, with the console's parameters of the present page.
pub fn carry(path: &str, present: &Params) -> String {
    let kept = CONSOLE_KEYS
        .into_iter()
        .filter_map(|key| present.get_str(key).map(|value| (key, value)));
    write(path, kept)
}

pub fn sign_in_path(next: &str) -> String {
    write("/sign-in", [("next", next)].into_iter())
}

/// Appends the pairs that have a value to a path, escaped alike on the server and in the browser.
fn write<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = path.to_owned();
    for (key, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(key);
        url.push('=');
        url.push_str(&segment(value));
    }
    url
}

pub fn company_path(key: &str) -> String {
    format!("/companies/{}", segment(key))
}

pub fn import_path(batch_id: &str) -> String {
    format!("/imports/{}", segment(batch_id))
}

/// Text as one segment of a path: everything but unreserved characters percent-encoded.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

pub fn tab(params: &Params) -> Phase {
    text(params, "tab")
        .and_then(|name| Phase::parse(&name))
        .unwrap_or(Phase::Enrichment)
}

pub fn company_filter(params: &Params) -> CompanyFilter {
    CompanyFilter {
        search: text(params, "q"),
        batch: text(params, "batch"),
        state: text(params, "state").and_then(|name| CompanyState::parse(&name)),
        reached: text(params, "reached").and_then(|name| CompanyState::parse(&name)),
        attention: text(params, "attention").and_then(|name| Attention::parse(&name)),
        cursor: text(params, "after"),
    }
}

pub fn companies_path(filter: &CompanyFilter) -> String {
    link(
        "/companies",
        &Params::default(),
        &[
            ("q", filter.search.as_deref()),
            ("batch", filter.batch.as_deref()),
            ("state", filter.state.map(CompanyState::name)),
            ("reached", filter.reached.map(CompanyState::name)),
            ("attention", filter.attention.map(Attention::name)),
            ("after", filter.cursor.as_deref()),
        ],
    )
}

pub fn import_filter(params: &Params) -> ImportFilter {
    ImportFilter {
        search: text(params, "q"),
        status: text(params, "status").and_then(|name| ImportStatus::parse(&name)),
        cursor: text(params, "after"),
    }
}

/// What cannot be read is no filter; the field that holds it says so.
pub fn event_filter(params: &Params) -> EventFilter {
    EventFilter {
        event_type: text(params, "type"),
        status: text(params, "status").and_then(|name| EventStatus::parse(&name)),
        batch: text(params, "batch"),
        record_id: text(params, "record"),
        older_than: parsed(params, "older"),
        newer_than: parsed(params, "newer"),
        attempts: parsed(params, "attempts"),
        worker: text(params, "worker"),
        search: text(params, "q"),
        payload: params
            .iter()
            .filter(|(key, _)| *key == "payload")
            .filter_map(|(_, value)| value.parse().ok())
            .collect(),
        dead_letter: match params.get_str("dead") {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        },
        cursor: text(params, "after"),
    }
}

pub fn events_path(filter: &EventFilter) -> String {
    let owned = |value: Option<String>| value.unwrap_or_default();
    let spans = [
        owned(filter.older_than.map(|span| span.to_string())),
        owned(filter.newer_than.map(|span| span.to_string())),
        owned(filter.attempts.map(|n| n.to_string())),
    ];
    let payload: Vec<String> = filter.payload.iter().map(ToString::to_string).collect();
    let dead = filter
        .dead_letter
        .map(|dead| if dead { "yes" } else { "no" });
    let pairs = [
        ("type", filter.event_type.as_deref()),
        ("status", filter.status.map(EventStatus::name)),
        ("batch", filter.batch.as_deref()),
        ("record", filter.record_id.as_deref()),
        ("older", Some(spans[0].as_str())),
        ("newer", Some(spans[1].as_str())),
        ("attempts", Some(spans[2].as_str())),
        ("worker", filter.worker.as_deref()),
        ("q", filter.search.as_deref()),
        ("dead", dead),
        ("after", filter.cursor.as_deref()),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)));
    let payload = payload.iter().map(|one| ("payload", one.as_str()));
    write("/events", pairs.chain(payload))
}

pub fn event_path(id: i64) -> String {
    format!("/events/{id}")
}

/// The chain of a record, named as in [`domain::lineage::LineageKey`].
pub fn lineage_path(of: &str) -> String {
    write("/lineage", [("of", of)].into_iter())
}

pub fn dead_letter_query(params: &Params) -> DeadLetterQuery {
    DeadLetterQuery {
        filter: DeadLetterFilter {
            kind: text(params, "kind").and_then(|name| DeadLetterKind::parse(&name)),
            event_type: text(params, "type"),
            batch: text(params, "batch"),
            search: text(params, "q"),
        },
        cursor: text(params, "after"),
    }
}

pub fn action_filter(params: &Params) -> ActionFilter {
    ActionFilter {
        kind: text(params, "kind").and_then(|name| ActionKind::parse(&name)),
        state: text(params, "state").and_then(|name| ActionState::parse(&name)),
        requested_by: text(params, "by"),
        cursor: text(params, "after"),
    }
}

/// The export reads the same query string. A day is whole, in UTC, and the last one is part of what is shown.
pub fn audit_query(params: &Params) -> AuditQuery {
    AuditQuery {
        filter: AuditFilter {
            actor: text(params, "actor"),
            action: text(params, "action"),
            target_kind: text(params, "target_kind"),
            target: text(params, "target"),
            from: moment(params, "from", 0),
            until: moment(params, "until", 1),
        },
        cursor: text(params, "after"),
    }
}

/// A moment, or `days` after the beginning of a day.
fn moment(params: &Params, key: &str, days: u64) -> Option<DateTime<Utc>> {
    let day = || parsed::<NaiveDate>(params, key)?.checked_add_days(Days::new(days));
    parsed(params, key).or_else(|| Some(day()?.and_time(NaiveTime::MIN).and_utc()))
}

fn parsed<T: std::str::FromStr>(params: &Params, key: &str) -> Option<T> {
    text(params, key).and_then(|text| text.parse().ok())
}

/// The console shows unresolved errors unless the URL says otherwise, newest first.
pub fn error_query(params: &Params) -> ErrorQuery {
    ErrorQuery {
        filter: ErrorFilter {
            event_type: text(params, "e_type"),
            severity: text(params, "e_severity").and_then(|name| Severity::parse(&name)),
            resolved: match text(params, "e_resolved").as_deref() {
                Some("yes") => Some(true),
                Some("any") => None,
                _ => Some(false),
            },
            search: text(params, "e_q"),
            up_to: None,
        },
        sort: text(params, "e_sort")
            .and_then(|name| sort_of(&name))
            .unwrap_or_default(),
        ascending: text(params, "e_order").as_deref() == Some("up"),
        cursor: text(params, "e_after"),
    }
}

/// `path` with the parameters that [`error_query`] reads.
pub fn errors_path(path: &str, query: &ErrorQuery) -> String {
    let filter = &query.filter;
    let pairs = [
        ("e_type", filter.event_type.as_deref()),
        ("e_severity", filter.severity.map(Severity::name)),
        ("e_resolved", resolved_name(filter.resolved)),
        ("e_q", filter.search.as_deref()),
        (
            "e_sort",
            (query.sort != ErrorSort::default()).then(|| sort_name(query.sort)),
        ),
        ("e_order", query.ascending.then_some("up")),
        ("e_after", query.cursor.as_deref()),
    ];
    write(
        path,
        pairs
            .into_iter()
            .filter_map(|(key, value)| value.map(|value| (key, value))),
    )
}

/// The value of `e_resolved`; the default has none.
pub const fn resolved_name(resolved: Option<bool>) -> Option<&'static str> {
    match resolved {
        Some(true) => Some("yes"),
        Some(false) => None,
        None => Some("any"),
    }
}

pub const fn sort_name(sort: ErrorSort) -> &'static str {
    match sort {
        ErrorSort::CreatedAt => "time",
        ErrorSort::EventType => "type",
        ErrorSort::RecordId => "record",
    }
}

fn sort_of(name: &str) -> Option<ErrorSort> {
    [
        ErrorSort::CreatedAt,
        ErrorSort::EventType,
        ErrorSort::RecordId,
    ]
    .into_iter()
    .find(|sort| sort_name(*sort) == name)
}

fn text(params: &Params, key: &str) -> Option<String> {
    params
        .get_str(key)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(path: &str) -> Params {
        Params::parse(path.split_once('?').map_or("", |(_, query)| query))
    }

    #[test]
    fn queries_are_decoded_once() {
        let table = [
            ("", vec![]),
            ("q=a%2520b", vec![("q", "a%20b")]),
            ("q=a+b&&q=100%25", vec![("q", "a b"), ("q", "100%")]),
            (
                "q&x=%zz%f&y=%C3%B6%ff",
                vec![("q", ""), ("x", "%zz%f"), ("y", "ö\u{fffd}")],
            ),
            ("q=a=b%é", vec![("q", "a=b%é")]),
        ];
        for (query, expected) in table {
            let read = Params::parse(query);
            assert_eq!(read.iter().collect::<Vec<_>>(), expected, "{query}");
        }
        assert_eq!(Params::parse("q=1&q=2").get_str("q"), Some("2"));
    }

    #[test]
    fn company_filters_survive_the_url() {
        let mut filters = vec![CompanyFilter::default()];
        for state in CompanyState::ALL {
            filters.push(CompanyFilter {
                search: Some("O'Reilly & Söhne = 100 %?#/+".into()),
                batch: Some("20251120-TX-01".into()),
                state: Some(state),
                reached: Some(state),
                attention: Some(Attention::Errors),
                cursor: Some("2026-11-21T03:00:00+00:00~17".into()),
            });
        }
        for filter in filters {
            assert_eq!(company_filter(&params(&companies_path(&filter))), filter);
        }
    }

    #[test]
    fn event_filters_survive_the_url() {
        let mut filters = vec![EventFilter::default()];
        for status in EventStatus::ALL {
            filters.push(EventFilter {
                event_type: Some("slots_created".into()),
                status: Some(status),
                batch: Some("a b".into()),
                record_id: Some("04.04.05.84.00412.012".into()),
                older_than: "10m".parse().ok(),
                newer_than: "3d".parse().ok(),
                attempts: Some(2),
                worker: Some("host-1 & co".into()),
                search: Some("timed out".into()),
                payload: vec![
                    "company_name = Acme & Söhne".parse().unwrap(),
                    "a.\"odd name\" = x=y".parse().unwrap(),
                ],
                dead_letter: Some(false),
                cursor: Some("2026-11-21T03:00:00+00:00~17".into()),
            });
        }
        for filter in filters {
            assert_eq!(event_filter(&params(&events_path(&filter))), filter);
        }
    }

    #[test]
    fn lists_of_the_operators_are_read_from_the_url() {
        let read = params("/x?kind=unknown_outcome&type=t&batch=b&q=s&after=a~1");
        let expected = DeadLetterQuery {
            filter: DeadLetterFilter {
                kind: Some(DeadLetterKind::UnknownOutcome),
                event_type: Some("t".into()),
                batch: Some("b".into()),
                search: Some("s".into()),
            },
            cursor: Some("a~1".into()),
        };
        assert_eq!(dead_letter_query(&read), expected);

        let read = params("/x?kind=retry&state=running&by=ann&after=9");
        let expected = ActionFilter {
            kind: Some(ActionKind::Retry),
            state: Some(ActionState::Running),
            requested_by: Some("ann".into()),
            cursor: Some("9".into()),
        };
        assert_eq!(action_filter(&read), expected);

        let filter = |query: &str| audit_query(&Params::parse(query)).filter;
        let read = filter("actor=ann&action=stage.&from=2026-11-21&until=2026-11-21");
        assert_eq!(read.actor.as_deref(), Some("ann"));
        assert_eq!(read.action.as_deref(), Some("stage."));
        let day = 86_400;
        assert_eq!(read.from.map(|at| at.timestamp()), Some(1_795_219_200));
        assert_eq!(
            read.until.map(|at| at.timestamp()),
            Some(1_795_219_200 + day)
        );
        let read = filter("from=2026-11-21T00%3A00%3A00Z&until=never");
        assert_eq!(read.from.map(|at| at.timestamp()), Some(1_795_219_200));
        assert_eq!(read.until, None);
    }

    #[test]
    fn error_queries_survive_the_url() {
        for resolved in [None, Some(true), Some(false)] {
            for sort in [
                ErrorSort::CreatedAt,
                ErrorSort::EventType,
                ErrorSort::RecordId,
            ] {
                for ascending in [true, false] {
                    let query = ErrorQuery {
                        filter: ErrorFilter {
                            event_type: Some("company_created".into()),
                            severity: Some(Severity::Critical),
                            resolved,
                            search: Some("time out & more".into()),
                            up_to: None,
                        },
                        sort,
                        ascending,
                        cursor: Some("a~1".into()),
                    };
                    assert_eq!(error_query(&params(&errors_path("/x", &query))), query);
                }
            }
        }
    }

    #[test]
    fn nonsense_in_the_url_is_no_filter() {
        let nonsense =
            params("/x?state=flying&status=&type=+&e_severity=x&e_resolved=x&e_sort=x&tab=x");
        assert_eq!(company_filter(&nonsense), CompanyFilter::default());
        assert_eq!(event_filter(&nonsense), EventFilter::default());
        assert_eq!(tab(&nonsense), Phase::Enrichment);
        let query = error_query(&nonsense);
        assert_eq!(query.filter.resolved, Some(false));
        assert_eq!(query.sort, ErrorSort::CreatedAt);
    }

    #[test]
    fn links_keep_what_they_do_not_change() {
        let present = params("/x?q=a&after=9&e_type=t");
        let table: [(&[Change<'_>], &str); 3] = [
            (&[("q", Some("b"))], "/x?after=9&e_type=t&q=b"),
            (&[("after", None)], "/x?q=a&e_type=t"),
            (&[("q", Some("")), ("after", None), ("e_type", None)], "/x"),
        ];
        for (changes, expected) in table {
            assert_eq!(link("/x", &present, changes), expected);
        }
        assert_eq!(carry("/events", &present), "/events?e_type=t");
        assert_eq!(
            carry("/events?status=failed", &present),
            "/events?status=failed&e_type=t"
        );
        assert_eq!(carry("/events", &Params::default()), "/events");
    }

    #[test]
    fn keys_are_safe_in_paths() {
        let table = [
            ("17", "/companies/17"),
            ("04.04.01.84.00001.001", "/companies/04.04.01.84.00001.001"),
            ("a/b?c", "/companies/a%2Fb%3Fc"),
        ];
        for (key, expected) in table {
            assert_eq!(company_path(key), expected);
        }
    }
}
