//! Webhooks: programs that get the events of the pipeline by HTTP. For admins.

mod deliveries;
mod form;
mod one;

use domain::{
    format,
    model::{
        live::Topic,
        webhook::{DeliveryFilter, DeliveryStatus, WebhookRow, WebhookState},
    },
    role::Permission,
};
use leptos::prelude::*;

pub(crate) use form::once;
pub(crate) use one::WebhookPage;

use crate::{
    api::webhooks::webhooks,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::ExportLink,
        filter::{Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        pager::number,
        rows::rows,
        table::table,
        time,
        told::{Told, told_once},
    },
    query::{WEBHOOK_READERS, carry, use_query, webhook_path, webhook_state},
};
use form::Make;

pub(crate) const PATH: &str = "/webhooks";
/// Where the form goes without JavaScript.
const MAKE: &str = "/webhooks/make";

#[component]
pub(crate) fn WebhooksPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let told: Told = RwSignal::new(None);
    let state = Memo::new(move |_| webhook_state(&params.read()));
    let all = live.resource(&[Topic::Settings], move || live.tick(), |_| webhooks());
    let states = fixed([
        (WebhookState::On.name(), "on"),
        (WebhookState::Paused.name(), "paused"),
        (WebhookState::Off.name(), "off"),
    ]);
    view! {
        <PageHeader title="Webhooks" subtitle="Programs that get the events of the pipeline">
            <ExportLink table="webhooks" needs=Permission::Edit />
        </PageHeader>
        <main id="main">
            <Make told=told />
            {told_once(told)}
            <div class="filters">
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
            </div>
            {unread(&WEBHOOK_READERS)}
            <Loaded resource=all view=move |all| list(state.get(), all) />
        </main>
    }
}

fn list(state: Option<WebhookState>, all: Vec<WebhookRow>) -> AnyView {
    if all.is_empty() {
        return view! {
            <Empty
                title="No program gets events yet"
                detail="A webhook sends each event of the pipeline to an address of yours, such as a Webhook node of n8n, signed and again until it is received. Make one above."
            />
        }
        .into_any();
    }
    let shown: Vec<_> = all
        .into_iter()
        .filter(|row| state.is_none_or(|state| row.state == state))
        .collect();
    if shown.is_empty() {
        return view! {
            <Empty title="No webhook matches" detail="None is in this state.">
                <a class="btn" href=PATH>"Show all"</a>
            </Empty>
        }
        .into_any();
    }
    let headings = vec![
        ("Webhook", ""),
        ("Sends to", ""),
        ("Events", ""),
        ("State", ""),
        ("Last 24 hours", ""),
        ("Last success", ""),
        ("Last error", ""),
    ];
    let found = match shown.len() {
        1 => "1 webhook".to_owned(),
        n => format!("{} webhooks", format::count(n as i64)),
    };
    view! {
        <p class="list-count">{found}</p>
        {table("Webhooks", headings, rows(shown, |row| format!("{row:?}"), line))}
    }
    .into_any()
}

fn line(row: WebhookRow) -> AnyView {
    let present = use_query().get_untracked();
    let href = carry(&webhook_path(row.id, &DeliveryFilter::default()), &present);
    let failed = row
        .last_failure_at
        .zip(row.last_error.clone())
        .map(|(at, error)| view! { <div>{time::stamp(at)} ": " {error}</div> });
    let last = match row.last_success_at {
        Some(at) => time::stamp(at),
        None => "never".into_any(),
    };
    view! {
        <tr data-webhook=row.id>
            <th scope="row" data-label="Webhook"><a href=href>{row.name.clone()}</a></th>
            <td data-label="Sends to" class="mono clip">{row.url.clone()}</td>
            <td data-label="Events" class="message">{types(&row)}</td>
            <td data-label="State"><div>{state(&row)}</div></td>
            <td data-label="Last 24 hours"><div>{day(&row)}</div></td>
            <td data-label="Last success" class="nowrap">{last}</td>
            <td data-label="Last error" class="message">{failed}</td>
        </tr>
    }
    .into_any()
}

fn types(row: &WebhookRow) -> String {
    match &row.event_types {
        None => "all".to_owned(),
        Some(types) => types.join(", "),
    }
}

/// The word and, where it was stopped without a person, why.
fn state(row: &WebhookRow) -> AnyView {
    let tone = match row.state {
        WebhookState::On => Tone::Good,
        WebhookState::Paused => Tone::Bad,
        WebhookState::Off => Tone::Quiet,
    };
    let why = row
        .reason
        .clone()
        .map(|reason| view! { <p class="muted small-text">{reason}</p> });
    view! { {badge(tone, row.state.name())} {why} }.into_any()
}

/// What became of the deliveries of the last 24 hours, each figure a link to them.
fn day(row: &WebhookRow) -> AnyView {
    let present = use_query().get_untracked();
    let mut figures = Vec::new();
    for (status, count) in DeliveryStatus::ALL.into_iter().zip(row.counts) {
        if count.n == 0 {
            continue;
        }
        let filter = DeliveryFilter {
            status: Some(status),
            event_type: None,
            newer_than: "24h".parse().ok(),
        };
        let href = carry(&webhook_path(row.id, &filter), &present);
        let text = format!("{} {}", number(count), status.title());
        figures.push(view! { <div><a href=href>{text}</a></div> });
    }
    if figures.is_empty() {
        return "nothing".into_any();
    }
    figures.collect_view().into_any()
}
