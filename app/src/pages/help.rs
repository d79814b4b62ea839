//! The help: one section for each page, which the "?" of that page leads to.

use domain::model::help::HelpTopic;
use leptos::prelude::*;

use crate::{
    api::help::help,
    browser,
    live::Live,
    parts::{header::PageHeader, loaded::Loaded},
};

#[component]
pub(crate) fn HelpPage() -> impl IntoView {
    let topics = Live::expect().resource(&[], || (), |()| help(None));
    view! {
        <PageHeader title="Help" subtitle="What each page is for, and what to do when something looks wrong" />
        <main id="main" class="help-page">
            <Loaded resource=topics view=all />
        </main>
    }
}

fn all(topics: Vec<HelpTopic>) -> AnyView {
    // The address may name a section, which was not there yet when the router looked for it.
    Effect::new(|| request_animation_frame(browser::show_fragment));
    let links = topics
        .iter()
        .map(|topic| {
            let href = format!("#{}", topic.page);
            view! { <a class="chip" href=href rel="external">{topic.title.clone()}</a> }
        })
        .collect_view();
    view! {
        <nav class="chips" aria-label="Pages">{links}</nav>
        {topics.into_iter().map(section).collect_view()}
    }
    .into_any()
}

fn section(topic: HelpTopic) -> AnyView {
    let heading = format!("{}-help", topic.page);
    let labelled = heading.clone();
    let more = topic.more.into_iter().map(|text| view! { <p>{text}</p> });
    view! {
        <section class="card" id=topic.page aria-labelledby=labelled>
            <h2 id=heading>{topic.title}</h2>
            <p>{topic.short}</p>
            {more.collect_view()}
        </section>
    }
    .into_any()
}
