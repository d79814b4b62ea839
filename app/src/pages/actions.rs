//! Bulk actions, running and past: who asked for what, how far it is, and the way back.

use domain::{
    format::count,
    model::{
        Page,
        bulk::{ActionFilter, ActionKind, ActionState, BulkAction, EventSelection, Records},
        error::ErrorQuery,
        live::Topic,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::bulk::{action, actions},
    live::Live,
    parts::{
        badge::{Tone, badge},
        bulk::{BulkProgress, summary},
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::Empty,
        pager::{Pager, counted},
        rows::rows,
        table::{fact, table},
        time,
        time_filter::TimeFilter,
    },
    problem::Problem,
    query::{
        ACTION_READERS, Params, WINDOW, action_filter, carry, companies_path, company_path,
        contacts_path, errors_path, event_path, events_path, import_path, imports_path, use_query,
    },
};

const PATH: &str = "/actions";
/// So many of what was named are links.
const FEW: usize = 10;

#[component]
pub(crate) fn ActionsPage() -> impl IntoView {
    let params = use_query();
    let filter = Memo::new(move |_| action_filter(&params.read()));
    let rows = Live::expect().resource(&[Topic::Pipeline], move || filter.get(), actions);
    let kinds = fixed(ActionKind::ALL.map(|kind| (kind.name(), kind.title())));
    let states = fixed(ActionState::ALL.map(|state| (state.name(), state.name())));
    view! {
        <PageHeader title="Actions" subtitle="What people did to many events at once" own_search=true views="/actions">
            <ExportLink table="actions" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <SearchField label="Asked for by" name="by" cursor="after" main=true />
                <Select label="Kind" name="kind" cursor="after" any="any kind" choices=kinds />
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
                <TimeFilter label="Asked for" keys=&WINDOW />
            </div>
            {unread(&ACTION_READERS)}
            <Loaded resource=rows view=move |page| list(&filter.get_untracked(), page) />
        </main>
    }
}

fn list(filter: &ActionFilter, page: Page<BulkAction>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(filter);
    }
    let present = use_query().get_untracked();
    let carried = carry("", &present);
    let headings = vec![
        ("Started", ""),
        ("Action", ""),
        ("State", ""),
        ("Events", "n"),
        ("Had moved on", "n"),
        ("By", ""),
        ("Reason", ""),
    ];
    let body = rows(page.rows, key, move |row| line(row, &carried));
    view! {
        <p class="list-count">{counted(page.count, "action", "actions")}</p>
        {table("Actions", headings, body)}
        <Pager label="Pages of actions" next=page.next />
    }
    .into_any()
}

fn key(row: &BulkAction) -> String {
    format!("{} {} {:?}", row.id, summary(row), row.undone_by)
}

fn line(row: BulkAction, carried: &str) -> AnyView {
    let href = format!("{PATH}/{}{carried}", row.id);
    let events = if row.state == ActionState::Done {
        count(row.done)
    } else {
        format!("{} of {}", count(row.done), count(row.total))
    };
    view! {
        <tr>
            <td data-label="Started" class="nowrap">{time::stamp(row.created_at)}</td>
            <th scope="row" data-label="Action"><a href=href>{row.title.clone()}</a></th>
            <td data-label="State">{state(&row)}</td>
            <td data-label="Events" class="n">{events}</td>
            <td data-label="Had moved on" class="n">{count(row.skipped)}</td>
            <td data-label="By">{row.requested_by}</td>
            <td data-label="Reason" class="message">{row.reason.unwrap_or_default()}</td>
        </tr>
    }
    .into_any()
}

fn state(row: &BulkAction) -> AnyView {
    let tone = match row.state {
        ActionState::Running => Tone::Info,
        ActionState::Done => Tone::Good,
        ActionState::Cancelled => Tone::Quiet,
        ActionState::Failed => Tone::Bad,
    };
    let undone = row.undone_by.map(|_| badge(Tone::Quiet, "undone"));
    view! { {badge(tone, row.state.name())} " " {undone} }.into_any()
}

fn nothing(filter: &ActionFilter) -> AnyView {
    if *filter == ActionFilter::default() {
        return view! {
            <Empty title="No actions yet" detail="Retry, cancel or move many events at once from the list of events; each such action is kept here with its result.">
                <a class="btn" href="/events">"Show the events"</a>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No action matches" detail="Names are compared as a whole.">
            <a class="btn" href=PATH>"Show all actions"</a>
        </Empty>
    }
    .into_any()
}

#[component]
pub(crate) fn ActionPage() -> impl IntoView {
    let (params, present) = (use_params_map(), use_query());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let row = Live::expect().resource(
        &[Topic::Pipeline],
        move || id.get(),
        async |id: String| match id.parse() {
            Ok(id) => action(id).await,
            Err(_) => Err(Problem::not_found("action", &id)),
        },
    );
    view! {
        <PageHeader title="Action" subtitle="What was asked for, and what came of it" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry(PATH, &present.read())>"Actions"</a></nav>
            <Loaded resource=row view=whole />
        </main>
    }
}

fn whole(action: BulkAction) -> AnyView {
    let present = use_query().get_untracked();
    let other = |id: i64| {
        let href = carry(&format!("{PATH}/{id}"), &present);
        view! { <a href=href>"Action " {id}</a> }
    };
    let (id, title) = (action.id, action.title.clone());
    let selection = action
        .selection
        .as_ref()
        .and_then(|selection| chosen(selection, &present));
    view! {
        <Title text=title.clone() />
        <section class="card" aria-labelledby="action-title">
            <div class="company-head">
                <h2 id="action-title">{title}</h2>
                {state(&action)}
            </div>
            <dl class="facts">
                {fact("Number", Some(id))}
                {fact("Asked for by", Some(action.requested_by.clone()))}
                {fact("From", Some(action.origin.clone()))}
                {fact("Reason", action.reason.clone())}
                {fact("Events", selection)}
                {fact("Started", Some(time::stamp(action.created_at)))}
                {fact("Ended", action.finished_at.map(time::stamp))}
                {fact("Stopped by", action.cancel_requested_by.clone())}
                {fact("Undoes", action.undo_of.map(other))}
                {fact("Undone by", action.undone_by.map(other))}
            </dl>
            <BulkProgress action=action />
        </section>
    }
    .into_any()
}

/// The events that were meant, as links where there are few of them.
fn chosen(selection: &EventSelection, present: &Params) -> Option<AnyView> {
    match selection {
        EventSelection::Ids(ids) if ids.len() <= FEW => {
            let link = |id: &i64| {
                let href = carry(&event_path(*id), present);
                view! { <a href=href>{*id}</a> " " }
            };
            Some(ids.iter().map(link).collect_view().into_any())
        }
        EventSelection::Ids(ids) => {
            Some(format!("{} chosen one by one", count(ids.len() as i64)).into_any())
        }
        EventSelection::Matching(filter) => {
            let href = carry(&events_path(filter), present);
            Some(view! { <a href=href>"all that matched this filter"</a> }.into_any())
        }
        EventSelection::DeadLetters(_) => Some("dead letters that matched a filter".into_any()),
        EventSelection::Of(records) => Some(of(records, present)),
        EventSelection::Errors(filter) => {
            let query = ErrorQuery {
                filter: filter.clone(),
                ..ErrorQuery::default()
            };
            let href = errors_path("/", &query);
            Some(
                view! { <a href=href>"those of the errors that matched this filter"</a> }
                    .into_any(),
            )
        }
    }
}

/// The records whose events were meant, as links where there are few of them.
fn of(records: &Records, present: &Params) -> AnyView {
    let matched = |path: String| {
        let href = carry(&path, present);
        let (_, many) = records.nouns();
        let text = format!("those of the {many} that matched this filter");
        view! { <a href=href>{text}</a> }.into_any()
    };
    let few = |paths: Vec<(String, String)>| {
        let link = |(path, name): (String, String)| {
            let href = carry(&path, present);
            view! { <a href=href>{name}</a> " " }
        };
        paths.into_iter().map(link).collect_view().into_any()
    };
    match records {
        Records::CompaniesThatMatch(filter) => matched(companies_path(filter)),
        Records::ContactsThatMatch(filter) => matched(contacts_path(filter)),
        Records::BatchesThatMatch(filter) => matched(imports_path(filter)),
        Records::Companies(keys) if keys.len() <= FEW => {
            let named = |key: &String| (company_path(key), format!("company {key}"));
            few(keys.iter().map(named).collect())
        }
        Records::Batches(ids) if ids.len() <= FEW => {
            let named = |id: &String| (import_path(id), format!("batch {id}"));
            few(ids.iter().map(named).collect())
        }
        named => {
            let n = named.named().unwrap_or_default();
            let (one, many) = named.nouns();
            let noun = if n == 1 { one } else { many };
            format!("those of {} {noun}", count(n as i64)).into_any()
        }
    }
}
