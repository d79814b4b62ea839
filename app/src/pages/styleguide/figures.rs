//! Figures with what they mean, and pictures of many.

use domain::{
    model::overview::{CardMetric, PhaseBefore, PhaseCard, WorkflowHealth},
    phase::Phase,
};
use leptos::prelude::*;

use super::{minutes_ago, now, wide};
use crate::{
    pages::{
        overview::{cards, health},
        trends::heatmap,
    },
    parts::{chart::chart, sparkline::sparkline},
};

/// Runs of 24 hours.
const DAY: [i64; 24] = [
    3, 4, 2, 0, 0, 1, 6, 18, 40, 52, 61, 58, 37, 44, 66, 71, 64, 48, 30, 22, 14, 9, 7, 5,
];

pub(super) fn figures() -> AnyView {
    let drawn =
        [("chart-wide", 760), ("chart-narrow", 360)].map(|(class, width)| bars(class, width));
    let label = "Runs of each hour of the example: few at night, 71 at most";
    let hours = "Runs per hour of the example: highest 71".to_owned();
    view! {
        {wide("Cards of the phases", view! { <div class="cards">{phases().iter().map(|card| cards::card(card, now())).collect_view()}</div> })}
        {wide("Health of workflows", health::tiles(&workflows(), now()))}
        {wide("A line beside a figure", view! { <div class="spark-large">{sparkline(&DAY, hours)}</div> })}
        {wide("A chart", chart(drawn.concat(), label, NOTHING))}
        {wide("A chart of nothing", chart(String::new(), label, NOTHING))}
        {wide("Hours of the week", heatmap(&week()))}
    }
    .into_any()
}

const NOTHING: &str = "Nothing ran in this time.";

/// In order: better than the day before; too many errors, and a figure that has no source; no run at all; worse than before.
fn phases() -> [PhaseCard; 4] {
    let card = |phase, total_runs: i64, errors: i64| PhaseCard {
        phase,
        total_runs,
        errors,
        error_rate: 100.0 * errors as f64 / f64::max(1.0, total_runs as f64),
        avg_duration: (total_runs > 0).then_some(0.84),
        before: PhaseBefore {
            total_runs: 600,
            error_rate: Some(2.0),
            avg_duration: Some(0.9),
        },
        metrics: Vec::new(),
        runs_per_hour: DAY.to_vec(),
    };
    let metric = |label: &str, value: Option<&str>, reason: Option<&str>| CardMetric {
        label: label.to_owned(),
        value: value.map(str::to_owned),
        reason: reason.map(str::to_owned),
        change: None,
    };
    [
        PhaseCard {
            metrics: vec![
                metric("Companies", Some("5,582"), None),
                metric("Contacts", Some("12,480"), None),
            ],
            ..card(Phase::Enrichment, 662, 4)
        },
        PhaseCard {
            metrics: vec![
                metric("Scored", Some("912"), None),
                metric("Signals", None, Some("No source of signals is connected")),
            ],
            ..card(Phase::Intelligence, 410, 33)
        },
        PhaseCard {
            before: PhaseBefore::default(),
            runs_per_hour: vec![0; 24],
            ..card(Phase::Messaging, 0, 0)
        },
        PhaseCard {
            avg_duration: Some(4.2),
            ..card(Phase::Delivery, 590, 17)
        },
    ]
}

fn workflows() -> [WorkflowHealth; 4] {
    let one = |name: &str, runs: i64, errors: i64, status: &str| WorkflowHealth {
        workflow_name: name.to_owned(),
        total_runs: runs,
        error_count: errors,
        error_rate_pct: 100.0 * errors as f64 / f64::max(1.0, runs as f64),
        avg_duration_sec: (runs > 0).then_some(0.84),
        last_run: (runs > 0).then(|| minutes_ago(2)),
        health_status: status.to_owned(),
    };
    [
        one("Company validation of the example", 120, 0, "healthy"),
        one("People of the example", 80, 6, "warning"),
        one("Addresses of the example", 40, 12, "critical"),
        one("Scores of the example", 0, 0, "idle"),
    ]
}

/// From Monday on: less at the weekend.
fn week() -> Vec<i64> {
    let day = |weekday: i64| DAY.map(|runs| runs / if weekday < 5 { 1 } else { 4 });
    (0..7).flat_map(day).collect()
}

/// A chart such as the server draws, in the style sheet's colours. `class` says on which screens it is shown.
fn bars(class: &str, width: i64) -> String {
    let step = width / DAY.len() as i64;
    let highest = DAY.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = DAY
        .iter()
        .zip(0..)
        .map(|(runs, hour): (&i64, i64)| {
            let (x, bar, height) = (hour * step + 2, step - 4, 140 * runs / highest);
            let y = 150 - height;
            format!(r#"<rect x="{x}" y="{y}" width="{bar}" height="{height}" fill="var(--enrichment-c)"/>"#)
        })
        .collect();
    let noon = 12 * step + 2;
    let hours = format!(r#"<text x="2" y="166">0:00</text><text x="{noon}" y="166">12:00</text>"#);
    let hours = format!(r#"<g font-size="12" fill="var(--muted)">{hours}</g>"#);
    let line = format!(r#"<path d="M0 150h{width}" stroke="var(--line)"/>"#);
    format!(
        r#"<div class="{class}"><svg viewBox="0 0 {width} 170">{bars}{line}{hours}</svg></div>"#
    )
}
