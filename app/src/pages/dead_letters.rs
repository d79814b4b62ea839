//! Dead letters: events that nothing tries again by itself, with the reason, and what a person can do about them.

use domain::{
    event::EventStatus,
    format::count,
    model::{
        Page,
        bulk::{EventAct, EventSelection},
        dead_letter::{DeadLetter, DeadLetterKind, DeadLetterQuery},
        live::Topic,
    },
    role::Permission,
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    api::dead_letters::dead_letters,
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        selection::Chosen,
        table::{CHOOSE, table},
        time,
        time_filter::TimeFilter,
    },
    query::{
        DEAD_LETTER_READERS, WINDOW, carry, dead_letter_query, event_path, events_path, use_query,
    },
    session,
};

const PATH: &str = "/dead-letters";

#[component]
pub(crate) fn DeadLettersPage() -> impl IntoView {
    let params = use_query();
    let query = Memo::new(move |_| dead_letter_query(&params.read()));
    let rows = Live::expect().resource(&[Topic::Pipeline], move || query.get(), dead_letters);
    let kinds = fixed(DeadLetterKind::ALL.map(|kind| (kind.name(), why(kind))));
    let types: Vec<_> = StageName::consumed_types()
        .map(|name| (name.to_owned(), name.to_owned()))
        .collect();
    let chosen = Chosen::of(move || query.get().filter);
    view! {
        <PageHeader title="Dead letters" subtitle="Events that nothing tries again by itself" own_search=true views="/dead-letters">
            <ExportLink table="dead-letters" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <SearchField label="Reason" name="q" cursor="after" main=true />
                <Select label="Because" name="kind" cursor="after" any="any" choices=kinds />
                <Select label="Type" name="type" cursor="after" any="any type" choices=Signal::stored(types) />
                <SearchField label="Batch" name="batch" cursor="after" />
                <TimeFilter label="Given up" keys=&WINDOW />
            </div>
            {unread(&DEAD_LETTER_READERS)}
            <Loaded resource=rows view=move |page| list(&query.get_untracked(), chosen, page) />
        </main>
    }
}

const fn why(kind: DeadLetterKind) -> &'static str {
    match kind {
        DeadLetterKind::Attempts => "attempts are used up",
        DeadLetterKind::Permanent => "no attempt can help",
        DeadLetterKind::UnknownOutcome => "unknown outcome of a call",
        DeadLetterKind::Person => "a person moved it",
    }
}

fn list(query: &DeadLetterQuery, chosen: Chosen, page: Page<DeadLetter>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(query);
    }
    let present = use_query().get_untracked();
    let found = counted(page.count, "dead letter", "dead letters");
    let may = session::may(Permission::Retry) && DEAD_LETTER_READERS.unread(&present).is_none();
    let mut headings = vec![
        ("Moved", ""),
        ("Event", ""),
        ("Record", ""),
        ("Company", ""),
        ("Because", ""),
        ("Reason", ""),
        ("Failed attempts", "n"),
        ("By", ""),
    ];
    if may {
        headings.insert(0, CHOOSE);
    }
    let acts = vec![EventAct::Retry, EventAct::Purge];
    let ids = page.rows.iter().map(|row| row.event_id).collect();
    let carried = carry("", &present);
    let body = rows(
        page.rows,
        |row| format!("{} {}", row.event_id, row.moved_at),
        move |row| line(row, &carried, may.then_some(chosen)),
    );
    view! {
        <p class="list-count">{found.clone()}</p>
        {may.then(|| chosen.bar(acts, EventSelection::DeadLetters(query.filter.clone()), found, ids))}
        {table("Dead letters", headings, body)}
        <Pager label="Pages of dead letters" next=page.next />
    }
    .into_any()
}

fn line(row: DeadLetter, carried: &str, chosen: Option<Chosen>) -> AnyView {
    let href = format!("{}{carried}", event_path(row.event_id));
    let tone = match row.kind {
        DeadLetterKind::UnknownOutcome => Tone::Warning,
        DeadLetterKind::Person => Tone::Quiet,
        DeadLetterKind::Attempts | DeadLetterKind::Permanent => Tone::Bad,
    };
    let choose = chosen
        .map(|chosen| view! { <td data-label="Choose" class="pick">{chosen.checkbox(row.event_id, &format!("event {}", row.event_id))}</td> });
    view! {
        <tr>
            {choose}
            <td data-label="Moved" class="nowrap">{time::stamp(row.moved_at)}</td>
            <th scope="row" data-label="Event" class="mono"><a href=href>{row.event_id} " " {row.event_type}</a></th>
            <td data-label="Record" class="mono">{row.record_id.unwrap_or_default()}</td>
            <td data-label="Company">{row.company_name.unwrap_or_default()}</td>
            <td data-label="Because">{badge(tone, why(row.kind))}</td>
            <td data-label="Reason" class="message">{row.reason}</td>
            <td data-label="Failed attempts" class="n">{count(i64::from(row.retry_count))}</td>
            <td data-label="By">{row.moved_by}</td>
        </tr>
    }
    .into_any()
}

fn nothing(query: &DeadLetterQuery) -> AnyView {
    if *query == DeadLetterQuery::default() {
        let failed = events_path(&domain::model::event::EventFilter {
            status: Some(EventStatus::Failed),
            ..Default::default()
        });
        return view! {
            <Empty title="No dead letters" detail="An event comes here when its attempts are used up, or when no attempt can help. Nothing has.">
                <a class="btn" href=failed>"Show failed events"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No dead letter matches" detail="Try another reason, type or batch.">
            <a class="btn" href=PATH>"Show all dead letters"</a>
        </Empty>
    }
    .into_any()
}
