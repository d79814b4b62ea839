//! The daily throughput: a chart drawn on the server, and the same figures as a table.

use chrono::{Days, NaiveTime};
use domain::{
    event::EventStatus,
    format::{count, duration},
    model::{
        event::EventFilter,
        overview::{DailyThroughput, Overview},
    },
};
use leptos::prelude::*;

use crate::{
    parts::{chart, export::export_icon, loaded::Loaded},
    problem::Problem,
    query::events_path,
};

#[component]
pub(super) fn Throughput(
    figures: Resource<Result<Overview, Problem>>,
    chart: Resource<Result<String, Problem>>,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="throughput">
            <h2 id="throughput">"Throughput" <small>"events per day, 30 days"</small> {export_icon("throughput", "the throughput")}</h2>
            <Loaded resource=chart view=picture />
            <details>
                <summary>"The figures as a table"</summary>
                <Loaded resource=figures view=|figures| table(&figures.throughput) />
            </details>
        </section>
    }
}

fn picture(svg: String) -> AnyView {
    let label = "Events per day over the last 30 days; the table below has the figures";
    chart::chart(svg, label, "No events in the last 30 days.")
}

fn table(days: &[DailyThroughput]) -> AnyView {
    if days.is_empty() {
        return view! { <p class="muted">"No events in the last 30 days."</p> }.into_any();
    }
    let line = |day: &DailyThroughput| {
        let from = day.date.and_time(NaiveTime::MIN).and_utc();
        let made = |n: i64, status: Option<EventStatus>| {
            let href = events_path(&EventFilter {
                status,
                from: Some(from),
                until: from.checked_add_days(Days::new(1)),
                ..EventFilter::default()
            });
            view! { <a href=href>{count(n)}</a> }
        };
        let average = day
            .avg_processing_time_seconds
            .map_or("–".to_owned(), duration);
        view! {
            <tr>
                <th scope="row">{day.date.to_string()}</th>
                <td class="n">{made(day.total_events, None)}</td>
                <td class="n">{made(day.processed_events, Some(EventStatus::Processed))}</td>
                <td class="n">{made(day.failed_events, Some(EventStatus::Failed))}</td>
                <td class="n">{count(day.pending_events)}</td>
                <td class="n">{average}</td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap" role="region" aria-label="Events per day" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        <th scope="col" class="n">"Events"</th>
                        <th scope="col" class="n">"Processed"</th>
                        <th scope="col" class="n">"Failed"</th>
                        <th scope="col" class="n">"Waiting"</th>
                        <th scope="col" class="n">"Average"</th>
                    </tr>
                </thead>
                <tbody>{days.iter().map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
