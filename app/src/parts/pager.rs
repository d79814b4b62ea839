//! Lists read by key: how many match, back to the newest, on to the older ones.

use domain::{format, model::Count};
use leptos::prelude::*;

/// "1 company", "10,000+ companies".
pub(crate) fn counted(count: Count, one: &str, many: &str) -> String {
    let plus = if count.capped { "+" } else { "" };
    let noun = if count.n == 1 && !count.capped {
        one
    } else {
        many
    };
    format!("{}{plus} {noun}", format::count(count.n))
}

/// Links under a list. `newest` is absent on the first page, `older` on the last.
#[component]
pub(crate) fn Pager(
    #[prop(into)] label: String,
    newest: Option<String>,
    older: Option<String>,
) -> impl IntoView {
    let any = newest.is_some() || older.is_some();
    any.then(|| {
        view! {
            <nav class="pager" aria-label=label>
                {newest.map(|href| view! { <a class="btn" href=href>"Newest"</a> })}
                {older.map(|href| view! { <a class="btn" href=href rel="next">"Older"</a> })}
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
