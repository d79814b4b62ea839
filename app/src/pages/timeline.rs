//! Everything that happened to a company, newest first: events and errors in one list.

use domain::{
    model::{
        action::Scope,
        company::{TimelineEntry, TimelineKind},
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    console::error_link,
    parts::{badge, process_now::ProcessNowButton, time},
    query::{carry, event_path, link, use_query},
};

pub(super) fn timeline(entries: Vec<TimelineEntry>) -> AnyView {
    if entries.is_empty() {
        return view! { <p class="muted">"Nothing has happened yet."</p> }.into_any();
    }
    view! { <ol class="timeline">{entries.into_iter().map(entry).collect_view()}</ol> }.into_any()
}

fn entry(entry: TimelineEntry) -> AnyView {
    let kind = match entry.kind {
        TimelineKind::Event => "event",
        TimelineKind::Error => "error",
    };
    let again = run_again(&entry);
    let title = match entry.kind {
        TimelineKind::Event => {
            let href = carry(&event_path(entry.id), &use_query().get_untracked());
            view! { <a class="mono" href=href>{entry.title}</a> }.into_any()
        }
        TimelineKind::Error => error_link(entry.id, entry.title),
    };
    let record = entry.record_id.map(|record| {
        let href = link("/events", &Default::default(), &[("record", Some(&record))]);
        let href = carry(&href, &use_query().get_untracked());
        view! { <a class="mono" href=href>{record}</a> }
    });
    view! {
        <li class=format!("entry {kind}")>
            <span class="entry-time">{time::stamp(entry.at)}</span>
            <span class="entry-kind">{kind}</span>
            <div>
                <p>
                    {title}
                    " "
                    {entry.status.as_deref().map(badge::outcome)}
                </p>
                <p class="muted">{entry.detail} " " {record}</p>
            </div>
            {again}
        </li>
    }
    .into_any()
}

/// An event that waits or has failed can be run now; what is through is run again from the head of the page.
fn run_again(entry: &TimelineEntry) -> Option<AnyView> {
    let stage = StageName::of_event(&entry.title).filter(|_| entry.kind == TimelineKind::Event)?;
    if !matches!(entry.status.as_deref(), Some("failed" | "pending")) {
        return None;
    }
    let record = entry.record_id.clone()?;
    let what = format!("record {record}");
    Some(
        view! { <ProcessNowButton stage=stage scope=Scope::Record(record) what=what text="Process now…" /> }
            .into_any(),
    )
}
