//! Stages while they run: what waits, what goes through, pauses and settings. Batches that are paused stand below.

use domain::{
    event::EventStatus,
    format::{age, count, duration},
    model::{
        event::EventFilter,
        live::Topic,
        overview::StripStep,
        stage::{BatchPause, StageFigures, StageSettings, StageState},
    },
    role::Permission,
    stage::StageName,
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::stages::{paused_batches, stage_figures, update_stage_settings},
    live::Live,
    parts::{
        badge::{Tone, age_tone, badge},
        dialog::{Dialog, form_end},
        export::ExportLink,
        header::PageHeader,
        loaded::Loaded,
        paused::{pause_stage_button, reason, resume_batch_button, resume_stage_button},
        rows::rows,
        sparkline::sparkline,
        table::table,
        time,
        toast::{Toast, Toasts},
    },
    problem::{Problem, ProblemKind},
    query::{carry, events_path, import_path, use_query},
    session,
};

/// The stage whose settings are being changed.
type Editing = RwSignal<Option<StageState>>;

#[component]
pub(crate) fn StagesPage() -> impl IntoView {
    let live = Live::expect();
    let editing: Editing = RwSignal::new(None);
    let stages = live.resource(
        &[Topic::Pipeline, Topic::Settings],
        move || live.tick(),
        |_| stage_figures(),
    );
    let batches = live.resource(
        &[Topic::Settings],
        move || live.tick(),
        |_| paused_batches(),
    );
    view! {
        <PageHeader title="Stages" subtitle="How fast each step may go, and whether it goes at all">
            <ExportLink table="stages" />
        </PageHeader>
        <main id="main">
            <Loaded resource=stages view=move |stages| list(stages, editing) />
            <section>
                <h2>"Paused batches"</h2>
                <Loaded resource=batches view=paused />
            </section>
        </main>
        <Dialog
            open=editing
            title=|state: &StageState| format!("Settings of {}", state.stage.title())
            children=move |state| settings_form(state, editing)
        />
    }
}

fn list(stages: Vec<StageFigures>, editing: Editing) -> AnyView {
    let card = move |one: StageFigures| card(one, editing);
    view! { <div class="stage-grid">{stages.into_iter().map(card).collect_view()}</div> }.into_any()
}

fn card(figures: StageFigures, editing: Editing) -> AnyView {
    let StageFigures {
        state,
        step,
        runs_per_minute,
    } = figures;
    let stage = state.stage;
    let name = stage.name();
    let standing = match &state.pause {
        Some(_) => badge(Tone::Warning, "paused"),
        None => badge(Tone::Good, "running"),
    };
    let buttons = match &state.pause {
        Some(_) => resume_stage_button(stage),
        None => pause_stage_button(stage),
    };
    let highest = runs_per_minute.iter().copied().max().unwrap_or(0);
    let text = format!(
        "Runs per minute over the last hour: highest {}, this minute {}",
        count(highest),
        count(runs_per_minute.last().copied().unwrap_or(0))
    );
    let edit = {
        let state = state.clone();
        session::may(Permission::Edit).then(|| {
            view! {
                <button
                    class="btn small"
                    aria-label=format!("Settings of {}", stage.title())
                    on:click=move |_| editing.set(Some(state.clone()))
                >
                    "Settings…"
                </button>
            }
        })
    };
    view! {
        <article class="card stage" aria-labelledby=format!("stage-{name}") data-stage=name>
            <header class="company-head">
                <h2 id=format!("stage-{name}")>{stage.title()}</h2>
                {standing}
                <span class="grow"></span>
                {buttons}
                {edit}
            </header>
            {state.pause.clone().map(|pause| view! { <p class="figure-line">{reason(pause)}</p> })}
            {queue(stage, &step)}
            {sparkline(&runs_per_minute, text)}
            <p class="muted small-text">{format!("runs per minute, last hour; highest {}", count(highest))}</p>
            {settings(&state)}
        </article>
    }
    .into_any()
}

fn queue(stage: StageName, step: &StripStep) -> AnyView {
    let present = use_query().get_untracked();
    let figure = |label: &'static str, status: EventStatus, n: i64| {
        let filter = EventFilter {
            event_type: Some(stage.consumes().to_owned()),
            status: Some(status),
            ..Default::default()
        };
        let href = carry(&events_path(&filter), &present);
        view! {
            <div>
                <dt>{label}</dt>
                <dd data-figure=status.name()><a href=href>{count(n)}</a></dd>
            </div>
        }
    };
    let oldest = match step.oldest_minutes.filter(|_| step.waiting > 0) {
        Some(minutes) => badge(age_tone(Some(minutes)), age(minutes)),
        None => "–".into_any(),
    };
    let rate = match step.rate {
        rate if rate <= 0.0 => "–".to_owned(),
        rate if rate < 10.0 => format!("{rate:.1}/s"),
        rate => format!("{}/s", count(rate as i64)),
    };
    view! {
        <dl class="figs">
            {figure("Waiting", EventStatus::Pending, step.waiting)}
            {figure("In work", EventStatus::Processing, step.processing)}
            {figure("Failed", EventStatus::Failed, step.failed)}
            <div>
                <dt>"Oldest"</dt>
                <dd>{oldest}</dd>
            </div>
            <div>
                <dt>"Rate"</dt>
                <dd>{rate}</dd>
            </div>
        </dl>
    }
    .into_any()
}

/// What is in force, and which of it somebody set.
fn settings(state: &StageState) -> AnyView {
    let (told, own) = (state.settings, state.own);
    let milliseconds = |n: i32| match n {
        0 => "none".to_owned(),
        n => duration(f64::from(n) / 1000.0),
    };
    let number = |n: i32| count(i64::from(n));
    let fact = |label: &'static str,
                told: Option<i32>,
                own: Option<i32>,
                shown: &dyn Fn(i32) -> String| {
        let value = told.or(own).map_or_else(|| "–".to_owned(), shown);
        let title = match (told, own) {
            (Some(_), Some(own)) => format!("set by hand; its own is {}", shown(own)),
            _ => "the stage's own".to_owned(),
        };
        let set = told.is_some();
        view! {
            <div>
                <dt>{label}</dt>
                <dd title=title class:set=set>{value}</dd>
            </div>
        }
    };
    let updated = state
        .updated_by
        .clone()
        .map(|by| view! { <p class="muted small-text">"Changed by " {by} ", " {time::stamp(state.updated_at)}</p> });
    view! {
        <dl class="facts settings">
            {fact("At the same time", told.concurrency, own.concurrency, &number)}
            {fact("Events of a batch", told.batch_size, own.batch_size, &number)}
            {fact("Between batches", told.min_delay_ms, own.min_delay_ms, &milliseconds)}
            {fact("Attempts", told.attempts, own.attempts, &number)}
            {fact("First back-off", told.backoff_base_ms, own.backoff_base_ms, &milliseconds)}
            {fact("Longest back-off", told.backoff_cap_ms, own.backoff_cap_ms, &milliseconds)}
            {fact("Time-out", told.time_out_ms, own.time_out_ms, &milliseconds)}
        </dl>
        {updated}
    }
    .into_any()
}

/// Label, the present value and the stage's own, in the order of [`numbers`].
fn fields(state: &StageState) -> [(&'static str, Option<i32>, Option<i32>); 7] {
    let (told, own) = (state.settings, state.own);
    [
        (
            "At the same time, 1 to 256",
            told.concurrency,
            own.concurrency,
        ),
        (
            "Events of a batch, 1 to 2,000",
            told.batch_size,
            own.batch_size,
        ),
        (
            "Milliseconds between batches",
            told.min_delay_ms,
            own.min_delay_ms,
        ),
        ("Attempts, 1 to 100", told.attempts, own.attempts),
        (
            "First back-off in milliseconds",
            told.backoff_base_ms,
            own.backoff_base_ms,
        ),
        (
            "Longest back-off in milliseconds",
            told.backoff_cap_ms,
            own.backoff_cap_ms,
        ),
        (
            "Time-out in milliseconds",
            told.time_out_ms,
            own.time_out_ms,
        ),
    ]
}

fn numbers(typed: &[String]) -> Result<StageSettings, String> {
    let mut numbers = [None; 7];
    for (number, text) in numbers.iter_mut().zip(typed) {
        *number = match text.trim() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| format!("“{text}” is no whole number"))?,
            ),
        };
    }
    let [
        concurrency,
        batch_size,
        min_delay_ms,
        attempts,
        backoff_base_ms,
        backoff_cap_ms,
        time_out_ms,
    ] = numbers;
    let settings = StageSettings {
        concurrency,
        batch_size,
        min_delay_ms,
        attempts,
        backoff_base_ms,
        backoff_cap_ms,
        time_out_ms,
    };
    settings.check()?;
    Ok(settings)
}

fn settings_form(state: StageState, editing: Editing) -> AnyView {
    let inputs: [NodeRef<html::Input>; 7] = std::array::from_fn(|_| NodeRef::new());
    let failed = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let stage = state.stage;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let typed = inputs.map(|input| input.get().map(|input| input.value()).unwrap_or_default());
        let settings = match numbers(&typed) {
            Ok(settings) => settings,
            Err(text) => {
                let problem = Problem::new(
                    ProblemKind::Invalid,
                    "This cannot be set",
                    format!("{text}."),
                );
                return failed.set(Some(problem));
            }
        };
        busy.set(true);
        spawn_local(async move {
            match update_stage_settings(stage, settings).await {
                Ok(()) => {
                    live.stale(Topic::Settings);
                    toasts.push(Toast::new(format!(
                        "The settings of {} are in force",
                        stage.title()
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
    let field = |((label, told, own), input): (
        (&'static str, Option<i32>, Option<i32>),
        NodeRef<html::Input>,
    )| {
        let own = own.map(|own| own.to_string());
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    type="text"
                    inputmode="numeric"
                    node_ref=input
                    placeholder=own
                    value=told.map(|told| told.to_string())
                    autocomplete="off"
                />
            </label>
        }
    };
    view! {
        <form on:submit=submit>
            <p>"In force at once, for every worker. An empty field takes the stage's own value, which is shown in it."</p>
            <div class="fields">{fields(&state).into_iter().zip(inputs).map(field).collect_view()}</div>
            {form_end(editing, failed, busy.into(), "Set")}
        </form>
    }
    .into_any()
}

fn paused(batches: Vec<BatchPause>) -> AnyView {
    if batches.is_empty() {
        return view! { <p class="muted">"None. A batch is paused from its own page."</p> }
            .into_any();
    }
    let present = use_query().get_untracked();
    let key = |row: &BatchPause| format!("{} {}", row.batch_id, row.waiting);
    let body = rows(batches, key, move |row| {
        let href = carry(&import_path(&row.batch_id), &present);
        let waiting = events_path(&EventFilter {
            batch: Some(row.batch_id.clone()),
            status: Some(EventStatus::Pending),
            ..Default::default()
        });
        let waiting = carry(&waiting, &present);
        view! {
            <tr>
                <th scope="row" data-label="Batch"><a href=href>{row.batch_id.clone()}</a></th>
                <td data-label="Waiting" class="n"><a href=waiting>{count(row.waiting)}</a></td>
                <td data-label="Reason" class="message">{reason(row.pause)}</td>
                <td class="row-actions">{resume_batch_button(&row.batch_id)}</td>
            </tr>
        }
        .into_any()
    });
    let headings = vec![("Batch", ""), ("Waiting", "n"), ("Reason", ""), ("", "")];
    table("Paused batches", headings, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_numbers_are_checked_and_empty_ones_left_to_the_stage() {
        let typed = |texts: [&str; 7]| numbers(&texts.map(str::to_owned));
        let expected = StageSettings {
            concurrency: Some(4),
            min_delay_ms: Some(0),
            ..StageSettings::default()
        };
        assert_eq!(typed([" 4 ", "", "0", "", "", "", ""]), Ok(expected));
        let table = [
            (["x", "", "", "", "", "", ""], "“x” is no whole number"),
            (
                ["", "", "", "0", "", "", ""],
                "The number of attempts is 0, but must be 1 to 100",
            ),
        ];
        for (texts, wrong) in table {
            assert_eq!(typed(texts), Err(wrong.to_owned()));
        }
    }
}
