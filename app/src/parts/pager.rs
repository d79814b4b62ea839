//! Lists read by key: how many match, back to the newest, on to the older ones.

use domain::{format, model::Count};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::query::{link, use_query};

/// "1 company", "10,000+ companies".
pub(crate) fn counted(count: Count, one: &str, many: &str) -> String {
    let noun = if count.n == 1 && !count.capped {
        one
    } else {
        many
    };
    format!("{} {noun}", number(count))
}

/// A count that ended at its limit says that there are more: "10,000+".
pub(crate) fn number(count: Count) -> String {
    let plus = if count.capped { "+" } else { "" };
    format!("{}{plus}", format::count(count.n))
}

/// Links under a list that is read by key: back to its first rows, on to the next ones.
#[component]
pub(crate) fn Pager(
    #[prop(into)] label: String,
    /// The parameter of the URL that says where the page begins.
    #[prop(default = "after")]
    cursor: &'static str,
    /// The following page; absent on the last.
    next: Option<String>,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let present = use_query().get_untracked();
    let to = |at: Option<&str>| link(&path, &present, &[(cursor, at)]);
    let newest = present.get_str(cursor).map(|_| to(None));
    let older = next.as_deref().map(|next| to(Some(next)));
    let any = newest.is_some() || older.is_some();
    // Where a person chose the order, the first row is not the newest.
    let (first, on) = match present.get_str("sort") {
        Some(_) if cursor == "after" => ("First", "Next"),
        _ => ("Newest", "Older"),
    };
    any.then(|| {
        view! {
            <nav class="pager" aria-label=label>
                {newest.map(|href| view! { <a class="btn" href=href>{first}</a> })}
                {older.map(|href| view! { <a class="btn" href=href rel="next">{on}</a> })}
            </nav>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_when_they_stopped() {
        let table = [
            (0, false, "0 companies"),
            (1, false, "1 company"),
            (5_582, false, "5,582 companies"),
            (10_000, true, "10,000+ companies"),
        ];
        for (n, capped, expected) in table {
            assert_eq!(
                counted(Count { n, capped }, "company", "companies"),
                expected
            );
        }
    }
}
