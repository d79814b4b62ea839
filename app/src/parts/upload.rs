//! A file on its way to the server: dropped or chosen, with progress and a way to stop.

use std::{cell::RefCell, rc::Rc};

use domain::{format::bytes, model::import::Preview};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_navigate;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{DragEvent, File, ProgressEvent, XmlHttpRequest};

use crate::{
    parts::{
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
    Under { name: String, sent: f64, total: f64 },
    Failed(Problem),
}

#[component]
pub(crate) fn UploadZone() -> impl IntoView {
    let state = RwSignal::new(Sending::Idle);
    let over = RwSignal::new(false);
    let request = Rc::new(RefCell::new(None::<XmlHttpRequest>));
    let input = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let sender = Rc::clone(&request);
    let send = move |file: File| {
        let navigate = navigate.clone();
        let done =
            move |preview: Preview| navigate(&import_path(&preview.batch_id), Default::default());
        let posted = post(&file, state, done);
        *sender.borrow_mut() = posted;
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
    let cancel = move |_: ev::MouseEvent| {
        if let Some(request) = request.borrow_mut().take() {
            let _ = request.abort();
        }
        state.set(Sending::Idle);
    };
    let under = Memo::new(move |_| match state.get() {
        Sending::Under { name, sent, total } if sent < total => {
            let text = format!("{name}: {} of {}", bytes(sent as i64), bytes(total as i64));
            Some((text, sent, total))
        }
        Sending::Under { name, sent, total } => {
            Some((format!("{name}: reading the file…"), sent, total))
        }
        _ => None,
    });
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
        <div class="progress" hidden=move || under.with(Option::is_none)>
            <p>{move || under.get().map(|(text, ..)| text)}</p>
            <progress
                class="bar"
                aria-label="Upload"
                max=move || under.get().map_or(1.0, |(.., total)| total.max(1.0))
                value=move || under.get().map_or(0.0, |(_, sent, _)| sent)
            ></progress>
            <button class="btn" on:click=cancel>"Cancel"</button>
        </div>
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
        Ok(preview) => {
            let _ = state.try_set(Sending::Idle);
            done(preview);
        }
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
