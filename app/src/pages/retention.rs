//! How long what is kept: what the last run deleted, when the next one comes, and the form that changes the days.

use domain::{
    format,
    model::{
        Count,
        live::Topic,
        retention::{Kept, RetentionSetting},
        schedule::Schedule,
    },
    role::Permission,
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::schedules::counts;
use crate::{
    api::{
        schedules::schedules,
        upkeep::{preview_retention, retention, set_retention},
    },
    browser,
    live::Live,
    parts::{
        badge::{Tone, badge},
        dialog::Dialog,
        loaded::Loaded,
        notice::problem_line,
        pager::counted,
        rows::rows,
        table::table,
        time,
        toast::{Toast, Toasts},
    },
    problem::{Problem, ProblemKind},
    session,
};

/// What is kept how long, and the schedule that deletes it.
#[derive(Clone)]
struct Row {
    setting: RetentionSetting,
    schedule: Option<Schedule>,
}

type Editing = RwSignal<Option<Row>>;

#[component]
pub(super) fn Retention() -> impl IntoView {
    let live = Live::expect();
    let editing: Editing = RwSignal::new(None);
    let all = live.resource(
        &[Topic::Settings],
        move || live.tick(),
        async |_: u64| Ok((retention().await?, schedules().await?)),
    );
    view! {
        <section aria-labelledby="retention">
            <h2 id="retention">"How long what is kept"</h2>
            <Loaded resource=all view=move |all| list(all, editing) />
            <p class="muted">"What is older is deleted by " <a href="/schedules">"schedules"</a> " at night, a little at a time."</p>
        </section>
        <Dialog
            open=editing
            title=|row: &Row| format!("How long: {}", row.setting.what.noun())
            children=move |row| form(row, editing)
        />
    }
}

fn list(
    (settings, schedules): (Vec<RetentionSetting>, Vec<Schedule>),
    editing: Editing,
) -> AnyView {
    let with_schedule = |setting: RetentionSetting| {
        let job = setting.what.job();
        let schedule = schedules.iter().find(|schedule| schedule.job == job);
        Row {
            schedule: schedule.cloned(),
            setting,
        }
    };
    let all = settings.into_iter().map(with_schedule).collect();
    let headings = vec![
        ("What", ""),
        ("Kept", "n"),
        ("Last run", ""),
        ("Deleted by it", ""),
        ("Next run", ""),
        ("Changed by", ""),
        ("", ""),
    ];
    table(
        "Retention",
        headings,
        rows(all, key, move |row| line(row, editing)),
    )
}

fn key(row: &Row) -> String {
    let runs = row.schedule.as_ref().map(|schedule| {
        (
            schedule.last_run_at,
            schedule.next_run_at,
            schedule.pause.is_some(),
        )
    });
    format!("{:?} {runs:?}", row.setting)
}

fn line(row: Row, editing: Editing) -> AnyView {
    let what = row.setting.what;
    let schedule = row.schedule.as_ref();
    let next = match schedule {
        Some(schedule) if schedule.pause.is_some() => badge(Tone::Warning, "paused"),
        Some(schedule) => schedule.next_run_at.map(time::stamp).into_any(),
        None => "no schedule".into_any(),
    };
    let result = schedule.and_then(|schedule| schedule.last_result.as_ref());
    let last = schedule.and_then(|schedule| schedule.last_run_at);
    let changed = row
        .setting
        .updated_by
        .clone()
        .map(|by| view! { {by} ", " {time::stamp(row.setting.updated_at)} });
    let kept = days(row.setting.keep_days);
    let last = match last {
        Some(at) => time::stamp(at).into_any(),
        None => "never".into_any(),
    };
    let result = result.map(counts);
    let change = session::may(Permission::Edit).then(|| {
        let label = format!("Change how long: {}", what.noun());
        view! {
            <button class="btn small" aria-label=label on:click=move |_| editing.set(Some(row.clone()))>
                "Change…"
            </button>
        }
    });
    view! {
        <tr data-kept=what.name()>
            <th scope="row" data-label="What">{what.title()}</th>
            <td data-label="Kept" class="n nowrap">{kept}</td>
            <td data-label="Last run" class="nowrap">{last}</td>
            <td data-label="Deleted by it">{result}</td>
            <td data-label="Next run" class="nowrap">{next}</td>
            <td data-label="Changed by">{changed}</td>
            <td class="row-actions">{change}</td>
        </tr>
    }
    .into_any()
}

fn days(keep_days: Option<i32>) -> String {
    match keep_days {
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{} days", format::count(days.into())),
        None => "for ever".to_owned(),
    }
}

/// What was typed; nothing is for ever.
fn typed(text: &str) -> Result<Option<i32>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Problem::new(
                ProblemKind::Invalid,
                "This cannot be set",
                format!("“{text}” is no number of days."),
            )
        }),
    }
}

/// What would change, said before it does.
#[derive(Clone, Copy)]
struct Asked {
    keep_days: Option<i32>,
    /// What the next run would delete.
    goes: Count,
}

/// Asks twice: for the days, and then, with what they would delete, whether that is meant.
fn form(row: Row, editing: Editing) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<Problem>));
    let asked = RwSignal::new(None::<Asked>);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let (what, before) = (row.setting.what, row.setting.keep_days);
    let count = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let text = input.get().map(|input| input.value()).unwrap_or_default();
        let keep_days = match typed(&text) {
            Ok(days) => days,
            Err(problem) => return failed.set(Some(problem)),
        };
        busy.set(true);
        spawn_local(async move {
            match preview_retention(what, keep_days).await {
                Ok(goes) => {
                    let _ = failed.try_set(None);
                    let _ = asked.try_set(Some(Asked { keep_days, goes }));
                    // The form goes away, and with it what had the focus.
                    request_animation_frame(|| {
                        browser::focus("dialog[open] .after-count");
                    });
                }
                Err(problem) => drop(failed.try_set(Some(problem))),
            }
            let _ = busy.try_set(false);
        });
    };
    let keep = move |Asked { keep_days, .. }| {
        busy.set(true);
        spawn_local(async move {
            match set_retention(what, keep_days).await {
                Ok(_) => {
                    live.stale(Topic::Settings);
                    toasts.push(kept(what, keep_days).act("Undo", move || {
                        spawn_local(async move {
                            toasts.push(match set_retention(what, before).await {
                                Ok(_) => kept(what, before),
                                Err(problem) => Toast::failed("It stays as it is", &problem),
                            });
                            live.stale(Topic::Settings);
                        });
                    }));
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
    let next = next_run(row.schedule.as_ref());
    let question = move |asked_now: Asked| {
        view! {
            <p data-figure="goes">{consequence(what, before, asked_now)} " " {next.clone()}</p>
            <div class="row end">
                <button class="btn after-count" type="button" on:click=move |_| asked.set(None)>"Back"</button>
                <button class="btn primary" type="button" disabled=busy on:click=move |_| keep(asked_now)>
                    {match asked_now.keep_days {
                        Some(_) => format!("Keep {}", days(asked_now.keep_days)),
                        None => "Keep for ever".to_owned(),
                    }}
                </button>
            </div>
        }
    };
    view! {
        <form on:submit=count hidden=move || asked.get().is_some()>
            <p>{what.title()} "."</p>
            <label class="field">
                <span>"Days; empty for ever"</span>
                <input
                    type="text"
                    inputmode="numeric"
                    name="days"
                    node_ref=input
                    value=before.map(|days| days.to_string())
                    autocomplete="off"
                />
            </label>
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| editing.set(None)>"Cancel"</button>
                <button class="btn primary" type="submit" disabled=busy>"Continue"</button>
            </div>
        </form>
        {move || asked.get().map(&question)}
        {move || failed.get().map(problem_line)}
    }
    .into_any()
}

fn kept(what: Kept, keep_days: Option<i32>) -> Toast {
    Toast::new(format!("Kept {}: {}", days(keep_days), what.noun()))
}

fn next_run(schedule: Option<&Schedule>) -> String {
    match schedule {
        Some(schedule) if schedule.pause.is_some() => {
            "Its schedule is paused: nothing goes before somebody resumes it.".to_owned()
        }
        Some(schedule) => schedule.next_run_at.map_or_else(String::new, |at| {
            format!("The next run is on {} UTC.", at.format("%-d %b at %H:%M"))
        }),
        None => "No schedule deletes it.".to_owned(),
    }
}

fn consequence(what: Kept, before: Option<i32>, asked: Asked) -> String {
    let change = format!(
        "Kept {} instead of {}.",
        days(asked.keep_days),
        days(before)
    );
    if asked.goes.n == 0 && !asked.goes.capped {
        return format!("{change} Of what is there now nothing would go.");
    }
    let goes = counted(asked.goes, "row", "rows");
    format!(
        "{change} The next run would delete {goes} ({}), and nothing brings them back.",
        what.noun()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_what_goes() {
        let asked = |keep_days, n, capped| Asked {
            keep_days,
            goes: Count { n, capped },
        };
        let table = [
            (
                asked(Some(7), 12_345, false),
                "Kept 7 days instead of 30 days. The next run would delete 12,345 rows (events), and nothing brings them back.",
            ),
            (
                asked(Some(1), 50_000, true),
                "Kept 1 day instead of 30 days. The next run would delete 50,000+ rows (events), and nothing brings them back.",
            ),
            (
                asked(None, 0, false),
                "Kept for ever instead of 30 days. Of what is there now nothing would go.",
            ),
        ];
        for (asked, expected) in table {
            assert_eq!(consequence(Kept::Events, Some(30), asked), expected);
        }
        assert_eq!(typed(" 14 "), Ok(Some(14)));
        assert_eq!(typed(" "), Ok(None));
        assert!(typed("soon").is_err());
    }
}
