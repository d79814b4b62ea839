//! The event queue by type, with the age of the oldest.

use domain::{
    event::EventStatus,
    format::{age, count},
    model::{
        event::EventFilter,
        overview::{Overview, QueueRow},
    },
};
use leptos::prelude::*;

use crate::{
    parts::badge::{Tone, age_tone, badge},
    query::events_path,
};

pub(super) fn queue(figures: &Overview) -> AnyView {
    view! {
        <div class="table-wrap">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Event"</th>
                        <th scope="col" class="n">"Waiting"</th>
                        <th scope="col" class="n">"Oldest"</th>
                    </tr>
                </thead>
                <tbody>{figures.queue.iter().map(line).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn line(row: &QueueRow) -> AnyView {
    let href = events_path(&EventFilter {
        event_type: Some(row.event_type.clone()),
        status: Some(EventStatus::Pending),
        ..Default::default()
    });
    let tone = age_tone(row.oldest_age_minutes);
    // The mark is a word as well as a colour.
    let word = match tone {
        Tone::Bad => " critical",
        Tone::Warning => " warning",
        _ => "",
    };
    let oldest = match row.oldest_age_minutes.filter(|_| row.pending_count > 0) {
        Some(minutes) => badge(tone, format!("{}{word}", age(minutes))),
        None => badge(Tone::Good, "clear"),
    };
    view! {
        <tr data-event-type=row.event_type.clone()>
            <th scope="row" class="mono">{row.event_type.clone()}</th>
            <td class="n"><a href=href>{count(row.pending_count)}</a></td>
            <td class="n">{oldest}</td>
        </tr>
    }
    .into_any()
}
