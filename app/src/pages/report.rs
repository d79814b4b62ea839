//! The report of a phase: its figures, charts and errors on sheets that can be printed or kept as PDF.

use domain::{
    format::count,
    model::{
        error::{ErrorFilter, ErrorGroup, ErrorQuery},
        overview::{PhaseReport, StripStep},
    },
    phase::Phase,
    stage::StageName,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    not_found::NotFoundPage,
    overview::{cards, health},
};
use crate::{
    api::overview::{phase_report, throughput_chart},
    browser,
    live::Live,
    parts::{
        badge, chart,
        header::PageHeader,
        icon::{PRINTER, icon},
        loaded::Loaded,
        table::table,
        time,
    },
    query::{carry, errors_path, report_path, use_query},
};

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
    let chart = live.resource(&[], || (), |()| throughput_chart());
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
                            <Loaded resource=chart view=picture />
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
    chart::chart(svg, label, "No events in the last 30 days.")
}

fn sheet(report: PhaseReport) -> AnyView {
    let at = report.as_of.format("%-d %B %Y, %H:%M:%S UTC").to_string();
    view! {
        <p class="report-time">"As of " {at} ". Figures of the last 24 hours, beside the change against the 24 hours before."</p>
        {cards::card(&report.card, report.as_of)}
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
            <h2 id="errors">"Top errors" <small>"unresolved"</small></h2>
            {errors(report.errors)}
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

fn errors(groups: Vec<ErrorGroup>) -> AnyView {
    if groups.is_empty() {
        return view! { <p class="muted">"No error of this phase is unresolved."</p> }.into_any();
    }
    let line = |group: ErrorGroup| {
        let href = errors_path(
            "/",
            &ErrorQuery {
                filter: ErrorFilter {
                    event_type: Some(group.event_type.clone()),
                    severity: Some(group.severity),
                    resolved: Some(false),
                    ..ErrorFilter::default()
                },
                ..ErrorQuery::default()
            },
        );
        view! {
            <tr>
                <th scope="row" class="mono" data-label="Event"><a href=href>{group.event_type}</a></th>
                <td data-label="Severity">{badge::severity(group.severity)}</td>
                <td class="n" data-label="Errors">{count(group.count)}</td>
                <td class="nowrap" data-label="Latest">{time::stamp(group.latest)}</td>
                <td class="message" data-label="Newest message">{group.message}</td>
            </tr>
        }
    };
    let headings = vec![
        ("Event", ""),
        ("Severity", ""),
        ("Errors", "n"),
        ("Latest", ""),
        ("Newest message", ""),
    ];
    table(
        "Top errors",
        headings,
        groups.into_iter().map(line).collect_view().into_any(),
    )
}
