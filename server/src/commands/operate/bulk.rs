//! A bulk action from the command line: preview, consent, run to the end.

use std::io::{self, IsTerminal, Write};

use anyhow::bail;
use domain::model::bulk::{
    ActionState, BulkAction, BulkPreview, BulkRequest, EventAct, EventSelection,
};
use engine::Engine;

use crate::{cli::operate::Consent, commands::actor};

/// One event that was named needs no second word; a purge does in any case.
pub(super) async fn run(
    engine: &Engine,
    act: EventAct,
    selection: EventSelection,
    consent: Consent,
) -> anyhow::Result<()> {
    let one =
        matches!(&selection, EventSelection::Ids(ids) if ids.len() == 1) && act != EventAct::Purge;
    let mut request = BulkRequest {
        act,
        selection,
        reason: consent.reason,
        up_to: None,
    };
    if consent.preview || !one {
        let preview = engine.preview_action(&request).await?;
        show(&preview, &request);
        if preview.count == 0 || consent.preview {
            return Ok(());
        }
        if !consent.yes && !agrees(preview.count)? {
            println!("Nothing was done.");
            return Ok(());
        }
        request.up_to = Some(preview.up_to);
    }
    let started = engine.start_action(&request, &actor()).await?;
    let ended = engine.finish_action(started.id).await?;
    tell(&ended);
    if ended.state == ActionState::Failed {
        bail!(ended.error.unwrap_or_default());
    }
    Ok(())
}

fn show(preview: &BulkPreview, request: &BulkRequest) {
    println!(
        "{}: {} events (it takes {})",
        preview.kind.title(),
        preview.count,
        request.act.takes()
    );
    for event in &preview.sample {
        println!(
            "  {:>10}  {:<18} {:<11} {}  {}",
            event.id,
            event.event_type,
            event.status,
            super::shown(event.created_at),
            event
                .company_name
                .as_deref()
                .or(event.record_id.as_deref())
                .unwrap_or_default()
        );
    }
    if preview.count > preview.sample.len() as i64 {
        println!("  …");
    }
    if preview.withheld > 0 {
        println!(
            "{} more are left out, for nobody knows whether their calls happened; see \
             `server dead-letter list --kind unknown_outcome` and `server event settle`.",
            preview.withheld
        );
    }
    if preview.count > 0 && !preview.undoable {
        println!("This cannot be undone.");
    }
}

/// The number is typed, so that nobody agrees to more than they read.
fn agrees(count: i64) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("nobody is there to agree; read the preview, then add --yes");
    }
    print!("Type {count} to go on: ");
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim() == count.to_string())
}

/// What became of an action, in one line and its details.
pub(super) fn tell(action: &BulkAction) {
    println!(
        "Action {}: {} · {} · {} of {} done, {} skipped",
        action.id,
        action.title,
        action.state.name(),
        action.done,
        action.total,
        action.skipped
    );
    if action.undoable() {
        println!("  to take it back: server action undo {}", action.id);
    }
}
