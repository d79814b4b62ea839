//! The URL holds the state of a page: filters to query strings and back.
//!
//! The error console is on every page and keeps its own keys, which start with `e_`.

mod contacts;
mod lists;
mod readers;
mod records;
mod runs;
mod schedules;
mod tokens;
mod users;
mod webhooks;
mod window;
mod workers;

use leptos::prelude::{Memo, Read};
use leptos_router::hooks::use_location;

use crate::routes::{SIGN_IN, SIGN_IN_BY_PROVIDER};

pub use contacts::*;
pub use lists::*;
pub use readers::{Readers, TEXT_READERS};
pub use records::*;
pub use runs::*;
pub use schedules::*;
pub use tokens::*;
pub use users::*;
pub use webhooks::*;
pub use window::*;
pub use workers::*;

/// The keys of the error console; links to other pages carry them along.
pub const CONSOLE_KEYS: [&str; 12] = [
    "e_panel",
    "e_type",
    "e_group",
    "e_severity",
    "e_resolved",
    "e_q",
    "e_newer",
    "e_from",
    "e_until",
    "e_sort",
    "e_order",
    "e_after",
];

/// The present query, decoded once: the router's own map decodes twice, so that a search for `100%25` or a link with
/// `%2526` in it would come out as something else.
pub fn use_query() -> Memo<Params> {
    let search = use_location().search;
    Memo::new(move |_| Params::parse(&search.read()))
}

/// Keys and values of a query string, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string without its `?`.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (unescape(key), unescape(value)))
                .collect(),
        )
    }

    /// The value of a key, the last one where there are several.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.iter()
            .filter(|(name, _)| *name == key)
            .last()
            .map(|(_, value)| value)
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.get_str(key).map(str::to_owned)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What a saved view keeps of a query: the filters of the page, neither the console's nor the place in the list.
pub fn kept_of_view(present: &Params) -> String {
    let kept = present
        .iter()
        .filter(|(key, _)| !key.starts_with("e_") && *key != "after");
    write("", kept).trim_start_matches('?').to_owned()
}

/// Undoes the encoding of a form; what is not UTF-8 or not an escape stays visible.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = text
            .get(at + 1..at + 3)
            .filter(|_| byte == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(match (byte, escaped) {
            (_, Some(escaped)) => {
                at += 2;
                escaped
            }
            (b'+', None) => b' ',
            (byte, None) => byte,
        });
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// One change of a query string: set the key to a value, or remove it.
pub type Change<'a> = (&'a str, Option<&'a str>);

/// `path` with the present parameters and the changes made to them.
pub fn link(path: &str, present: &Params, changes: &[Change<'_>]) -> String {
    let kept = present
        .iter()
        .filter(|(key, _)| !changes.iter().any(|(changed, _)| changed == key));
    let changed = changes
        .iter()
        .filter_map(|(key, value)| value.map(|value| (*key, value)));
    write(path, kept.chain(changed))
}

/// `path`, which may hold a query, with the console's parameters of the present page.
pub fn carry(path: &str, present: &Params) -> String {
    let kept = CONSOLE_KEYS
        .into_iter()
        .filter_map(|key| present.get_str(key).map(|value| (key, value)));
    write(path, kept)
}

pub fn sign_in_path(next: &str) -> String {
    write(SIGN_IN, [("next", next)].into_iter())
}

/// The way to the provider, and from there to `next`.
pub fn provider_path(next: &str) -> String {
    write(SIGN_IN_BY_PROVIDER, [("next", next)].into_iter())
}

/// Appends the pairs that have a value to a path, escaped alike on the server and in the browser.
fn write<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut url = path.to_owned();
    for (key, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(key);
        url.push('=');
        url.push_str(&segment(value));
    }
    url
}

pub fn company_path(key: &str) -> String {
    format!("/companies/{}", segment(key))
}

pub fn import_path(batch_id: &str) -> String {
    format!("/imports/{}", segment(batch_id))
}

/// Text as one segment of a path: everything but unreserved characters percent-encoded.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The report of a phase.
pub fn report_path(phase: domain::phase::Phase) -> String {
    format!("/reports/{}", phase.name())
}

/// Of a group of errors.
pub fn group_path(key: &str) -> String {
    format!("/errors/{key}")
}

pub fn event_path(id: i64) -> String {
    format!("/events/{id}")
}

/// Where the error console opens one error.
pub fn error_path(id: i64) -> String {
    format!("/?e_open={id}")
}

/// The chain of a record, named as in [`domain::lineage::LineageKey`].
pub fn lineage_path(of: &str) -> String {
    write("/lineage", [("of", of)].into_iter())
}

/// `path` without one pair of its parameters and without the page of the list.
pub fn without(path: &str, present: &Params, pair: (&str, &str)) -> String {
    let kept = present
        .iter()
        .filter(|one| *one != pair && one.0 != "after");
    write(path, kept)
}

#[cfg(test)]
fn params(path: &str) -> Params {
    Params::parse(path.split_once('?').map_or("", |(_, query)| query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_once() {
        let table = [
            ("", vec![]),
            ("q=a%2520b", vec![("q", "a%20b")]),
            ("q=a+b&&q=100%25", vec![("q", "a b"), ("q", "100%")]),
            (
                "q&x=%zz%f&y=%C3%B6%ff",
                vec![("q", ""), ("x", "%zz%f"), ("y", "ö\u{fffd}")],
            ),
            ("q=a=b%é", vec![("q", "a=b%é")]),
        ];
        for (query, expected) in table {
            let read = Params::parse(query);
            assert_eq!(read.iter().collect::<Vec<_>>(), expected, "{query}");
        }
        assert_eq!(Params::parse("q=1&q=2").get_str("q"), Some("2"));
    }

    #[test]
    fn links_keep_what_they_do_not_change() {
        let present = params("/x?q=a&after=9&e_type=t");
        let table: [(&[Change<'_>], &str); 3] = [
            (&[("q", Some("b"))], "/x?after=9&e_type=t&q=b"),
            (&[("after", None)], "/x?q=a&e_type=t"),
            (&[("q", Some("")), ("after", None), ("e_type", None)], "/x"),
        ];
        for (changes, expected) in table {
            assert_eq!(link("/x", &present, changes), expected);
        }
        assert_eq!(carry("/events", &present), "/events?e_type=t");
        assert_eq!(
            carry("/events?status=failed", &present),
            "/events?status=failed&e_type=t"
        );
        assert_eq!(carry("/events", &Params::default()), "/events");
        assert_eq!(
            kept_of_view(&params("/x?q=a+b&after=9&e_type=t&q=c")),
            "q=a%20b&q=c"
        );
        assert_eq!(kept_of_view(&params("/x?e_q=1&after=9")), "");
        let two = params("/x?payload=a&payload=b&after=9");
        assert_eq!(without("/x", &two, ("payload", "a")), "/x?payload=b");
    }

    #[test]
    fn keys_are_safe_in_paths() {
        let table = [
            ("17", "/companies/17"),
            ("04.04.01.84.00001.001", "/companies/04.04.01.84.00001.001"),
            ("a/b?c", "/companies/a%2Fb%3Fc"),
        ];
        for (key, expected) in table {
            assert_eq!(company_path(key), expected);
        }
    }
}
