//! A chart that was drawn on the server, with what it shows in words and the figures behind it.

use domain::{format::count, model::trends::RunsAt};
use leptos::prelude::*;

use super::{
    table::{Heading, table},
    time,
};

/// `label` says what is drawn and where the figures are; `empty` is shown where there is nothing to draw.
pub(crate) fn chart(svg: String, label: &'static str, empty: &'static str) -> AnyView {
    if svg.is_empty() {
        return view! { <p class="muted">{empty}</p> }.into_any();
    }
    view! { <div class="chart" role="img" aria-label=label inner_html=svg></div> }.into_any()
}

/// The figures of a chart, folded away.
pub(crate) fn behind(label: &'static str, headings: Vec<Heading>, body: AnyView) -> AnyView {
    view! {
        <details>
            <summary>"The figures as a table"</summary>
            {table(label, headings, body)}
        </details>
    }
    .into_any()
}

/// The figures behind a chart of runs over time.
pub(crate) fn behind_runs(label: &'static str, runs: &[RunsAt]) -> AnyView {
    let headings = vec![
        ("From", ""),
        ("OK", "n"),
        ("Errors", "n"),
        ("Time-outs", "n"),
    ];
    let line = |runs: &RunsAt| {
        view! {
            <tr>
                <th scope="row" data-label="From" class="nowrap">{time::utc_stamp(runs.at)}</th>
                <td data-label="OK" class="n">{count(runs.ok)}</td>
                <td data-label="Errors" class="n">{count(runs.errors)}</td>
                <td data-label="Time-outs" class="n">{count(runs.timeouts)}</td>
            </tr>
        }
    };
    behind(
        label,
        headings,
        runs.iter().map(line).collect_view().into_any(),
    )
}
