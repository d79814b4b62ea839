//! Workflow health of the last hour, a grid of states.

use chrono::{DateTime, Utc};
use domain::{
    format::{count, duration, percent},
    model::{
        overview::{Overview, WorkflowHealth},
        run::{RunFilter, RunStatuses},
        window::Window,
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    parts::{
        badge::{Tone, badge},
        time,
    },
    query::runs_path,
};

pub(super) fn health(figures: &Overview) -> AnyView {
    if figures.health.is_empty() {
        return view! { <p class="muted">"No workflow has run yet."</p> }.into_any();
    }
    tiles(&figures.health, figures.as_of)
}

pub(in crate::pages) fn tiles(rows: &[WorkflowHealth], now: DateTime<Utc>) -> AnyView {
    let tile = |row: &WorkflowHealth| {
        let (tone, known) = tone(&row.health_status);
        let name = match StageName::of_workflow(&row.workflow_name) {
            Some(stage) => stage.title().to_owned(),
            None => row.workflow_name.clone(),
        };
        let average = row
            .avg_duration_sec
            .map(|seconds| format!(" · {}", duration(seconds)));
        view! {
            <li class=format!("tile {known}") title=row.workflow_name.clone() data-health=row.health_status.clone()>
                <p class="tile-name"><b>{name}</b> {badge(tone, row.health_status.clone())}</p>
                <p class="muted">{figures(row)} {average} {row.last_run.map(|at| view! { " · " {time::ago(now, at)} })}</p>
            </li>
        }
    };
    view! { <ul class="health">{rows.iter().map(tile).collect_view()}</ul> }.into_any()
}

/// Each leads to the runs that it counts.
fn figures(row: &WorkflowHealth) -> AnyView {
    let runs = match row.total_runs {
        0 => return "no run in the last hour".into_any(),
        1 => "1 run".to_owned(),
        n => format!("{} runs", count(n)),
    };
    let counted = RunFilter {
        workflow: Some(row.workflow_name.clone()),
        window: Window {
            newer_than: "1h".parse().ok(),
            ..Window::default()
        },
        ..RunFilter::default()
    };
    let all = runs_path(&counted);
    let failed = runs_path(&RunFilter {
        statuses: Some(RunStatuses::Failed),
        ..counted
    });
    view! {
        <a href=all>{runs}</a>
        " · "
        <a href=failed title="The runs that failed or timed out">{percent(row.error_rate_pct)}</a>
    }
    .into_any()
}

fn tone(status: &str) -> (Tone, &'static str) {
    match status {
        "healthy" => (Tone::Good, "healthy"),
        "warning" => (Tone::Warning, "warning"),
        "critical" => (Tone::Bad, "critical"),
        _ => (Tone::Quiet, "idle"),
    }
}
