//! Points in time. The server writes them in UTC; a person who chose another zone sees that one as soon as the page is
//! alive. The title always has the whole date in UTC.

use std::time::SystemTime;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use domain::{format::relative, model::zone::ShownZone};
use leptos::prelude::*;

use crate::{browser, session};

/// Becomes true when the browser writes times in the person's zone: after hydration, which must find what the server
/// wrote. Not in the context of whoever chose UTC.
#[derive(Clone, Copy)]
struct Local(RwSignal<bool>);

/// Lets the times of all pages follow the person's choice.
pub(crate) fn provide() {
    let name = match session::zone() {
        ShownZone::Utc => return,
        ShownZone::Browser => None,
        ShownZone::Named(name) => Some(name),
    };
    let local = Local(RwSignal::new(false));
    provide_context(local);
    Effect::new(move || {
        if browser::use_zone(name.as_deref()) {
            request_animation_frame(move || {
                let _ = local.0.try_set(true);
            });
        }
    });
}

/// The time of day; the whole date is in the title.
pub(crate) fn clock(at: DateTime<Utc>) -> AnyView {
    written(at, "%H:%M:%S")
}

/// Day and time, for lists that reach back further than a day.
pub(crate) fn stamp(at: DateTime<Utc>) -> AnyView {
    written(at, stamp_of(at))
}

/// As [`stamp`], in UTC for everybody: where what stands around it is in UTC.
pub(crate) fn utc_stamp(at: DateTime<Utc>) -> AnyView {
    mark(at, at.format(stamp_of(at)).to_string().into_any())
}

/// The day with its year, for what lies months back or ahead.
pub(crate) fn day(at: DateTime<Utc>) -> AnyView {
    written(at, "%-d %b %Y")
}

/// How long ago, measured at the time of the data and not of the reader's clock.
pub(crate) fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> AnyView {
    mark(at, relative(now, at).into_any())
}

/// As the clocks of the person's zone show it. Where it is read reactively, it follows when the page comes to life.
pub(crate) fn shown(at: DateTime<Utc>) -> NaiveDateTime {
    in_zone(use_context(), at)
}

/// The present year, of which times need not say it.
pub(crate) fn this_year() -> i32 {
    let now: DateTime<Utc> = if cfg!(feature = "ssr") {
        SystemTime::now().into()
    } else {
        DateTime::from_timestamp_millis(browser::unix_now()).unwrap_or_default()
    };
    now.year()
}

/// Of another year than the present one, the year is said and the seconds are not.
fn stamp_of(at: DateTime<Utc>) -> &'static str {
    if at.year() == this_year() {
        "%-d %b %H:%M:%S"
    } else {
        "%-d %b %Y %H:%M"
    }
}

fn in_zone(local: Option<Local>, at: DateTime<Utc>) -> NaiveDateTime {
    let is_local = local.is_some_and(|local| local.0.get());
    let there = is_local.then(|| browser::local_time(at)).flatten();
    there.unwrap_or_else(|| at.naive_utc())
}

fn written(at: DateTime<Utc>, format: &'static str) -> AnyView {
    let text = match use_context::<Local>() {
        None => at.format(format).to_string().into_any(),
        local => (move || in_zone(local, at).format(format).to_string()).into_any(),
    };
    mark(at, text)
}

fn mark(at: DateTime<Utc>, text: AnyView) -> AnyView {
    let whole = at.format("%-d %B %Y, %H:%M:%S UTC").to_string();
    view! { <time datetime=at.to_rfc3339() title=whole>{text}</time> }.into_any()
}
