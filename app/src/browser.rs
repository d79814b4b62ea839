//! The few things that pages ask of the browser. None of them may be called while rendering on the server.

pub mod notices;

use std::cell::RefCell;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    DomRect, HtmlElement, HtmlInputElement, Storage,
    js_sys::{self, Array, Function, Object, Reflect},
};

/// Milliseconds since the page was opened; never goes back.
pub fn now() -> f64 {
    window()
        .performance()
        .map_or(0.0, |performance| performance.now())
}

/// Milliseconds since 1970.
pub fn unix_now() -> i64 {
    window().performance().map_or(0, |performance| {
        (performance.time_origin() + performance.now()) as i64
    })
}

pub fn hidden() -> bool {
    document().hidden()
}

pub fn matches(media: &str) -> bool {
    window()
        .match_media(media)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// The element that holds the theme and the console's state for the style sheets.
pub fn root() -> Option<HtmlElement> {
    document()
        .document_element()
        .and_then(|element| element.dyn_into().ok())
}

/// What the server said of its build when it rendered this page.
pub fn build() -> Option<String> {
    root()?.get_attribute("data-build")
}

/// Opens the dialog in which people print or keep a PDF.
pub fn print() {
    let _ = leptos::prelude::window().print();
}

/// Path and query of the present page.
pub fn path() -> String {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    path + &location.search().unwrap_or_default()
}

/// The address of the app, such as `https://app.example`.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Selects the text of a field and puts it on the clipboard; false where the browser refuses. The newer way of the
/// clipboard exists over https only, and an installation may be without.
pub fn copy(field: &HtmlInputElement) -> bool {
    field.select();
    let page = document();
    let command = Reflect::get(page.as_ref(), &JsValue::from_str("execCommand")).ok();
    let command = command.and_then(|command| command.dyn_into::<Function>().ok());
    command
        .and_then(|command| {
            command
                .call1(page.as_ref(), &JsValue::from_str("copy"))
                .ok()
        })
        .and_then(|done: JsValue| done.as_bool())
        .unwrap_or(false)
}

pub fn reload() {
    let _ = window().location().reload();
}

const OFFER: &str = "load-offer";

pub fn withdraw_offer() {
    if let Some(offer) = document().get_element_by_id(OFFER) {
        offer.remove();
    }
}

/// Says that a page's code could not be fetched, with a plain link to the whole page: the app itself may not be alive.
pub fn offer_load(path: &str) {
    let page = document();
    let make = |name: &str, class: &str, text: &str| {
        let element = page.create_element(name).ok()?;
        element.set_class_name(class);
        element.set_text_content(Some(text));
        Some(element)
    };
    let text = "This page could not be loaded whole: the server does not answer, or a new version is running.";
    let parts = (
        make("section", "toasts", ""),
        make("div", "toast", ""),
        make("p", "", text),
        make("a", "btn primary", "Load it again"),
    );
    let ((Some(corner), Some(notice), Some(text), Some(link)), Some(body)) = (parts, page.body())
    else {
        return;
    };
    let _ = corner.set_attribute("role", "alert");
    corner.set_id(OFFER);
    let _ = link.set_attribute("href", path);
    // Not for the router.
    let _ = link.set_attribute("rel", "external");
    let _ = notice.append_child(&text);
    let _ = notice.append_child(&link);
    let _ = corner.append_child(&notice);
    let _ = body.append_child(&corner);
}

/// Sets or removes an attribute of the root element.
pub fn mark(name: &str, value: Option<&str>) {
    let Some(root) = root() else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Remembers a choice for the next visit, or forgets it. Without storage the choice lasts as long as the page.
pub fn remember(key: &str, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// What was remembered.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Whether the page has an element that matches.
pub fn has(selector: &str) -> bool {
    document()
        .query_selector(selector)
        .is_ok_and(|found| found.is_some())
}

pub fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    // What is not shown takes no focus.
    element.focus().is_ok() && document().active_element().as_ref() == Some(element.as_ref())
}

/// Focuses the next or the previous of the elements that match, the first where none has the focus.
pub fn step_through(selector: &str, forward: bool) {
    let Ok(found) = document().query_selector_all(selector) else {
        return;
    };
    let active = document().active_element();
    let at = (0..found.length()).find(|at| {
        let node = found.item(*at);
        node.as_ref() == active.as_ref().map(AsRef::as_ref)
    });
    let next = match (at, forward) {
        (None, _) => Some(0),
        (Some(at), true) => Some(at + 1),
        (Some(at), false) => at.checked_sub(1),
    };
    let element = next.and_then(|next| found.item(next));
    if let Some(element) = element.and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Presses what is marked with this key: in the focused row, or among the acts on the rows that are chosen. Whether there
/// was something.
pub fn press_for_row(key: &str) -> bool {
    let marked = format!("[data-key={key}]");
    let focused = document().active_element();
    let row = focused.and_then(|element| element.closest("tr").ok().flatten());
    let in_row = row.and_then(|row| row.query_selector(&marked).ok().flatten());
    let of_chosen = || {
        let marked = format!(".bulk-bar:has(~ .table-wrap input:checked) {marked}");
        document().query_selector(&marked).ok().flatten()
    };
    let button = in_row.or_else(of_chosen);
    let button = button.and_then(|button| button.dyn_into::<HtmlElement>().ok());
    button.inspect(HtmlElement::click).is_some()
}

/// Presses what the selector names.
pub fn click(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        element.click();
    }
}

/// Whether the focused element is a part of what the selector names.
pub fn is_within(selector: &str) -> bool {
    let focused = document().active_element();
    focused.is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
}

/// After a navigation took the focused element away: the keyboard goes on at the beginning of the new page.
pub fn find_focus() {
    let lost = document()
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY");
    let main = document().get_element_by_id("main");
    if let Some(main) = main.filter(|_| lost) {
        let _ = main.set_attribute("tabindex", "-1");
        focus("#main");
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Marks what matches for a pointer to it, in view, and nothing else. Where it is; nothing while it is not shown.
pub fn point_at(selector: Option<&str>) -> Option<DomRect> {
    const MARK: &str = "data-pointed-at";
    let marked = document()
        .query_selector("[data-pointed-at]")
        .ok()
        .flatten();
    if let Some(marked) = marked {
        let _ = marked.remove_attribute(MARK);
    }
    let found = document().query_selector(selector?).ok().flatten()?;
    let before = found.get_bounding_client_rect();
    if before.width() == 0.0 {
        return None;
    }
    // The rail and the console are always in view, and what is behind the console is not.
    let console = document().get_element_by_id("console");
    let lowest = console.map_or_else(height, |console| console.get_bounding_client_rect().top());
    let in_page = found.closest(".page").is_ok_and(|page| page.is_some());
    if in_page && (before.top() < 0.0 || before.bottom() > lowest) {
        found.scroll_into_view_with_bool(false);
    }
    let _ = found.set_attribute(MARK, "");
    Some(found.get_bounding_client_rect())
}

/// Scrolls to what the address names after `#`.
pub fn show_fragment() {
    let fragment = window().location().hash().unwrap_or_default();
    let named = document().get_element_by_id(fragment.trim_start_matches('#'));
    if let Some(named) = named.filter(|_| fragment.len() > 1) {
        named.scroll_into_view();
    }
}

/// Hides a popover if it is shown.
pub fn close_popover(id: &str) {
    let Some(element) = document().get_element_by_id(id) else {
        return;
    };
    if element.matches(":popover-open").unwrap_or(false)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        let _ = element.hide_popover();
    }
}

/// Height of the window in pixels.
pub fn height() -> f64 {
    let height = window().inner_height().ok();
    height.and_then(|height| height.as_f64()).unwrap_or(800.0)
}

thread_local! {
    /// Writes milliseconds since 1970 as the clocks of the chosen zone show them.
    static ZONE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Chooses the zone of [`local_time`], the browser's own where none is named. False where the browser does not know it.
pub fn use_zone(name: Option<&str>) -> bool {
    let format = zone_format(name).ok();
    let known = format.is_some();
    ZONE.set(format);
    known
}

/// A point in time as the clocks of the chosen zone show it; none before one is chosen.
pub fn local_time(at: DateTime<Utc>) -> Option<NaiveDateTime> {
    let millis = JsValue::from_f64(at.timestamp_millis() as f64);
    let text = ZONE.with_borrow(|format| {
        let text = format.as_ref()?.call1(&JsValue::UNDEFINED, &millis).ok()?;
        text.as_string()
    })?;
    read_time(&text)
}

fn zone_format(name: Option<&str>) -> Result<Function, JsValue> {
    const PARTS: [(&str, &str); 7] = [
        ("year", "numeric"),
        ("month", "2-digit"),
        ("day", "2-digit"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
        ("hourCycle", "h23"),
    ];
    let options = Object::new();
    let zone = name.map(|name| ("timeZone", name));
    for (key, value) in PARTS.into_iter().chain(zone) {
        Reflect::set(&options, &key.into(), &value.into())?;
    }
    let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
    let class: Function = Reflect::get(&intl, &"DateTimeFormat".into())?.dyn_into()?;
    // In this way a zone that the browser does not know is an error, and no end of the program.
    let made = Reflect::construct(&class, &Array::of2(&"en-US".into(), &options))?;
    Reflect::get(&made, &"format".into())?.dyn_into()
}

/// Month, day, year, hour, minute, second, whatever stands between them.
fn read_time(text: &str) -> Option<NaiveDateTime> {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse::<u32>().ok());
    let mut next = || numbers.next();
    let (month, day, year) = (next()?, next()?, next()?);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    date.and_hms_opt(next()?, next()?, next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_writes_of_a_time_is_read() {
        let table = [
            ("11/22/2026, 05:18:31", Some("2026-11-22 05:18:31")),
            ("01/02/2026 00:00:00", Some("2026-01-02 00:00:00")),
            ("13/02/2026, 00:00:00", None),
            ("Invalid Date", None),
        ];
        for (text, expected) in table {
            let read = read_time(text).map(|time| time.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
