//! The four phase cards.

use chrono::{DateTime, Utc};
use domain::{
    format::{count, duration, percent},
    model::{
        overview::{CARD_ERROR_RATE_PERCENT, CardMetric, MetricChange, PhaseCard},
        run::{RunFilter, RunStatuses},
        window::Window,
    },
    phase::Phase,
};
use leptos::prelude::*;

use crate::{
    parts::{
        icon::{BRAIN, DATABASE, MAIL, SEND, icon},
        sparkline, time,
    },
    query::runs_path,
};

const NOTHING_RAN: &str = "Nothing ran in the last 24 hours";

/// The figures are of the 24 hours up to `as_of`.
pub(in crate::pages) fn card(card: &PhaseCard, as_of: DateTime<Utc>) -> AnyView {
    let name = card.phase.name();
    let symbol = match card.phase {
        Phase::Enrichment => DATABASE,
        Phase::Intelligence => BRAIN,
        Phase::Messaging => MAIL,
        Phase::Delivery => SEND,
    };
    view! {
        <article class=format!("card phase phase-{name}") aria-labelledby=format!("card-{name}") data-phase=name>
            <h2 id=format!("card-{name}")>{icon(symbol)} {card.phase.title()} <small>"24 h to " {time::clock(as_of)}</small></h2>
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
    let runs = RunFilter {
        phase: Some(card.phase),
        window: Window {
            newer_than: "24h".parse().ok(),
            ..Window::default()
        },
        ..RunFilter::default()
    };
    let all = runs_path(&runs);
    let rate = match card.total_runs {
        0 => missing(NOTHING_RAN),
        _ => {
            let failed = runs_path(&RunFilter {
                statuses: Some(RunStatuses::Failed),
                ..runs
            });
            view! {
                <a href=failed title="The runs that failed or timed out">
                    {percent(card.error_rate)}
                    {bad.then(|| view! { <span class="sr-only">" (above 5 %)"</span> })}
                </a>
            }
            .into_any()
        }
    };
    view! {
        <dl class="figs">
            <div>
                <dt>"Total Runs"</dt>
                <dd data-figure="total-runs"><a href=all>{count(card.total_runs)}</a></dd>
                {runs_change(card)}
            </div>
            <div>
                <dt>"Error Rate"</dt>
                <dd data-figure="error-rate" class:bad=bad>{rate}</dd>
                {rate_change(card)}
            </div>
            <div>
                <dt>"Avg Duration"</dt>
                <dd data-figure="avg-duration">{average}</dd>
                {duration_change(card)}
            </div>
        </dl>
    }
    .into_any()
}

/// More runs are neither good nor bad.
fn runs_change(card: &PhaseCard) -> Option<AnyView> {
    let before = card.before.total_runs;
    if before == 0 && card.total_runs == 0 {
        return None;
    }
    let text = match before {
        0 => "new".to_owned(),
        _ => change(card.total_runs as f64 / before as f64),
    };
    Some(changed(
        text,
        "",
        format!("{} in the 24 hours before", count(before)),
    ))
}

/// In percentage points; fewer errors are better.
fn rate_change(card: &PhaseCard) -> Option<AnyView> {
    let before = card.before.error_rate.filter(|_| card.total_runs > 0)?;
    let points = card.error_rate - before;
    let text = if points.abs() < 0.05 {
        "±0".to_owned()
    } else {
        format!("{}{:.1} pp", sign(points), points.abs())
    };
    Some(changed(
        text,
        tone(points, 0.05),
        format!("{} in the 24 hours before", percent(before)),
    ))
}

/// Quicker is better.
fn duration_change(card: &PhaseCard) -> Option<AnyView> {
    let (now, before) = (card.avg_duration?, card.before.avg_duration?);
    if before <= 0.0 {
        return None;
    }
    let ratio = now / before;
    Some(changed(
        change(ratio),
        tone(ratio - 1.0, 0.005),
        format!("{} in the 24 hours before", duration(before)),
    ))
}

fn tone(difference: f64, least: f64) -> &'static str {
    match difference {
        more if more > least => "worse",
        less if less < -least => "better",
        _ => "",
    }
}

fn sign(difference: f64) -> &'static str {
    if difference < 0.0 { "−" } else { "+" }
}

/// "+12 %", and "×30" where percents say little.
fn change(ratio: f64) -> String {
    let percents = 100.0 * (ratio - 1.0);
    match percents {
        _ if percents.abs() < 0.5 => "±0 %".to_owned(),
        _ if ratio >= 10.0 => format!("×{}", count(ratio.round() as i64)),
        _ => format!("{}{:.0} %", sign(percents), percents.abs()),
    }
}

/// The difference to the day before; what it was then is said on hover and to the ear.
fn changed(text: String, tone: &'static str, before: String) -> AnyView {
    let title = before.clone();
    view! {
        <dd class=format!("change {tone}") title=title>
            <span class="sr-only">"Change: "</span>
            {text}
            <span class="sr-only">", " {before}</span>
        </dd>
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
                {metric.change.as_ref().map(metric_change)}
            </div>
        }
    };
    view! { <dl class="figs own">{card.metrics.iter().map(figure).collect_view()}</dl> }.into_any()
}

/// Neither good nor bad: what a score is worth, only who uses it can say.
fn metric_change(metric: &MetricChange) -> AnyView {
    match metric {
        MetricChange::Count { now, before } => {
            let text = match (before, now) {
                (0, 0) => "±0".to_owned(),
                (0, _) => "new".to_owned(),
                _ => change(*now as f64 / *before as f64),
            };
            changed(text, "", format!("{} the day before", count(*before)))
        }
        MetricChange::Average { now, before } => {
            let difference = now - before;
            let text = if difference.abs() < 0.005 {
                "±0".to_owned()
            } else {
                format!("{}{:.2}", sign(difference), difference.abs())
            };
            changed(text, "", format!("{before:.2} the day before"))
        }
        MetricChange::Unknown(reason) => {
            view! { <dd class="change">{missing(reason)}</dd> }.into_any()
        }
    }
}

/// A dash that says why there is no value, to the eye on hover and to the ear at once.
pub(super) fn missing(reason: &str) -> AnyView {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_well() {
        let table = [
            (1.0, "±0 %"),
            (1.004, "±0 %"),
            (1.12, "+12 %"),
            (0.5, "−50 %"),
            (0.0, "−100 %"),
            (9.99, "+899 %"),
            (12_480.2, "×12,480"),
        ];
        for (ratio, expected) in table {
            assert_eq!(change(ratio), expected);
        }
    }
}
