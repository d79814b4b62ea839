//! Small things beside words: badges, points in time, the state of the connection, icons.

use domain::{
    event::{EventStatus, Severity},
    model::{company::CompanyState, import::ImportStatus},
};
use leptos::prelude::*;

use super::{minutes_ago, now, states};
use crate::{
    live::Connection,
    parts::{
        badge::{self, Tone, age_tone},
        header::connection_mark,
        icon::{self, icon},
        time,
    },
};

const TONES: [(Tone, &str); 5] = [
    (Tone::Good, "good"),
    (Tone::Info, "info"),
    (Tone::Warning, "warning"),
    (Tone::Bad, "bad"),
    (Tone::Quiet, "quiet"),
];
const OUTCOMES: [&str; 6] = [
    "valid",
    "risky",
    "invalid",
    "processing",
    "timeout",
    "catch-all",
];
/// Minutes that the oldest event has waited.
const AGES: [f64; 3] = [9.0, 11.0, 125.0];
const CONNECTIONS: [Connection; 5] = [
    Connection::Connecting,
    Connection::Connected,
    Connection::Reconnecting,
    Connection::Offline,
    Connection::SignedOut,
];

pub(super) fn marks() -> AnyView {
    let age = |minutes: f64| badge::badge(age_tone(Some(minutes)), domain::format::age(minutes));
    view! {
        {states("Tones", TONES.map(|(tone, text)| badge::badge(tone, text)).collect_view())}
        {states("Events", EventStatus::ALL.map(badge::event_status).collect_view())}
        {states("Companies", CompanyState::ALL.map(badge::company_state).collect_view())}
        {states("Imports", ImportStatus::ALL.map(badge::import_status).collect_view())}
        {states("Errors", Severity::ALL.map(badge::severity).collect_view())}
        {states("Outcomes", OUTCOMES.map(badge::outcome).collect_view())}
        {states("Ages of the queue", AGES.map(age).collect_view())}
        {states("The live connection", CONNECTIONS.map(connection_mark).collect_view())}
        {states("Times", times())}
        {states("Icons", icon::ALL.map(named_icon).collect_view())}
    }
    .into_any()
}

fn times() -> AnyView {
    view! {
        <p>{time::clock(now())} " of the day"</p>
        <p>{time::stamp(minutes_ago(3 * 24 * 60))} " within a list"</p>
        {[0, 5, 130, 5_000].map(|minutes| view! { <p>{time::ago(now(), minutes_ago(minutes))}</p> }).collect_view()}
    }
    .into_any()
}

fn named_icon((name, path): (&'static str, &'static str)) -> AnyView {
    view! { <p class="named-icon">{icon(path)} " " {name}</p> }.into_any()
}
