//! The command palette: Ctrl+K or Cmd+K goes to any page or record, and does what has a name.

use std::time::Duration;

use domain::{
    model::{
        error::{ErrorFilter, ErrorQuery},
        search::{Hit, HitTarget, Hits},
    },
    phase::Phase,
    role::Permission,
    stage::StageName,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use crate::{
    api::search::search,
    browser,
    live::Live,
    parts::{
        announce::Announcer,
        ask::Asking,
        dialog::Dialog,
        frame::entries,
        icon::{SEARCH, icon},
        paused::{pause_stage_question, resume_stage_question},
        views::Views,
    },
    problem::Problem,
    query::{carry, company_path, errors_path, event_path, import_path, report_path, use_query},
    session,
};

/// After the last letter, before the server is asked.
const REST: Duration = Duration::from_millis(150);
const OPTIONS: &str = "palette-options";

/// The one palette of the page, open or not.
#[derive(Clone, Copy)]
pub(crate) struct Palette(RwSignal<Option<Open>>);

#[derive(Clone, Copy, Debug)]
struct Open;

impl Palette {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    pub(crate) fn show(self) {
        self.0.set(Some(Open));
    }
}

#[component]
pub(crate) fn PaletteButton() -> impl IntoView {
    let Palette(open) = expect_context();
    let show = move |_| {
        // On a phone the rail lies over the page.
        browser::close_popover("rail");
        open.set(Some(Open));
    };
    view! {
        <button class="btn quiet palette-button" on:click=show title="Go to any page, company, person, event or error">
            {icon(SEARCH)}
            "Go to…"
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Deed {
    Go(String),
    Refresh,
    Hold,
    Theme,
    Pause(StageName),
    Resume(StageName),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
struct Choice {
    kind: &'static str,
    title: String,
    detail: String,
    deed: Deed,
}

/// The keys and the dialog.
#[component]
pub(crate) fn CommandPalette() -> impl IntoView {
    let Palette(open) = expect_context();
    Effect::new(move || {
        let handle = window_event_listener(ev::keydown, move |event| {
            let key = event.key();
            if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
                event.prevent_default();
                open.update(|open| {
                    *open = match open {
                        Some(_) => None,
                        None => Some(Open),
                    }
                });
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <Dialog open=open title=|_| "Go to or do".to_owned() children=move |_| view! { <Choices open=open /> }.into_any() />
    }
}

#[component]
fn Choices(open: RwSignal<Option<Open>>) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Result<Hits, Problem>>);
    let active = RwSignal::new(0_usize);
    let choices = Memo::new(move |_| {
        let mut choices = commands(&text.read());
        if let Some(Ok(found)) = &*found.read() {
            choices.extend(found.hits.iter().cloned().map(choice));
        }
        choices
    });
    let asked = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event: ev::Event| {
        let value = event_target_value(&event);
        text.set(value.clone());
        active.set(0);
        if let Some(timer) = asked.get_value() {
            timer.clear();
        }
        if value.trim().is_empty() {
            found.set(None);
            return;
        }
        let ask = move || {
            spawn_local(async move {
                let answer = search(value.clone()).await;
                // What was typed since then has a question of its own.
                if text.try_get_untracked().as_ref() == Some(&value) {
                    found.set(Some(answer));
                }
            });
        };
        asked.set_value(set_timeout_with_handle(ask, REST).ok());
    };
    let perform = perform(open);
    let chosen = perform.clone();
    let keys = move |event: ev::KeyboardEvent| {
        let count = choices.read_untracked().len();
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => count.saturating_sub(1),
            "Enter" => {
                event.prevent_default();
                if let Some(choice) = choices
                    .read_untracked()
                    .get(active.get_untracked())
                    .cloned()
                {
                    chosen(&choice.deed);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if count > 0 {
            active.update(|active| *active = (*active + step) % count);
        }
    };
    let input = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let state = move || match &*found.read() {
        None => String::new(),
        Some(Err(problem)) => format!("The search failed: {}", problem.detail),
        Some(Ok(found)) if !found.complete => {
            "The search took too long and there may be more: a longer word finds it sooner."
                .to_owned()
        }
        Some(Ok(found)) if found.hits.is_empty() => "No record has this in its name.".to_owned(),
        Some(Ok(_)) => String::new(),
    };
    let lines = move || {
        let perform = perform.clone();
        let line =
            move |(index, choice): (usize, Choice)| option(index, choice, active, perform.clone());
        choices
            .get()
            .into_iter()
            .enumerate()
            .map(line)
            .collect_view()
    };
    view! {
        <input
            type="text"
            class="palette-input"
            node_ref=input
            role="combobox"
            aria-expanded="true"
            aria-controls=OPTIONS
            aria-activedescendant=move || option_id(active.get())
            aria-label="Page, company, person, batch, event number or error"
            placeholder="Page, company, person, batch, event number or error"
            autocomplete="off"
            on:input=typed
            on:keydown=keys
        />
        <ul class="palette" id=OPTIONS role="listbox" aria-label="Choices">{lines}</ul>
        <p class="muted" role="status">{state}</p>
    }
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

fn option(
    index: usize,
    choice: Choice,
    active: RwSignal<usize>,
    perform: impl Fn(&Deed) + Send + 'static,
) -> AnyView {
    let chosen = move || active.get() == index;
    let node = NodeRef::<html::Li>::new();
    Effect::new(move || {
        if let Some(node) = node.get().filter(|_| chosen()) {
            node.scroll_into_view_with_bool(false);
        }
    });
    let deed = choice.deed;
    view! {
        <li
            role="option"
            id=option_id(index)
            node_ref=node
            aria-selected=move || chosen().to_string()
            on:click=move |_| perform(&deed)
            on:pointermove=move |_| active.set(index)
        >
            <span class="palette-kind">{choice.kind}</span>
            <span class="clip">{choice.title}</span>
            <span class="muted clip">{choice.detail}</span>
        </li>
    }
    .into_any()
}

fn perform(open: RwSignal<Option<Open>>) -> impl Fn(&Deed) + Clone + Send + Sync + 'static {
    let (live, announcer) = (Live::expect(), Announcer::expect());
    let asking = Asking::expect();
    let navigate = use_navigate();
    let present = use_query();
    move |deed: &Deed| {
        open.set(None);
        match deed {
            Deed::Go(path) => navigate(&carry(path, &present.read_untracked()), Default::default()),
            Deed::Refresh => live.refresh(),
            Deed::Hold => announcer.say(live.hold_or_follow()),
            Deed::Theme => browser::click(".theme-toggle"),
            Deed::Pause(stage) => asking.ask(pause_stage_question(*stage)),
            Deed::Resume(stage) => asking.ask(resume_stage_question(*stage)),
        }
    }
}

/// What has a name of its own, as far as it has all words that were typed.
fn commands(text: &str) -> Vec<Choice> {
    let go = |kind, title: String, path: String| Choice {
        kind,
        title,
        detail: String::new(),
        deed: Deed::Go(path),
    };
    let mut all: Vec<Choice> = entries()
        .map(|(path, text)| go("Page", text.to_owned(), path.to_owned()))
        .collect();
    all.extend(Phase::ALL.map(|phase| {
        go(
            "Page",
            format!("{} report", phase.title()),
            report_path(phase),
        )
    }));
    for (title, path) in [
        ("Failed events", "/events?status=failed"),
        ("Events in work", "/events?status=processing"),
        ("Companies with open errors", "/companies?attention=errors"),
    ] {
        all.push(go("List", title.to_owned(), path.to_owned()));
    }
    all.extend(
        Views::expect()
            .known()
            .into_iter()
            .map(|saved| go("View", saved.name.clone(), saved.target())),
    );
    if session::may(Permission::Import) {
        all.push(go(
            "Action",
            "Import a CSV file".to_owned(),
            "/imports".to_owned(),
        ));
    }
    let act = |title: String, deed| Choice {
        kind: "Action",
        title,
        detail: String::new(),
        deed,
    };
    if session::may(Permission::Retry) {
        for stage in StageName::ALL {
            let title = stage.title();
            all.push(act(format!("Pause {title}…"), Deed::Pause(stage)));
            all.push(act(format!("Resume {title}…"), Deed::Resume(stage)));
        }
    }
    all.extend([
        act("Refresh the figures".to_owned(), Deed::Refresh),
        act("Pause or follow updates".to_owned(), Deed::Hold),
        act("Light or dark theme".to_owned(), Deed::Theme),
    ]);
    let text = text.to_lowercase();
    all.retain(|choice| {
        let title = choice.title.to_lowercase();
        text.split_whitespace().all(|word| title.contains(word))
    });
    all
}

fn choice(hit: Hit) -> Choice {
    let path = match &hit.target {
        HitTarget::Company(key) | HitTarget::Contact(key) => company_path(key),
        HitTarget::Batch(id) => import_path(id),
        HitTarget::Event(id) => event_path(*id),
        HitTarget::Error(message) => errors_path(
            "/",
            &ErrorQuery {
                filter: ErrorFilter {
                    search: Some(message.clone()),
                    resolved: Some(false),
                    ..ErrorFilter::default()
                },
                ..ErrorQuery::default()
            },
        ),
    };
    Choice {
        kind: hit.target.kind(),
        title: hit.title,
        detail: hit.detail,
        deed: Deed::Go(path),
    }
}
