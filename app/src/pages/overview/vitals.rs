//! What happens now, beside what the last 24 h came to: each figure leads to what it counts.

use chrono::{DateTime, Utc};
use domain::{
    event::EventStatus,
    format::{count, duration, percent},
    model::{
        Count,
        event::EventFilter,
        overview::{EventCounts, Vitals},
    },
};
use leptos::prelude::*;

use super::cards::missing;
use crate::{
    parts::{pager::number, time},
    problem::Problem,
    query::events_path,
};

const NOTHING_RAN: &str = "Nothing ran in the last 24 hours";
const NOT_COUNTED: &str = "Counting took too long; the list behind it may be filtered";

/// Read more seldom than the other figures, since it takes longer.
pub(super) type Counted = Resource<Result<EventCounts, Problem>>;

pub(super) fn vitals(vitals: &Vitals, counted: Counted, as_of: DateTime<Utc>) -> AnyView {
    let newer = |span: &str| EventFilter {
        newer_than: span.parse().ok(),
        ..EventFilter::default()
    };
    let with = |status, filter: EventFilter| {
        events_path(&EventFilter {
            status: Some(status),
            ..filter
        })
    };
    let active = format!("{} of {}", vitals.active_stages, vitals.stages);
    let now = [
        Figure {
            name: "active-stages",
            label: "Active workflows",
            help: "Stages of the pipeline that are not paused",
            href: "/stages".to_owned(),
            value: Value::Known(Some(active)),
        },
        Figure {
            name: "running",
            label: "Running",
            help: "Events in the hands of a worker or of a workflow outside",
            href: with(EventStatus::Processing, EventFilter::default()),
            value: Value::Known(Some(count(vitals.running))),
        },
        Figure {
            name: "events-5m",
            label: "Events, 5 min",
            help: "Events made in the last five minutes",
            href: events_path(&newer("5m")),
            value: Value::Counted(counted, |counts| counts.five_minutes),
        },
    ];
    let day = [
        Figure {
            name: "events-24h",
            label: "Events",
            help: "Events made in the last 24 hours",
            href: events_path(&newer("1d")),
            value: Value::Counted(counted, |counts| counts.day),
        },
        Figure {
            name: "success-rate",
            label: "Success rate",
            help: "Runs that neither failed nor timed out; behind it, the events that failed",
            href: with(EventStatus::Failed, newer("1d")),
            value: Value::Known(vitals.success_rate.map(percent)),
        },
        Figure {
            name: "latency",
            label: "Avg latency since yesterday",
            help: "From the making of an event to its end, since yesterday at 0:00 UTC",
            href: "/stages".to_owned(),
            value: Value::Known(vitals.average_latency.map(duration)),
        },
        Figure {
            name: "unresolved",
            label: "Unresolved errors",
            help: "What the error console lists",
            href: "#console".to_owned(),
            value: Value::Known(Some(count(vitals.unresolved_errors))),
        },
    ];
    view! {
        <section class="card vitals" aria-label="Now and the last 24 hours">
            <h2>"Now" <small>"at " {time::clock(as_of)}</small></h2>
            <dl class="figs">{now.map(figure)}</dl>
            <h2>"24 h" <small>"to " {time::clock(as_of)}</small></h2>
            <dl class="figs">{day.map(figure)}</dl>
        </section>
    }
    .into_any()
}

struct Figure {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    href: String,
    value: Value,
}

enum Value {
    Known(Option<String>),
    Counted(Counted, fn(EventCounts) -> Option<Count>),
}

fn figure(figure: Figure) -> AnyView {
    let Figure {
        name,
        label,
        help,
        href,
        value,
    } = figure;
    let external = href.starts_with('#').then_some("external");
    let value = match value {
        Value::Known(Some(value)) => view! { <a href=href rel=external>{value}</a> }.into_any(),
        Value::Known(None) => missing(NOTHING_RAN),
        Value::Counted(counts, which) => {
            let shown = move || {
                let found = counts.get()?.ok().and_then(which);
                Some(match found {
                    Some(found) => view! { <a href=href.clone()>{number(found)}</a> }.into_any(),
                    None => missing(NOT_COUNTED),
                })
            };
            // Within the boundary of the other figures: one of its own inside that one cannot be hydrated.
            shown.into_any()
        }
    };
    view! {
        <div title=help>
            <dt>{label}</dt>
            <dd data-figure=name>{value}</dd>
        </div>
    }
    .into_any()
}
