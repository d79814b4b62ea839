//! The order of the pieces, and what waits for the last of them.

use std::{cell::RefCell, collections::VecDeque, mem, sync::Arc};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::{
    prelude::*,
    tachys::{
        hydration::Cursor,
        view::{PositionState, RenderHtml},
    },
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::js_sys::Promise;

use crate::{App, browser};

/// After so many milliseconds the browser has its turn. A slow phone takes four times as long, which is not yet felt.
const BUDGET: f64 = 8.0;

/// What people do that must find the page alive.
const DEEDS: [&str; 10] = [
    "pointerdown",
    "click",
    "keydown",
    "focusin",
    "input",
    "change",
    "submit",
    "popstate",
    "resize",
    "dragover",
];

#[derive(Default)]
struct Work {
    /// The next one is the last.
    pieces: Vec<Box<dyn FnOnce()>>,
    /// In the order in which they came.
    tasks: VecDeque<PinnedLocalFuture<()>>,
    /// Until every piece is alive.
    context: Option<Arc<HydrateSharedContext>>,
}

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
}

/// What views spawn: held back until every piece is alive.
struct Afterwards;

impl CustomExecutor for Afterwards {
    fn spawn(&self, task: PinnedFuture<()>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        if WORK.with_borrow(|work| work.context.is_none()) {
            return spawn_local(task);
        }
        WORK.with_borrow_mut(|work| work.tasks.push_back(task));
    }

    fn poll_local(&self) {}
}

/// Takes over the whole page.
pub async fn hydrate() {
    let _ = Executor::init_custom_executor(Afterwards);
    let context = Arc::new(HydrateSharedContext::new());
    WORK.with_borrow_mut(|work| work.context = Some(context.clone()));
    later(|| page(Owner::new_root(Some(context))));
    let deeds = Deeds::watch();
    // What fetched the code has had its share of this turn.
    let mut began = 0.0;
    pause(&mut began).await;
    while next_piece() {
        pause(&mut began).await;
    }
    complete();
    while next_task() {
        done().await;
        pause(&mut began).await;
    }
    drop(deeds);
}

/// For as long as the document lives.
fn page(owner: Owner) {
    let Some(body) = document().body() else {
        return;
    };
    mem::forget(owner.with(|| {
        let view = view! { <App /> }.into_view();
        view.hydrate::<true>(&Cursor::new(body.into()), &PositionState::default())
    }));
    mem::forget(owner);
}

/// A piece that stands after all that is known of, or within the one that is being taken over.
pub(super) fn later(piece: impl FnOnce() + 'static) {
    WORK.with_borrow_mut(|work| work.pieces.push(Box::new(piece)));
}

fn next_piece() -> bool {
    let next = WORK.with_borrow_mut(|work| work.pieces.pop());
    let any = next.is_some();
    if let Some(take_over) = next {
        let known = WORK.with_borrow(|work| work.pieces.len());
        take_over();
        // What it has within it comes before what is after it.
        WORK.with_borrow_mut(|work| work.pieces[known..].reverse());
    }
    any
}

fn complete() {
    if let Some(context) = WORK.with_borrow_mut(|work| work.context.take()) {
        context.hydration_complete();
    }
}

fn next_task() -> bool {
    let next = WORK.with_borrow_mut(|work| work.tasks.pop_front());
    let any = next.is_some();
    if let Some(task) = next {
        spawn_local(task);
    }
    any
}

/// After what was spawned has had its first turn.
async fn done() {
    let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
}

/// Lets the browser do what it has to do, when it is time to. A page that nobody sees has nothing else to do, and its timers are
/// slow.
async fn pause(began: &mut f64) {
    if browser::now() - *began < BUDGET || browser::hidden() {
        return;
    }
    let soon = Promise::new(&mut |wake, _| {
        let _ = window().set_timeout_with_callback(&wake);
    });
    let _ = JsFuture::from(soon).await;
    *began = browser::now();
}

/// Finishes the work when a person does something, before anything else hears of it.
struct Deeds(Closure<dyn FnMut()>);

impl Deeds {
    fn watch() -> Self {
        let finish = Closure::new(|| {
            while next_piece() {}
            complete();
            while next_task() {}
        });
        for deed in DEEDS {
            let _ = window().add_event_listener_with_callback_and_bool(
                deed,
                finish.as_ref().unchecked_ref(),
                true,
            );
        }
        Self(finish)
    }
}

impl Drop for Deeds {
    fn drop(&mut self) {
        for deed in DEEDS {
            let _ = window().remove_event_listener_with_callback_and_bool(
                deed,
                self.0.as_ref().unchecked_ref(),
                true,
            );
        }
    }
}
