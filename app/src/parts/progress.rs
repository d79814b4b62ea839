//! How far an action on the queue is.

use std::time::Duration;

use domain::{
    format::count,
    model::{action::ActionProgress, live::Topic},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{api::actions::action_progress, live::Live, parts::announce::Announcer};

/// The backstop for a missed message.
const POLL: Duration = Duration::from_secs(1);

/// Follows an action until none of its events is open.
#[component]
pub(crate) fn Progress(action: ActionProgress) -> impl IntoView {
    let id = action.id;
    let state = RwSignal::new(action);
    let busy = StoredValue::new(false);
    let announcer = Announcer::expect();
    let live = Live::expect();
    let read = move || {
        if busy.get_value() || state.with_untracked(|state| state.open == 0) {
            return;
        }
        busy.set_value(true);
        spawn_local(async move {
            if let Ok(next) = action_progress(id).await {
                if next.open == 0 {
                    announcer.say(summary(&next));
                    live.stale(Topic::Errors);
                }
                let _ = state.try_set(next);
            }
            let _ = busy.try_set_value(false);
        });
    };
    Effect::new(move || {
        live.version(Topic::Pipeline);
        read();
    });
    // In the browser only: the server renders this, too.
    Effect::new(move || {
        if let Ok(timer) = set_interval_with_handle(read, POLL) {
            on_cleanup(move || timer.clear());
        }
    });
    view! {
        <div class="progress" data-open=move || state.with(|state| state.open)>
            <progress
                class=move || if state.with(|state| state.failed > 0) { "bar has-failed" } else { "bar" }
                aria-label=move || state.with(|state| state.title.clone())
                max=move || state.with(|state| state.total.max(1))
                value=move || state.with(|state| if state.total == 0 { 1 } else { state.total - state.open })
            ></progress>
            <p>{move || state.with(summary)}</p>
        </div>
    }
}

fn summary(state: &ActionProgress) -> String {
    let done = format!(
        "{} of {} processed",
        count(state.processed),
        count(state.total)
    );
    let failed = match state.failed {
        0 => String::new(),
        n => format!(", {} failed", count(n)),
    };
    let open = match state.open {
        0 => ". Done.".to_owned(),
        n => format!(", {} to go", count(n)),
    };
    match state.total {
        0 => "Nothing was waiting.".to_owned(),
        _ => format!("{done}{failed}{open}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_say_what_became_of_the_events() {
        let table = [
            ((0, 0, 0, 0), "Nothing was waiting."),
            ((3, 1, 0, 2), "1 of 3 processed, 2 to go"),
            ((3, 2, 1, 0), "2 of 3 processed, 1 failed. Done."),
            ((1_200, 1_200, 0, 0), "1,200 of 1,200 processed. Done."),
        ];
        for ((total, processed, failed, open), expected) in table {
            let state = ActionProgress {
                id: 1,
                title: String::new(),
                requested_by: String::new(),
                created_at: Default::default(),
                total,
                processed,
                failed,
                open,
            };
            assert_eq!(summary(&state), expected);
        }
    }
}
