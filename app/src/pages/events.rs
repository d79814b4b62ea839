//! Events of the queue, newest first.

use domain::{
    event::EventStatus,
    format::count,
    model::{
        Page,
        event::{EventFilter, EventRow},
        live::Topic,
    },
};
use leptos::prelude::*;

use crate::{
    api::events::{event_types, events},
    live::Live,
    parts::{
        badge,
        filter::{SearchField, Select},
        header::PageHeader,
        import_link::ImportLink,
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        time,
    },
    query::{carry, event_filter, link, use_query},
};

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
    let statuses = EventStatus::ALL
        .map(|status| (status.name().to_owned(), status.name().to_owned()))
        .to_vec();
    view! {
        <PageHeader title="Events" subtitle="What the pipeline does, one event at a time" />
        <main id="main">
            <div class="filters">
                <Settled>
                    <Select label="Type" name="type" cursor="after" any="any type" choices=type_choices />
                </Settled>
                <Select label="Status" name="status" cursor="after" any="any status" choices=Signal::stored(statuses) />
                <SearchField label="Record id" name="record" cursor="after" />
                <BatchChip filter=filter />
            </div>
            <Loaded resource=rows view=move |page| list(&filter.get_untracked(), page) />
        </main>
    }
}

/// The batch comes from links of the import page, and can be taken off here.
#[component]
fn BatchChip(filter: Memo<EventFilter>) -> impl IntoView {
    let params = use_query();
    move || {
        filter.get().batch.map(|batch| {
            let href = link("/events", &params.read(), &[("batch", None), ("after", None)]);
            view! {
                <span class="chip">
                    "batch " <b>{batch}</b> <a href=href class="chip-remove" aria-label="Remove the filter batch">"×"</a>
                </span>
            }
        })
    }
}

fn list(filter: &EventFilter, page: Page<EventRow>) -> AnyView {
    let params = use_query();
    if page.rows.is_empty() {
        return nothing(filter);
    }
    let present = params.get_untracked();
    let newest = filter
        .cursor
        .is_some()
        .then(|| link("/events", &present, &[("after", None)]));
    let older = page
        .next
        .as_deref()
        .map(|next| link("/events", &present, &[("after", Some(next))]));
    let carried = carry("", &present);
    view! {
        <p class="list-count">{counted(page.count, "event", "events")}</p>
        <div class="table-wrap card flush" role="region" aria-label="Events" tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Event type"</th>
                        <th scope="col">"Record"</th>
                        <th scope="col">"Company"</th>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="n">"Failed attempts"</th>
                        <th scope="col">"What happened"</th>
                    </tr>
                </thead>
                <tbody>{rows(page.rows, key, |row| line(row, &carried))}</tbody>
            </table>
        </div>
        <Pager label="Pages of events" newest=newest older=older />
    }
    .into_any()
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

fn line(row: EventRow, carried: &str) -> AnyView {
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
    view! {
        <tr>
            <td data-label="Time" class="nowrap">{time::stamp(row.created_at)}</td>
            <td data-label="Event type" class="mono">{row.event_type}</td>
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
