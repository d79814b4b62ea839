//! Modal dialogs on the browser's own `<dialog>`: focus is kept inside and goes back to where it came from.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    parts::{
        icon::{CLOSE, icon},
        notice::problem_line,
    },
    problem::Problem,
};

/// Shows `children` while `open` holds a value, and empties it when the dialog is closed in any way.
#[component]
pub(crate) fn Dialog<T, V>(
    open: RwSignal<Option<T>>,
    /// The heading.
    title: fn(&T) -> String,
    children: V,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: Fn(T) -> AnyView + Send + Sync + 'static,
{
    let node = NodeRef::<html::Dialog>::new();
    let id = StoredValue::new(
        std::any::type_name::<T>()
            .rsplit("::")
            .next()
            .unwrap_or("dialog")
            .to_owned(),
    );
    Effect::new(move || {
        let wanted = open.with(Option::is_some);
        let Some(dialog) = node.get() else { return };
        match (wanted, dialog.open()) {
            (true, false) => {
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let backdrop = move |event: ev::MouseEvent| {
        let outside = event
            .target()
            .is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some());
        if outside {
            open.set(None);
        }
    };
    // A key may open it again before the browser says that it was closed.
    let closed = move |_| {
        if node.get_untracked().is_some_and(|dialog| !dialog.open()) {
            open.set(None);
        }
    };
    view! {
        <dialog
            class="dialog"
            node_ref=node
            aria-labelledby=move || format!("{}-title", id.get_value())
            on:close=closed
            on:click=backdrop
        >
            {move || {
                open.get()
                    .map(|target| {
                        let heading = title(&target);
                        view! {
                            <div class="dialog-body">
                                <header class="dialog-head">
                                    <h2 id=format!("{}-title", id.get_value())>{heading}</h2>
                                    <button class="btn quiet icon-only" aria-label="Close" on:click=move |_| open.set(None)>
                                        {icon(CLOSE)}
                                    </button>
                                </header>
                                {children(target)}
                            </div>
                        }
                    })
            }}
        </dialog>
    }
}

/// The end of a dialog's form: what went wrong, the way out, and the button that sends it.
pub(crate) fn form_end<T: Send + Sync + 'static>(
    open: RwSignal<Option<T>>,
    failed: RwSignal<Option<Problem>>,
    busy: Signal<bool>,
    send: impl IntoView + 'static,
) -> AnyView {
    let send = send.into_any();
    view! {
        {move || failed.get().map(problem_line)}
        <div class="row end">
            <button class="btn" type="button" on:click=move |_| open.set(None)>"Cancel"</button>
            <button class="btn primary" type="submit" disabled=busy>{send}</button>
        </div>
    }
    .into_any()
}
