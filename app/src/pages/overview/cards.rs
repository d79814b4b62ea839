//! The four phase cards.

use domain::{
    format::{count, duration, percent},
    model::overview::{CARD_ERROR_RATE_PERCENT, CardMetric, PhaseCard},
    phase::Phase,
};
use leptos::prelude::*;

use crate::parts::{
    icon::{BRAIN, DATABASE, MAIL, SEND, icon},
    sparkline,
};

const NOTHING_RAN: &str = "Nothing ran in the last 24 hours";

pub(super) fn card(card: &PhaseCard) -> AnyView {
    let name = card.phase.name();
    let symbol = match card.phase {
        Phase::Enrichment => DATABASE,
        Phase::Intelligence => BRAIN,
        Phase::Messaging => MAIL,
        Phase::Delivery => SEND,
    };
    view! {
        <article class=format!("card phase phase-{name}") aria-labelledby=format!("card-{name}") data-phase=name>
            <h2 id=format!("card-{name}")>{icon(symbol)} {card.phase.title()} <small>"24 h"</small></h2>
            {main_figures(card)}
            {own_figures(card)}
            {sparkline(card)}
        </article>
    }
    .into_any()
}

/// The three figures that every phase has.
pub(super) fn main_figures(card: &PhaseCard) -> AnyView {
    let bad = card.error_rate > CARD_ERROR_RATE_PERCENT;
    let average = match card.avg_duration {
        Some(seconds) => duration(seconds).into_any(),
        None => missing(NOTHING_RAN),
    };
    let rate = match card.total_runs {
        0 => missing(NOTHING_RAN),
        _ => percent(card.error_rate).into_any(),
    };
    view! {
        <dl class="figs">
            <div>
                <dt>"Total Runs"</dt>
                <dd data-figure="total-runs">{count(card.total_runs)}</dd>
            </div>
            <div>
                <dt>"Error Rate"</dt>
                <dd data-figure="error-rate" class:bad=bad>
                    {rate}
                    {bad.then(|| view! { <span class="sr-only">" (above 5 %)"</span> })}
                </dd>
            </div>
            <div>
                <dt>"Avg Duration"</dt>
                <dd data-figure="avg-duration">{average}</dd>
            </div>
        </dl>
    }
    .into_any()
}

pub(super) fn own_figures(card: &PhaseCard) -> AnyView {
    if card.metrics.is_empty() {
        return ().into_any();
    }
    let figure = |metric: &CardMetric| {
        let value = match &metric.value {
            Some(value) => value.clone().into_any(),
            None => missing(metric.reason.as_deref().unwrap_or("Not recorded")),
        };
        view! {
            <div>
                <dt>{metric.label.clone()}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! { <dl class="figs own">{card.metrics.iter().map(figure).collect_view()}</dl> }.into_any()
}

/// A dash that says why there is no value, to the eye on hover and to the ear at once.
fn missing(reason: &str) -> AnyView {
    view! {
        <span class="missing" title=reason.to_owned()>
            <span aria-hidden="true">"–"</span>
            <span class="sr-only">{format!("no value: {reason}")}</span>
        </span>
    }
    .into_any()
}

fn sparkline(card: &PhaseCard) -> AnyView {
    let runs = &card.runs_per_hour;
    let highest = runs.iter().copied().max().unwrap_or(0);
    if highest == 0 {
        return view! { <p class="sparkline-none">"No runs in the last 24 hours"</p> }.into_any();
    }
    let text = format!(
        "Runs per hour over the last 24 hours: highest {}, latest {}",
        count(highest),
        count(runs.last().copied().unwrap_or(0))
    );
    sparkline::sparkline(runs, text)
}
