//! Bulk actions that go on after their dialog was closed: their end is said in a message, with undo where there is one.

use domain::{
    format::count,
    model::{
        bulk::{ActionState, BulkAction},
        live::Topic,
    },
};
use leptos::{prelude::*, task::spawn_local};

use super::{POLL, summary};
use crate::{
    api::bulk::{action, undo_action},
    browser,
    live::Live,
    parts::toast::{Toast, Toasts},
    query::{Params, carry, use_query},
};

/// Actions that were started from here and of which nobody has seen the end, by id.
#[derive(Clone, Copy)]
pub(crate) struct Endings {
    unseen: RwSignal<Vec<i64>>,
    /// How their state is asked for. Named where the first one begins, so that its code comes with the dialog.
    ask: StoredValue<Option<fn(Self)>>,
    live: Live,
    toasts: Toasts,
    present: Memo<Params>,
}

impl Endings {
    pub(super) fn new() -> Self {
        Self {
            unseen: RwSignal::new(Vec::new()),
            ask: StoredValue::new(None),
            live: Live::expect(),
            toasts: Toasts::expect(),
            present: use_query(),
        }
    }

    pub(super) fn wait_for(self, id: i64) {
        self.ask.set_value(Some(Self::ask));
        self.unseen.update(|all| all.push(id));
    }

    /// Somebody looks at it. Whether it was waited for.
    pub(super) fn seen(self, id: i64) -> bool {
        let known = self.unseen.with_untracked(|all| all.contains(&id));
        if known {
            self.unseen.update(|all| all.retain(|other| *other != id));
        }
        known
    }

    /// Asks how far they are whenever no dialog shows it, or covers the page: a message behind it would pass unseen.
    pub(super) fn follow(self, shown: impl Fn() -> bool + Send + Sync + 'static) {
        let alone = Memo::new(move |_| !shown() && self.unseen.with(|all| !all.is_empty()));
        Effect::new(move || {
            if alone.get()
                && let Some(ask) = self.ask.get_value()
                && let Ok(timer) = set_interval_with_handle(move || ask(self), POLL)
            {
                on_cleanup(move || timer.clear());
            }
        });
    }

    fn ask(self) {
        if browser::has("dialog[open]") {
            return;
        }
        for id in self.unseen.get_untracked() {
            spawn_local(async move {
                // A question that fails is asked again. Of two answers to the end the first one counts.
                if let Ok(ended) = action(id).await
                    && ended.state != ActionState::Running
                    && self.seen(id)
                {
                    self.tell(ended);
                }
            });
        }
    }

    pub(super) fn tell(self, action: BulkAction) {
        self.live.stale(Topic::Pipeline);
        self.live.stale(Topic::Errors);
        let id = action.id;
        let href = carry(&format!("/actions/{id}"), &self.present.read_untracked());
        let toast = Toast::new(end(&action)).link("Show", href);
        self.toasts.push(if action.undoable() && action.done > 0 {
            toast.act("Undo", move || self.undo(id))
        } else {
            toast
        });
    }

    fn undo(self, id: i64) {
        spawn_local(async move {
            match undo_action(id).await {
                Ok(undo) if undo.state == ActionState::Running => self.wait_for(undo.id),
                Ok(undo) => self.tell(undo),
                Err(problem) => {
                    let what = format!("Action {id} is not undone");
                    self.toasts.push(Toast::failed(&what, &problem));
                }
            }
        });
    }
}

/// "Retried 25 events", or how it ended otherwise.
fn end(action: &BulkAction) -> String {
    if action.state != ActionState::Done {
        return format!("{}. {}", action.title, summary(action));
    }
    let events = match action.done {
        1 => "1 event".to_owned(),
        n => format!("{} events", count(n)),
    };
    let skipped = match action.skipped {
        0 => String::new(),
        n => format!("; {} had moved on", count(n)),
    };
    format!("{}{skipped}", action.kind.done(&events))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::model::bulk::ActionKind;

    use super::*;

    #[test]
    fn an_end_is_one_sentence() {
        let table = [
            (
                ActionKind::Retry,
                ActionState::Done,
                25,
                0,
                "Retried 25 events",
            ),
            (
                ActionKind::Cancel,
                ActionState::Done,
                1,
                2,
                "Cancelled 1 event; 2 had moved on",
            ),
            (
                ActionKind::Undo,
                ActionState::Done,
                1_200,
                0,
                "Put 1,200 events back as they were",
            ),
            (
                ActionKind::Retry,
                ActionState::Cancelled,
                3,
                0,
                "A title. Stopped: 3 of 9",
            ),
        ];
        for (kind, state, done, skipped, expected) in table {
            let action = BulkAction {
                id: 1,
                kind,
                title: "A title".to_owned(),
                reason: None,
                selection: None,
                state,
                requested_by: "ada".to_owned(),
                origin: String::new(),
                created_at: DateTime::UNIX_EPOCH,
                finished_at: None,
                total: 9,
                done,
                skipped,
                up_to: None,
                cancel_requested_by: None,
                error: None,
                undo_of: None,
                undone_by: None,
                on_record: true,
            };
            assert_eq!(end(&action), expected);
        }
    }
}
