//! Points in time, in UTC so that the server and every browser write the same.

use chrono::{DateTime, Utc};
use domain::format::{relative, short_time};
use leptos::prelude::*;

/// The time of day; the whole date is in the title.
pub(crate) fn clock(at: DateTime<Utc>) -> AnyView {
    mark(at, short_time(at))
}

/// Day and time, for lists that reach back further than a day.
pub(crate) fn stamp(at: DateTime<Utc>) -> AnyView {
    mark(at, at.format("%-d %b %H:%M:%S").to_string())
}

/// The day with its year, for what lies months back or ahead.
pub(crate) fn day(at: DateTime<Utc>) -> AnyView {
    mark(at, at.format("%-d %b %Y").to_string())
}

/// How long ago, measured at the time of the data and not of the reader's clock.
pub(crate) fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> AnyView {
    mark(at, relative(now, at))
}

fn mark(at: DateTime<Utc>, text: String) -> AnyView {
    let whole = at.format("%-d %B %Y, %H:%M:%S UTC").to_string();
    view! { <time datetime=at.to_rfc3339() title=whole>{text}</time> }.into_any()
}
