//! Errors by cause: what is broken, how often, for whom, and who looks after it.

use domain::{
    format::count,
    model::{
        Page,
        error::{ErrorFilter, ErrorQuery},
        error_group::{GroupQuery, GroupRow, GroupSort, GroupState, GroupStates},
        live::Topic,
    },
    role::Permission,
};
use leptos::prelude::*;

use crate::{
    api::error_groups::{assignees, error_groups},
    console::{Chosen, ConsoleTask, Task, error_types},
    live::Live,
    parts::{
        badge::{Tone, badge},
        export::ExportLink,
        filter::{SearchField, Select, fixed, unread},
        header::PageHeader,
        loaded::{Loaded, Settled},
        notice::Empty,
        pager::{Pager, counted, number},
        rows::rows,
        sparkline::sparkline,
        table::table,
        time,
        time_filter::TimeFilter,
    },
    problem::Problem,
    query::{GROUP_READERS, WINDOW, carry, errors_path, group_path, group_query, use_query},
    session,
};

const PATH: &str = "/errors";

#[component]
pub(crate) fn ErrorsPage() -> impl IntoView {
    let params = use_query();
    let query = Memo::new(move |_| group_query(&params.read()));
    let live = Live::expect();
    let groups = live.resource(&[Topic::Errors], move || query.get(), error_groups);
    let people = people(live);
    let names = Signal::derive(move || {
        let names = people.get().and_then(Result::ok).unwrap_or_default();
        names
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect::<Vec<_>>()
    });
    let types = error_types(live);
    let states = fixed([
        ("any", "any state"),
        ("open", "open"),
        ("regressed", "regressed"),
        ("ignored", "ignored"),
        ("resolved", "resolved"),
    ]);
    let sorts = fixed([
        (GroupSort::FirstSeen.name(), "first seen"),
        (GroupSort::Total.name(), "most errors"),
    ]);
    view! {
        <PageHeader title="Errors" subtitle="By cause: same type, same message" own_search=true views="/errors">
            <ExportLink table="error-groups" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <SearchField label="Message" name="q" cursor="after" main=true />
                <Select label="State" name="state" cursor="after" any="to do" choices=states />
                <Settled>
                    <Select label="Type" name="type" cursor="after" any="any type" choices=types />
                    <Select label="Assigned to" name="assigned" cursor="after" any="anybody" choices=names />
                </Settled>
                <Select label="Sort" name="sort" cursor="after" any="last seen" choices=sorts />
                <TimeFilter label="Seen" keys=&WINDOW />
            </div>
            {unread(&GROUP_READERS)}
            <Loaded resource=groups view=move |page| list(&query.get_untracked(), page) />
        </main>
    }
}

/// Names that a group of errors may be given to; none for those who may not give it.
pub(super) fn people(live: Live) -> Resource<Result<Vec<String>, Problem>> {
    live.resource(
        &[],
        || session::may(Permission::Resolve),
        async |may| {
            if may {
                assignees().await
            } else {
                Ok(Vec::new())
            }
        },
    )
}

pub(super) fn state_badge(state: GroupState) -> AnyView {
    let tone = match state {
        GroupState::Open => Tone::Warning,
        GroupState::Regressed => Tone::Bad,
        GroupState::Ignored => Tone::Quiet,
        GroupState::Resolved => Tone::Good,
    };
    badge(tone, state.name())
}

fn list(query: &GroupQuery, page: Page<GroupRow>) -> AnyView {
    if page.rows.is_empty() {
        return nothing(query);
    }
    let present = use_query().get_untracked();
    let carried = carry("", &present);
    let task = expect_context::<ConsoleTask>();
    let headings = vec![
        ("Error", ""),
        ("State", ""),
        ("Open", "n"),
        ("Errors", "n"),
        ("Companies", "n"),
        ("14 days", ""),
        ("First seen", ""),
        ("Last seen", ""),
        ("Assigned to", ""),
        ("", ""),
    ];
    let body = rows(
        page.rows,
        |row| format!("{row:?}"),
        move |row| line(row, &carried, task),
    );
    view! {
        <p class="list-count">{counted(page.count, "group", "groups")}</p>
        {table("Errors by cause", headings, body)}
        <Pager label="Pages of error groups" next=page.next />
    }
    .into_any()
}

/// The errors of a group, as the console lists them.
pub(super) fn listed(key: &str, resolved: Option<bool>) -> String {
    let query = ErrorQuery {
        filter: ErrorFilter {
            group: Some(key.to_owned()),
            resolved,
            ..ErrorFilter::default()
        },
        ..ErrorQuery::default()
    };
    errors_path(&group_path(key), &query) + "#console"
}

fn line(row: GroupRow, carried: &str, ConsoleTask(task): ConsoleTask) -> AnyView {
    let (open, total) = (listed(&row.key, Some(false)), listed(&row.key, None));
    let chosen = (row.open > 0).then(|| Chosen::group(&row));
    let act = |permission, key, text: &'static str, task_of: fn(Chosen) -> Task| {
        let chosen = chosen.clone().filter(|_| session::may(permission))?;
        let label = format!("{text} {}", chosen.what());
        let ask = move |_| task.set(Some(task_of(chosen.clone())));
        Some(
            view! { <button class="btn quiet small" data-key=key aria-label=label on:click=ask>{text}</button> },
        )
    };
    let retry = act(Permission::Retry, "r", "Retry", Task::Retry);
    let resolve = act(Permission::Resolve, "e", "Resolve", Task::Resolve);
    let drawn = format!(
        "Errors a day over 14 days, {} today",
        row.days.last().unwrap_or(&0)
    );
    view! {
        <tr>
            {cause(&row, carried)}
            <td data-label="State">{state_badge(row.state)}</td>
            <td data-label="Open" class="n"><a href=open>{count(row.open)}</a></td>
            <td data-label="Errors" class="n"><a href=total>{count(row.total)}</a></td>
            <td data-label="Companies" class="n">{number(row.companies)}</td>
            <td data-label="14 days" class="spark">{sparkline(&row.days, drawn)}</td>
            <td data-label="First seen" class="nowrap">{time::stamp(row.first_seen)}</td>
            <td data-label="Last seen" class="nowrap">{time::stamp(row.last_seen)}</td>
            <td data-label="Assigned to">{row.assigned_to.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="row-actions">{retry} {resolve}</td>
        </tr>
    }
    .into_any()
}

/// The head of a row: what is wrong, and where; the link takes along what is `carried`.
pub(super) fn cause(row: &GroupRow, carried: &str) -> AnyView {
    let href = format!("{}{carried}", group_path(&row.key));
    view! {
        <th scope="row" data-label="Error" class="message">
            <div>
                <a href=href>{row.message.clone()}</a>
                <div class="mono muted small-text">{row.event_type.clone()}</div>
            </div>
        </th>
    }
    .into_any()
}

fn nothing(query: &GroupQuery) -> AnyView {
    if *query == GroupQuery::default() {
        return view! {
            <Empty title="Nothing is broken" detail="Errors that are open or have come back are listed here, one line for each cause.">
                <a class="btn" href="/errors?state=any">"Show resolved ones, too"</a>
            </Empty>
        }
        .into_any();
    }
    let all = if query.states == GroupStates::Any {
        PATH
    } else {
        "/errors?state=any"
    };
    view! {
        <Empty title="No error matches" detail="Try another text, state or type.">
            <a class="btn" href=all>"Show all"</a>
        </Empty>
    }
    .into_any()
}
