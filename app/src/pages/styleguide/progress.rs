//! What is waited for, and how far it is.

use domain::model::{
    action::ActionProgress,
    bulk::{ActionKind, ActionState, BulkAction},
};
use leptos::prelude::*;

use super::{now, wide};
use crate::parts::{
    bulk::BulkProgress, loaded::loading, progress::Progress, upload::UploadProgress,
};

pub(super) fn progress() -> AnyView {
    let under = Memo::new(|_| {
        let (sent, total) = (48_000_000.0, 120_000_000.0);
        Some(("companies.csv: 48 MB of 120 MB".to_owned(), sent, total))
    });
    view! {
        {wide("Still being read", loading())}
        {wide("A file on its way", view! { <UploadProgress under=under /> })}
        {wide("Processed now", processed().map(|action| view! { <Progress action=action /> }).collect_view())}
        {wide("Bulk actions", bulk().map(|action| view! { <BulkProgress action=action /> }).collect_view())}
    }
    .into_any()
}

/// Ended, since whatever is under way is asked for again and again.
fn processed() -> [ActionProgress; 2] {
    let action = |total, failed| ActionProgress {
        id: 0,
        title: "Process now: Enrich, an example".to_owned(),
        requested_by: "ada".to_owned(),
        created_at: now(),
        total,
        processed: total - failed,
        failed,
        open: 0,
    };
    [action(1_200, 0), action(412, 9)]
}

fn bulk() -> [BulkAction; 3] {
    let action = |title: &str, state, done, skipped| BulkAction {
        id: 0,
        kind: ActionKind::Retry,
        title: title.to_owned(),
        reason: None,
        selection: None,
        state,
        requested_by: "ada".to_owned(),
        origin: "198.51.100.7".to_owned(),
        created_at: now(),
        finished_at: Some(now()),
        total: 412,
        done,
        skipped,
        up_to: None,
        cancel_requested_by: None,
        error: None,
        undo_of: None,
        undone_by: None,
        on_record: false,
    };
    [
        BulkAction {
            on_record: true,
            ..action("Retry 412 events", ActionState::Done, 404, 8)
        },
        action("Cancel 412 events", ActionState::Cancelled, 200, 0),
        BulkAction {
            error: Some("The database did not answer for a minute.".to_owned()),
            ..action("Release 412 events", ActionState::Failed, 100, 0)
        },
    ]
}
