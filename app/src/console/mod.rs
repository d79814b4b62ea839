//! The error console: docked at the bottom of every page, its state in the URL under keys that start with `e_`.

mod bar;
mod detail;
mod leaving;
mod n8n;
mod resolve;
mod retry;
mod size;
mod table;

use domain::{
    format::count,
    model::{
        Page,
        error::{ErrorFilter, ErrorPreview, ErrorQuery, ErrorRow},
        error_group::GroupRow,
        live::Topic,
    },
    stage::StageName,
};
use leaving::Leaving;
use leptos::{ev, prelude::*, task::spawn_local};
pub(crate) use table::error_types;

use crate::{
    api::errors::{Selection, errors, preview_errors},
    hydration::Apart,
    live::Live,
    parts::dialog::Dialog,
    problem::Problem,
    query::{error_path, error_query, use_query},
};

/// What the console's dialog is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Task {
    Detail(i64),
    Resolve(Chosen),
    Retry(Chosen),
}

/// The errors that an action is for, and how to call them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    selection: Selection,
    /// How many match the filter; 1 for a single error.
    count: String,
    /// "slots_created for record 17", or the filter in words.
    what: String,
    /// The workflow that a retry of a single error runs.
    workflow: Option<String>,
    /// What was written before a try that failed.
    note: String,
}

impl Chosen {
    fn one(row: &ErrorRow) -> Self {
        let record = row.record_id.as_deref().unwrap_or("no record");
        Self {
            selection: Selection::One(row.id),
            count: "1".to_owned(),
            what: format!("{} for record {record}", row.event_type),
            workflow: row.workflow.clone(),
            note: String::new(),
        }
    }

    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What is open of a group.
    pub(crate) fn group(row: &GroupRow) -> Self {
        Self {
            selection: Selection::Matching(ErrorFilter {
                group: Some(row.key.clone()),
                resolved: Some(false),
                ..ErrorFilter::default()
            }),
            count: count(row.open),
            what: format!("all open errors “{}”", row.message),
            workflow: StageName::of_event(&row.event_type).map(|stage| stage.workflow().to_owned()),
            note: String::new(),
        }
    }
}

/// Counts what an action would touch; the answer's `up_to` then keeps out what comes later.
fn preview(selection: &Selection) -> RwSignal<Option<Result<ErrorPreview, Problem>>> {
    let (selection, answer) = (selection.clone(), RwSignal::new(None));
    spawn_local(async move {
        let counted = preview_errors(selection).await;
        let _ = answer.try_set(Some(counted));
    });
    answer
}

/// The console's dialog, which other pages may open, too.
#[derive(Clone, Copy)]
pub(crate) struct ConsoleTask(pub(crate) RwSignal<Option<Task>>);

impl ConsoleTask {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }
}

/// A link to one error, which opens it in the console's dialog; its address does the same for somebody else.
pub(crate) fn error_link(id: i64, text: String) -> AnyView {
    let ConsoleTask(task) = expect_context();
    let open = move |event: ev::MouseEvent| {
        // A new tab or window is opened as for any link.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        task.set(Some(Task::Detail(id)));
    };
    view! { <a href=error_path(id) on:click=open>{text}</a> }.into_any()
}

/// The console's data and its dialog, shared by its parts.
#[derive(Clone, Copy)]
struct Console {
    query: Memo<ErrorQuery>,
    errors: Resource<Result<Page<ErrorRow>, Problem>>,
    task: RwSignal<Option<Task>>,
    leaving: Leaving,
}

#[component]
pub(crate) fn ErrorConsole() -> impl IntoView {
    let params = use_query();
    let query = Memo::new(move |_| error_query(&params.read()));
    let errors = Live::expect().resource(&[Topic::Errors], move || query.get(), errors);
    let ConsoleTask(task) = expect_context();
    let console = Console {
        query,
        errors,
        task,
        leaving: Leaving::new(),
    };
    provide_context(console);
    // Who comes by the address of one error sees it.
    let opened = Memo::new(move |_| params.read().get("e_open")?.parse().ok());
    Effect::new(move || {
        if let Some(id) = opened.get() {
            task.set(Some(Task::Detail(id)));
        }
    });
    let in_n8n = Memo::new(move |_| params.read().get_str("e_panel") == Some("n8n"));
    view! {
        <Apart>
            <section class="console" id="console" aria-label="Error console" tabindex="-1">
                <size::ResizeHandle />
                <bar::Bar n8n=in_n8n />
                <div class="console-body">
                    <div hidden=in_n8n>
                        <table::Errors />
                    </div>
                    {move || in_n8n.get().then(|| view! { <n8n::N8nErrors /> })}
                </div>
            </section>
        </Apart>
        <Dialog open=console.task title=task_title children=move |task| task_body(console, task) />
    }
}

fn task_title(task: &Task) -> String {
    match task {
        Task::Detail(id) => format!("Error {id}"),
        Task::Resolve(chosen) if chosen.count == "1" => "Resolve this error".to_owned(),
        Task::Resolve(chosen) => format!("Resolve {} errors", chosen.count),
        Task::Retry(chosen) if chosen.count == "1" => "Retry this error".to_owned(),
        Task::Retry(_) => "Retry the errors that match".to_owned(),
    }
}

fn task_body(console: Console, task: Task) -> AnyView {
    match task {
        Task::Detail(id) => view! { <detail::Detail id=id task=console.task /> }.into_any(),
        Task::Resolve(chosen) => {
            view! { <resolve::Resolve chosen=chosen task=console.task /> }.into_any()
        }
        Task::Retry(chosen) => {
            view! { <retry::Retry chosen=chosen task=console.task /> }.into_any()
        }
    }
}
