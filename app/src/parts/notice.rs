//! Problems and empty lists: what it means and what to do next.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    live::Live,
    problem::{Problem, ProblemKind},
    query::sign_in_path,
};

/// A problem in place of the content that could not be read.
pub(crate) fn problem_notice(problem: Problem) -> AnyView {
    let way_out = match problem.kind {
        ProblemKind::SignedOut => {
            let location = use_location();
            let here = move || {
                let path = location.pathname.get();
                let search = location.search.get();
                let glue = if search.is_empty() { "" } else { "?" };
                sign_in_path(&format!("{path}{glue}{search}"))
            };
            view! { <a class="btn primary" href=here rel="external">"Sign in"</a> }.into_any()
        }
        ProblemKind::NotFound => {
            view! { <a class="btn" href="/">"Go to the overview"</a> }.into_any()
        }
        ProblemKind::Forbidden | ProblemKind::Invalid => ().into_any(),
        ProblemKind::Unreachable | ProblemKind::Failed => {
            let live = Live::expect();
            view! { <button class="btn" on:click=move |_| live.refresh()>"Try again"</button> }
                .into_any()
        }
    };
    view! {
        <div class="notice bad" role="alert">
            <p class="notice-title">{problem.title}</p>
            <p>{problem.detail}</p>
            {way_out}
        </div>
    }
    .into_any()
}

/// A problem in a line, beside the button that led to it.
pub(crate) fn problem_line(problem: Problem) -> AnyView {
    view! {
        <p class="problem" role="alert"><b>{problem.title}". "</b>{problem.detail}</p>
    }
    .into_any()
}

/// An empty list says so, and what would fill it.
#[component]
pub(crate) fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] detail: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="notice">
            <p class="notice-title">{title}</p>
            <p>{detail}</p>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}
