//! The panel "n8n Live Errors": executions that failed in n8n, which keeps them itself.

use std::time::Duration;

use domain::model::n8n::{FailedExecutions, N8nExecution};
use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};

use crate::{
    api::n8n::n8n_errors,
    browser,
    live::Live,
    parts::{loaded::Loaded, notice::Empty, time},
};

/// The specification's interval; only while the panel is open and the page is seen.
const REFRESH: Duration = Duration::from_secs(5);

#[component]
pub(super) fn N8nErrors() -> impl IntoView {
    let live = Live::expect();
    let turn = RwSignal::new(0_u64);
    let failed = live.resource(&[], move || (turn.get(), live.asked()), |_| n8n_errors());
    Effect::new(move || {
        let timer = set_interval_with_handle(
            move || {
                if !browser::hidden() && !live.held.get_untracked() {
                    turn.update(|n| *n += 1);
                }
            },
            REFRESH,
        );
        if let Ok(timer) = timer {
            on_cleanup(move || timer.clear());
        }
    });
    view! { <Loaded resource=failed view=panel /> }
}

fn panel(failed: Option<FailedExecutions>) -> AnyView {
    let Some(failed) = failed else {
        return view! {
            <div class="notice">
                <p class="notice-title">"n8n is not configured"</p>
                <p>
                    "Set " <code>"N8N_BASE_URL"</code> " and " <code>"N8N_API_KEY"</code>
                    " and start the server again to see failed executions here. The pipeline's own errors are under Neon Errors."
                </p>
            </div>
        }
        .into_any();
    };
    if failed.rows.is_empty() {
        return view! { <Empty title="No failed executions" detail="n8n is connected and keeps no failed execution." /> }.into_any();
    }
    view! {
        <div class="table-wrap" role="region" aria-label="Failed executions of n8n" tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>
                        <th scope="col">"Workflow"</th>
                        <th scope="col">"Execution"</th>
                        <th scope="col">"Started by"</th>
                        <th scope="col">"Started"</th>
                        <th scope="col">"Failed"</th>
                    </tr>
                </thead>
                <tbody>{failed.rows.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        <p class="as-of">"as of " {time::clock(failed.as_of)}</p>
    }
    .into_any()
}

fn line(row: N8nExecution) -> AnyView {
    let name = format!("Execution {} in n8n", row.id);
    view! {
        <tr>
            <th scope="row" data-label="Workflow">{row.workflow}</th>
            <td data-label="Execution">
                <a href=row.url rel="external noreferrer" target="_blank" aria-label=name>{row.id}</a>
            </td>
            <td data-label="Started by">{row.mode}</td>
            <td data-label="Started" class="nowrap">{row.started_at.map(time::stamp)}</td>
            <td data-label="Failed" class="nowrap">{row.stopped_at.map(time::stamp)}</td>
        </tr>
    }
    .into_any()
}
