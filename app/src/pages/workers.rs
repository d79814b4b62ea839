//! Processes that work on the queue, and what they hold.

use domain::{
    format::count,
    model::{
        event::EventFilter,
        live::Topic,
        worker::{WorkerRow, WorkerState, Workers},
    },
};
use leptos::prelude::*;

use crate::{
    api::workers::workers,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::ExportLink,
        filter::{Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        table::table,
        time,
    },
    query::{WORKER_READERS, carry, events_path, use_query, worker_state},
};

const PATH: &str = "/workers";

#[component]
pub(crate) fn WorkersPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let state = Memo::new(move |_| worker_state(&params.read()));
    let rows = live.resource(&[Topic::Pipeline], move || live.tick(), |_| workers());
    let states = fixed(WorkerState::ALL.map(|state| (state.name(), state.name())));
    view! {
        <PageHeader title="Workers" subtitle="Processes that work on the queue">
            <ExportLink table="workers" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
            </div>
            {unread(&WORKER_READERS)}
            <Loaded resource=rows view=move |workers| list(state.get(), workers) />
        </main>
    }
}

fn list(state: Option<WorkerState>, workers: Workers) -> AnyView {
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
        let tone = match row.state() {
            WorkerState::Alive => Tone::Good,
            WorkerState::Silent => Tone::Bad,
        };
        let state = badge(tone, row.state().name());
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
    let shown = workers
        .rows
        .into_iter()
        .filter(|row| state.is_none_or(|state| row.state() == state));
    let lines: Vec<_> = shown.map(line).collect();
    if lines.is_empty() {
        return view! {
            <Empty title="No worker matches" detail="None is in this state.">
                <a class="btn" href=PATH>"Show all workers"</a>
            </Empty>
        }
        .into_any();
    }
    let body = lines.into_any();
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
