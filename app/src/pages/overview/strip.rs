//! The pipeline strip: six steps from import to verified, every number a link to what it counts.

use domain::{
    event::EventStatus,
    format::{age, count, percent},
    model::{
        action::Scope,
        company::{CompanyFilter, CompanyState},
        contact::{ContactFilter, EnrichmentStatus},
        event::EventFilter,
        overview::{Overview, StripStep},
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    hydration::apart,
    parts::{
        badge::{Tone, age_tone},
        process_now::ProcessNowButton,
    },
    query::{companies_path, contacts_path, events_path},
};

pub(super) fn strip(figures: &Overview) -> AnyView {
    let (steps, demo) = (figures.strip.clone().into_iter(), figures.demo);
    view! {
        <section class="card flow-card" aria-label="Pipeline">
            <ol class="flow">
                {steps.map(|one| apart(move || step(&one, demo))).collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

fn step(step: &StripStep, demo: bool) -> AnyView {
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
    let through = format!(
        "{title}: {} of what reached it is through",
        percent((step.progress * 100.0).round())
    );
    view! {
        <li class=class data-stage=name>
            <h3>{title} {oldest}</h3>
            {figure(step)}
            <p class="step-line">{queue(step)}</p>
            <p class="step-line">{outcome(step)} {rate(step)}</p>
            {step
                .stage
                .filter(|stage| !demo && stage.calls_out())
                .map(|_| {
                    view! {
                        <p class="step-line" title="No provider is set up here: a workflow in n8n takes these events">
                            "left to n8n"
                        </p>
                    }
                })}
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

/// What the step has made. Companies and people have a list, which the number leads to. What was imported is listed
/// together with companies that came by another way; slots are listed with their companies, and so are addresses: each
/// verification counts, and a contact may have several.
fn figure(step: &StripStep) -> AnyView {
    let n = count(step.done);
    let (reached, unit) = match step.stage {
        None => (None, "companies"),
        Some(StageName::Validate) => (Some(CompanyState::Validated), "companies"),
        Some(StageName::Promote) => (Some(CompanyState::Promoted), "companies"),
        Some(StageName::Slots) => (Some(CompanyState::Slotted), "slots"),
        Some(StageName::Enrich) => (None, "people"),
        Some(StageName::Verify) => (Some(CompanyState::Verified), "addresses"),
    };
    let href = if step.stage == Some(StageName::Enrich) {
        contacts_path(&ContactFilter {
            status: Some(EnrichmentStatus::Completed),
            ..Default::default()
        })
    } else {
        companies_path(&CompanyFilter {
            reached,
            ..Default::default()
        })
    };
    let is_list = unit == "people" || (unit == "companies" && step.stage.is_some());
    if is_list {
        return view! {
            <p class="step-figure">
                <a class="figure" data-figure="done" href=href>{n}</a> " " <span class="unit">{unit}</span>
            </p>
        }
        .into_any();
    }
    let listed = match step.stage {
        None => "All companies, also those that were not imported",
        Some(_) => "The companies that they belong to",
    };
    view! {
        <p class="step-figure">
            <span class="figure" data-figure="done">{n}</span> " "
            <a class="unit" href=href title=listed>{unit}</a>
        </p>
    }
    .into_any()
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
    let processing = (step.processing > 0).then(|| {
        let href = events_of(stage, EventStatus::Processing);
        view! { " · " <a data-figure="processing" href=href>{count(step.processing)} " in work"</a> }
    });
    let href = events_of(stage, EventStatus::Pending);
    Some(
        view! { <a data-figure="waiting" href=href>{count(step.waiting)} " waiting"</a> {processing} {failed} }
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
