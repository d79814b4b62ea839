//! One error with all that is known of it.

use domain::{
    model::error::{ErrorDetail, ErrorRow},
    role::Permission,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    Chosen, Task, error_link,
    table::{retryable, since},
};
use crate::{
    api::errors::error_detail,
    parts::{
        badge,
        loaded::loading,
        notice::problem_line,
        table::{fact, json},
        time,
    },
    problem::Problem,
    query, session,
};

#[component]
pub(super) fn Detail(id: i64, task: RwSignal<Option<Task>>) -> impl IntoView {
    let detail = RwSignal::new(None::<Result<ErrorDetail, Problem>>);
    spawn_local(async move {
        let answer = error_detail(id).await;
        let _ = detail.try_set(Some(answer));
    });
    move || match detail.get() {
        None => loading(),
        Some(Err(problem)) => problem_line(problem),
        Some(Ok(detail)) => whole(detail, task),
    }
}

fn whole(detail: ErrorDetail, task: RwSignal<Option<Task>>) -> AnyView {
    let row = detail.row;
    let present = query::use_query().get_untracked();
    let event_error = detail.event_error.filter(|text| *text != row.error_message);
    let since = since(&row);
    let actions = actions(&row, task);
    let address = error_link(row.id, format!("Error {}", row.id));
    let record = row.record_id.map(|record| {
        let href = query::link("/events", &Default::default(), &[("record", Some(&record))]);
        let href = query::carry(&href, &present);
        view! { <a class="mono" href=href on:click=move |_| task.set(None)>{record}</a> }
    });
    let event = row.event_id.map(|id| {
        let href = query::carry(&query::event_path(id), &present);
        view! { <a href=href on:click=move |_| task.set(None)>{id}</a> }
    });
    let company = detail.company_key.map(|key| {
        let href = query::carry(&query::company_path(&key), &present);
        view! { <a href=href on:click=move |_| task.set(None)>"Show the company"</a> }
    });
    let group = {
        let href = query::carry(&query::group_path(&row.group), &present);
        view! { <a href=href on:click=move |_| task.set(None)>"Errors of the same cause"</a> }
    };
    let resolved = detail.resolved_at.map(|at| {
        view! {
            {time::stamp(at)}
            " by "
            {detail.resolved_by.unwrap_or_else(|| "someone".to_owned())}
            {detail.resolution_notes.filter(|note| !note.is_empty()).map(|note| format!(": {note}"))}
        }
    });
    let retried = detail.retried_by.map(|by| format!("{since} (by {by})"));
    let attempts = detail.event_attempts.map(|n| n.to_string());
    view! {
        <p class="error-message">{row.error_message}</p>
        <dl class="facts">
            {fact("Event type", Some(view! { <span class="mono">{row.event_type}</span> }))}
            {fact("Record", record)}
            {fact("Company", company)}
            {fact("Group", Some(group))}
            {fact("Severity", Some(badge::severity(row.severity)))}
            {fact("Time", Some(time::stamp(row.created_at)))}
            {fact("Workflow", row.workflow)}
            {fact("Event", event)}
            {fact("State of the event", row.event_status.map(badge::event_status))}
            {fact("Failed attempts", attempts)}
            {fact("Last error of the event", event_error)}
            {fact("Retry", retried)}
            {fact("Resolved", resolved)}
            {fact("Address", Some(address))}
        </dl>
        {json("Details", detail.error_details)}
        {json("Payload of the event", detail.event_payload)}
        {actions}
    }
    .into_any()
}

fn actions(row: &ErrorRow, task: RwSignal<Option<Task>>) -> AnyView {
    let (retry, resolve) = (Chosen::one(row), Chosen::one(row));
    view! {
        <div class="row end">
            {(retryable(row) && session::may(Permission::Retry))
                .then(|| {
                    view! {
                        <button class="btn" on:click=move |_| task.set(Some(Task::Retry(retry.clone())))>"Retry…"</button>
                    }
                })}
            {(!row.resolved && session::may(Permission::Resolve))
                .then(|| {
                    view! {
                        <button class="btn" on:click=move |_| task.set(Some(Task::Resolve(resolve.clone())))>"Resolve…"</button>
                    }
                })}
            <button class="btn primary" on:click=move |_| task.set(None)>"Close"</button>
        </div>
    }
    .into_any()
}
