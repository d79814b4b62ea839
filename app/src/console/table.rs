//! The errors themselves: filter, sortable columns, rows with their actions.

use chrono::{DateTime, Utc};
use domain::{
    event::{EventStatus, Severity},
    model::{
        Page,
        error::{ErrorFilter, ErrorQuery, ErrorRow, ErrorSort},
    },
    role::Permission,
};
use leptos::prelude::*;

use super::{Chosen, Console, Task, bar::use_link};
use crate::{
    api::errors::error_event_types,
    live::Live,
    parts::{
        badge,
        filter::{Choice, SearchField, Select, unread},
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::Pager,
        rows::rows,
        table, time,
        time_filter::TimeFilter,
    },
    query::{CONSOLE_WINDOW, ERROR_READERS, errors_path, sort_name},
    session,
};

/// Characters of a message in the table; the details show all of it.
const MESSAGE_LENGTH: usize = 100;

#[component]
pub(super) fn Errors() -> impl IntoView {
    let console: Console = expect_context();
    view! {
        <Filters />
        {unread(&ERROR_READERS)}
        <Loaded resource=console.errors view=move |page| list(console, page) />
    }
}

/// The event types that errors have, as choices of a filter; to be read within a boundary.
pub(crate) fn error_types(live: Live) -> Signal<Vec<Choice>> {
    let types = live.resource(&[], move || live.tick(), |_| error_event_types());
    Signal::derive(move || {
        let names = types.get().and_then(Result::ok).unwrap_or_default();
        names.into_iter().map(|name| (name.clone(), name)).collect()
    })
}

#[component]
fn Filters() -> impl IntoView {
    let console: Console = expect_context();
    let type_choices = error_types(Live::expect());
    let severities = Severity::ALL
        .map(|severity| (severity.name().to_owned(), severity.name().to_owned()))
        .to_vec();
    let resolved = [("yes", "resolved"), ("any", "all")]
        .map(|(value, text)| (value.to_owned(), text.to_owned()))
        .to_vec();
    let export = move || {
        errors_path(
            "/export/errors.csv",
            &ErrorQuery {
                cursor: None,
                ..console.query.get()
            },
        )
    };
    view! {
        <div class="filters">
            <Settled>
                <Select label="Type" name="e_type" cursor="e_after" any="any type" choices=type_choices />
            </Settled>
            <Select label="Severity" name="e_severity" cursor="e_after" any="any severity" choices=Signal::stored(severities) />
            <Select label="State" name="e_resolved" cursor="e_after" any="unresolved" choices=Signal::stored(resolved) />
            <TimeFilter label="Time" keys=&CONSOLE_WINDOW />
            <SearchField label="Search errors" name="e_q" cursor="e_after" />
            {session::may(Permission::Export)
                .then(|| view! { <a class="btn" href=export download="" rel="external">"Export"</a> })}
        </div>
    }
}

fn list(console: Console, page: Page<ErrorRow>) -> AnyView {
    let query = console.query.get_untracked();
    console.leaving.settle();
    if page.rows.is_empty() {
        return nothing(&query);
    }
    let rows = rows(page.rows, key, move |row| line(console, row));
    view! {
        <div class="table-wrap" role="region" aria-label="Errors" tabindex="0">
            <table class="table errors">
                <thead>
                    <tr>
                        {sortable(&query, ErrorSort::EventType, "Event type")}
                        {sortable(&query, ErrorSort::RecordId, "Record")}
                        <th scope="col">"Error"</th>
                        <th scope="col">"Severity"</th>
                        {sortable(&query, ErrorSort::CreatedAt, "Time")}
                        <th scope="col">"Since then"</th>
                        <th scope="col"><span class="sr-only">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager label="Pages of errors" cursor="e_after" next=page.next />
    }
    .into_any()
}

fn nothing(query: &ErrorQuery) -> AnyView {
    let all_open = ErrorFilter {
        resolved: Some(false),
        ..Default::default()
    };
    if query.filter == all_open && query.cursor.is_none() {
        return view! {
            <Empty title="No unresolved errors" detail="What fails after its last attempt appears here, with Retry and Resolve." />
        }
        .into_any();
    }
    let here = use_link();
    let clear = here(&[
        ("e_type", None),
        ("e_severity", None),
        ("e_resolved", None),
        ("e_q", None),
        ("e_group", None),
        ("e_newer", None),
        ("e_from", None),
        ("e_until", None),
        ("e_after", None),
    ]);
    view! {
        <Empty title="No error matches the filter" detail="Take a part of the filter off, or all of it.">
            <a class="btn" href=clear data-noscroll="">"Clear the filter"</a>
        </Empty>
    }
    .into_any()
}

/// A heading that sorts; a second click turns the order around.
fn sortable(query: &ErrorQuery, sort: ErrorSort, text: &'static str) -> AnyView {
    let here = use_link();
    let current = query.sort == sort;
    // Times start with the newest, names with A.
    let up = if current {
        !query.ascending
    } else {
        sort != ErrorSort::CreatedAt
    };
    let href = here(&[
        (
            "e_sort",
            (sort != ErrorSort::CreatedAt).then(|| sort_name(sort)),
        ),
        ("e_order", up.then_some("up")),
        ("e_after", None),
    ]);
    table::sortable((text, ""), href.into(), current.then_some(query.ascending))
}

fn key(row: &ErrorRow) -> String {
    let state = row.event_status.map(EventStatus::name);
    format!("{} {} {state:?} {:?}", row.id, row.resolved, row.retried_at)
}

fn line(console: Console, row: ErrorRow) -> AnyView {
    let id = row.id;
    let task = console.task;
    let chosen = Chosen::one(&row);
    let retry = (retryable(&row) && session::may(Permission::Retry)).then(|| {
        let chosen = chosen.clone();
        let label = format!("Retry {}", chosen.what);
        view! {
            <button class="btn quiet small" data-key="r" aria-label=label on:click=move |_| task.set(Some(Task::Retry(chosen.clone())))>
                "Retry"
            </button>
        }
    });
    let resolve = (!row.resolved && session::may(Permission::Resolve)).then(|| {
        let label = format!("Resolve {}", chosen.what);
        let chosen = chosen.clone();
        view! {
            <button class="btn quiet small" data-key="e" aria-label=label on:click=move |_| task.set(Some(Task::Resolve(chosen.clone())))>
                "Resolve"
            </button>
        }
    });
    let details = format!("Details of {}", chosen.what);
    let told = (!since(&row).is_empty()).then(|| row.clone());
    let since_label = told.is_some().then_some("Since then");
    let since = told.map(|row| move || since(&row));
    // Where resolved errors are listed, too, it stays and says so.
    let open_only = console.query.get_untracked().filter.resolved == Some(false);
    let leaving = console.leaving;
    view! {
        <tr data-error=id hidden=move || open_only && leaving.hides(id)>
            <td class="mono" data-label="Event type">{row.event_type}</td>
            <td class="mono" data-label="Record">{row.record_id.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="message" data-label="Error" title=row.error_message.clone()>
                <span>{shorten(&row.error_message)}</span>
            </td>
            <td data-label="Severity">{badge::severity(row.severity)}</td>
            <td data-label="Time" class="nowrap">{time::stamp(row.created_at)}</td>
            <td data-label=since_label class="since">{since}</td>
            <td class="row-actions">
                <button class="btn quiet small" aria-label=details on:click=move |_| task.set(Some(Task::Detail(id)))>
                    "Details"
                </button>
                {retry}
                {resolve}
            </td>
        </tr>
    }
    .into_any()
}

/// Whether a retry has something to run: a failed event that a stage works on.
pub(super) fn retryable(row: &ErrorRow) -> bool {
    row.event_status == Some(EventStatus::Failed) && row.workflow.is_some() && !row.resolved
}

/// Of the day, in the person's zone.
fn minute(at: DateTime<Utc>) -> String {
    time::shown(at).format("%H:%M").to_string()
}

/// What became of the record: "retried 14:31 → processed".
pub(super) fn since(row: &ErrorRow) -> String {
    let state = row.event_status.map(EventStatus::name);
    let outcome = match (row.retried_at, state) {
        (Some(at), Some(state)) => format!("retried {} → {state}", minute(at)),
        (Some(at), None) => format!("retried {}", minute(at)),
        (None, _) => String::new(),
    };
    match (row.resolved, outcome.is_empty()) {
        (true, true) => "resolved".to_owned(),
        (true, false) => format!("{outcome}, resolved"),
        (false, _) => outcome,
    }
}

fn shorten(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_LENGTH) {
        Some((end, _)) => format!("{}…", message[..end].trim_end()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_between_characters() {
        assert_eq!(shorten("short"), "short");
        let long = "ü".repeat(MESSAGE_LENGTH + 1);
        assert_eq!(shorten(&long), format!("{}…", "ü".repeat(MESSAGE_LENGTH)));
        assert_eq!(
            shorten(&"x".repeat(MESSAGE_LENGTH)),
            "x".repeat(MESSAGE_LENGTH)
        );
    }

    #[test]
    fn rows_say_what_became_of_them() {
        let at = DateTime::from_timestamp(1_763_649_127, 0);
        let table = [
            (None, Some(EventStatus::Failed), false, ""),
            (
                at,
                Some(EventStatus::Processed),
                false,
                "retried 14:32 → processed",
            ),
            (
                at,
                Some(EventStatus::Pending),
                true,
                "retried 14:32 → pending, resolved",
            ),
            (at, None, false, "retried 14:32"),
            (None, None, true, "resolved"),
        ];
        for (retried_at, event_status, resolved, expected) in table {
            let row = ErrorRow {
                group: String::new(),
                id: 1,
                event_type: String::new(),
                record_id: None,
                error_message: String::new(),
                severity: Severity::Error,
                resolved,
                created_at: Default::default(),
                event_id: Some(1),
                event_status,
                retried_at,
                workflow: None,
            };
            assert_eq!(since(&row), expected);
        }
    }
}
