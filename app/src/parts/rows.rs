//! The rows of a table that is read again and again.

use leptos::{prelude::*, tachys::view::keyed::keyed};

/// A row whose key is known keeps its element when the table is read again, and with it focus and pointer: whoever is
/// about to press a button must not find it on another record. The key names the record and all that may change of it.
pub(crate) fn rows<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    line: impl Fn(T) -> AnyView,
) -> AnyView {
    let keys_and_views = items.into_iter().map(|item| (key(&item), line(item)));
    // Views of one type here, so that this is compiled once and not for every table.
    kept(keys_and_views.collect())
}

fn kept(rows: Vec<(String, AnyView)>) -> AnyView {
    keyed(rows, |(key, _)| key.clone(), |_, (_, view)| (|_| (), view)).into_any()
}
