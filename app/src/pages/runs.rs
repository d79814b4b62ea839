//! Runs of workflows, newest first: what the figures of cards, health and trends count.

use domain::{
    format::duration,
    model::{
        Page,
        live::Topic,
        run::{RunFilter, RunQuery, RunRow, RunStatus, RunStatuses},
    },
    phase::Phase,
};
use leptos::prelude::*;

use crate::{
    api::runs::{run_workflows, runs},
    live::Live,
    parts::{
        badge,
        export::ExportLink,
        filter::{Select, fixed, unread},
        header::PageHeader,
        import_link::ImportLink,
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        table::table,
        time,
        time_filter::TimeFilter,
    },
    query::{RUN_READERS, WINDOW, carry, event_path, run_query, runs_path, use_query},
};

const PATH: &str = "/runs";
const STATUSES: [(&str, &str); 5] = [
    (RunStatuses::Failed.name(), "failed or timed out"),
    (RunStatus::Ok.name(), "ok"),
    (RunStatus::Error.name(), "error"),
    (RunStatus::Timeout.name(), "timeout"),
    (RunStatus::Cancelled.name(), "cancelled"),
];

#[component]
pub(crate) fn RunsPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let query = Memo::new(move |_| run_query(&params.read()));
    let rows = live.resource(&[Topic::Pipeline], move || query.get(), runs);
    let workflows = live.resource(&[], move || live.tick(), |_| run_workflows());
    let workflow_choices = Signal::derive(move || {
        let names = workflows.get().and_then(Result::ok).unwrap_or_default();
        names
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect::<Vec<_>>()
    });
    let phases = fixed(Phase::ALL.map(|phase| (phase.name(), phase.title())));
    view! {
        <PageHeader title="Runs" subtitle="What workflows did, one run at a time" views="/runs">
            <ExportLink table="runs" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <Settled>
                    <Select label="Workflow" name="workflow" cursor="after" any="any workflow" choices=workflow_choices />
                </Settled>
                <Select label="Phase" name="phase" cursor="after" any="any phase" choices=phases />
                <Select label="Status" name="status" cursor="after" any="any status" choices=fixed(STATUSES) />
                <TimeFilter label="Run" keys=&WINDOW />
            </div>
            {unread(&RUN_READERS)}
            <Loaded resource=rows view=move |page| list(&query.get_untracked(), page) />
        </main>
    }
}

fn list(query: &RunQuery, page: Page<RunRow>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(query);
    }
    let carried = carry("", &use_query().get_untracked());
    let headings = vec![
        ("Time", ""),
        ("Workflow", ""),
        ("Phase", ""),
        ("Status", ""),
        ("Duration", "n"),
        ("Message", ""),
        ("Event", ""),
        ("Record", ""),
        ("Batch", ""),
        ("Started by", ""),
    ];
    let body = rows(
        page.rows,
        |row| format!("{} {}", row.id, row.status.name()),
        move |row| line(row, &carried),
    );
    view! {
        <p class="list-count">{counted(page.count, "run", "runs")}</p>
        {table("Runs", headings, body)}
        <Pager label="Pages of runs" next=page.next />
    }
    .into_any()
}

fn line(row: RunRow, carried: &str) -> AnyView {
    let phase = row.phase.map(|name| match Phase::parse(&name) {
        Some(phase) => phase.title().to_owned(),
        None => name,
    });
    let of_workflow = runs_path(&RunFilter {
        workflow: Some(row.workflow.clone()),
        ..RunFilter::default()
    });
    let of_workflow = format!("{of_workflow}{}", carried.replacen('?', "&", 1));
    let event = row.event_id.map(|id| {
        let href = format!("{}{carried}", event_path(id));
        view! { <a class="mono" href=href>{id}</a> }
    });
    view! {
        <tr>
            <td data-label="Time" class="nowrap">{time::stamp(row.created_at)}</td>
            <th scope="row" data-label="Workflow" class="mono"><a href=of_workflow title="All runs of this workflow">{row.workflow}</a></th>
            <td data-label="Phase">{phase}</td>
            <td data-label="Status">{badge::outcome(row.status.name())}</td>
            <td data-label="Duration" class="n">{row.seconds.map(duration)}</td>
            <td data-label="Message" class="message">{row.error_message}</td>
            <td data-label="Event">{event}</td>
            <td data-label="Record" class="mono">{row.record_id}</td>
            <td data-label="Batch">{row.batch_id}</td>
            <td data-label="Started by">{row.triggered_by}</td>
        </tr>
    }
    .into_any()
}

fn nothing(query: &RunQuery) -> AnyView {
    if *query == RunQuery::default() {
        return view! {
            <Empty title="Nothing has run yet" detail="Each attempt of a stage at an event is a run, and a workflow outside adds its own. Import a CSV file and watch them come.">
                <ImportLink />
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No run matches" detail="Choose a longer time, or another workflow, phase or status.">
            <a class="btn" href=PATH>"Show all runs"</a>
        </Empty>
    }
    .into_any()
}
