//! Saved views: the lists that people keep with their filters, on the page that they belong to and in the menu.

use domain::{
    model::{
        live::Topic,
        saved_view::{LONGEST_NAME, NewView, SavedView},
    },
    role::Permission,
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::saved_views::{delete_view, save_view, saved_views, set_default_view},
    browser,
    live::Live,
    parts::{
        ask::{Question, ask_button},
        loaded::Settled,
        notice::problem_line,
        rows::rows,
        toast::{Toast, Toasts},
    },
    problem::Problem,
    query::{carry, kept_of_view, use_query},
    session,
};

const MENU: &str = "views";

/// Every view that the present person sees, read once for the menu and all pages.
#[derive(Clone, Copy)]
pub(crate) struct Views(Resource<Result<Vec<SavedView>, Problem>>);

impl Views {
    pub(crate) fn provide() {
        let read = |()| saved_views();
        provide_context(Self(Live::expect().resource(
            &[Topic::Settings],
            || (),
            read,
        )));
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// None until they are read; to be asked within a boundary.
    pub(crate) fn all(self) -> Vec<SavedView> {
        self.0.get().and_then(Result::ok).unwrap_or_default()
    }

    /// Where the menu leads for a page, for event handlers.
    pub(crate) fn lead(self, path: &str) -> String {
        let known = self.known().into_iter();
        known
            .filter(|view| view.is_default && view.path == path)
            .map(|view| view.target())
            .next()
            .unwrap_or_else(|| path.to_owned())
    }

    /// As [`Views::all`], for event handlers and what is shown later.
    pub(crate) fn known(self) -> Vec<SavedView> {
        self.0
            .get_untracked()
            .and_then(Result::ok)
            .unwrap_or_default()
    }
}

/// The button and what it opens: the views of the page at `path`, and the form that keeps the present one.
#[component]
pub(crate) fn ViewsMenu(path: &'static str) -> impl IntoView {
    let failed = RwSignal::new(None::<Problem>);
    let list = move || {
        let all = Views::expect().all().into_iter();
        let here = all.filter(|view| view.path == path).collect();
        lines(here, failed)
    };
    view! {
        <button class="btn quiet" popovertarget=MENU title="Keep these filters under a name, or go to what was kept">"Views"</button>
        <section class="menu views" id=MENU popover="auto" aria-label="Saved views">
            <Settled>{list}</Settled>
            <SaveView path=path failed=failed />
            {move || failed.get().map(problem_line)}
        </section>
    }
}

fn lines(views: Vec<SavedView>, failed: RwSignal<Option<Problem>>) -> AnyView {
    if views.is_empty() {
        return view! { <p class="muted">"No view of this list is kept yet."</p> }.into_any();
    }
    let body = rows(
        views,
        |view| format!("{view:?}"),
        move |view| line(view, failed),
    );
    view! { <ul>{body}</ul> }.into_any()
}

fn line(saved: SavedView, failed: RwSignal<Option<Problem>>) -> AnyView {
    let present = use_query();
    let target = saved.target();
    let href = move || carry(&target, &present.read());
    let query = saved.query.clone();
    let current = move || (kept_of_view(&present.read()) == query).then_some("true");
    let whose = match (saved.own, saved.shared) {
        (true, false) => String::new(),
        (true, true) => "shared".to_owned(),
        (false, _) => format!("by {}", saved.owner),
    };
    let may_delete = saved.own || session::may(Permission::Delete);
    let delete = may_delete.then(|| delete_button(&saved));
    view! {
        <li>
            <a href=href aria-current=current on:click=|_| browser::close_popover(MENU)>{saved.name.clone()}</a>
            <span class="muted small-text">{whose}</span>
            {default_button(&saved, failed)}
            {delete}
        </li>
    }
    .into_any()
}

fn default_button(saved: &SavedView, failed: RwSignal<Option<Problem>>) -> AnyView {
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let (id, wanted, name) = (saved.id, !saved.is_default, saved.name.clone());
    let label = format!("The menu leads to {name}");
    let toggle = move |_| {
        let said = if wanted {
            format!("The menu leads to {name} now")
        } else {
            "The menu leads to the whole list again".to_owned()
        };
        spawn_local(async move {
            let done = set_default_view(id, wanted).await;
            if done.is_ok() {
                live.stale(Topic::Settings);
                toasts.push(Toast::new(said));
            }
            let _ = failed.try_set(done.err());
        });
    };
    view! {
        <button
            class="btn small"
            aria-label=label
            aria-pressed=saved.is_default.to_string()
            title="Whether the menu leads here, for you"
            on:click=toggle
        >
            "Default"
        </button>
    }
    .into_any()
}

fn delete_button(saved: &SavedView) -> Option<AnyView> {
    let (id, name) = (saved.id, saved.name.clone());
    let text = match (saved.own, saved.shared) {
        (true, false) => "Nobody else sees it. The list itself stays as it is.".to_owned(),
        (true, true) => {
            "Everybody sees it, and loses it. The list itself stays as it is.".to_owned()
        }
        (false, _) => format!(
            "It belongs to {}, and everybody sees it. The list itself stays as it is.",
            saved.owner
        ),
    };
    let label = format!("Delete the view {name}");
    let question = Question::new(label.clone(), text, "Delete", move |_| {
        let said = format!("The view {name} is gone");
        async move {
            delete_view(id).await?;
            Ok(said)
        }
    });
    ask_button("Delete…", label, Permission::View, question)
}

#[component]
fn SaveView(path: &'static str, failed: RwSignal<Option<Problem>>) -> impl IntoView {
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let present = use_query();
    let now = Memo::new(move |_| kept_of_view(&present.read()));
    let busy = RwSignal::new(false);
    let name = NodeRef::<html::Input>::new();
    let shared = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(name) = name.get() else { return };
        let view = NewView {
            path: path.to_owned(),
            name: name.value(),
            query: now.get_untracked(),
            shared: shared.get().is_some_and(|shared| shared.checked()),
        };
        let said = format!("The view {} is kept", view.name.trim());
        busy.set(true);
        spawn_local(async move {
            let done = save_view(view).await;
            if done.is_ok() {
                name.set_value("");
                live.stale(Topic::Settings);
                toasts.push(Toast::new(said));
            }
            let _ = failed.try_set(done.err());
            let _ = busy.try_set(false);
        });
    };
    let share = session::may(Permission::Resolve).then(|| {
        view! {
            <label class="check">
                <input type="checkbox" node_ref=shared />
                "Everybody sees it"
            </label>
        }
    });
    let nothing = move || now.read().is_empty();
    view! {
        <form class="needs-script" on:submit=submit>
            <label class="field">
                <span>"Keep these filters as"</span>
                <input type="text" node_ref=name required maxlength=LONGEST_NAME.to_string() autocomplete="off" disabled=nothing />
            </label>
            {share}
            <button class="btn" type="submit" disabled=move || busy.get() || nothing()>"Save the view"</button>
            <p class="muted small-text">
                {move || {
                    if nothing() { "Choose a filter first: this is the whole list." } else { "A view of yours with this name is replaced." }
                }}
            </p>
        </form>
    }
}
