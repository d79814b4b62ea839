//! A resource on the page: its content, or what went wrong.

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
    // Boxed, so that what follows is compiled once and not for every resource.
    loaded(Box::new(show))
}

fn loaded(show: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    view! { <Settled loading=true>{move || show()}</Settled> }.into_any()
}

/// What depends on resources: held back until they are there, and kept while they are read again.
///
/// The one place that names `Transition`, whose code is large and made anew for every type of content.
#[component]
pub(crate) fn Settled(
    /// Says "Loading…" meanwhile.
    #[prop(optional)]
    loading: bool,
    children: Children,
) -> impl IntoView {
    let waiting = move || loading.then(self::loading);
    view! { <Transition fallback=waiting>{children()}</Transition> }
}

const SKELETON_LINES: usize = 6;

/// In place of what is still being read: where its lines will stand.
pub(crate) fn loading() -> AnyView {
    view! {
        <div class="skeleton">
            <p class="sr-only">"Loading…"</p>
            {[(); SKELETON_LINES].map(|()| view! { <span></span> }).collect_view()}
        </div>
    }
    .into_any()
}
