//! Events of the queue, newest first: filters in the URL, and actions on those that are chosen or on all that match.

use domain::{
    event::EventStatus,
    format::count,
    model::{
        Page,
        bulk::{EventAct, EventSelection},
        event::{EventFilter, EventRow},
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::events::{event_types, events},
    live::Live,
    parts::{
        badge,
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        import_link::ImportLink,
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        selection::Chosen,
        table::{CHOOSE, table},
        time,
        time_filter::TimeFilter,
    },
    query::{EVENT_READERS, WINDOW, carry, event_filter, event_path, link, use_query, without},
    session,
};

const AGES: [(&str, &str); 5] = [
    ("10m", "10 minutes"),
    ("1h", "hour"),
    ("1d", "day"),
    ("1w", "week"),
    ("30d", "30 days"),
];

/// Filters that are folded away unless one of them is in force.
const RARE: [&str; 5] = ["older", "attempts", "dead", "worker", "payload"];

#[component]
pub(crate) fn EventsPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let filter = Memo::new(move |_| event_filter(&params.read()));
    let rows = live.resource(&[Topic::Pipeline], move || filter.get(), events);
    let types = live.resource(&[], move || live.tick(), |_| event_types());
    let type_choices = Signal::derive(move || {
        let names = types.get().and_then(Result::ok).unwrap_or_default();
        names
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect::<Vec<_>>()
    });
    let statuses = fixed(EventStatus::ALL.map(|status| (status.name(), status.name())));
    let attempts = fixed([
        ("2", "twice or more"),
        ("3", "3 times or more"),
        ("5", "5 times or more"),
    ]);
    let rare = RARE
        .iter()
        .any(|key| params.read_untracked().get_str(key).is_some());
    let chosen = Chosen::of(move || EventFilter {
        cursor: None,
        ..filter.get()
    });
    view! {
        <PageHeader title="Events" subtitle="What the pipeline does, one event at a time" own_search=true views="/events">
            <ExportLink table="events" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <SearchField label="Record, company or error" name="q" cursor="after" main=true />
                <Settled>
                    <Select label="Type" name="type" cursor="after" any="any type" choices=type_choices />
                </Settled>
                <Select label="Status" name="status" cursor="after" any="any status" choices=statuses />
                <TimeFilter label="Made" keys=&WINDOW />
                <SearchField label="Record id" name="record" cursor="after" />
            </div>
            <details class="more-filters" open=rare>
                <summary>"More filters"</summary>
                <div class="filters">
                    <Select label="Older than" name="older" cursor="after" any="–" choices=fixed(AGES) />
                    <Select label="Tried" name="attempts" cursor="after" any="any number" choices=attempts />
                    <Select label="Dead letter" name="dead" cursor="after" any="any" choices=fixed([("yes", "yes"), ("no", "no")]) />
                    <SearchField label="Worker" name="worker" cursor="after" />
                    <SearchField label="Payload: company_name = Acme" name="payload" cursor="after" />
                </div>
            </details>
            <Chips />
            {unread(&EVENT_READERS)}
            <Loaded resource=rows view=move |page| list(&filter.get_untracked(), chosen, page) />
        </main>
    }
}

/// Parts of the filter that no field shows, which links from elsewhere bring: the batch, and all conditions on the
/// payload but the one in the field.
#[component]
fn Chips() -> impl IntoView {
    let params = use_query();
    move || {
        let params = params.get();
        let conditions = params.iter().filter(|(key, _)| *key == "payload").count();
        let mut passed = 0;
        let chips: Vec<AnyView> = params
            .iter()
            .filter(|(key, value)| {
                passed += usize::from(*key == "payload");
                let further = *key == "payload" && passed < conditions;
                !value.is_empty() && (*key == "batch" || further)
            })
            .map(|(key, value)| {
                let href = without("/events", &params, (key, value));
                let label = format!("Remove the filter {key} {value}");
                view! {
                    <span class="chip">
                        {key.to_owned()} " " <b>{value.to_owned()}</b>
                        <a href=href class="chip-remove" aria-label=label>"×"</a>
                    </span>
                }
                .into_any()
            })
            .collect();
        (!chips.is_empty()).then(|| view! { <p class="chips">{chips}</p> })
    }
}

fn list(filter: &EventFilter, chosen: Chosen, page: Page<EventRow>) -> AnyView {
    let params = use_query();
    if page.rows.is_empty() {
        return nothing(filter);
    }
    let present = params.get_untracked();
    let carried = carry("", &present);
    let found = counted(page.count, "event", "events");
    let may = session::may(Permission::Retry) && EVENT_READERS.unread(&present).is_none();
    let mut headings = vec![
        ("Time", ""),
        ("Event", ""),
        ("Record", ""),
        ("Company", ""),
        ("Status", ""),
        ("Failed attempts", "n"),
        ("What happened", ""),
    ];
    if may {
        headings.insert(0, CHOOSE);
    }
    let ids = page.rows.iter().map(|row| row.id).collect();
    let body = rows(page.rows, key, move |row| {
        line(row, &carried, may.then_some(chosen))
    });
    view! {
        <p class="list-count">{found.clone()}</p>
        {may.then(|| bar(filter, chosen, ids, found))}
        {table("Events", headings, body)}
        <Pager label="Pages of events" next=page.next />
    }
    .into_any()
}

/// What is done with the chosen events, or with all that match.
fn bar(filter: &EventFilter, chosen: Chosen, page: Vec<i64>, found: String) -> AnyView {
    let acts = vec![
        EventAct::Retry,
        EventAct::Cancel,
        EventAct::DeadLetter,
        EventAct::Release,
    ];
    let all = EventSelection::Matching(EventFilter {
        cursor: None,
        ..filter.clone()
    });
    chosen.bar(acts, all, found, page)
}

fn key(row: &EventRow) -> String {
    let EventRow {
        id,
        retry_count,
        processed_at,
        ..
    } = row;
    format!("{id} {} {retry_count} {processed_at:?}", row.status.name())
}

fn line(row: EventRow, carried: &str, chosen: Option<Chosen>) -> AnyView {
    let record = row.record_id.map(|record| {
        let href = link("/events", &Default::default(), &[("record", Some(&record))]);
        let href = format!("{href}{}", carried.replacen('?', "&", 1));
        view! { <a class="mono" href=href title="All events of this record">{record}</a> }
    });
    let happened = match (row.error_message, row.next_attempt_at) {
        (Some(error), Some(at)) if row.status == EventStatus::Pending => {
            view! { <span>{error} " Next attempt " {time::clock(at)}</span> }.into_any()
        }
        (Some(error), _) => error.into_any(),
        (None, _) => match row.processed_at {
            Some(at) => view! { <span>"done " {time::clock(at)}</span> }.into_any(),
            None => ().into_any(),
        },
    };
    let href = format!("{}{carried}", event_path(row.id));
    let choose = chosen.map(
        |chosen| view! { <td data-label="Choose" class="pick">{chosen.checkbox(row.id, &format!("event {}", row.id))}</td> },
    );
    view! {
        <tr>
            {choose}
            <td data-label="Time" class="nowrap">{time::stamp(row.created_at)}</td>
            <th scope="row" data-label="Event" class="mono"><a href=href title=format!("Event {}", row.id)>{row.event_type}</a></th>
            <td data-label="Record">{record}</td>
            <td data-label="Company">{row.company_name.unwrap_or_default()}</td>
            <td data-label="Status">{badge::event_status(row.status)}</td>
            <td data-label="Failed attempts" class="n">{count(i64::from(row.retry_count))}</td>
            <td data-label="What happened" class="message">{happened}</td>
        </tr>
    }
    .into_any()
}

fn nothing(filter: &EventFilter) -> AnyView {
    if *filter == EventFilter::default() {
        return view! {
            <Empty title="No events yet" detail="Every imported company starts with one. Import a CSV file and watch them pass.">
                <ImportLink />
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No event matches" detail="Nothing is in this state at the moment, or the filter is too narrow.">
            <a class="btn" href="/events">"Show all events"</a>
        </Empty>
    }
    .into_any()
}
