//! The filters of lists, to the query string and back.

use domain::{
    event::{EventStatus, Severity},
    model::{
        audit::{AuditFilter, AuditQuery},
        bulk::{ActionFilter, ActionKind, ActionState},
        dead_letter::{DeadLetterFilter, DeadLetterKind, DeadLetterQuery},
        error::{ErrorFilter, ErrorQuery, ErrorSort},
        error_group::{GroupQuery, GroupSort, GroupState, GroupStates},
        event::EventFilter,
        sort::{Column, Sort},
    },
    payload_match::PayloadMatch,
    phase::Phase,
};

use super::{
    Params,
    readers::{Readers, is_span},
    window::{CONSOLE_WINDOW, WINDOW, Written, window},
};

pub fn tab(params: &Params) -> Phase {
    text(params, "tab")
        .and_then(|name| Phase::parse(&name))
        .unwrap_or(Phase::Enrichment)
}

pub static EVENT_READERS: Readers = Readers::within(
    &WINDOW,
    &[
        ("status", |text| EventStatus::parse(text).is_some()),
        ("older", is_span),
        ("attempts", |text| text.parse::<i32>().is_ok()),
        ("dead", |text| matches!(text, "yes" | "no")),
        ("payload", |text| text.parse::<PayloadMatch>().is_ok()),
    ],
);
pub static DEAD_LETTER_READERS: Readers = Readers::within(
    &WINDOW,
    &[("kind", |text| DeadLetterKind::parse(text).is_some())],
);
pub static ACTION_READERS: Readers = Readers::within(
    &WINDOW,
    &[
        ("kind", |text| ActionKind::parse(text).is_some()),
        ("state", |text| ActionState::parse(text).is_some()),
    ],
);
pub static AUDIT_READERS: Readers = Readers::within(&WINDOW, &[]);
pub static GROUP_READERS: Readers = Readers::within(
    &WINDOW,
    &[("state", |text| {
        text == "any" || GroupState::parse(text).is_some()
    })],
);
pub static ERROR_READERS: Readers = Readers::within(
    &CONSOLE_WINDOW,
    &[
        ("e_severity", |text| Severity::parse(text).is_some()),
        ("e_resolved", |text| matches!(text, "yes" | "any")),
    ],
);

/// What cannot be read is no filter; see [`EVENT_READERS`].
pub fn event_filter(params: &Params) -> EventFilter {
    let made = window(params, &WINDOW);
    EventFilter {
        event_type: text(params, "type"),
        status: text(params, "status").and_then(|name| EventStatus::parse(&name)),
        batch: text(params, "batch"),
        record_id: text(params, "record"),
        older_than: parsed(params, "older"),
        newer_than: made.newer_than,
        from: made.from,
        until: made.until,
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
    let older = filter.older_than.map(|span| span.to_string());
    let made = Written::of(filter.window(), &WINDOW);
    let attempts = filter.attempts.map(|n| n.to_string());
    let payload: Vec<String> = filter.payload.iter().map(ToString::to_string).collect();
    let dead = filter
        .dead_letter
        .map(|dead| if dead { "yes" } else { "no" });
    let pairs = [
        ("type", filter.event_type.as_deref()),
        ("status", filter.status.map(EventStatus::name)),
        ("batch", filter.batch.as_deref()),
        ("record", filter.record_id.as_deref()),
        ("older", older.as_deref()),
        ("attempts", attempts.as_deref()),
        ("worker", filter.worker.as_deref()),
        ("q", filter.search.as_deref()),
        ("dead", dead),
        ("after", filter.cursor.as_deref()),
    ];
    let payload = payload.iter().map(|one| ("payload", Some(one.as_str())));
    made.path("/events", pairs.into_iter().chain(payload))
}

pub fn dead_letter_query(params: &Params) -> DeadLetterQuery {
    DeadLetterQuery {
        filter: DeadLetterFilter {
            kind: text(params, "kind").and_then(|name| DeadLetterKind::parse(&name)),
            event_type: text(params, "type"),
            batch: text(params, "batch"),
            search: text(params, "q"),
            window: window(params, &WINDOW),
        },
        cursor: text(params, "after"),
    }
}

pub fn action_filter(params: &Params) -> ActionFilter {
    ActionFilter {
        kind: text(params, "kind").and_then(|name| ActionKind::parse(&name)),
        state: text(params, "state").and_then(|name| ActionState::parse(&name)),
        requested_by: text(params, "by"),
        window: window(params, &WINDOW),
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
            window: window(params, &WINDOW),
        },
        cursor: text(params, "after"),
    }
}

pub(super) fn parsed<T: std::str::FromStr>(params: &Params, key: &str) -> Option<T> {
    text(params, key).and_then(|text| text.parse().ok())
}

/// What is to be done, last seen first, unless the URL says otherwise.
pub fn group_query(params: &Params) -> GroupQuery {
    let states = match text(params, "state").as_deref() {
        Some("any") => GroupStates::Any,
        Some(name) => GroupState::parse(name).map_or(GroupStates::ToDo, GroupStates::Only),
        None => GroupStates::ToDo,
    };
    GroupQuery {
        states,
        event_type: text(params, "type"),
        assigned_to: text(params, "assigned"),
        search: text(params, "q"),
        window: window(params, &WINDOW),
        sort: text(params, "sort")
            .and_then(|name| GroupSort::parse(&name))
            .unwrap_or_default(),
        cursor: text(params, "after"),
    }
}

/// The console shows unresolved errors unless the URL says otherwise, newest first.
pub fn error_query(params: &Params) -> ErrorQuery {
    ErrorQuery {
        filter: ErrorFilter {
            event_type: text(params, "e_type"),
            group: text(params, "e_group"),
            severity: text(params, "e_severity").and_then(|name| Severity::parse(&name)),
            resolved: match text(params, "e_resolved").as_deref() {
                Some("yes") => Some(true),
                Some("any") => None,
                _ => Some(false),
            },
            search: text(params, "e_q"),
            window: window(params, &CONSOLE_WINDOW),
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
    let made = Written::of(filter.window, &CONSOLE_WINDOW);
    let pairs = [
        ("e_type", filter.event_type.as_deref()),
        ("e_group", filter.group.as_deref()),
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
    made.path(path, pairs)
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

/// The order of a list; its own where nothing that is known is asked for.
pub(super) fn sort<C: Column>(params: &Params) -> Sort<C> {
    let told = text(params, "sort").and_then(|text| Sort::parse(&text));
    told.unwrap_or_default()
}

pub(super) fn text(params: &Params, key: &str) -> Option<String> {
    params
        .get_str(key)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use domain::model::window::Window;

    use super::*;
    use crate::query::params;

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
                from: "2026-03-02T13:00:00Z".parse().ok(),
                until: "2026-03-02T14:30:05Z".parse().ok(),
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
                window: Window::default(),
            },
            cursor: Some("a~1".into()),
        };
        assert_eq!(dead_letter_query(&read), expected);

        let read = params("/x?kind=retry&state=running&by=ann&after=9");
        let expected = ActionFilter {
            kind: Some(ActionKind::Retry),
            state: Some(ActionState::Running),
            requested_by: Some("ann".into()),
            window: Window::default(),
            cursor: Some("9".into()),
        };
        assert_eq!(action_filter(&read), expected);

        let filter = |query: &str| audit_query(&Params::parse(query)).filter;
        let read = filter("actor=ann&action=stage.&from=2026-11-21&until=2026-11-21");
        assert_eq!(read.actor.as_deref(), Some("ann"));
        assert_eq!(read.action.as_deref(), Some("stage."));
        let day = 86_400;
        assert_eq!(
            read.window.from.map(|at| at.timestamp()),
            Some(1_795_219_200)
        );
        assert_eq!(
            read.window.until.map(|at| at.timestamp()),
            Some(1_795_219_200 + day)
        );
        let read = filter("from=2026-11-21T00%3A00%3A00Z&until=never");
        assert_eq!(
            read.window.from.map(|at| at.timestamp()),
            Some(1_795_219_200)
        );
        assert_eq!(read.window.until, None);
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
                            group: Some("3f09ab".into()),
                            severity: Some(Severity::Critical),
                            resolved,
                            search: Some("time out & more".into()),
                            window: Window {
                                newer_than: "3d".parse().ok(),
                                ..Window::default()
                            },
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
        assert_eq!(event_filter(&nonsense), EventFilter::default());
        assert_eq!(tab(&nonsense), Phase::Enrichment);
        let query = error_query(&nonsense);
        assert_eq!(query.filter.resolved, Some(false));
        assert_eq!(query.sort, ErrorSort::CreatedAt);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let table = [
            ("status=failed&older=2d&attempts=3&dead=no&q=x", None),
            ("status=faild", Some("“faild”")),
            ("older=2days", Some("“older”")),
            ("payload=a+%3D+b&payload=nothing", Some("names no value")),
            ("status=&older=+", None),
        ];
        for (query, named) in table {
            let found = EVENT_READERS.unread(&Params::parse(query));
            assert_eq!(found.is_some(), named.is_some(), "{query}");
            let text = found.unwrap_or_default();
            assert!(text.contains(named.unwrap_or_default()), "{query}: {text}");
        }
        assert!(DEAD_LETTER_READERS.unread(&params("/x?kind=x")).is_some());
        assert!(
            AUDIT_READERS
                .unread(&params("/x?from=2026-11-21&until=never"))
                .is_some()
        );
        assert!(
            AUDIT_READERS
                .unread(&params("/x?from=2026-11-21"))
                .is_none()
        );
    }
}
