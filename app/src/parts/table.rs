//! The frame of a list: its headings, and what is around them.

use domain::model::sort::{Column, Sort};
use leptos::prelude::*;

use crate::query::{link, use_query};

/// A heading and its class; `"n"` is right-aligned for figures, `"sr-only"` is read out and not shown. An empty text is the
/// column of the row's buttons.
pub(crate) type Heading = (&'static str, &'static str);

/// The column of checkboxes.
pub(crate) const CHOOSE: Heading = ("Choose", "sr-only");

/// Scrolls by itself where it is too wide, and becomes small cards on a phone.
pub(crate) fn table(label: &'static str, headings: Vec<Heading>, body: AnyView) -> AnyView {
    frame(label, headings.into_iter().map(heading).collect(), body)
}

/// A list that is sorted by what its headings lead to; `path` is its page.
pub(crate) fn sorted_table<C: Column + Send + Sync>(
    label: &'static str,
    path: &'static str,
    headings: &[Heading],
    sort: Sort<C>,
    body: AnyView,
) -> AnyView {
    let present = use_query();
    let one = |&(text, class): &Heading| {
        let Some(by) = C::ALL.iter().copied().find(|by| by.heading() == text) else {
            return heading((text, class));
        };
        let href = move || {
            let next = sort.clicked(by).text();
            let changes = [("sort", next.as_deref()), ("after", None)];
            link(path, &present.read(), &changes)
        };
        let ascending = (sort.by == by).then_some(sort.ascending);
        sortable((text, class), Signal::derive(href), ascending)
    };
    frame(label, headings.iter().map(one).collect(), body)
}

fn heading((text, class): Heading) -> AnyView {
    match text {
        "" => view! { <th scope="col"><span class="sr-only">"Actions"</span></th> }.into_any(),
        text if class == "sr-only" => {
            view! { <th scope="col"><span class=class>{text}</span></th> }.into_any()
        }
        text => view! { <th scope="col" class=class>{text}</th> }.into_any(),
    }
}

fn frame(label: &'static str, headings: Vec<AnyView>, body: AnyView) -> AnyView {
    view! {
        <div class="table-wrap card flush" role="region" aria-label=label tabindex="0">
            <table class="table stack">
                <thead>
                    <tr>{headings}</tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A heading whose link sorts by its column; `ascending` where the list is sorted by it now.
pub(crate) fn sortable(
    (text, class): Heading,
    href: Signal<String>,
    ascending: Option<bool>,
) -> AnyView {
    let (order, arrow) = match ascending {
        None => (None, ""),
        Some(true) => (Some("ascending"), " ↑"),
        Some(false) => (Some("descending"), " ↓"),
    };
    view! {
        <th scope="col" class=class aria-sort=order>
            <a href=move || href.get() data-noscroll="" class="sort">{text}<span aria-hidden="true">{arrow}</span></a>
        </th>
    }
    .into_any()
}

/// Label and value of a list of facts; nothing where there is no value.
pub(crate) fn fact<V: IntoView + 'static>(
    label: &'static str,
    value: Option<V>,
) -> Option<AnyView> {
    value.map(|value| {
        let value = value.into_any();
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{value}</dd>
            </div>
        }
        .into_any()
    })
}

/// A value as people read JSON, under its own heading.
pub(crate) fn json(title: &'static str, value: Option<serde_json::Value>) -> Option<AnyView> {
    let value = value.filter(|value| !value.is_null())?;
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    Some(
        view! {
            <h3>{title}</h3>
            <pre class="json" tabindex="0" role="region" aria-label=title>{text}</pre>
        }
        .into_any(),
    )
}
