//! Which columns of a list are shown: what is hidden stands in the URL, and a saved view keeps it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    parts::{
        icon::{CHEVRON, icon},
        table::Heading,
    },
    query::{link, use_query},
};

/// The parameter with the names of what is hidden, parted by commas.
const HIDDEN: &str = "hide";
const MENU: &str = "columns";

/// The headings of a list, of which the first one names the record and always stays.
type Headings = &'static [Heading];

/// The button and the list of columns behind it.
#[component]
pub(crate) fn ColumnChoice(of: Headings) -> impl IntoView {
    let path = use_location().pathname;
    let present = use_query();
    let entry = move |name: &'static str| {
        let shown = move || !hidden(&present.read().get(HIDDEN)).contains(&name.to_owned());
        let href = move || {
            let mut now = hidden(&present.read().get(HIDDEN));
            if shown() {
                now.push(name.to_owned());
            } else {
                now.retain(|one| one != name);
            }
            link(
                &path.read(),
                &present.read(),
                &[(HIDDEN, Some(&now.join(",")))],
            )
        };
        let label = move || {
            let verb = if shown() { "Hide" } else { "Show" };
            format!("{verb} the column {name}")
        };
        view! {
            <li>
                <a href=href data-noscroll="" aria-label=label>
                    <span class="tick" aria-hidden="true">{move || if shown() { "✓" } else { "" }}</span>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <button class="btn quiet to-end" popovertarget=MENU>"Columns" {icon(CHEVRON)}</button>
        <section class="menu column-choice" id=MENU popover="auto" aria-label="Columns">
            <ul>{of.iter().skip(1).map(|(name, _)| entry(name)).collect_view()}</ul>
        </section>
    }
}

/// A list whose columns are chosen. The style sheet hides them by their number from the end, since those who may choose
/// rows have one more column at the beginning.
#[component]
pub(crate) fn Columns(of: Headings, children: Children) -> impl IntoView {
    let present = use_query();
    let class = move || classes(of, &hidden(&present.read().get(HIDDEN)));
    view! { <div class=move || format!("columns {}", class())>{children()}</div> }
}

fn hidden(told: &Option<String>) -> Vec<String> {
    let told = told.iter().flat_map(|told| told.split(','));
    told.map(str::to_owned)
        .filter(|name| !name.is_empty())
        .collect()
}

fn classes(of: Headings, hidden: &[String]) -> String {
    let numbered = of.iter().rev().zip(1..).take(of.len().saturating_sub(1));
    numbered
        .filter(|((name, _), _)| hidden.iter().any(|one| one == name))
        .map(|(_, number)| format!("hide-{number} "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_columns_are_numbered_and_nonsense_hides_nothing() {
        let of: Headings = &[
            ("Company", ""),
            ("Website", ""),
            ("State", ""),
            ("Open errors", "n"),
        ];
        for (told, expected) in [
            (None, ""),
            (Some(""), ""),
            (Some("State,Company"), "hide-2 "),
            (Some("Open errors,Website,,x"), "hide-1 hide-3 "),
        ] {
            let told = told.map(str::to_owned);
            assert_eq!(classes(of, &hidden(&told)), expected);
        }
    }
}
