//! Code that the browser fetches when it is first needed: pages, and what is seldom opened. Each such view is made by a
//! function of a chunk; scripts/build-web puts a chunk's functions, and all that nothing else needs, into a file.

use std::{
    cell::Cell,
    future::{Future, pending, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use leptos::{prelude::*, wasm_split::SplitLoaderError};
use leptos_router::{ChooseView, hooks::use_url};

use crate::{browser, pages::lazy, parts::loaded::Settled};

/// Makes `fetch`, which waits for the file of `$chunk`, and `show`, which makes the view with the code in it.
#[cfg(not(debug_assertions))]
macro_rules! split {
    ($chunk:ident ($($arg:ident: $type:ty),*) $view:expr) => {
        #[::leptos::wasm_split::wasm_split($chunk, wasm_split_path = ::leptos::wasm_split, preload(fetch), fallible)]
        fn show($($arg: $type),*) -> Result<AnyView, ::leptos::wasm_split::SplitLoaderError> {
            Ok($view.into_any())
        }
    };
}

/// While developing, all is in one file, which needs neither the time nor the tool to split it.
#[cfg(debug_assertions)]
macro_rules! split {
    ($chunk:ident ($($arg:ident: $type:ty),*) $view:expr) => {
        async fn fetch() -> Result<(), ::leptos::wasm_split::SplitLoaderError> {
            Ok(())
        }
        async fn show($($arg: $type),*) -> Result<AnyView, ::leptos::wasm_split::SplitLoaderError> {
            fetch().await?;
            Ok($view.into_any())
        }
    };
}

/// Pages of a chunk each, for their routes, and all of them as `ALL`.
macro_rules! lazy_pages {
    ($($name:ident = $chunk:ident: $page:path,)*) => {
        $(
            pub(crate) const $name: LazyPage = {
                $crate::chunk::split!($chunk () $page());
                LazyPage {
                    chunk: stringify!($chunk),
                    fetch: || Box::pin(fetch()),
                    show: || Box::pin(show()),
                }
            };
        )*
        pub(crate) const ALL: &[LazyPage] = &[$($name),*];
    };
}

/// A view of a chunk, made of variables that are named with their types; "Loading…" until the file is there. Not for what
/// closes itself while its buttons still follow a signal: the view may outlive the signal for a moment.
macro_rules! lazy_view {
    ($chunk:ident, ($($arg:ident: $type:ty),*) $view:expr) => {{
        $crate::chunk::split!($chunk ($($arg: $type),*) $view);
        $crate::chunk::later(show($($arg),*))
    }};
}

pub(crate) use {lazy_pages, lazy_view, split};

/// Waits for the code of the page that the server rendered. Until then nothing of the app is alive, so that links and plain
/// forms work; false when it cannot be fetched, and then they go on to work.
pub async fn fetched() -> bool {
    // The server has named its file in the head.
    let named =
        |page: &&LazyPage| browser::has(&format!("link[rel=preload][href*='.{}.']", page.chunk));
    let Some(page) = lazy::ALL.iter().find(named) else {
        return true;
    };
    let there = (page.fetch)().await.is_ok();
    if !there {
        browser::offer_load("");
    }
    there
}

type Fetched<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A route's page whose code comes when it is asked for. Until then the page that was shown stays.
#[derive(Clone, Copy)]
pub(crate) struct LazyPage {
    pub(crate) chunk: &'static str,
    pub(crate) fetch: fn() -> Fetched<()>,
    pub(crate) show: fn() -> Fetched<AnyView>,
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        match (self.show)().await {
            Ok(view) => view,
            // Its code was fetched before.
            Err(_) => pending().await,
        }
    }

    async fn preload(&self) {
        if let Some(Needed(tell)) = use_context() {
            return tell(self.chunk);
        }
        let url = use_url().get_untracked();
        let mut fetching = (self.fetch)();
        let known = poll_fn(|context| Poll::Ready(fetching.as_mut().poll(context))).await;
        if known.is_ready() {
            return;
        }
        let waiting = Waiting::start();
        let there = fetching.await.is_ok();
        drop(waiting);
        if there {
            // When the page is in the document.
            request_animation_frame(browser::find_focus);
        } else {
            let (path, search) = (url.path(), url.search());
            let glue = if search.is_empty() { "" } else { "?" };
            browser::offer_load(&format!("{path}{glue}{search}"));
            pending().await
        }
    }
}

/// On the server: what is told of the chunks that the page needs.
#[derive(Clone)]
pub(crate) struct Needed(pub(crate) Arc<dyn Fn(&'static str) + Send + Sync>);

/// Marks the page while code is on its way.
struct Waiting;

thread_local! {
    static WAITING: Cell<usize> = const { Cell::new(0) };
}

impl Waiting {
    fn start() -> Self {
        WAITING.set(WAITING.get() + 1);
        browser::withdraw_offer();
        browser::mark("data-loading", Some(""));
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.set(WAITING.get() - 1);
        if WAITING.get() == 0 {
            browser::mark("data-loading", None);
        }
    }
}

pub(crate) fn later(
    view: impl Future<Output = Result<AnyView, SplitLoaderError>> + Send + 'static,
) -> AnyView {
    let view = Suspend::new(async move { view.await.unwrap_or_else(|_| missing()) });
    view! { <Settled loading=true>{view}</Settled> }.into_any()
}

fn missing() -> AnyView {
    view! {
        <p class="problem">
            "This part could not be loaded: the server does not answer, or a new version is running. Reload the page."
        </p>
        <button class="btn" on:click=|_| browser::reload()>"Reload"</button>
    }
    .into_any()
}
