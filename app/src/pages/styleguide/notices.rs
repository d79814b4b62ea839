//! What is said in place of content, above it, and in the corner of the window.

use domain::model::stage::{Pause, Pauses};
use leptos::prelude::*;

use super::{minutes_ago, wide};
use crate::{
    parts::{
        new_version,
        notice::{Empty, problem_line, problem_notice},
        paused,
        toast::{self, Toast},
    },
    problem::{Problem, ProblemKind},
};

pub(super) fn notices() -> AnyView {
    view! {
        {wide("A banner", banner())}
        {wide("What is paused", paused::banner(pauses()))}
        {wide("Empty lists", empty())}
        {wide("Problems in place of content", problems().map(problem_notice).collect_view())}
        {wide("A problem in a line", problem_line(Problem::failed()))}
        {wide("In the corner of the window", view! { {new_version::offer()} {messages()} })}
    }
    .into_any()
}

/// Messages that stay, and whose buttons do nothing.
fn messages() -> AnyView {
    let failed = Toast::failed(
        "company_created for record 18 is not resolved",
        &Problem::unreachable(),
    );
    let shown = [
        Toast::new("Resolved company_created for record 17").act("Undo", || ()),
        Toast::new("Retried 1,200 events; 3 had moved on")
            .act("Undo", || ())
            .link("Show", "#notices".to_owned()),
        failed.act("Try again", || ()),
    ];
    shown
        .map(|toast| toast::show(toast, || ()))
        .collect_view()
        .into_any()
}

fn banner() -> AnyView {
    view! {
        <p class="banner"><b>"Sandbox data. "</b> "People and addresses are invented."</p>
    }
    .into_any()
}

/// Batches that are nowhere, so that a click resumes nothing.
fn pauses() -> Pauses {
    let pause = |minutes, reason: Option<&str>| Pause {
        reason: reason.map(str::to_owned),
        paused_by: Some("ada".to_owned()),
        paused_at: minutes_ago(minutes),
    };
    let batches = [
        (
            "example-1",
            pause(12, Some("the provider asked for a break")),
        ),
        ("example-2", pause(70, None)),
        ("example-3", pause(71, Some("two columns were swapped"))),
        ("example-4", pause(72, None)),
    ];
    Pauses {
        stages: Vec::new(),
        batches: batches
            .map(|(batch, pause)| (batch.to_owned(), pause))
            .into(),
    }
}

fn empty() -> AnyView {
    view! {
        <Empty title="No company matches" detail="Try fewer letters, another state or any batch.">
            <a class="btn" href="#notices" rel="external">"Show all companies"</a>
        </Empty>
        <Empty title="No unresolved errors" detail="What fails after its last attempt appears here, with Retry and Resolve." />
    }
    .into_any()
}

fn problems() -> [Problem; 6] {
    [
        Problem::signed_out(),
        Problem::forbidden("retry"),
        Problem::not_found("event", "12"),
        Problem::new(
            ProblemKind::Invalid,
            "This cannot be done",
            "The filter selects no event.",
        ),
        Problem::unreachable(),
        Problem::failed(),
    ]
}
