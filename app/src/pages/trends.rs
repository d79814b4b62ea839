//! What a time came to: runs, errors, durations, the funnel, and when work is done.

use domain::{
    format::{count, duration, percent},
    model::{
        event::EventFilter,
        overview::StripStep,
        run::{RunFilter, RunStatuses},
        trends::{Bucket, DepthAt, TimeRange, Trends, WorkflowTrend},
        window::Window,
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    api::trends::trends,
    live::Live,
    parts::{
        brush::Brush,
        chart::{behind, behind_runs, chart},
        filter::{DayFields, unread},
        header::PageHeader,
        loaded::Loaded,
        table::table,
        time,
    },
    query::{TREND_READERS, TREND_WINDOW, events_path, link, runs_path, time_range, use_query},
};

const PATH: &str = "/trends";
const PRESETS: [(&str, &str); 5] = [
    ("24h", "24 hours"),
    ("48h", "2 days"),
    ("7d", "7 days"),
    ("30d", "30 days"),
    ("90d", "90 days"),
];
const NOTHING: &str = "Nothing ran in this time.";
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Shades of the busiest hour and less.
const SHADES: i64 = 5;

#[component]
pub(crate) fn TrendsPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let range = Memo::new(move |_| time_range(&params.read()));
    let read = live.resource(
        &[],
        move || (range.get(), live.tick()),
        |(range, _)| trends(range),
    );
    view! {
        <PageHeader title="Trends" subtitle="What a time came to, in UTC" views="/trends" />
        <main id="main">
            <div class="filters">
                <nav class="presets" aria-label="Time">{move || presets(range.get())}</nav>
                <DayFields keys=&TREND_WINDOW />
            </div>
            {unread(&TREND_READERS)}
            <Loaded resource=read view=whole />
        </main>
    }
}

fn presets(range: TimeRange) -> AnyView {
    let present = use_query().get();
    let preset = |(span, text): (&'static str, &'static str)| {
        let href = link(PATH, &present, &TREND_WINDOW.up_to_now(Some(span)));
        let chosen = matches!(range, TimeRange::Last(last) if span.parse() == Ok(last));
        view! { <a class="btn small" href=href aria-current=chosen.then_some("true")>{text}</a> }
    };
    PRESETS.map(preset).collect_view().into_any()
}

fn whole(trends: Trends) -> AnyView {
    let Trends {
        from,
        until,
        bucket,
        runs,
        depths,
        workflows,
        activity,
        funnel,
        charts,
    } = trends;
    let unit = match bucket {
        Bucket::Hour => "runs an hour",
        Bucket::Day => "runs a day",
    };
    let time = Window {
        from: Some(from),
        until: Some(until),
        ..Window::default()
    };
    let made = events_path(&EventFilter {
        from: Some(from),
        until: Some(until),
        ..EventFilter::default()
    });
    view! {
        <p class="list-count">
            {time::utc_stamp(from)} " to " {time::utc_stamp(until)} " · "
            <a href=made>"Events made in this time"</a>
        </p>
        <section class="card" aria-labelledby="runs">
            <h2 id="runs">"Runs" <small>{unit}</small></h2>
            <Brush times=runs.iter().map(|runs| runs.at).collect() until=until>
                {chart(charts.runs, "Runs over time by result; the table below has the figures", NOTHING)}
            </Brush>
            <p class="muted small-text brush-hint">"Drag over the chart to look at a part of the time."</p>
            {behind_runs("Runs over time", &runs)}
        </section>
        <div class="grid halves">
            <section class="card" aria-labelledby="rates">
                <h2 id="rates">"Error rate" <small>"percent of the runs"</small></h2>
                {chart(charts.error_rates, "Share of runs that failed or timed out, by workflow; the table below has the figures", NOTHING)}
            </section>
            <section class="card" aria-labelledby="durations">
                <h2 id="durations">"Duration" <small>"milliseconds, of the last 1,000 runs each"</small></h2>
                {chart(charts.durations, "Median and 95th percentile of the durations, by workflow; the table below has the figures", NOTHING)}
            </section>
        </div>
        {(!workflows.is_empty()).then(|| by_workflow(&workflows, time))}
        <section class="card" aria-labelledby="depths">
            <h2 id="depths">"Queue" <small>"events that waited or were in work, one look a minute"</small></h2>
            <Brush times=depths.iter().map(|depth| depth.at).collect() until=until>
                {chart(charts.depths, "Queue over time, the most and the average; the table below has the figures", "No process of the server has looked at the queue in this time.")}
            </Brush>
            {behind("Queue over time", vec![("From", ""), ("Most", "n"), ("Average", "n")], depths.iter().map(depth).collect_view().into_any())}
        </section>
        <div class="grid halves">
            <section class="card" aria-labelledby="funnel">
                <h2 id="funnel">"Funnel" <small>"companies, slots and contacts so far, of all time"</small></h2>
                {chart(charts.funnel, "How far what was imported has come; the table below has the figures", "Nothing has been imported yet.")}
                {behind("Funnel", vec![("Step", ""), ("Came so far", "n"), ("Wait", "n"), ("Failed", "n")], funnel.iter().map(step).collect_view().into_any())}
            </section>
            <section class="card" aria-labelledby="activity">
                <h2 id="activity">"Activity" <small>"runs by weekday and hour"</small></h2>
                {heatmap(&activity)}
            </section>
        </div>
    }
    .into_any()
}

fn depth(depth: &DepthAt) -> AnyView {
    let whole = |value: Option<i64>| value.map_or("–".to_owned(), count);
    view! {
        <tr>
            <th scope="row" data-label="From" class="nowrap">{time::utc_stamp(depth.at)}</th>
            <td data-label="Most" class="n">{whole(depth.most)}</td>
            <td data-label="Average" class="n">{whole(depth.average.map(|average| average.round() as i64))}</td>
        </tr>
    }
    .into_any()
}

fn step(step: &StripStep) -> AnyView {
    view! {
        <tr>
            <th scope="row" data-label="Step">{step.stage.map_or("Import", StageName::title)}</th>
            <td data-label="Came so far" class="n">{count(step.done)}</td>
            <td data-label="Wait" class="n">{count(step.waiting)}</td>
            <td data-label="Failed" class="n">{count(step.failed)}</td>
        </tr>
    }
    .into_any()
}

/// Runs and errors of the time lead to the rows that they count.
fn by_workflow(workflows: &[WorkflowTrend], time: Window) -> AnyView {
    let headings = vec![
        ("Workflow", ""),
        ("Phase", ""),
        ("Runs", "n"),
        ("Errors", "n"),
        ("Error rate", "n"),
        ("Average", "n"),
        ("p50", "n"),
        ("p95", "n"),
    ];
    let line = |one: &WorkflowTrend| {
        let seconds = |value: Option<f64>| value.map_or("–".to_owned(), duration);
        let counted = RunFilter {
            workflow: Some(one.workflow.clone()),
            window: time,
            ..RunFilter::default()
        };
        let all = runs_path(&counted);
        let failed = runs_path(&RunFilter {
            statuses: Some(RunStatuses::Failed),
            ..counted
        });
        view! {
            <tr>
                <th scope="row" data-label="Workflow" class="mono">{one.workflow.clone()}</th>
                <td data-label="Phase">{one.phase.map(|phase| phase.title())}</td>
                <td data-label="Runs" class="n"><a href=all>{count(one.runs)}</a></td>
                <td data-label="Errors" class="n"><a href=failed>{count(one.errors)}</a></td>
                <td data-label="Error rate" class="n">{percent(one.error_rate)}</td>
                <td data-label="Average" class="n">{seconds(one.average)}</td>
                <td data-label="p50" class="n">{seconds(one.p50)}</td>
                <td data-label="p95" class="n">{seconds(one.p95)}</td>
            </tr>
        }
    };
    table(
        "By workflow",
        headings,
        workflows.iter().map(line).collect_view().into_any(),
    )
}

/// Runs by weekday and hour, 7 times 24 counts from Monday 0:00 on.
pub(super) fn heatmap(activity: &[i64]) -> AnyView {
    let most = activity.iter().copied().max().unwrap_or_default();
    if most == 0 {
        return view! { <p class="muted">{NOTHING}</p> }.into_any();
    }
    let heading = |hour: usize| {
        let shown = hour.is_multiple_of(6).then(|| hour.to_string());
        view! { <th scope="col"><span aria-hidden="true">{shown}</span><span class="sr-only">{hour} ":00"</span></th> }
    };
    let day = |(name, hours): (&'static str, &[i64])| {
        let cell = |(hour, n): (usize, &i64)| {
            // Nothing is no shade; anything is at least the lightest.
            let shade = (n * SHADES + most - 1) / most;
            let title = format!("{name} {hour}:00: {} runs", count(*n));
            view! { <td class=format!("heat-{shade}") title=title><span class="sr-only">{count(*n)}</span></td> }
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                {hours.iter().enumerate().map(cell).collect_view()}
            </tr>
        }
    };
    view! {
        <table class="heatmap" aria-label="Runs by weekday and hour in UTC">
            <thead>
                <tr>
                    <td></td>
                    {(0..24).map(heading).collect_view()}
                </tr>
            </thead>
            <tbody>{WEEKDAYS.into_iter().zip(activity.chunks(24)).map(day).collect_view()}</tbody>
        </table>
        <p class="muted small-text">"The darker, the more; the busiest hour had " {count(most)} " runs."</p>
    }
    .into_any()
}
