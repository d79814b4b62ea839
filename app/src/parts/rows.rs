//! The rows of a table that is read again and again.

use std::sync::Arc;

use leptos::{prelude::*, tachys::view::keyed::keyed};

use crate::hydration::apart;

/// A row whose key is known keeps its element when the table is read again, and with it focus and pointer: whoever is
/// about to press a button must not find it on another record. The key names the record and all that may change of it.
/// Each line is one element.
pub(crate) fn rows<T: Send + 'static>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    line: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let line = Arc::new(line);
    let keys_and_views = items.into_iter().map(|item| {
        let (key, line) = (key(&item), Arc::clone(&line));
        (key, apart(move || line(item)))
    });
    // Views of one type here, so that this is compiled once and not for every table.
    kept(keys_and_views.collect())
}

fn kept(rows: Vec<(String, AnyView)>) -> AnyView {
    keyed(rows, |(key, _)| key.clone(), |_, (_, view)| (|_| (), view)).into_any()
}
