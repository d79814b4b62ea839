//! Work by the clock: what runs when, how it went, and what people do about it.

use chrono::{DateTime, Utc};
use domain::{
    format::duration,
    model::{
        live::Topic,
        schedule::{RunStatus, Schedule, ScheduleRun, ScheduleState},
    },
    role::Permission,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use serde_json::Value;

use crate::{
    api::schedules::{
        change_schedule, pause_schedule, preview_cron, resume_schedule, run_schedule,
        schedule_runs, schedules,
    },
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge::{Tone, badge},
        dialog::{Dialog, form_end},
        export::{ExportLink, export_icon_for},
        filter::{Choice, Select, unread},
        header::PageHeader,
        loaded::Loaded,
        notice::{Empty, problem_line},
        rows::rows,
        table::table,
        time,
        toast::{Toast, Toasts},
    },
    problem::Problem,
    query::{Params, SCHEDULE_READERS, link, schedule_state, use_query},
    session,
};

const PATH: &str = "/schedules";

type Editing = RwSignal<Option<Schedule>>;

#[component]
pub(crate) fn SchedulesPage() -> impl IntoView {
    let live = Live::expect();
    let params = use_query();
    let state = Memo::new(move |_| schedule_state(&params.read()));
    let states: Vec<Choice> = ScheduleState::all()
        .map(|state| (state.name().to_owned(), state_text(state).to_owned()))
        .collect();
    let editing: Editing = RwSignal::new(None);
    let all = live.resource(
        &[Topic::Pipeline, Topic::Settings],
        move || live.tick(),
        |_| schedules(),
    );
    let chosen = Memo::new(move |_| params.read().get("name").filter(|name| !name.is_empty()));
    let runs = live.resource(
        &[Topic::Pipeline, Topic::Settings],
        move || (chosen.get(), live.tick()),
        async |(name, _): (Option<String>, u64)| match name {
            Some(name) => schedule_runs(name.clone())
                .await
                .map(|runs| Some((name, runs))),
            None => Ok(None),
        },
    );
    view! {
        <PageHeader title="Schedules" subtitle="Work by the clock, once however many processes run">
            <ExportLink table="schedules" />
        </PageHeader>
        <main id="main">
            <div class="filters">
                <Select label="State" name="state" cursor="after" any="any state" choices=states />
            </div>
            {unread(&SCHEDULE_READERS)}
            <Loaded resource=all view=move |all| list(state.get(), all, editing) />
            <Loaded resource=runs view=history />
        </main>
        <Dialog
            open=editing
            title=|schedule: &Schedule| format!("When “{}” runs", schedule.title)
            children=move |schedule| form(schedule, editing)
        />
    }
}

fn state_text(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::New => "not run yet",
        state => state.name(),
    }
}

fn list(state: Option<ScheduleState>, all: Vec<Schedule>, editing: Editing) -> AnyView {
    if all.is_empty() {
        return view! { <Empty title="No schedules" detail="They come with the migrations: run “server migrate”." /> }
            .into_any();
    }
    let shown: Vec<_> = all
        .into_iter()
        .filter(|row| state.is_none_or(|state| row.state() == state))
        .collect();
    if shown.is_empty() {
        return view! {
            <Empty title="No schedule matches" detail="None is in this state.">
                <a class="btn" href=PATH>"Show all schedules"</a>
            </Empty>
        }
        .into_any();
    }
    let present = use_query().get_untracked();
    let headings = vec![
        ("Schedule", ""),
        ("When", ""),
        ("Next run", ""),
        ("Last run", ""),
        ("State", ""),
        ("Result", ""),
        ("", ""),
    ];
    let body = rows(shown, key, move |row| {
        let href = link(PATH, &present, &[("name", Some(&row.name))]);
        line(row, href, editing)
    });
    table("Schedules", headings, body)
}

fn key(row: &Schedule) -> String {
    format!(
        "{} {} {} {:?} {:?} {:?} {:?}",
        row.name, row.cron, row.zone, row.pause, row.last_run_at, row.status, row.next_run_at
    ) + row.run_requested_by.as_deref().unwrap_or_default()
}

fn line(row: Schedule, href: String, editing: Editing) -> AnyView {
    let state = match (&row.pause, row.status, &row.run_requested_by) {
        (Some(_), _, _) => badge(Tone::Warning, "paused"),
        (None, _, Some(by)) => badge(Tone::Info, format!("asked for by {by}")),
        (None, Some(status), None) => status_badge(status),
        (None, None, None) => badge(Tone::Quiet, "not run yet"),
    };
    let why = row.pause.clone().map(|pause| {
        view! { <p class="muted small-text">{pause.reason} " (" {pause.by} ", " {time::stamp(pause.at)} ")"</p> }
    });
    let took = row
        .last_duration_ms
        .map(|ms| format!(" in {}", duration(ms as f64 / 1000.0)));
    let result = row.last_result.as_ref().map(counts);
    let buttons = view! {
        {run_button(&row)}
        {pause_button(&row)}
        {edit_button(&row, editing)}
    };
    view! {
        <tr data-schedule=row.name.clone()>
            <th scope="row" data-label="Schedule"><a href=href title="Its runs">{row.title}</a></th>
            <td data-label="When"><span class="mono">{row.cron}</span> " " <span class="muted">{row.zone}</span></td>
            <td data-label="Next run" class="nowrap">{row.next_run_at.map(time::stamp)}</td>
            <td data-label="Last run" class="nowrap">{row.last_run_at.map(time::stamp)} {took}</td>
            <td data-label="State"><div>{state} {why}</div></td>
            <td data-label="Result" class="message">{result}</td>
            <td class="row-actions">{buttons}</td>
        </tr>
    }
    .into_any()
}

fn status_badge(status: RunStatus) -> AnyView {
    let tone = match status {
        RunStatus::Running => Tone::Info,
        RunStatus::Ok => Tone::Good,
        RunStatus::Failed | RunStatus::Lost => Tone::Bad,
        RunStatus::Stopped => Tone::Quiet,
    };
    badge(tone, status.name())
}

/// "events 412, runs 0": what a run counted.
pub(super) fn counts(result: &Value) -> String {
    let Some(result) = result.as_object() else {
        return result.to_string();
    };
    let counts = result.iter().map(|(name, value)| match value.as_i64() {
        Some(n) => format!("{name} {}", domain::format::count(n)),
        None => format!("{name} {value}"),
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn run_button(row: &Schedule) -> Option<AnyView> {
    let name = row.name.clone();
    let question = Question::new(
        format!("Run “{}” now", row.title),
        "It begins within seconds, beside its times by the clock.",
        "Run now",
        move |_| {
            let name = name.clone();
            async move {
                let schedule = run_schedule(name).await?;
                Ok(format!("“{}” was asked to run", schedule.title))
            }
        },
    );
    ask_button(
        "Run now…",
        format!("Run now: {}", row.title),
        Permission::Retry,
        question,
    )
}

fn pause_button(row: &Schedule) -> Option<AnyView> {
    let name = row.name.clone();
    if row.pause.is_some() {
        let question = Question::new(
            format!("Resume “{}”", row.title),
            "It runs again at its next time by the clock.",
            "Resume",
            move |_| {
                let name = name.clone();
                async move {
                    let schedule = resume_schedule(name).await?;
                    Ok(format!("“{}” goes on", schedule.title))
                }
            },
        );
        return ask_button(
            "Resume…",
            format!("Resume {}", row.title),
            Permission::Retry,
            question,
        );
    }
    let question = Question::new(
        format!("Pause “{}”", row.title),
        "It does not run by the clock until somebody resumes it. A run that is under way is finished.",
        "Pause",
        move |reason| {
            let name = name.clone();
            async move {
                let schedule = pause_schedule(name, reason).await?;
                Ok(format!("“{}” is paused", schedule.title))
            }
        },
    );
    ask_button(
        "Pause…",
        format!("Pause {}", row.title),
        Permission::Retry,
        question.why(),
    )
}

fn edit_button(row: &Schedule, editing: Editing) -> Option<AnyView> {
    let row = row.clone();
    session::may(Permission::Edit).then(|| {
        view! {
            <button
                class="btn small"
                aria-label=format!("Change when {} runs", row.title)
                on:click=move |_| editing.set(Some(row.clone()))
            >
                "Change…"
            </button>
        }
        .into_any()
    })
}

fn form(schedule: Schedule, editing: Editing) -> AnyView {
    let (cron, zone) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let next = RwSignal::new(None::<Result<Vec<DateTime<Utc>>, Problem>>);
    let failed = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let typed = move || {
        let value = |node: NodeRef<html::Input>| node.get_untracked().map(|node| node.value());
        (
            value(cron).unwrap_or_default(),
            value(zone).unwrap_or_default(),
        )
    };
    let asked = StoredValue::new(0_u32);
    let look = move |(cron, zone): (String, String)| {
        asked.update_value(|n| *n += 1);
        let mine = asked.get_value();
        spawn_local(async move {
            let answer = preview_cron(cron, zone).await;
            // An answer to what was typed before must not stand beside what is typed now.
            if asked.try_get_value() == Some(mine) {
                let _ = next.try_set(Some(answer));
            }
        });
    };
    look((schedule.cron.clone(), schedule.zone.clone()));
    let name = schedule.name;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let ((cron, zone), name) = (typed(), name.clone());
        busy.set(true);
        spawn_local(async move {
            match change_schedule(name, cron, zone).await {
                Ok(schedule) => {
                    live.stale(Topic::Settings);
                    toasts.push(Toast::new(format!(
                        "“{}” runs at its new times",
                        schedule.title
                    )));
                    // Whoever has gone on to another dialog keeps it.
                    if busy.try_set(false).is_none() {
                        editing.set(None);
                    }
                }
                Err(problem) => drop(failed.try_set(Some(problem))),
            }
            let _ = busy.try_set(false);
        });
    };
    let times = move || match next.get() {
        None => view! { <p class="loading">"Looking up the next runs…"</p> }.into_any(),
        Some(Err(problem)) => problem_line(problem),
        Some(Ok(times)) => {
            let times = times
                .into_iter()
                .map(|at| view! { <li>{time::utc_stamp(at)}</li> })
                .collect_view();
            view! {
                <h3>"The next runs, in UTC"</h3>
                <ol>{times}</ol>
            }
            .into_any()
        }
    };
    view! {
        <form on:submit=submit>
            <label class="field">
                <span>"Minute, hour, day of the month, month, day of the week"</span>
                <input type="text" class="mono" node_ref=cron value=schedule.cron autocomplete="off" on:input=move |_| look(typed()) />
            </label>
            <label class="field">
                <span>"Time zone, such as Europe/Berlin"</span>
                <input type="text" node_ref=zone value=schedule.zone autocomplete="off" on:input=move |_| look(typed()) />
            </label>
            {times}
            {form_end(editing, failed, busy.into(), "Change")}
        </form>
    }
    .into_any()
}

/// The runs of the schedule that was chosen, the last first.
fn history(chosen: Option<(String, Vec<ScheduleRun>)>) -> AnyView {
    let Some((name, runs)) = chosen else {
        return ().into_any();
    };
    if runs.is_empty() {
        return view! {
            <section>
                <h2>"Runs of " {name}</h2>
                <p class="muted">"It has not run yet."</p>
            </section>
        }
        .into_any();
    }
    let headings = vec![
        ("Started", ""),
        ("State", ""),
        ("Took", "n"),
        ("Because of", ""),
        ("Result", ""),
    ];
    let key = |run: &ScheduleRun| format!("{} {}", run.id, run.status.name());
    let body = rows(runs, key, move |run| {
        let took = run
            .finished_at
            .map(|end| duration((end - run.started_at).num_milliseconds() as f64 / 1000.0));
        let result = run.error.or_else(|| run.result.as_ref().map(counts));
        view! {
            <tr>
                <td data-label="Started" class="nowrap">{time::stamp(run.started_at)}</td>
                <td data-label="State">{status_badge(run.status)}</td>
                <td data-label="Took" class="n">{took}</td>
                <td data-label="Because of">{run.triggered_by}</td>
                <td data-label="Result" class="message">{result}</td>
            </tr>
        }
        .into_any()
    });
    let file = export_icon_for(
        Permission::Export,
        link(
            "/export/schedule-runs.csv",
            &Params::default(),
            &[("name", Some(&name))],
        ),
        "these runs",
    );
    view! {
        <section>
            <h2>"Runs of " {name} {file}</h2>
            {table("Runs", headings, body)}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_read_as_counts() {
        let table = [
            (
                json!({ "events": 41_200, "runs": 0 }),
                "events 41,200, runs 0",
            ),
            (json!({ "note": "none" }), "note \"none\""),
            (json!(3), "3"),
        ];
        for (result, expected) in table {
            assert_eq!(counts(&result), expected);
        }
    }
}
