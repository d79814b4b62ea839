//! The strongest companies by predicted lead and intent.

use domain::model::overview::SniperTarget;
use leptos::prelude::*;

use crate::{
    parts::{notice::Empty, time},
    query::company_path,
};

pub(super) fn table(targets: Vec<SniperTarget>) -> AnyView {
    if targets.is_empty() {
        return view! {
            <Empty
                title="No sniper targets"
                detail="A company appears here when its PLE score or its BIT intent score is above 0.75. Scores are read from marketing.ple_results and marketing.bit_signals."
            />
        }
        .into_any();
    }
    view! {
        <div class="table-wrap" role="region" aria-label="Sniper targets" tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Company"</th>
                        <th scope="col" class="n">"PLE score"</th>
                        <th scope="col" class="n">"BIT intent"</th>
                        <th scope="col">"Scored"</th>
                        <th scope="col">"Last signal"</th>
                    </tr>
                </thead>
                <tbody>{targets.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn line(target: SniperTarget) -> AnyView {
    let score = |score: Option<f64>| score.map_or("–".to_owned(), |score| format!("{score:.2}"));
    let name = target
        .company_name
        .unwrap_or_else(|| target.company_id.clone());
    view! {
        <tr>
            <th scope="row" data-label="Company">
                <a href=company_path(&target.company_id)>{name}</a>
            </th>
            <td class="n" data-label="PLE score">{score(target.ple_score)}</td>
            <td class="n" data-label="BIT intent">{score(target.bit_intent_score)}</td>
            <td data-label="Scored">{target.ple_updated_at.map(time::stamp)}</td>
            <td data-label="Last signal">{target.last_signal_at.map(time::stamp)}</td>
        </tr>
    }
    .into_any()
}
