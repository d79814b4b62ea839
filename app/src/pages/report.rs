//! The report of a phase: its figures, charts and errors on sheets that can be printed or kept as PDF.

use domain::{
    format::count,
    model::{
        Count,
        error_group::GroupRow,
        overview::StripStep,
        report::{PhaseReport, PhaseRuns, Rest, TopErrors},
    },
    phase::Phase,
    stage::StageName,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    errors::{cause, state_badge},
    not_found::NotFoundPage,
    overview::{cards, health},
};
use crate::{
    api::overview::{phase_report, throughput_chart},
    browser,
    live::Live,
    parts::{
        chart::{behind_runs, chart},
        header::PageHeader,
        icon::{PRINTER, icon},
        loaded::Loaded,
        pager::counted,
        table::table,
        time,
    },
    query::{carry, report_path, use_query},
};

/// Every cause, the most frequent first.
const EVERY_CAUSE: &str = "/errors?state=any&sort=errors";

#[component]
pub(crate) fn ReportPage() -> impl IntoView {
    let params = use_params_map();
    let phase = Memo::new(move |_| Phase::parse(&params.read().get("phase").unwrap_or_default()));
    move || match phase.get() {
        Some(phase) => view! { <Report phase=phase /> }.into_any(),
        None => view! { <NotFoundPage /> }.into_any(),
    }
}

#[component]
fn Report(phase: Phase) -> impl IntoView {
    let live = Live::expect();
    // A sheet to be printed stays as it was read, until somebody asks for another.
    let report = live.resource(&[], || (), move |()| phase_report(phase));
    let throughput = live.resource(&[], || (), |()| throughput_chart());
    view! {
        <PageHeader title=format!("{} report", phase.title()) subtitle="Outreach Command Center">
            <button class="btn primary" on:click=|_| browser::print()>{icon(PRINTER)} "Print or save as PDF"</button>
        </PageHeader>
        <main id="main" class="report">
            <Phases phase=phase />
            <Loaded resource=report view=sheet />
            {(phase == Phase::Enrichment)
                .then(|| {
                    view! {
                        <section class="card" aria-labelledby="throughput">
                            <h2 id="throughput">"Throughput" <small>"events per day, 30 days"</small></h2>
                            <Loaded resource=throughput view=picture />
                        </section>
                    }
                })}
        </main>
    }
}

/// The other phases have reports, too.
#[component]
fn Phases(phase: Phase) -> impl IntoView {
    let present = use_query();
    let entry = move |target: Phase| {
        let href = move || carry(&report_path(target), &present.read());
        view! {
            <a class="chip" href=href aria-current=(target == phase).then_some("page")>{target.title()}</a>
        }
    };
    view! { <nav class="chips" aria-label="Reports">{Phase::ALL.map(entry).collect_view()}</nav> }
}

fn picture(svg: String) -> AnyView {
    let label = "Events per day over the last 30 days; the overview has the figures as a table";
    chart(svg, label, "No events in the last 30 days.")
}

fn sheet(report: PhaseReport) -> AnyView {
    let at = report.as_of.format("%-d %B %Y, %H:%M:%S UTC").to_string();
    let others = !report.other_errors.groups.is_empty();
    view! {
        <p class="report-time">"As of " {at} ". Figures of the last 24 hours, beside the change against the 24 hours before."</p>
        {cards::card(&report.card, report.as_of)}
        {runs(report.runs)}
        {(!report.strip.is_empty()).then(|| steps(report.strip))}
        {(!report.health.is_empty())
            .then(|| {
                view! {
                    <section class="card" aria-labelledby="health">
                        <h2 id="health">"Workflow health" <small>"last hour"</small></h2>
                        {health::tiles(&report.health, report.as_of)}
                    </section>
                }
            })}
        <section aria-labelledby="errors">
            <h2 id="errors">"Top errors" <small>"unresolved, by cause"</small></h2>
            {errors("Top errors", report.errors)}
        </section>
        {(!report.other_health.is_empty())
            .then(|| {
                view! {
                    <section class="card" aria-labelledby="other-health">
                        <h2 id="other-health">"Other workflows" <small>"of no phase, last hour"</small></h2>
                        {health::tiles(&report.other_health, report.as_of)}
                    </section>
                }
            })}
        {others
            .then(|| {
                view! {
                    <section aria-labelledby="other-errors">
                        <h2 id="other-errors">"Other event types" <small>"unresolved errors of no phase, by cause"</small></h2>
                        {errors("Errors of other event types", report.other_errors)}
                    </section>
                }
            })}
    }
    .into_any()
}

fn runs(runs: PhaseRuns) -> AnyView {
    let label = "Runs of this phase over 24 hours by result; the table below has the figures";
    let nothing = "In the last 24 hours no run of this phase ended as OK, as error or as time-out.";
    let figures = (!runs.chart.is_empty()).then(|| behind_runs("Runs of this phase", &runs.hours));
    view! {
        <section class="card" aria-labelledby="runs">
            <h2 id="runs">"Runs" <small>"runs an hour, 24 hours, UTC"</small></h2>
            {chart(runs.chart, label, nothing)}
            {figures}
        </section>
    }
    .into_any()
}

fn steps(strip: Vec<StripStep>) -> AnyView {
    let line = |step: StripStep| {
        view! {
            <tr>
                <th scope="row" data-label="Step">{step.stage.map_or("Imported", StageName::title)}</th>
                <td class="n" data-label="Done">{count(step.done)}</td>
                <td class="n" data-label="Waiting">{count(step.waiting)}</td>
                <td class="n" data-label="In work">{count(step.processing)}</td>
                <td class="n" data-label="Failed">{count(step.failed)}</td>
                <td class="n" data-label="Turned away">{count(step.declined)} " " {step.declined_label}</td>
            </tr>
        }
    };
    let headings = vec![
        ("Step", ""),
        ("Done", "n"),
        ("Waiting", "n"),
        ("In work", "n"),
        ("Failed", "n"),
        ("Turned away", "n"),
    ];
    let rows = strip.into_iter().map(line).collect_view().into_any();
    view! {
        <section aria-labelledby="steps">
            <h2 id="steps">"Steps" <small>"since the first import"</small></h2>
            {table("Steps", headings, rows)}
        </section>
    }
    .into_any()
}

fn errors(label: &'static str, errors: TopErrors) -> AnyView {
    if errors.groups.is_empty() {
        return view! { <p class="muted">"No error of this phase is unresolved."</p> }.into_any();
    }
    let carried = carry("", &use_query().get_untracked());
    let line = |row: GroupRow| {
        view! {
            <tr>
                {cause(&row, &carried)}
                <td data-label="State">{state_badge(row.state)}</td>
                <td data-label="Open" class="n">{count(row.open)}</td>
                <td data-label="Last seen" class="nowrap">{time::stamp(row.last_seen)}</td>
            </tr>
        }
    };
    let headings = vec![
        ("Error", ""),
        ("State", ""),
        ("Open", "n"),
        ("Last seen", ""),
    ];
    let body = errors.groups.into_iter().map(line).collect_view();
    view! {
        {table(label, headings, body.into_any())}
        {(errors.rest.groups > 0).then(|| left_out(errors.rest))}
    }
    .into_any()
}

fn left_out(rest: Rest) -> AnyView {
    let number = |n, one, many| counted(Count { n, capped: false }, one, many);
    let causes = number(rest.groups, "more cause", "more causes");
    let errors = number(rest.errors, "unresolved error", "unresolved errors");
    let all = carry(EVERY_CAUSE, &use_query().get_untracked());
    view! {
        <p class="muted">
            {format!("And {causes} with {errors}; all of them stand under ")} <a href=all>"Errors"</a> "."
        </p>
    }
    .into_any()
}
