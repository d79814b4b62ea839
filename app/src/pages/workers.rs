//! Processes that work on the queue, and what they hold.

use domain::{
    format::count,
    model::{
        event::EventFilter,
        live::Topic,
        worker::{WorkerRow, Workers},
    },
};
use leptos::prelude::*;

use crate::{
    api::workers::workers,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::ExportLink,
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        table::table,
        time,
    },
    query::{carry, events_path, use_query},
};

#[component]
pub(crate) fn WorkersPage() -> impl IntoView {
    let live = Live::expect();
    let rows = live.resource(&[Topic::Pipeline], move || live.tick(), |_| workers());
    view! {
        <PageHeader title="Workers" subtitle="Processes that work on the queue">
            <ExportLink table="workers" />
        </PageHeader>
        <main id="main">
            <Loaded resource=rows view=list />
        </main>
    }
}

fn list(workers: Workers) -> AnyView {
    if workers.rows.is_empty() {
        return view! {
            <Empty
                title="No worker is running"
                detail="Events wait until a process works on them: start one with “server worker”, or “server all” for pages and work together."
            />
        }
        .into_any();
    }
    let now = workers.as_of;
    let carried = carry("", &use_query().get_untracked());
    let headings = vec![
        ("Worker", ""),
        ("State", ""),
        ("Host", ""),
        ("Process", "n"),
        ("Leases", "n"),
        ("Oldest lease", ""),
        ("Last heartbeat", ""),
        ("Started", ""),
    ];
    let alive = workers.rows.iter().filter(|row| row.alive).count();
    let total = workers.rows.len();
    // Not kept by key: how long ago something was changes with every reading, and each row stays in its place.
    let line = |row: WorkerRow| {
        let filter = EventFilter {
            worker: Some(row.worker_id.clone()),
            ..Default::default()
        };
        let href = format!("{}{}", events_path(&filter), carried.replacen('?', "&", 1));
        let state = if row.alive {
            badge(Tone::Good, "alive")
        } else {
            badge(Tone::Bad, "silent")
        };
        view! {
            <tr>
                <th scope="row" data-label="Worker" class="mono"><a href=href title="Its events">{row.worker_id}</a></th>
                <td data-label="State">{state}</td>
                <td data-label="Host">{row.host.unwrap_or_default()}</td>
                <td data-label="Process" class="n">{row.pid}</td>
                <td data-label="Leases" class="n">{count(row.leases)}</td>
                <td data-label="Oldest lease" class="nowrap">{row.oldest_lease.map(|at| time::ago(now, at))}</td>
                <td data-label="Last heartbeat" class="nowrap">{time::ago(now, row.heartbeat_at)}</td>
                <td data-label="Started" class="nowrap">{time::ago(now, row.started_at)}</td>
            </tr>
        }
    };
    let body = workers.rows.into_iter().map(line).collect_view().into_any();
    view! {
        <p class="list-count">{format!("{alive} of {total} alive, as of ")} {time::clock(now)}</p>
        {table("Workers", headings, body)}
        <p class="muted">
            "A stage whose effects are all in the database holds no lease: its events are locked until its transaction ends. "
            "The leases of a silent worker come back within 5 seconds."
        </p>
    }
    .into_any()
}
