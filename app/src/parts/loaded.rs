//! A resource on the page: its content, or what went wrong.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    parts::notice::problem_notice,
    problem::{Problem, ProblemKind},
};

/// Shows `resource` through `view`. What was read before stays while it is read again, also when the server cannot
/// be reached for a moment: the connection's state says so already.
#[component]
pub(crate) fn Loaded<T, V>(resource: Resource<Result<T, Problem>>, view: V) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: Fn(T) -> AnyView + Send + Sync + 'static,
{
    let view = Arc::new(view);
    let last = StoredValue::new(None::<T>);
    let show = move || {
        let answer = resource.get()?;
        Some(match (answer, last.get_value()) {
            (Ok(value), _) => {
                last.set_value(Some(value.clone()));
                view(value)
            }
            (Err(problem), Some(value)) if problem.kind == ProblemKind::Unreachable => view(value),
            (Err(problem), _) => problem_notice(problem),
        })
    };
    view! {
        <Transition fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {
                let show = show.clone();
                move || show()
            }
        </Transition>
    }
}
