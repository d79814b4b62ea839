//! Lists of rows, which become small cards on a phone, and what is known of one thing.

use domain::{
    event::EventStatus,
    format::count,
    model::{
        Count,
        bulk::{EventAct, EventSelection},
    },
};
use leptos::prelude::*;

use super::{minutes_ago, states, wide};
use crate::{
    parts::{
        badge,
        columns::{ColumnChoice, Columns},
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        selection::Chosen,
        table::{CHOOSE, Heading, fact, json, sortable, table},
        time,
    },
    routes::STYLE_GUIDE,
};

/// Id, type, company, status, failed attempts and error. No event has such an id, so that an action finds nothing.
type Row = (
    i64,
    &'static str,
    &'static str,
    EventStatus,
    i64,
    &'static str,
);
const ROWS: [Row; 4] = [
    (
        -1,
        "company_created",
        "Acme Pumps",
        EventStatus::Processed,
        0,
        "",
    ),
    (
        -2,
        "company_validated",
        "Borealis Instruments and Measurement of the North",
        EventStatus::Processing,
        1,
        "",
    ),
    (
        -3,
        "slots_created",
        "Cobalt Works",
        EventStatus::Failed,
        5,
        "The provider answered 503 Service Unavailable, five times in a row",
    ),
    (
        -4,
        "contact_enriched",
        "Delta Seeds",
        EventStatus::Pending,
        0,
        "",
    ),
];

const COLUMNS: &[Heading] = &[("Company", ""), ("Event", ""), ("Status", "")];

pub(super) fn tables() -> AnyView {
    view! {
        {wide("Rows to choose from, and further pages", events())}
        {wide("Columns that one chooses", columns())}
        {wide("Sorted by a column", sorted())}
        {wide("Without rows", view! { <Empty title="No event matches" detail="Take a part of the filter off, or all of it." /> })}
        {wide("Facts", facts())}
        {wide("Values as JSON", payload())}
        {states("Counts", counts())}
    }
    .into_any()
}

fn events() -> AnyView {
    let chosen = Chosen::of(|| ());
    let ids = ROWS.map(|(id, ..)| id).to_vec();
    let headings = vec![
        CHOOSE,
        ("Time", ""),
        ("Event", ""),
        ("Company", ""),
        ("Status", ""),
        ("Failed attempts", "n"),
        ("What happened", ""),
        ("", ""),
    ];
    let line = move |row: Row| {
        let (id, event, company, status, attempts, error) = row;
        view! {
            <tr>
                <td>{chosen.checkbox(id, &format!("event {id}"))}</td>
                <th scope="row" data-label="Time" class="nowrap">{time::stamp(minutes_ago(-id))}</th>
                <td data-label="Event" class="mono">{event}</td>
                <td data-label="Company" class="clip">{company}</td>
                <td data-label="Status">{badge::event_status(status)}</td>
                <td data-label="Failed attempts" class="n">{count(attempts)}</td>
                <td data-label="What happened" class="message">{error}</td>
                <td class="row-actions">
                    <button class="btn quiet small" type="button" aria-label=format!("Details of {company}")>"Details"</button>
                </td>
            </tr>
        }
        .into_any()
    };
    let acts = vec![EventAct::Retry, EventAct::Cancel];
    let all = EventSelection::Ids(ids.clone());
    view! {
        {chosen.bar(acts, all, "4 events".to_owned(), ids)}
        {table("Events of the example", headings, rows(ROWS.to_vec(), |row| row.0.to_string(), line))}
        <Pager label="Pages of the example" next=Some("4".to_owned()) />
    }
    .into_any()
}

fn columns() -> AnyView {
    let line = |(_, event, company, status, ..): Row| {
        view! {
            <tr>
                <th scope="row" data-label="Company">{company}</th>
                <td data-label="Event" class="mono">{event}</td>
                <td data-label="Status">{badge::event_status(status)}</td>
            </tr>
        }
    };
    let body = ROWS.map(line).collect_view().into_any();
    view! {
        <div class="filters"><ColumnChoice of=COLUMNS /></div>
        <Columns of=COLUMNS>{table("Columns of the example", COLUMNS.to_vec(), body)}</Columns>
    }
    .into_any()
}

fn sorted() -> AnyView {
    let by = |column: &str| Signal::stored(format!("{STYLE_GUIDE}?sort={column}"));
    let line = |(_, event, company, _, attempts, _): Row| {
        view! {
            <tr>
                <th scope="row" data-label="Company">{company}</th>
                <td data-label="Event" class="mono">{event}</td>
                <td data-label="Failed attempts">{count(attempts)}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap card flush" role="region" aria-label="Companies of the example" tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>
                        {sortable(("Company", ""), by("company"), Some(true))}
                        {sortable(("Event", ""), by("event"), None)}
                        {sortable(("Failed attempts", ""), by("attempts"), Some(false))}
                    </tr>
                </thead>
                <tbody>{ROWS.map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn facts() -> AnyView {
    view! {
        <dl class="facts">
            {fact("Barton ID", Some(view! { <span class="mono">"04.04.01.84.00001.001"</span> }))}
            {fact("Website", Some("https://acme-pumps.example"))}
            {fact("Imported", Some(time::stamp(minutes_ago(90))))}
            {fact("Left out where there is no value", None::<String>)}
        </dl>
    }
    .into_any()
}

fn payload() -> AnyView {
    let value = serde_json::json!({ "record_id": "17", "company_name": "Acme Pumps", "slots": ["CEO", "CFO", "HR"] });
    json("Payload of the example", Some(value)).into_any()
}

fn counts() -> AnyView {
    let table = [(0, false), (1, false), (5_582, false), (10_000, true)];
    table
        .map(|(n, capped)| {
            let text = counted(Count { n, capped }, "company", "companies");
            view! { <p class="list-count">{text}</p> }
        })
        .collect_view()
        .into_any()
}
