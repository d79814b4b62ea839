//! One cause of errors: what it is about, and everything that can be done about it.

use domain::{
    format::count,
    model::{
        error_group::{
            Affected, Decided, GroupDetail, GroupNote, GroupRow, GroupState, Ignore, Ignored,
        },
        live::Topic,
    },
    role::Permission,
    stage::StageName,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::errors::{listed, people, state_badge};
use crate::{
    api::error_groups::{
        assign_error_group, error_group, heed_error_group, ignore_error_group, note_error_group,
    },
    console::{Chosen, ConsoleTask, Task},
    live::Live,
    parts::{
        ask::{Question, ask_button},
        dialog::{Dialog, form_end},
        header::PageHeader,
        loaded::Loaded,
        notice::problem_line,
        pager::number,
        rows::rows,
        sparkline::sparkline,
        table::{fact, table},
        time,
        toast::{Toast, Toasts},
    },
    problem::Problem,
    query::{carry, company_path, use_query},
    session,
};

type Ignoring = RwSignal<Option<GroupRow>>;

#[component]
pub(crate) fn ErrorGroupPage() -> impl IntoView {
    let params = use_params_map();
    let present = use_query();
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let live = Live::expect();
    let detail = live.resource(&[Topic::Errors], move || key.get(), error_group);
    let people = people(live);
    let ignoring: Ignoring = RwSignal::new(None);
    view! {
        <PageHeader title="Error group" subtitle="One cause, and what can be done about it" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry("/errors", &present.read())>"Errors"</a></nav>
            <Loaded resource=detail view=move |detail| whole(detail, people, ignoring) />
        </main>
        <Dialog
            open=ignoring
            title=|_: &GroupRow| "Ignore this error".to_owned()
            children=move |row| ignore_form(row, ignoring)
        />
    }
}

fn whole(
    detail: GroupDetail,
    people: Resource<Result<Vec<String>, Problem>>,
    ignoring: Ignoring,
) -> AnyView {
    let row = detail.row;
    let present = use_query().get_untracked();
    let workflow = StageName::of_event(&row.event_type).map(StageName::workflow);
    let open = view! { <a href=listed(&row.key, Some(false))>{count(row.open)}</a> };
    let total = view! { <a href=listed(&row.key, None)>{count(row.total)}</a> };
    let resolved_at = detail.resolved.as_ref().map(|decided| decided.at);
    let resolved = detail.resolved.map(|decided| decision(&decided));
    let ignored = detail
        .ignored
        .filter(|ignored| row.state != GroupState::Resolved && resolved_at.is_none_or(|at| at < ignored.decided.at))
        .map(|ignored| view! { {decision(&ignored.decided)} ": " {ignored.why.clone()} " " {until(&ignored)} });
    let drawn = format!(
        "Errors a day over 14 days, {} today",
        row.days.last().unwrap_or(&0)
    );
    view! {
        <Title text=row.message.clone() />
        <section class="card" aria-labelledby="group-title">
            <div class="company-head">
                <h2 id="group-title" class="error-message">{row.message.clone()}</h2>
                {state_badge(row.state)}
            </div>
            <dl class="facts">
                {fact("Event type", Some(view! { <span class="mono">{row.event_type.clone()}</span> }))}
                {fact("Workflow", workflow)}
                {fact("Open errors", Some(open))}
                {fact("Errors in all", Some(total))}
                {fact("Companies", Some(number(row.companies)))}
                {fact("First seen", Some(time::stamp(row.first_seen)))}
                {fact("Last seen", Some(time::stamp(row.last_seen)))}
                {fact("Last resolved", resolved)}
                {fact("Ignored", ignored)}
                {fact("Assigned to", Some(assigned(&row, people)))}
            </dl>
            <figure class="spark-large">
                {sparkline(&row.days, drawn)}
                <figcaption class="muted small-text">"Errors a day, the last 14 days"</figcaption>
            </figure>
            {buttons(&row, ignoring)}
        </section>
        <div class="grid">
            <section class="column" aria-labelledby="affected-title">
                <h2 id="affected-title">"Affected" <small>"met last, up to 20"</small></h2>
                {affected(detail.affected, carry("", &present))}
            </section>
            <section class="column" aria-labelledby="notes-title">
                <h2 id="notes-title">"Notes"</h2>
                {notes(detail.notes, detail.earlier_notes)}
                {session::may(Permission::Resolve).then(|| view! { <NoteForm key=row.key.clone() /> })}
            </section>
        </div>
    }
    .into_any()
}

fn decision(decided: &Decided) -> AnyView {
    let by = if decided.by.is_empty() {
        String::new()
    } else {
        format!(" by {}", decided.by)
    };
    view! { {time::stamp(decided.at)} {by} }.into_any()
}

/// "(until 12 errors within an hour)", as people chose it.
fn until(ignored: &Ignored) -> AnyView {
    let numbers = [
        ignored.total.map(|n| format!("{} errors in all", count(n))),
        ignored
            .rate
            .map(|n| format!("{} errors within an hour", count(n))),
    ];
    let numbers: Vec<String> = numbers.into_iter().flatten().collect();
    let at = ignored.until.map(time::stamp);
    match (at, numbers.is_empty()) {
        (None, true) => "(for good)".into_any(),
        (None, false) => format!("(until {})", numbers.join(" or ")).into_any(),
        (Some(at), true) => view! { "(until " {at} ")" }.into_any(),
        (Some(at), false) => view! { "(until " {at} " or " {numbers.join(" or ")} ")" }.into_any(),
    }
}

fn assigned(row: &GroupRow, people: Resource<Result<Vec<String>, Problem>>) -> AnyView {
    let now = row.assigned_to.clone().unwrap_or_default();
    if !session::may(Permission::Resolve) {
        let text = if now.is_empty() {
            "nobody".to_owned()
        } else {
            now
        };
        return text.into_any();
    }
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let key = row.key.clone();
    let change = move |event: ev::Event| {
        let (key, to) = (key.clone(), event_target_value(&event));
        spawn_local(async move {
            let to = Some(to).filter(|to| !to.is_empty());
            let said = to.as_ref().map_or("Assigned to nobody".to_owned(), |to| {
                format!("Assigned to {to}")
            });
            match assign_error_group(key, to).await {
                Ok(()) => toasts.push(Toast::new(said)),
                // Not beside the list, which is made anew when the old choice comes back.
                Err(problem) => toasts.push(Toast::failed("Not assigned", &problem)),
            }
            live.stale(Topic::Errors);
        });
    };
    let choices = move || {
        let mut names = people.get().and_then(Result::ok).unwrap_or_default();
        if !now.is_empty() && !names.contains(&now) {
            names.push(now.clone());
        }
        names
            .into_iter()
            .map(|name| {
                let selected = name == now;
                let value = name.clone();
                view! { <option value=value selected=selected>{name}</option> }
            })
            .collect_view()
    };
    view! {
        <select aria-label="Assigned to" on:change=change>
            <option value="">"nobody"</option>
            // Within the boundary of the group; see the overview's counts.
            {choices}
        </select>
    }
    .into_any()
}

fn buttons(row: &GroupRow, ignoring: Ignoring) -> AnyView {
    let ConsoleTask(task) = expect_context();
    let chosen = Chosen::group(row);
    let retry = chosen.clone();
    let (any, ignored) = (row.open > 0, row.state == GroupState::Ignored);
    let row = row.clone();
    let key = row.key.clone();
    let heed = Question::new(
        "Stop ignoring this error",
        "It is listed among what is to be done again.",
        "Stop ignoring",
        move |_| {
            let key = key.clone();
            async move {
                heed_error_group(key).await?;
                Ok("The error is no longer ignored".to_owned())
            }
        },
    );
    view! {
        <div class="row">
            {(any && session::may(Permission::Retry))
                .then(|| {
                    view! {
                        <button class="btn primary" on:click=move |_| task.set(Some(Task::Retry(retry.clone())))>
                            "Retry all…"
                        </button>
                    }
                })}
            {(any && session::may(Permission::Resolve))
                .then(|| {
                    view! {
                        <button class="btn" on:click=move |_| task.set(Some(Task::Resolve(chosen.clone())))>"Resolve all…"</button>
                    }
                })}
            {(any && !ignored && session::may(Permission::Resolve))
                .then(|| view! { <button class="btn" on:click=move |_| ignoring.set(Some(row.clone()))>"Ignore…"</button> })}
            {ignored
                .then(|| ask_button("Stop ignoring…", "Stop ignoring this error".to_owned(), Permission::Resolve, heed))
                .flatten()}
        </div>
    }
    .into_any()
}

fn affected(all: Vec<Affected>, carried: String) -> AnyView {
    let headings = vec![
        ("Company", ""),
        ("Open", "n"),
        ("Errors", "n"),
        ("Last seen", ""),
    ];
    let line = move |one: Affected| {
        let name = match one.company_key {
            Some(key) => {
                let href = format!("{}{carried}", company_path(&key));
                view! { <a href=href>{one.name}</a> }.into_any()
            }
            None => view! { <span class="mono">{one.name}</span> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row" data-label="Company">{name}</th>
                <td data-label="Open" class="n">{count(one.open)}</td>
                <td data-label="Errors" class="n">{count(one.errors)}</td>
                <td data-label="Last seen" class="nowrap">{time::stamp(one.last_seen)}</td>
            </tr>
        }
        .into_any()
    };
    table(
        "Affected",
        headings,
        rows(all, |one| format!("{one:?}"), line),
    )
}

fn notes(all: Vec<GroupNote>, earlier: i64) -> AnyView {
    if all.is_empty() {
        return view! { <p class="muted">"Nobody has left a note: what is known of the cause, what was tried?"</p> }
            .into_any();
    }
    let note = |note: GroupNote| {
        view! {
            <li class="card">
                <p class="muted small-text"><b>{note.author}</b> " " {time::stamp(note.at)}</p>
                <p class="note-body">{note.body}</p>
            </li>
        }
    };
    let before = (earlier > 0).then(|| {
        let text = format!(
            "{} earlier ones are not shown; the audit log has them all.",
            count(earlier)
        );
        view! { <p class="muted small-text">{text}</p> }
    });
    view! { {before} <ul class="notes">{all.into_iter().map(note).collect_view()}</ul> }.into_any()
}

#[component]
fn NoteForm(key: String) -> impl IntoView {
    let body = NodeRef::<html::Textarea>::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = body.get() else { return };
        let key = key.clone();
        busy.set(true);
        spawn_local(async move {
            match note_error_group(key, field.value()).await {
                Ok(()) => {
                    field.set_value("");
                    toasts.push(Toast::new("The note is kept".to_owned()));
                    live.stale(Topic::Errors);
                    let _ = failed.try_set(None);
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form class="card needs-script" on:submit=submit aria-label="Leave a note">
            <label class="field">
                <span>"Note"</span>
                <textarea name="body" rows="3" node_ref=body required maxlength="4000"></textarea>
            </label>
            {move || failed.get().map(problem_line)}
            <div class="row end">
                <button class="btn" type="submit" disabled=busy>"Leave a note"</button>
            </div>
        </form>
    }
}

/// What a person may choose instead of a moment.
const SPANS: [(&str, u32); 4] = [
    ("an hour", 1),
    ("a day", 24),
    ("a week", 24 * 7),
    ("30 days", 24 * 30),
];

fn ignore_form(row: GroupRow, ignoring: Ignoring) -> AnyView {
    let why = NodeRef::<html::Input>::new();
    let span = NodeRef::<html::Select>::new();
    let (total, rate) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let (key, least) = (row.key, row.total + 1);
    let number = |field: NodeRef<html::Input>| field.get()?.value().trim().parse().ok();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let ignore = Ignore {
            why: why.get().map(|why| why.value()).unwrap_or_default(),
            hours: span.get().and_then(|span| span.value().parse().ok()),
            total: number(total),
            rate: number(rate),
        };
        let key = key.clone();
        busy.set(true);
        spawn_local(async move {
            match ignore_error_group(key, ignore).await {
                Ok(()) => {
                    toasts.push(Toast::new("The error is ignored".to_owned()));
                    live.stale(Topic::Errors);
                    ignoring.set(None);
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let choice = |(text, hours): (&'static str, u32)| {
        view! { <option value=hours.to_string() selected=hours == 24>{text}</option> }
    };
    view! {
        <form on:submit=submit>
            <p>"Its errors are still kept, and listed under “ignored”. It comes back by itself when the first of these is reached."</p>
            <label class="field">
                <span>"For"</span>
                <select name="span" node_ref=span>
                    {SPANS.map(choice).collect_view()}
                    <option value="">"no time limit"</option>
                </select>
            </label>
            <label class="field">
                <span>"Or until so many errors in all (now " {count(least - 1)} ")"</span>
                <input type="number" name="total" node_ref=total min=least.to_string() step="1" />
            </label>
            <label class="field">
                <span>"Or until so many errors within an hour"</span>
                <input type="number" name="rate" node_ref=rate min="1" step="1" />
            </label>
            <label class="field">
                <span>"Reason"</span>
                <input type="text" name="why" node_ref=why required maxlength="500" autocomplete="off" />
            </label>
            {form_end(ignoring, failed, busy.into(), "Ignore")}
        </form>
    }
    .into_any()
}
