//! The pipeline strip: six steps from import to verified, every number a link to what it counts.

use domain::{
    event::EventStatus,
    format::{age, count, percent},
    model::{
        action::Scope,
        company::{CompanyFilter, CompanyState},
        event::EventFilter,
        overview::{Overview, StripStep},
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    parts::{
        badge::{Tone, age_tone},
        process_now::ProcessNowButton,
    },
    query::{companies_path, events_path},
};

pub(super) fn strip(figures: &Overview) -> AnyView {
    view! {
        <section class="card flow-card" aria-label="Pipeline">
            <ol class="flow">{figures.strip.iter().map(step).collect_view()}</ol>
        </section>
    }
    .into_any()
}

fn step(step: &StripStep) -> AnyView {
    let title = step.stage.map_or("Imported", StageName::title);
    let name = step.stage.map_or("import", StageName::name);
    let tone = age_tone(step.oldest_minutes.filter(|_| step.waiting > 0));
    let class = match tone {
        Tone::Bad => "step critical",
        Tone::Warning => "step warn",
        _ if step.failed > 0 => "step warn",
        _ => "step",
    };
    let oldest = step.oldest_minutes.filter(|_| step.waiting > 0).map(|minutes| {
        let class = if tone == Tone::Good { "age" } else { tone.class() };
        view! { <span class=class title="Age of the oldest waiting event">{age(minutes)}</span> }
    });
    let done = companies_path(&CompanyFilter {
        state: step.stage.map(state_after),
        ..Default::default()
    });
    let through = format!(
        "{title}: {} of what reached it is through",
        percent((step.progress * 100.0).round())
    );
    view! {
        <li class=class data-stage=name>
            <h3>{title} {oldest}</h3>
            <a class="figure" data-figure="done" href=done aria-label=format!("{title}: {} done", count(step.done))>
                {count(step.done)}
            </a>
            <p class="step-line">{queue(step)}</p>
            <p class="step-line">{outcome(step)} {rate(step)}</p>
            <progress class="bar" max="1" value=step.progress.to_string() aria-label=through></progress>
            {step
                .stage
                .map(|stage| {
                    view! {
                        <ProcessNowButton stage=stage scope=Scope::Waiting what="everything that waits" text="Process now…" />
                    }
                })}
        </li>
    }
    .into_any()
}

/// The state that companies have right after the stage.
fn state_after(stage: StageName) -> CompanyState {
    match stage {
        StageName::Validate => CompanyState::Validated,
        StageName::Promote => CompanyState::Promoted,
        StageName::Slots => CompanyState::Slotted,
        StageName::Enrich => CompanyState::Enriched,
        StageName::Verify => CompanyState::Verified,
    }
}

fn events_of(stage: StageName, status: EventStatus) -> String {
    events_path(&EventFilter {
        event_type: Some(stage.consumes().to_owned()),
        status: Some(status),
        ..Default::default()
    })
}

fn queue(step: &StripStep) -> Option<AnyView> {
    let stage = step.stage?;
    let failed = (step.failed > 0).then(|| {
        let href = events_of(stage, EventStatus::Failed);
        view! { " · " <a class="bad" data-figure="failed" href=href>{count(step.failed)} " failed"</a> }
    });
    let href = events_of(stage, EventStatus::Pending);
    Some(
        view! { <a data-figure="waiting" href=href>{count(step.waiting)} " waiting"</a> {failed} }
            .into_any(),
    )
}

/// Only rejected companies have a list of their own; the other outcomes are counted.
fn outcome(step: &StripStep) -> Option<AnyView> {
    if step.declined == 0 || step.declined_label.is_empty() {
        return None;
    }
    let text = format!("{} {}", count(step.declined), step.declined_label);
    Some(match step.stage {
        Some(StageName::Validate) => {
            let href = companies_path(&CompanyFilter {
                state: Some(CompanyState::Rejected),
                ..Default::default()
            });
            view! { <a data-figure="declined" href=href>{text}</a> }.into_any()
        }
        _ => view! { <span data-figure="declined">{text}</span> }.into_any(),
    })
}

fn rate(step: &StripStep) -> Option<String> {
    let glue = if step.declined > 0 { " · " } else { "" };
    match step.rate {
        rate if rate <= 0.0 => None,
        rate if rate < 10.0 => Some(format!("{glue}{rate:.1}/s")),
        rate => Some(format!("{glue}{}/s", count(rate as i64))),
    }
}
