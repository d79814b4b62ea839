//! The console's bar: its panels, the filter in force, the actions for all that match.

use domain::{
    model::{
        Page,
        error::{ErrorFilter, ErrorRow},
        window::Window,
    },
    role::Permission,
};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;

use super::{Chosen, Console, Task, size};
use crate::{
    api::errors::Selection,
    parts::{
        icon::{CHEVRON, icon},
        pager::counted,
    },
    query::{CONSOLE_WINDOW, Change, ERROR_READERS, link, resolved_name, use_query},
    session,
};

#[component]
pub(super) fn Bar(n8n: Memo<bool>) -> impl IntoView {
    let console: Console = expect_context();
    let open = RwSignal::new(true);
    Effect::new(move || {
        open.set(size::is_open());
        let handle = window_event_listener(ev::resize, move |_| open.set(size::is_open()));
        on_cleanup(move || handle.remove());
    });
    let toggle = move |_| {
        size::toggle();
        open.set(size::is_open());
    };
    let here = use_link();
    let number = move || {
        console.errors.get().and_then(Result::ok).map(|page| {
            let plus = if page.count.capped { "+" } else { "" };
            let label = counted(page.count, "error", "errors");
            view! {
                <b aria-hidden="true">{domain::format::count(page.count.n)} {plus}</b>
                <span class="sr-only">{label}</span>
            }
        })
    };
    let neon = here.clone();
    view! {
        <div class="console-bar">
            <nav class="console-tabs" aria-label="Error sources">
                <a href=move || neon(&[("e_panel", None)]) data-noscroll="" aria-current=move || (!n8n.get()).then_some("true")>
                    "Neon Errors "
                    <Transition>{number}</Transition>
                </a>
                <a href=move || here(&[("e_panel", Some("n8n"))]) data-noscroll="" aria-current=move || n8n.get().then_some("true")>
                    "n8n Live Errors"
                </a>
            </nav>
            <span class="grow"></span>
            <div class="console-actions" hidden=n8n>
                <Chips />
                <Transition>{move || console.errors.get().and_then(Result::ok).map(|page| for_all(console, &page))}</Transition>
            </div>
            <button
                class="btn quiet icon-only fold"
                aria-label="Error console"
                aria-controls="console"
                aria-expanded=move || open.get().to_string()
                title="Fold or open the error console"
                on:click=toggle
            >
                {icon(CHEVRON)}
            </button>
        </div>
    }
}

/// Links to the present page with changes to its query.
pub(super) fn use_link() -> impl Fn(&[Change<'_>]) -> String + Clone + Send + Sync + 'static {
    let path = use_location().pathname;
    let present = use_query();
    move |changes: &[Change<'_>]| link(&path.read(), &present.read(), changes)
}

/// The filter in force, each part with a way to take it off.
#[component]
fn Chips() -> impl IntoView {
    let console: Console = expect_context();
    let here = use_link();
    move || {
        parts(&console.query.read().filter)
            .into_iter()
            // The state that the console starts with is no choice, and the select shows it.
            .filter(|(key, _, value)| !(*key == "e_resolved" && value == "no"))
            .map(|(key, name, value)| {
                let href = if key == CONSOLE_WINDOW.newer {
                    here(&CONSOLE_WINDOW.up_to_now(None))
                } else {
                    here(&[(key, None), (CONSOLE_WINDOW.cursor, None)])
                };
                let label = format!("Remove the filter {name} {value}");
                view! {
                    <span class="chip">
                        {name} " " <b>{value}</b> <a href=href data-noscroll="" aria-label=label class="chip-remove">"×"</a>
                    </span>
                }
            })
            .collect_view()
    }
}

/// Key in the URL, name and value of each part of the filter.
fn parts(filter: &ErrorFilter) -> Vec<(&'static str, &'static str, String)> {
    let mut parts = Vec::new();
    if let Some(event_type) = &filter.event_type {
        parts.push(("e_type", "type", event_type.clone()));
    }
    if let Some(group) = &filter.group {
        parts.push(("e_group", "group", group.clone()));
    }
    if let Some(severity) = filter.severity {
        parts.push(("e_severity", "severity", severity.name().to_owned()));
    }
    if filter.resolved.is_some() {
        parts.push((
            "e_resolved",
            "resolved",
            resolved_name(filter.resolved).unwrap_or("no").to_owned(),
        ));
    }
    if let Some(text) = &filter.search {
        parts.push(("e_q", "text", text.clone()));
    }
    if filter.window != Window::default() {
        parts.push((CONSOLE_WINDOW.newer, "time", filter.window.to_string()));
    }
    parts
}

fn for_all(console: Console, page: &Page<ErrorRow>) -> AnyView {
    let filter = console.query.get_untracked().filter;
    let unread = ERROR_READERS.unread(&use_query().get_untracked()).is_some();
    if page.count.n < 2 || filter.resolved == Some(true) || unread {
        return ().into_any();
    }
    let plus = if page.count.capped { "+" } else { "" };
    let count = format!("{}{plus}", domain::format::count(page.count.n));
    let words: Vec<String> = parts(&filter)
        .into_iter()
        .map(|(_, name, value)| format!("{name} {value}"))
        .collect();
    let chosen = Chosen {
        selection: Selection::Matching(filter),
        count: count.clone(),
        what: format!("all errors with {}", words.join(", "))
            .replace("all errors with resolved no", "all unresolved errors"),
        workflow: None,
        note: String::new(),
    };
    let retry = chosen.clone();
    view! {
        {session::may(Permission::Retry)
            .then(|| {
                view! {
                    <button class="btn" on:click=move |_| console.task.set(Some(Task::Retry(retry.clone())))>
                        "Retry all " {count.clone()} "…"
                    </button>
                }
            })}
        {session::may(Permission::Resolve)
            .then(|| {
                view! {
                    <button class="btn" on:click=move |_| console.task.set(Some(Task::Resolve(chosen.clone())))>
                        "Resolve all " {count.clone()} "…"
                    </button>
                }
            })}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use domain::event::Severity;

    use super::*;

    #[test]
    fn every_part_of_the_filter_is_named() {
        let filter = ErrorFilter {
            event_type: Some("slots_created".into()),
            group: Some("3f09ab".into()),
            severity: Some(Severity::Error),
            resolved: Some(true),
            search: Some("timed out".into()),
            window: Window {
                newer_than: "24h".parse().ok(),
                ..Window::default()
            },
            up_to: None,
        };
        let named: Vec<_> = parts(&filter)
            .into_iter()
            .map(|(key, name, value)| format!("{key} {name} {value}"))
            .collect();
        assert_eq!(
            named,
            [
                "e_type type slots_created",
                "e_group group 3f09ab",
                "e_severity severity error",
                "e_resolved resolved yes",
                "e_q text timed out",
                "e_newer time last 24 hours",
            ]
        );
        let any = ErrorFilter {
            resolved: None,
            ..Default::default()
        };
        assert!(parts(&any).is_empty());
    }
}
