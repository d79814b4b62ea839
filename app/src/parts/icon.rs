//! Line icons, drawn inline so that no further file is loaded.

use leptos::prelude::*;

pub(crate) const REFRESH: &str = "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7";
pub(crate) const DOWNLOAD: &str = "M12 4v11m0 0-4-4m4 4 4-4M5 20h14";
pub(crate) const PRINTER: &str = "M7 9V3h10v6M7 17H4v-8h16v8h-3M7 14h10v7H7z";
pub(crate) const SEARCH: &str = "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4 4";
pub(crate) const UPLOAD: &str = "M12 16V5m0 0L8 9m4-4 4 4M5 20h14";
pub(crate) const MENU: &str = "M4 7h16M4 12h16M4 17h16";
pub(crate) const SUN: &str = "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5";
pub(crate) const MOON: &str = "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z";
pub(crate) const USER: &str = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-8 9a8 8 0 0 1 16 0";
pub(crate) const CHEVRON: &str = "m6 9 6 6 6-6";
pub(crate) const CLOSE: &str = "M6 6l12 12M18 6 6 18";
pub(crate) const PAUSE: &str = "M8 5v14M16 5v14";
pub(crate) const PLAY: &str = "M7 4.5v15l12-7.5z";
pub(crate) const DATABASE: &str = "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zm0 0v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3";
pub(crate) const BRAIN: &str = "M12 5a3 3 0 0 0-5.8 1A3.5 3.5 0 0 0 4 12a3.5 3.5 0 0 0 2.5 6A3 3 0 0 0 12 19zm0 0a3 3 0 0 1 5.8 1A3.5 3.5 0 0 1 20 12a3.5 3.5 0 0 1-2.5 6A3 3 0 0 1 12 19z";
pub(crate) const MAIL: &str = "M3 6h18v12H3zm0 1 9 6 9-6";
pub(crate) const SEND: &str = "M21 3 3 10.5l7 3.5 3.5 7zM21 3 10 14";

/// Every icon with its name.
pub(crate) const ALL: [(&str, &str); 17] = [
    ("refresh", REFRESH),
    ("download", DOWNLOAD),
    ("printer", PRINTER),
    ("search", SEARCH),
    ("upload", UPLOAD),
    ("menu", MENU),
    ("sun", SUN),
    ("moon", MOON),
    ("user", USER),
    ("chevron", CHEVRON),
    ("close", CLOSE),
    ("pause", PAUSE),
    ("play", PLAY),
    ("database", DATABASE),
    ("brain", BRAIN),
    ("mail", MAIL),
    ("send", SEND),
];

/// An icon beside words; screen readers pass over it.
pub(crate) fn icon(path: &'static str) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=path fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_icon_is_listed() {
        let own = include_str!("icon.rs");
        let drawn = own
            .lines()
            .filter(|line| line.starts_with("pub(crate) const ") && line.contains(": &str = "));
        assert_eq!(drawn.count(), ALL.len());
    }
}
