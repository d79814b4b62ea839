//! The "?" of a page: what it is for, in a few sentences, and the way to all of the help.

use domain::model::help::HelpTopic;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use crate::{
    api::help::help,
    parts::notice::problem_line,
    problem::Problem,
    query::{carry, use_query},
    routes::{HELP, PAGES},
};

/// Nothing on the help itself, and on an address that is no page.
#[component]
pub(crate) fn PageHelp() -> impl IntoView {
    let page = topic_of(&use_location().pathname.get_untracked());
    let present = use_query();
    let said = RwSignal::new(None::<Result<Option<HelpTopic>, Problem>>);
    page.map(|page| {
        let asked = page.clone();
        let ask = move |_| {
            if matches!(said.get_untracked(), Some(Ok(_))) {
                return;
            }
            let page = asked.clone();
            spawn_local(async move {
                let answer = help(Some(page)).await;
                let first = answer.map(|topics| topics.into_iter().next());
                let _ = said.try_set(Some(first));
            });
        };
        let all = move || format!("{}#{page}", carry(HELP, &present.read()));
        let text = move || match said.get() {
            None => view! { <p class="loading">"Loading…"</p> }.into_any(),
            Some(Err(problem)) => problem_line(problem),
            Some(Ok(topic)) => view! { <p>{topic.map(|topic| topic.short)}</p> }.into_any(),
        };
        view! {
            <button class="btn quiet icon-only help-button" popovertarget="page-help" aria-label="Help for this page" title="What is this page for?" on:click=ask>
                "?"
            </button>
            <div class="menu help" id="page-help" popover="auto">
                <div aria-live="polite">{text}</div>
                <p><a href=all>"More in the help"</a></p>
            </div>
        }
        .into_any()
    })
}

/// The name of a page's topic: the first part of its path.
pub(crate) fn topic_of(path: &str) -> Option<String> {
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let name = first(path);
    let known = path != HELP && PAGES.iter().any(|page| first(page.path) == name);
    known.then(|| {
        if name.is_empty() {
            "overview".to_owned()
        } else {
            name
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_topic_and_every_topic_a_page() {
        let topics: Vec<_> = domain::help::topics(None)
            .into_iter()
            .map(|topic| topic.page)
            .collect();
        let named: Vec<_> = PAGES
            .iter()
            .filter_map(|page| topic_of(page.path))
            .collect();
        for page in &named {
            assert!(topics.contains(page), "no help for {page}");
        }
        for topic in &topics {
            assert!(named.contains(topic), "no page for {topic}");
        }
        assert_eq!(topic_of("/no/such/page"), None);
        assert_eq!(topic_of("/help"), None);
        assert_eq!(topic_of("/"), Some("overview".to_owned()));
    }
}
