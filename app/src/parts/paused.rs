//! What is paused, by whom and why: said at the top of every page, since it explains what does not happen on it.

use domain::{
    model::{
        live::Topic,
        stage::{Pause, Pauses},
    },
    role::Permission,
    stage::StageName,
};
use leptos::prelude::*;

use crate::{
    api::stages::{pause_batch, pause_stage, pauses, resume_batch, resume_stage},
    live::Live,
    parts::{
        ask::{Question, ask_button},
        loaded::Settled,
        time,
    },
    query::{carry, import_path, use_query},
};

/// Batches that are named; of more than these the number is enough.
const NAMED: usize = 3;

#[component]
pub(crate) fn PauseBanner() -> impl IntoView {
    let pauses = Live::expect().resource(&[Topic::Settings], || (), |()| pauses());
    view! { <Settled>{move || pauses.get().and_then(Result::ok).map(banner)}</Settled> }
}

pub(crate) fn banner(pauses: Pauses) -> Option<AnyView> {
    if pauses.stages.is_empty() && pauses.batches.is_empty() {
        return None;
    }
    let present = use_query().get_untracked();
    let more = pauses.batches.len().saturating_sub(NAMED);
    let rest = match more {
        1 => "and 1 more batch".to_owned(),
        more => format!("and {more} more batches"),
    };
    let stages = pauses.stages.into_iter().map(|(stage, pause)| {
        let name = view! { <a href=carry("/stages", &present)>{stage.title()}</a> }.into_any();
        line(name, pause, resume_stage_button(stage))
    });
    let batches = pauses
        .batches
        .into_iter()
        .take(NAMED)
        .map(|(batch, pause)| {
            let href = carry(&import_path(&batch), &present);
            let name = view! { "Batch " <a href=href>{batch.clone()}</a> }.into_any();
            line(name, pause, resume_batch_button(&batch))
        });
    let lines = stages.chain(batches).collect_view();
    Some(
        view! {
            <ul class="paused" aria-label="Paused">
                {lines}
                {(more > 0).then(|| view! { <li><a href=carry("/stages", &present)>{rest}</a></li> })}
            </ul>
        }
        .into_any(),
    )
}

fn line(name: AnyView, pause: Pause, resume: Option<AnyView>) -> AnyView {
    view! {
        <li>
            <span><b>{name}</b> " is paused: " {reason(pause)}</span>
            {resume}
        </li>
    }
    .into_any()
}

/// Why, by whom and since when.
pub(crate) fn reason(pause: Pause) -> AnyView {
    view! {
        {pause.reason.unwrap_or_else(|| "no reason given".to_owned())}
        " ("
        {pause.paused_by.unwrap_or_else(|| "somebody".to_owned())}
        ", "
        {time::stamp(pause.paused_at)}
        ")"
    }
    .into_any()
}

pub(crate) fn pause_stage_question(stage: StageName) -> Question {
    let title = stage.title();
    Question::new(
        format!("Pause {title}"),
        format!(
            "No worker takes another batch of {title} until somebody resumes it. What is in hand is finished."
        ),
        "Pause",
        move |reason| async move {
            pause_stage(stage, reason).await?;
            Ok(format!("{title} is paused"))
        },
    )
    .why()
}

pub(crate) fn pause_stage_button(stage: StageName) -> Option<AnyView> {
    let label = format!("Pause {}", stage.title());
    ask_button(
        "Pause…",
        label,
        Permission::Retry,
        pause_stage_question(stage),
    )
}

pub(crate) fn resume_stage_question(stage: StageName) -> Question {
    let title = stage.title();
    Question::new(
        format!("Resume {title}"),
        format!("Workers go on with what waits for {title}."),
        "Resume",
        move |reason| async move {
            resume_stage(stage, reason).await?;
            Ok(format!("{title} goes on"))
        },
    )
}

pub(crate) fn resume_stage_button(stage: StageName) -> Option<AnyView> {
    let label = format!("Resume {}", stage.title());
    ask_button(
        "Resume…",
        label,
        Permission::Retry,
        resume_stage_question(stage),
    )
}

pub(crate) fn pause_batch_button(batch: &str) -> Option<AnyView> {
    let id = batch.to_owned();
    let question = Question::new(
        format!("Pause batch {batch}"),
        "Its events are put aside as they come up, in every stage, until somebody resumes it.",
        "Pause",
        move |reason| {
            let id = id.clone();
            async move {
                pause_batch(id.clone(), reason).await?;
                Ok(format!("Batch {id} is paused"))
            }
        },
    );
    ask_button(
        "Pause…",
        format!("Pause batch {batch}"),
        Permission::Retry,
        question.why(),
    )
}

pub(crate) fn resume_batch_button(batch: &str) -> Option<AnyView> {
    let id = batch.to_owned();
    let question = Question::new(
        format!("Resume batch {batch}"),
        "Its events are due again, in the order in which they came.",
        "Resume",
        move |reason| {
            let id = id.clone();
            async move {
                resume_batch(id.clone(), reason).await?;
                Ok(format!("Batch {id} goes on"))
            }
        },
    );
    ask_button(
        "Resume…",
        format!("Resume batch {batch}"),
        Permission::Retry,
        question,
    )
}
