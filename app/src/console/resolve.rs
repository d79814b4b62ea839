//! Marking errors as resolved, with a note for those who come after.

use domain::{
    format::count,
    model::{error::Resolution, live::Topic},
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{Chosen, Console, Task, leaving::Leaving, preview};
use crate::{
    api::errors::{Selection, reopen_error, reopen_resolution, resolve_errors},
    browser,
    live::Live,
    parts::{
        dialog::form_end,
        notice::problem_line,
        toast::{Toast, Toasts},
    },
    problem::Problem,
};

#[component]
pub(super) fn Resolve(chosen: Chosen, task: RwSignal<Option<Task>>) -> impl IntoView {
    let note = NodeRef::<html::Textarea>::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let answers = Answers::expect();
    let counted = preview(&chosen.selection);
    let asked = StoredValue::new(chosen.clone());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let note = note.get().map(|note| note.value()).unwrap_or_default();
        let Some(Ok(preview)) = counted.get_untracked() else {
            return;
        };
        let chosen = asked.get_value();
        if let Selection::One(id) = chosen.selection {
            task.set(None);
            find_focus();
            return answers.resolve(id, Chosen { note, ..chosen });
        }
        let selection = chosen.selection.up_to(preview.up_to);
        busy.set(true);
        spawn_local(async move {
            match resolve_errors(selection, note).await {
                Ok(resolution) => {
                    answers.read_again();
                    answers.toasts.push(answers.resolved(resolution));
                    task.set(None);
                    find_focus();
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let several = !matches!(chosen.selection, Selection::One(_));
    let button = move || match counted.get() {
        Some(Ok(preview)) if several => format!("Resolve {}", count(preview.open)),
        _ => "Resolve".to_owned(),
    };
    let none = move || !matches!(counted.get(), Some(Ok(preview)) if preview.open > 0);
    view! {
        <form on:submit=submit>
            <p>"Marks " <b>{chosen.what}</b> " as dealt with. Nothing is run again."</p>
            {move || match counted.get() {
                None => Some(view! { <p class="loading">"Counting…"</p> }.into_any()),
                Some(Err(problem)) => Some(problem_line(problem)),
                Some(Ok(preview)) if preview.open == 0 => {
                    Some(view! { <p class="figure-line">"Nothing is open here any more."</p> }.into_any())
                }
                Some(Ok(_)) => None,
            }}
            <label class="field">
                <span>"Note (what was done about it)"</span>
                <textarea name="note" rows="3" node_ref=note maxlength="2000">{chosen.note}</textarea>
            </label>
            {form_end(task, failed, Signal::derive(move || busy.get() || none()), button)}
        </form>
    }
}

/// The row goes away, and with it the button that opened the dialog.
fn find_focus() {
    request_animation_frame(|| {
        browser::focus("#console");
    });
}

fn errors(n: i64) -> String {
    match n {
        1 => "1 error".to_owned(),
        n => format!("{} errors", count(n)),
    }
}

/// What became of it is said in a message, with the way back. One error alone is gone from the list at once.
#[derive(Clone, Copy)]
struct Answers {
    task: RwSignal<Option<Task>>,
    leaving: Leaving,
    live: Live,
    toasts: Toasts,
}

impl Answers {
    fn expect() -> Self {
        let console: Console = expect_context();
        Self {
            task: console.task,
            leaving: console.leaving,
            live: Live::expect(),
            toasts: Toasts::expect(),
        }
    }

    fn resolve(self, id: i64, chosen: Chosen) {
        self.leaving.hide(id);
        spawn_local(async move {
            match resolve_errors(chosen.selection.clone(), chosen.note.clone()).await {
                Ok(resolution) => {
                    self.leaving.agreed(id);
                    self.read_again();
                    let by_us = resolution.resolved > 0;
                    self.toasts.push(self.done(id, chosen.what, by_us));
                }
                Err(problem) => {
                    self.leaving.bring_back(id);
                    let what = format!("{} is not resolved", chosen.what);
                    let again = move || self.task.set(Some(Task::Resolve(chosen.clone())));
                    self.toasts
                        .push(Toast::failed(&what, &problem).act("Try again", again));
                }
            }
        });
    }

    /// `by_us` unless somebody else was faster.
    fn done(self, id: i64, what: String, by_us: bool) -> Toast {
        if by_us {
            let text = format!("Resolved {what}");
            Toast::new(text).act("Undo", move || self.reopen(id, what.clone()))
        } else {
            Toast::new(format!("{what} was resolved already"))
        }
    }

    fn reopen(self, id: i64, what: String) {
        spawn_local(async move {
            self.toasts.push(match reopen_error(id).await {
                Ok(()) => Toast::new(format!("{what} is open again")),
                Err(problem) => Toast::failed(&format!("{what} stays resolved"), &problem),
            });
            self.leaving.bring_back(id);
            self.read_again();
        });
    }

    /// Many errors, or the group of one.
    fn resolved(self, Resolution { id, resolved }: Resolution) -> Toast {
        if resolved == 0 {
            return Toast::new("All of them were resolved already");
        }
        Toast::new(format!("Resolved {}", errors(resolved))).act("Undo", move || {
            spawn_local(async move {
                self.toasts.push(match reopen_resolution(id).await {
                    Ok(n) => Toast::new(format!("Open again: {}", errors(n))),
                    Err(problem) => Toast::failed("They stay resolved", &problem),
                });
                self.read_again();
            });
        })
    }

    fn read_again(self) {
        self.live.stale(Topic::Errors);
        self.live.stale(Topic::Pipeline);
    }
}
