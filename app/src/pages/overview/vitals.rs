//! What happens now, beside what the last 24 h came to: each figure leads to what it counts.

use domain::{
    event::EventStatus,
    format::{count, duration, percent},
    model::{Count, event::EventFilter, overview::Vitals},
};
use leptos::prelude::*;

use super::cards::missing;
use crate::query::events_path;

const NOTHING_RAN: &str = "Nothing ran in the last 24 hours";

pub(super) fn vitals(vitals: &Vitals) -> AnyView {
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
            value: Some(active),
        },
        Figure {
            name: "running",
            label: "Running",
            help: "Events in the hands of a worker or of a workflow outside",
            href: with(EventStatus::Processing, EventFilter::default()),
            value: Some(count(vitals.running)),
        },
        Figure {
            name: "events-5m",
            label: "Events, 5 min",
            help: "Events made in the last five minutes",
            href: events_path(&newer("5m")),
            value: vitals.events_5m.map(counted),
        },
    ];
    let day = [
        Figure {
            name: "events-24h",
            label: "Events",
            help: "Events made in the last 24 hours",
            href: events_path(&newer("1d")),
            value: vitals.events_24h.map(counted),
        },
        Figure {
            name: "success-rate",
            label: "Success rate",
            help: "Runs that neither failed nor timed out; behind it, the events that failed",
            href: with(EventStatus::Failed, newer("1d")),
            value: vitals.success_rate.map(percent),
        },
        Figure {
            name: "latency",
            label: "Avg latency",
            help: "From the making of an event to its end, since yesterday at 0:00 UTC",
            href: "/stages".to_owned(),
            value: vitals.average_latency.map(duration),
        },
        Figure {
            name: "unresolved",
            label: "Unresolved errors",
            help: "What the error console lists",
            href: "#console".to_owned(),
            value: Some(count(vitals.unresolved_errors)),
        },
    ];
    view! {
        <section class="card vitals" aria-label="Now and the last 24 hours">
            <h2>"Now"</h2>
            <dl class="figs">{now.map(figure)}</dl>
            <h2>"24 h"</h2>
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
    value: Option<String>,
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
        Some(value) => view! { <a href=href rel=external>{value}</a> }.into_any(),
        None => missing(NOTHING_RAN),
    };
    view! {
        <div title=help>
            <dt>{label}</dt>
            <dd data-figure=name>{value}</dd>
        </div>
    }
    .into_any()
}

/// A count that ended at its limit says that there are more.
fn counted(found: Count) -> String {
    let more = if found.capped { "+" } else { "" };
    format!("{}{more}", count(found.n))
}
