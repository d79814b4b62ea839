//! The websocket `/ws/events` in the browser: reconnects for ever, resumes after the last event it saw.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration};

use domain::model::live::{LiveEvent, LiveMessage, Topic};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{MessageEvent, WebSocket};

use super::{
    Connection, FEED_LENGTH, Live,
    throttle::{Throttle, Turn, reconnect_delay},
};
use crate::{api::session::current_user, browser, problem::ProblemKind};

/// Under load the pages read again at most four times a second.
const PACE_MS: f64 = 250.0;
/// The server sends a ping every 15 s; after three missed ones the connection is dead.
const SILENCE_MS: f64 = 50_000.0;
/// The specification's refresh interval, for what the websocket did not tell.
const FALLBACK: Duration = Duration::from_secs(30);
const WATCH: Duration = Duration::from_secs(5);

struct Session {
    live: Live,
    socket: Option<WebSocket>,
    last_id: Option<i64>,
    failures: u32,
    heard_at: f64,
    throttle: Throttle,
    stale: BTreeSet<Topic>,
    arrived: Vec<LiveEvent>,
    retry: Option<TimeoutHandle>,
}

type Shared = Rc<RefCell<Session>>;

pub(super) fn start(live: Live) {
    let shared = Rc::new(RefCell::new(Session {
        live,
        socket: None,
        last_id: None,
        failures: 0,
        heard_at: browser::now(),
        throttle: Throttle::new(PACE_MS),
        stale: BTreeSet::new(),
        arrived: Vec::new(),
        retry: None,
    }));
    connect(&shared);
    // The page lives as long as the application, so these are never taken back.
    let watched = Rc::clone(&shared);
    set_interval(move || watch(&watched), WATCH);
    set_interval(
        move || {
            if !resting(live) {
                live.refresh();
            }
        },
        FALLBACK,
    );
    let held = Rc::clone(&shared);
    Effect::new(move || {
        live.held.track();
        publish(&held);
    });
    let shown = Rc::clone(&shared);
    on(&document(), "visibilitychange", move |_: JsValue| {
        publish(&shown)
    });
    let back = Rc::clone(&shared);
    let _ = window_event_listener(leptos::ev::online, move |_| connect(&back));
    let _ = window_event_listener(leptos::ev::offline, move |_| lost(&shared));
}

fn connect(shared: &Shared) {
    let (address, live) = {
        let mut session = shared.borrow_mut();
        if let Some(timer) = session.retry.take() {
            timer.clear();
        }
        let open = |socket: &WebSocket| socket.ready_state() <= WebSocket::OPEN;
        if session.socket.as_ref().is_some_and(open) || signed_out(session.live) {
            return;
        }
        session.heard_at = browser::now();
        (address(session.last_id), session.live)
    };
    let Ok(socket) = WebSocket::new(&address) else {
        lost(shared);
        return;
    };
    let opened = Rc::clone(shared);
    on(&socket, "open", move |_: JsValue| {
        opened.borrow_mut().failures = 0;
        live.connection.set(Connection::Connected);
    });
    let heard = Rc::clone(shared);
    on(&socket, "message", move |event: JsValue| {
        if let Some(text) = event
            .dyn_into::<MessageEvent>()
            .ok()
            .and_then(|event| event.data().as_string())
        {
            hear(&heard, &text);
        }
    });
    let closed = Rc::clone(shared);
    let ended = socket.clone();
    on(&socket, "close", move |_: JsValue| {
        // A socket that was given up already has a successor.
        let current = closed.borrow().socket.as_ref() == Some(&ended);
        if current {
            lost(&closed);
        }
    });
    shared.borrow_mut().socket = Some(socket);
}

fn address(last_id: Option<i64>) -> String {
    let location = window().location();
    let secure = location
        .protocol()
        .is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    let host = location.host().unwrap_or_default();
    match last_id {
        Some(id) => format!("{scheme}://{host}/ws/events?after={id}"),
        None => format!("{scheme}://{host}/ws/events"),
    }
}

fn on(target: &web_sys::EventTarget, event: &str, handler: impl FnMut(JsValue) + 'static) {
    let handler = Closure::<dyn FnMut(JsValue)>::new(handler).into_js_value();
    let _ = target.add_event_listener_with_callback(event, handler.unchecked_ref());
}

/// The connection is gone: say so and try again after a while.
fn lost(shared: &Shared) {
    let mut session = shared.borrow_mut();
    // Left open, it would be heard beside its successor once the network is back.
    if let Some(socket) = session.socket.take() {
        let _ = socket.close();
    }
    if signed_out(session.live) {
        return;
    }
    let online = window().navigator().on_line();
    session.live.connection.set(if online {
        Connection::Reconnecting
    } else {
        Connection::Offline
    });
    if let Some(timer) = session.retry.take() {
        timer.clear();
    }
    let delay = reconnect_delay(session.failures, browser::now().fract());
    session.failures = session.failures.saturating_add(1);
    if session.failures == 2 {
        notice_sign_out(session.live);
    }
    let again = Rc::clone(shared);
    let wait = Duration::from_millis(delay as u64);
    session.retry = set_timeout_with_handle(move || connect(&again), wait).ok();
}

/// A refused upgrade does not say why, so the session is asked.
fn notice_sign_out(live: Live) {
    spawn_local(async move {
        if current_user()
            .await
            .is_err_and(|problem| problem.kind == ProblemKind::SignedOut)
        {
            live.connection.set(Connection::SignedOut);
        }
    });
}

fn signed_out(live: Live) -> bool {
    live.connection.get_untracked() == Connection::SignedOut
}

/// Gives up a connection that went silent: a sleeping laptop or a lost network sends no close.
fn watch(shared: &Shared) {
    let silent = {
        let session = shared.borrow();
        session.socket.is_some() && browser::now() - session.heard_at > SILENCE_MS
    };
    if silent {
        lost(shared);
    }
}

fn hear(shared: &Shared, text: &str) {
    let mut session = shared.borrow_mut();
    session.heard_at = browser::now();
    // A server of another version may send what this page does not know.
    let Ok(message) = serde_json::from_str::<LiveMessage>(text) else {
        return;
    };
    match message {
        LiveMessage::Hello { last_id, build, .. } => {
            session.last_id.get_or_insert(last_id);
            compare_build(session.live, build.as_deref());
        }
        LiveMessage::Ping { .. } => {}
        LiveMessage::Changed {
            topics,
            events,
            last_id,
            ..
        } => {
            session.last_id = session.last_id.max(Some(last_id));
            session.stale.extend(topics);
            session.arrived.extend(events);
            match session.throttle.request(browser::now()) {
                Turn::Now => {
                    drop(session);
                    publish(shared);
                }
                Turn::After(rest) => {
                    let later = Rc::clone(shared);
                    set_timeout(
                        move || {
                            later.borrow_mut().throttle.fired(browser::now());
                            publish(&later);
                        },
                        Duration::from_millis(rest as u64),
                    );
                }
                Turn::Waiting => {}
            }
        }
    }
}

/// While developing the page follows the server at once; where people work they choose the moment, for a reload takes
/// what they have typed.
fn compare_build(live: Live, theirs: Option<&str>) {
    let ours = browser::build();
    let differs = theirs.is_some() && ours.is_some() && theirs != ours.as_deref();
    if differs && cfg!(debug_assertions) {
        browser::reload();
    } else {
        live.outdated.set(differs);
    }
}

/// Nobody looks, or somebody wants to look for longer.
fn resting(live: Live) -> bool {
    browser::hidden() || live.held.get_untracked()
}

/// Tells the page what is stale. While it rests, this is kept for the moment at which it goes on.
fn publish(shared: &Shared) {
    let (live, stale, arrived) = {
        let mut session = shared.borrow_mut();
        if resting(session.live) {
            let kept = session.arrived.len().saturating_sub(FEED_LENGTH);
            session.arrived.drain(..kept);
            if !session.stale.is_empty() {
                session.live.behind.set(true);
            }
            return;
        }
        session.live.behind.set(false);
        let stale = std::mem::take(&mut session.stale);
        let arrived = std::mem::take(&mut session.arrived);
        (session.live, stale, arrived)
    };
    for topic in stale {
        live.stale(topic);
    }
    if !arrived.is_empty() {
        live.feed.update(|feed| {
            for event in arrived {
                if !feed.iter().any(|known| known.id == event.id) {
                    feed.push_front(event);
                }
            }
            // A replay after a reconnect overlaps, and ids are not in commit order.
            feed.make_contiguous()
                .sort_by_key(|event| std::cmp::Reverse(event.id));
            feed.truncate(FEED_LENGTH);
        });
    }
}
