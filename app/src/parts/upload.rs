//! A file on its way to the server: dropped or chosen, with progress and a way to stop.

use std::cell::RefCell;

use domain::{format::bytes, model::import::Preview};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{DragEvent, File, ProgressEvent, XmlHttpRequest};

use crate::{
    parts::{
        announce::Announcer,
        icon::{UPLOAD, icon},
        notice::problem_line,
    },
    problem::{Problem, ProblemKind},
    query::{import_path, segment},
};

/// What the server takes; it checks again.
const LIMIT_BYTES: f64 = 1_073_741_824.0;

#[derive(Clone, Debug, PartialEq)]
enum Sending {
    Idle,
    Under {
        name: String,
        sent: f64,
        total: f64,
    },
    /// Arrived while the person was on another page.
    Arrived {
        name: String,
        batch_id: String,
    },
    Failed(Problem),
}

thread_local! {
    /// What cancels the upload. Not part of the context: the server, which has none, may drop that on any thread.
    static REQUEST: RefCell<Option<XmlHttpRequest>> = const { RefCell::new(None) };
}

/// The one upload of the page; it goes on while the person looks at other pages.
#[derive(Clone, Copy)]
pub(crate) struct Uploading {
    state: RwSignal<Sending>,
}

impl Uploading {
    pub(crate) fn provide() {
        let uploading = Self {
            state: RwSignal::new(Sending::Idle),
        };
        provide_context(uploading);
        Effect::new(move || uploading.guard());
    }

    /// Before the tab is closed in the middle of an upload the browser asks.
    fn guard(self) {
        let handle = window_event_listener(ev::beforeunload, move |event| {
            if self
                .state
                .with_untracked(|state| matches!(state, Sending::Under { .. }))
            {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    }

    fn cancel(self, announcer: Announcer) {
        if let Some(request) = REQUEST.take() {
            let _ = request.abort();
        }
        self.state.set(Sending::Idle);
        announcer.say("The upload was cancelled; nothing was imported");
    }

    /// Text, bytes sent and bytes in all of an upload under way.
    fn under(self) -> Option<(String, f64, f64)> {
        match self.state.get() {
            Sending::Under { name, sent, total } if sent < total => {
                let text = format!("{name}: {} of {}", bytes(sent as i64), bytes(total as i64));
                Some((text, sent, total))
            }
            Sending::Under { name, sent, total } => {
                Some((format!("{name}: reading the file…"), sent, total))
            }
            _ => None,
        }
    }
}

/// On pages without the upload zone: how far it is, and the way to it once it has arrived.
#[component]
pub(crate) fn UploadElsewhere() -> impl IntoView {
    let uploading: Uploading = expect_context();
    let path = use_location().pathname;
    let under = Memo::new(move |_| uploading.under().filter(|_| path.get() != "/imports"));
    let arrived = move || match uploading.state.get() {
        Sending::Arrived { name, batch_id } => Some(view! {
            <div class="toast">
                <p>{name} " is uploaded."</p>
                <a class="btn primary" href=import_path(&batch_id) on:click=move |_| uploading.state.set(Sending::Idle)>
                    "Choose its columns"
                </a>
            </div>
        }),
        _ => None,
    };
    let progress = move || {
        under.with(Option::is_some).then(|| {
            view! {
                <div class="toast">
                    <UploadProgress under=under />
                </div>
            }
        })
    };
    view! { {progress} {arrived} }
}

/// `under` is the text, the bytes sent and the bytes in all; nothing while no file is on its way.
#[component]
pub(crate) fn UploadProgress(under: Memo<Option<(String, f64, f64)>>) -> impl IntoView {
    let uploading: Uploading = expect_context();
    let announcer = Announcer::expect();
    view! {
        <div class="progress" hidden=move || under.with(Option::is_none)>
            <p>{move || under.get().map(|(text, ..)| text)}</p>
            <progress
                class="bar"
                aria-label="Upload"
                max=move || under.get().map_or(1.0, |(.., total)| total.max(1.0))
                value=move || under.get().map_or(0.0, |(_, sent, _)| sent)
            ></progress>
            <button class="btn" on:click=move |_| uploading.cancel(announcer)>"Cancel"</button>
        </div>
    }
}

#[component]
pub(crate) fn UploadZone() -> impl IntoView {
    let uploading: Uploading = expect_context();
    let state = uploading.state;
    let over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let path = use_location().pathname;
    let send = move |file: File| {
        let navigate = navigate.clone();
        let name = file.name();
        let done = move |preview: Preview| {
            if path.get_untracked() == "/imports" {
                state.set(Sending::Idle);
                navigate(&import_path(&preview.batch_id), Default::default());
            } else {
                let batch_id = preview.batch_id;
                state.set(Sending::Arrived {
                    name: name.clone(),
                    batch_id,
                });
            }
        };
        REQUEST.set(post(&file, state, done));
    };
    let chosen = {
        let send = send.clone();
        move |_| {
            let Some(input) = input.get() else { return };
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                send(file);
            }
            // The same file can be chosen again after a failure.
            input.set_value("");
        }
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            send(file);
        }
    };
    let under = Memo::new(move |_| uploading.under());
    view! {
        <div
            class=move || if over.get() { "drop over" } else { "drop" }
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            {icon(UPLOAD)}
            <p><b>"Drop a CSV file here"</b></p>
            <p class="muted">"One company per line, up to 1 GB. Comma, semicolon or tab; UTF-8, UTF-16 or Latin-1."</p>
            <label class="btn primary file">
                "Choose a file"
                <input type="file" node_ref=input accept=".csv,.tsv,.txt,text/csv" on:change=chosen />
            </label>
            <noscript><p class="problem">"Uploading needs JavaScript. Without it, run: server import FILE"</p></noscript>
        </div>
        <UploadProgress under=under />
        {move || match state.get() {
            Sending::Failed(problem) => Some(problem_line(problem)),
            _ => None,
        }}
    }
}

/// Streams the file as the request's body. `fetch` cannot tell how far it is, the older request can.
fn post(
    file: &File,
    state: RwSignal<Sending>,
    done: impl Fn(Preview) + 'static,
) -> Option<XmlHttpRequest> {
    if file.size() > LIMIT_BYTES {
        state.set(Sending::Failed(too_large()));
        return None;
    }
    let (name, total) = (file.name(), file.size());
    let request = XmlHttpRequest::new().ok()?;
    request
        .open("POST", &format!("/upload?name={}", segment(&name)))
        .ok()?;
    let under = move |sent: f64| Sending::Under {
        name: name.clone(),
        sent,
        total,
    };
    state.set(under(0.0));
    if let Ok(upload) = request.upload() {
        let progress = move |event: ProgressEvent| {
            let _ = state.try_set(under(event.loaded()));
        };
        let progress = Closure::<dyn FnMut(ProgressEvent)>::new(progress).into_js_value();
        upload.set_onprogress(Some(progress.unchecked_ref()));
    }
    let ended = request.clone();
    let load = Closure::<dyn FnMut(JsValue)>::new(move |_| match answer(&ended) {
        Ok(preview) => done(preview),
        Err(problem) => {
            let _ = state.try_set(Sending::Failed(problem));
        }
    });
    let fail = Closure::<dyn FnMut(JsValue)>::new(move |_| {
        let _ = state.try_set(Sending::Failed(Problem::unreachable()));
    });
    request.set_onload(Some(load.into_js_value().unchecked_ref()));
    request.set_onerror(Some(fail.into_js_value().unchecked_ref()));
    request.send_with_opt_blob(Some(file)).ok()?;
    Some(request)
}

fn answer(request: &XmlHttpRequest) -> Result<Preview, Problem> {
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match request.status() {
        Ok(200..=299) => serde_json::from_str(&text).map_err(|_| Problem::failed()),
        Ok(413) => Err(too_large()),
        _ => Err(serde_json::from_str(&text).unwrap_or_else(|_| Problem::failed())),
    }
}

fn too_large() -> Problem {
    Problem::new(
        ProblemKind::Invalid,
        "The file is larger than 1 GB",
        "Split it and import the parts one after the other.",
    )
}
