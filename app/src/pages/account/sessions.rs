//! Where a person is signed in, with plain forms that end it.

use chrono::{DateTime, Utc};
use domain::{model::session::SessionRow, role::Permission};
use leptos::prelude::*;

use crate::{
    api::session::sessions,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::export_icon_for,
        loaded::Loaded,
        rows::rows,
        table::table,
        time,
    },
};

/// What stands where a session tells nothing.
const NOTHING: &str = "—";

#[component]
pub(super) fn Sessions() -> impl IntoView {
    let live = Live::expect();
    let all = live.resource(&[], move || live.tick(), |_| sessions());
    let file = export_icon_for(
        Permission::View,
        "/export/sessions.csv".to_owned(),
        "where you are signed in",
    );
    view! {
        <section aria-labelledby="signed-in">
            <h2 id="signed-in">"Where you are signed in" {file}</h2>
            <Loaded resource=all view=list />
        </section>
    }
}

/// What came of a form, by how many sessions it ended.
pub(super) fn ended(number: &str) -> Option<String> {
    Some(match number.parse::<u32>().ok()? {
        0 => "There was nothing to end: it had ended already.".to_owned(),
        1 => "You are signed out there.".to_owned(),
        number => format!("You are signed out in {number} other places."),
    })
}

fn list(all: Vec<SessionRow>) -> AnyView {
    let others = all.iter().filter(|row| !row.present).count();
    let headings = vec![
        ("Browser", ""),
        ("Signed in from", ""),
        ("Since", ""),
        ("Last seen", ""),
        ("", ""),
    ];
    let everywhere = (others > 0).then(|| {
        view! {
            <form method="post" action="/account/sessions/end-others">
                <button class="btn" type="submit">"Sign out everywhere else"</button>
            </form>
        }
    });
    let key = |row: &SessionRow| format!("{row:?}");
    view! {
        {table("Sessions", headings, rows(all, key, line))}
        <p class="muted small-text">"Last seen is noted every ten minutes. A browser that is signed out here is sent to the sign-in at its next step."</p>
        {everywhere}
    }
    .into_any()
}

fn line(row: SessionRow) -> AnyView {
    let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| NOTHING.into_any(), time::stamp);
    let browser = row.browser.unwrap_or_else(|| NOTHING.to_owned());
    let button = (!row.present).then(|| {
        let label = format!("Sign out: {browser}");
        view! {
            <form method="post" action="/account/sessions/end">
                <input type="hidden" name="number" value=row.number.to_string() />
                <button class="btn" type="submit" aria-label=label>"Sign out"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row" data-label="Browser">
                <span class="row">{browser} {row.present.then(|| badge(Tone::Info, "this one"))}</span>
            </th>
            <td data-label="Signed in from" class="mono">{row.address.unwrap_or_else(|| NOTHING.to_owned())}</td>
            <td data-label="Since" class="nowrap">{at(row.created_at)}</td>
            <td data-label="Last seen" class="nowrap">{at(row.seen_at)}</td>
            <td class="row-actions">{button}</td>
        </tr>
    }
    .into_any()
}
