//! One event: where it came from, every attempt at it, what its work wrote and the events that it made.

use domain::{
    event::EventStatus,
    format::duration,
    model::{
        bulk::{EventAct, EventSelection, PayloadEdit},
        event_detail::{
            Attempt, EventDetail, EventError, EventLink, ExternalCall, RefusedEffect, WrittenRow,
        },
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::{bulk::settle_unknown_call, events::event_detail},
    console::error_link,
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge,
        bulk::{BulkTarget, act_button},
        header::PageHeader,
        loaded::Loaded,
        table::{fact, json, table},
        time,
    },
    problem::Problem,
    query::{Params, carry, event_path, import_path, lineage_path, link, use_query},
};

#[component]
pub(crate) fn EventPage() -> impl IntoView {
    let live = Live::expect();
    let (params, present) = (use_params_map(), use_query());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let detail = live.resource(
        &[Topic::Pipeline, Topic::Errors],
        move || id.get(),
        async |id: String| match id.parse() {
            Ok(id) => event_detail(id).await,
            Err(_) => Err(Problem::not_found("event", &id)),
        },
    );
    view! {
        <PageHeader title="Event" subtitle="From the row that caused it to what it caused" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry("/events", &present.read())>"Events"</a></nav>
            <Loaded resource=detail view=whole />
        </main>
    }
}

fn whole(detail: EventDetail) -> AnyView {
    let present = use_query().get_untracked();
    let id = detail.row.id;
    let title = format!("Event {id}");
    view! {
        <Title text=title.clone() />
        <section class="card" aria-labelledby="event-title">
            <div class="company-head">
                <h2 id="event-title">{title} " " <span class="mono">{detail.row.event_type.clone()}</span></h2>
                {badge::event_status(detail.row.status)}
                <span class="grow"></span>
                <span class="row">{actions(&detail)}</span>
            </div>
            {standing(&detail)}
            {facts(&detail, &present)}
        </section>
        <section>
            <h2>"Attempts"</h2>
            {attempts(detail.attempts, detail.row.status)}
        </section>
        {refused(detail.refused)}
        {calls(id, detail.calls)}
        {errors(detail.errors)}
        {wrote(detail.wrote, &present)}
        {made(detail.made, &present)}
        <section class="card">{json("Payload", Some(detail.payload))}</section>
    }
    .into_any()
}

fn actions(detail: &EventDetail) -> AnyView {
    let id = detail.row.id;
    let button = |act: EventAct| {
        act_button(BulkTarget {
            act,
            selection: EventSelection::Ids(vec![id]),
            what: format!("event {id}"),
        })
    };
    // A new event would call again, under another key.
    if detail.calls.iter().any(|call| call.state == "unknown") {
        return ().into_any();
    }
    let payload = detail.payload.as_object().cloned().unwrap_or_default();
    let requeue = || button(EventAct::Requeue(PayloadEdit::Replace(payload)));
    match detail.row.status {
        EventStatus::Pending => {
            view! { {button(EventAct::Cancel)} {button(EventAct::DeadLetter)} {requeue()} }
                .into_any()
        }
        EventStatus::Processing => button(EventAct::Release).into_any(),
        EventStatus::Processed => requeue().into_any(),
        EventStatus::Failed if detail.dead_letter.is_some() => {
            view! { {button(EventAct::Retry)} {requeue()} {button(EventAct::Purge)} }.into_any()
        }
        EventStatus::Failed => {
            view! { {button(EventAct::Retry)} {requeue()} {button(EventAct::DeadLetter)} }
                .into_any()
        }
        EventStatus::Cancelled => view! { {button(EventAct::Retry)} {requeue()} }.into_any(),
    }
}

/// Who holds it, why it is dead, what it waits for.
fn standing(detail: &EventDetail) -> AnyView {
    let row = &detail.row;
    let dead = detail.dead_letter.as_ref().map(|dead| {
        view! {
            <div class="notice bad">
                <p class="notice-title">"Dead letter: nothing tries it again by itself"</p>
                <p>{dead.reason.clone()} " (" {dead.moved_by.clone()} ", " {time::stamp(dead.moved_at)} ")"</p>
            </div>
        }
    });
    let lease = detail.lease.as_ref().map(|lease| {
        let who = lease
            .worker
            .clone()
            .unwrap_or_else(|| "somebody outside".to_owned());
        let beat = match lease.heartbeat_at {
            Some(at) => view! { ", last sign of life " {time::clock(at)} }.into_any(),
            None => ().into_any(),
        };
        view! {
            <p class="banner">
                "In the hands of " <b class="mono">{who}</b> {lease.since.map(|at| view! { " since " {time::clock(at)} })} {beat}
            </p>
        }
    });
    let message = row
        .error_message
        .clone()
        .filter(|_| dead.is_none())
        .map(|message| {
            let next = row
                .next_attempt_at
                .filter(|_| row.status == EventStatus::Pending)
                .map(|at| view! { " Next attempt " {time::clock(at)} });
            view! { <p class="error-message">{message} {next}</p> }
        });
    view! { {dead} {lease} {message} }.into_any()
}

fn facts(detail: &EventDetail, present: &Params) -> AnyView {
    let row = &detail.row;
    let to = |path: String| carry(&path, present);
    let record = row.record_id.clone().map(|record| {
        let href = to(link(
            "/events",
            &Default::default(),
            &[("record", Some(&record))],
        ));
        view! { <a class="mono" href=href title="All events of this record">{record}</a> }
    });
    let batch = row.batch_id.clone().map(|batch| {
        let href = to(import_path(&batch));
        view! { <a href=href>{batch}</a> }
    });
    let chain = to(lineage_path(&format!("event:{}", row.id)));
    let origin = &detail.origin;
    let source = origin
        .source_table
        .clone()
        .map(|table| match &origin.trigger {
            Some(trigger) => format!("{table}, trigger {trigger}"),
            None => table,
        });
    let source = source.or_else(|| origin.by_hand.then(|| "made by hand".to_owned()));
    let attempts = detail.max_attempts.map(|n| n.to_string());
    let action = detail.action.as_ref().map(|action| {
        let href = to(format!("/actions/{}", action.id));
        view! { <a href=href>{action.title.clone()}</a> " by " {action.requested_by.clone()} }
    });
    let event = |event: &EventLink| {
        let href = to(event_path(event.id));
        view! { <a href=href>{event.id}</a> " " <span class="mono">{event.event_type.clone()}</span> " " }
    };
    let repeated = (!detail.repeated_by.is_empty())
        .then(|| detail.repeated_by.iter().map(event).collect_view());
    view! {
        <dl class="facts">
            {fact("Company", row.company_name.clone())}
            {fact("Record", record)}
            {fact("Lineage", Some(view! { <a href=chain>"From the import to the last effect"</a> }))}
            {fact("Batch", batch)}
            {fact("Made by", source)}
            {fact("Caused by", detail.caused_by.as_ref().map(event))}
            {fact("Repeats", detail.repeats.as_ref().map(event))}
            {fact("Repeated by", repeated)}
            {fact("Last action on it", action)}
            {fact("Failures before it is given up", attempts)}
            {fact("Made", Some(time::stamp(row.created_at)))}
            {fact("Done", row.processed_at.map(time::stamp))}
            {fact("Correlation", detail.correlation_id.clone().map(|id| view! { <span class="mono">{id}</span> }))}
        </dl>
    }
    .into_any()
}

fn attempts(attempts: Vec<Attempt>, status: EventStatus) -> AnyView {
    if attempts.is_empty() {
        let text = match status {
            EventStatus::Pending => "Nobody has tried it yet: it waits for its stage.",
            _ => "No attempt is on record. Runs leave the log with their retention.",
        };
        return view! { <p class="muted">{text}</p> }.into_any();
    }
    let line = |attempt: Attempt| {
        let number = attempt
            .number
            .map_or_else(|| "–".to_owned(), |n| n.to_string());
        view! {
            <tr>
                <th scope="row" data-label="Attempt" class="n">{number}</th>
                <td data-label="Outcome">{badge::outcome(&attempt.outcome)}</td>
                <td data-label="Workflow">{attempt.workflow}</td>
                <td data-label="Worker" class="mono clip">{attempt.worker.unwrap_or_default()}</td>
                <td data-label="Started" class="nowrap">{time::stamp(attempt.started_at)}</td>
                <td data-label="Duration" class="n">{attempt.duration_seconds.map(duration)}</td>
                <td data-label="Error" class="message">{attempt.error_message.unwrap_or_default()}</td>
                <td data-label="Next attempt" class="nowrap">{attempt.next_attempt_at.map(time::clock)}</td>
            </tr>
        }
    };
    let headings = vec![
        ("Attempt", "n"),
        ("Outcome", ""),
        ("Workflow", ""),
        ("Worker", ""),
        ("Started", ""),
        ("Duration", "n"),
        ("Error", ""),
        ("Next attempt", ""),
    ];
    let body = attempts.into_iter().map(line).collect_view().into_any();
    table("Attempts", headings, body)
}

fn refused(refused: Vec<RefusedEffect>) -> Option<AnyView> {
    let line = |one: RefusedEffect| {
        view! { <li>{one.stage} ", by " <span class="mono">{one.worker}</span> ", " {time::stamp(one.at)}</li> }
    };
    (!refused.is_empty()).then(|| {
        view! {
            <section class="card">
                <h2>"Second effects that were refused"</h2>
                <ul>{refused.into_iter().map(line).collect_view()}</ul>
            </section>
        }
        .into_any()
    })
}

fn calls(event: i64, calls: Vec<ExternalCall>) -> Option<AnyView> {
    if calls.is_empty() {
        return None;
    }
    let unknown = calls.iter().any(|call| call.state == "unknown");
    let line = |call: ExternalCall| {
        view! {
            <tr>
                <th scope="row" data-label="Idempotency key" class="mono clip">{call.idempotency_key}</th>
                <td data-label="State">{badge::outcome(&call.state)}</td>
                <td data-label="Lease" class="n">{call.attempt}</td>
                <td data-label="Worker" class="mono clip">{call.worker}</td>
                <td data-label="Intended" class="nowrap">{time::stamp(call.intended_at)}</td>
                <td data-label="Outcome" class="nowrap">{call.outcome_at.map(time::stamp)}</td>
                <td data-label="Message" class="message">{call.message.unwrap_or_default()}</td>
            </tr>
        }
    };
    let headings = vec![
        ("Idempotency key", ""),
        ("State", ""),
        ("Lease", "n"),
        ("Worker", ""),
        ("Intended", ""),
        ("Outcome", ""),
        ("Message", ""),
    ];
    let body = calls.into_iter().map(line).collect_view().into_any();
    Some(
        view! {
            <section>
                <h2>"Calls to providers"</h2>
                {unknown.then(|| decide(event))}
                {table("Calls to providers", headings, body)}
            </section>
        }
        .into_any(),
    )
}

/// Only a person can find out whether a call happened whose answer never came.
fn decide(event: i64) -> AnyView {
    let settle = |happened: bool, title: &'static str, text: &'static str| {
        let question = Question::new(title, text, title, move |_| async move {
            settle_unknown_call(event, happened).await?;
            Ok("The decision is recorded".to_owned())
        });
        ask_button(
            if happened {
                "It happened…"
            } else {
                "It did not happen…"
            },
            format!("{title} (event {event})"),
            Permission::Retry,
            question,
        )
    };
    view! {
        <div class="notice bad">
            <p class="notice-title">"Nobody knows whether the call happened"</p>
            <p>"It is not repeated by itself. Look it up at the provider by its idempotency key, then say which it is."</p>
            <div class="row">
                {settle(true, "The call happened", "The event is finished without asking the provider again.")}
                {settle(false, "The call did not happen", "The event is tried again, with the same idempotency key.")}
            </div>
        </div>
    }
    .into_any()
}

fn errors(errors: Vec<EventError>) -> Option<AnyView> {
    let line = |error: EventError| {
        let state = match (error.resolved, error.resolved_by) {
            (false, _) => badge::badge(badge::Tone::Bad, "open"),
            (true, Some(by)) => badge::badge(badge::Tone::Good, format!("resolved by {by}")),
            (true, None) => badge::badge(badge::Tone::Good, "resolved"),
        };
        view! {
            <li class="entry error">
                <span class="entry-time">{time::stamp(error.created_at)}</span>
                <span>{badge::severity(error.severity)}</span>
                <div>{error_link(error.id, error.message)}</div>
                {state}
            </li>
        }
    };
    (!errors.is_empty()).then(|| {
        view! {
            <section class="card">
                <h2>"Errors"</h2>
                <ol class="timeline">{errors.into_iter().map(line).collect_view()}</ol>
            </section>
        }
        .into_any()
    })
}

fn wrote(wrote: Vec<WrittenRow>, present: &Params) -> Option<AnyView> {
    let line = |row: WrittenRow| {
        let href = carry(&lineage_path(&row.key), present);
        let by = if row.by_this {
            "written by this event"
        } else {
            "as something else wrote it"
        };
        view! {
            <tr>
                <th scope="row" data-label="Row"><a href=href>{row.title}</a></th>
                <td data-label="Table" class="mono">{row.table}</td>
                <td data-label="State">{row.status.as_deref().map(badge::outcome)}</td>
                <td data-label="Written">{by}</td>
                <td data-label="Time" class="nowrap">{row.at.map(time::stamp)}</td>
            </tr>
        }
    };
    (!wrote.is_empty()).then(|| {
        let body = wrote.into_iter().map(line).collect_view().into_any();
        let headings = vec![
            ("Row", ""),
            ("Table", ""),
            ("State", ""),
            ("Written", ""),
            ("Time", ""),
        ];
        view! {
            <section>
                <h2>"Rows that it is about"</h2>
                {table("Rows that it is about", headings, body)}
            </section>
        }
        .into_any()
    })
}

fn made(made: Vec<EventLink>, present: &Params) -> Option<AnyView> {
    let line = |event: EventLink| {
        let href = carry(&event_path(event.id), present);
        view! {
            <tr>
                <th scope="row" data-label="Event" class="mono"><a href=href>{event.id} " " {event.event_type}</a></th>
                <td data-label="Record" class="mono">{event.record_id.unwrap_or_default()}</td>
                <td data-label="Status">{badge::event_status(event.status)}</td>
                <td data-label="Time" class="nowrap">{time::stamp(event.created_at)}</td>
            </tr>
        }
    };
    (!made.is_empty()).then(|| {
        let body = made.into_iter().map(line).collect_view().into_any();
        let headings = vec![("Event", ""), ("Record", ""), ("Status", ""), ("Time", "")];
        view! {
            <section>
                <h2>"Events that it made"</h2>
                {table("Events that it made", headings, body)}
            </section>
        }
        .into_any()
    })
}
