//! The live feed: the last events as they come, held still by a button.

use domain::model::{Page, event::EventRow, live::LiveEvent};
use leptos::prelude::*;

use crate::{
    live::{FEED_LENGTH, Live},
    parts::{
        icon::{PAUSE, PLAY, icon},
        loaded::Settled,
        time,
    },
    problem::Problem,
    query::link,
};

#[component]
pub(super) fn Feed(recent: Resource<Result<Page<EventRow>, Problem>>) -> impl IntoView {
    let live = Live::expect();
    let held = RwSignal::new(None::<Vec<LiveEvent>>);
    // While the page is young, what the server rendered fills the list below what has come since.
    let newest = move || {
        let page = recent.get().and_then(Result::ok);
        let before = page.map(|page| page.rows).unwrap_or_default();
        merge(live.feed.read().iter().cloned(), before)
    };
    let lines = move || held.get().unwrap_or_else(newest);
    let paused = move || held.read().is_some();
    let toggle = move |_| {
        held.set(if paused() {
            None
        } else {
            Some(untrack(newest))
        })
    };
    view! {
        <section class="card feed-card" aria-labelledby="feed">
            <h2 id="feed">
                "Live"
                <small>"last " {FEED_LENGTH} " events"</small>
                <button class="btn small" aria-pressed=move || paused().to_string() on:click=toggle>
                    {move || if paused() { icon(PLAY) } else { icon(PAUSE) }}
                    {move || if paused() { "Go on" } else { "Pause" }}
                </button>
            </h2>
            <Settled>
                {move || {
                    let lines = lines();
                    if lines.is_empty() {
                        return view! { <p class="muted">"Nothing yet. Events appear here the moment they are written."</p> }
                            .into_any();
                    }
                    view! {
                        <div class="feed-wrap" role="region" aria-label="Last events" tabindex="0">
                            <ol class="feed">{lines.into_iter().map(line).collect_view()}</ol>
                        </div>
                    }
                        .into_any()
                }}
            </Settled>
        </section>
    }
}

fn line(event: LiveEvent) -> AnyView {
    let label = event
        .label
        .or_else(|| event.record_id.clone())
        .unwrap_or_default();
    let text = match event.record_id {
        Some(record) => {
            let href = link("/events", &Default::default(), &[("record", Some(&record))]);
            view! { <a href=href>{label}</a> }.into_any()
        }
        None => label.into_any(),
    };
    view! {
        <li>
            {time::clock(event.at)}
            <span class="mono">{event.event_type}</span>
            <span class="clip">{text}</span>
        </li>
    }
    .into_any()
}

/// Newest first, each event once.
fn merge(arrived: impl Iterator<Item = LiveEvent>, before: Vec<EventRow>) -> Vec<LiveEvent> {
    let mut lines: Vec<LiveEvent> = arrived.collect();
    for row in before {
        if !lines.iter().any(|line| line.id == row.id) {
            lines.push(LiveEvent {
                id: row.id,
                event_type: row.event_type,
                record_id: row.record_id,
                label: row.company_name,
                at: row.created_at,
            });
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.id));
    lines.truncate(FEED_LENGTH);
    lines
}

#[cfg(test)]
mod tests {
    use domain::event::EventStatus;

    use super::*;

    fn row(id: i64) -> EventRow {
        EventRow {
            id,
            event_type: "company_created".into(),
            record_id: None,
            company_name: None,
            batch_id: None,
            status: EventStatus::Pending,
            retry_count: 0,
            error_message: None,
            created_at: Default::default(),
            processed_at: None,
            next_attempt_at: None,
        }
    }

    #[test]
    fn events_appear_once_and_newest_first() {
        let arrived = [8, 5].map(|id| LiveEvent {
            id,
            event_type: "x".into(),
            record_id: None,
            label: None,
            at: Default::default(),
        });
        let merged = merge(arrived.into_iter(), vec![row(7), row(5), row(4)]);
        let ids: Vec<i64> = merged.iter().map(|line| line.id).collect();
        assert_eq!(ids, [8, 7, 5, 4]);
        assert_eq!(
            merge(std::iter::empty(), (0..80).map(row).collect()).len(),
            FEED_LENGTH
        );
    }
}
