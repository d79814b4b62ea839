//! Notifications that the browser shows outside of the page.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Notification, NotificationOptions, NotificationPermission, js_sys::Reflect};

use super::{recall, remember};

/// Where this browser keeps that it shows them.
const KEY: &str = "desktop-notifications";
const TITLE: &str = "Outreach Command Center";

#[derive(Clone, Copy, PartialEq)]
pub enum State {
    /// The browser has none, or gives none to pages without https.
    Missing,
    /// The person told the browser that this page may show none.
    Refused,
    Off,
    On,
}

pub fn state() -> State {
    if !Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false) {
        return State::Missing;
    }
    match Notification::permission() {
        NotificationPermission::Denied => State::Refused,
        NotificationPermission::Granted if recall(KEY).is_some() => State::On,
        _ => State::Off,
    }
}

/// Turns them on, for which the browser asks the person the first time, or off. `done` is told what came of it.
pub fn switch(done: impl Fn(State) + 'static) {
    if state() == State::On {
        remember(KEY, None);
        return done(state());
    }
    let answered = Closure::once_into_js(move || {
        if Notification::permission() == NotificationPermission::Granted {
            remember(KEY, Some("on"));
        }
        done(state());
    });
    let _ = Notification::request_permission_with_permission_callback(answered.unchecked_ref());
}

/// Shows a text where they are on. One with the same `tag` takes the place of the one before.
pub fn show(text: &str, tag: &str) {
    if state() != State::On {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(text);
    options.set_tag(tag);
    if let Ok(notice) = Notification::new_with_options(TITLE, &options) {
        let to_page = Closure::once_into_js(|| drop(window().focus()));
        notice.set_onclick(Some(to_page.unchecked_ref()));
    }
}
