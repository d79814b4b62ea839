//! `server action …`.

use domain::model::bulk::ActionFilter;
use engine::Engine;

use super::{bulk::tell, shown};
use crate::{cli::operate::ActionCommand, commands::actor};

pub(super) async fn run(engine: &Engine, command: ActionCommand) -> anyhow::Result<()> {
    match command {
        ActionCommand::List { kind, state } => {
            let filter = ActionFilter {
                kind,
                state,
                ..ActionFilter::default()
            };
            for action in engine.actions(&filter).await?.rows {
                println!(
                    "{:>6}  {}  {:<9} {:>8} of {:<8} {:<20} {}",
                    action.id,
                    shown(action.created_at),
                    action.state.name(),
                    action.done,
                    action.total,
                    action.requested_by,
                    action.title
                );
            }
        }
        ActionCommand::Show { id } => {
            let action = engine.action(id).await?;
            tell(&action);
            println!(
                "  asked for by {} from {} at {}",
                action.requested_by,
                action.origin,
                shown(action.created_at)
            );
            let facts = [
                ("reason", action.reason),
                ("ended", action.finished_at.map(shown)),
                ("cancelled by", action.cancel_requested_by),
                ("error", action.error),
                ("takes back action", action.undo_of.map(|id| id.to_string())),
                (
                    "taken back by action",
                    action.undone_by.map(|id| id.to_string()),
                ),
            ];
            for (name, value) in facts {
                if let Some(value) = value {
                    println!("  {name}: {value}");
                }
            }
        }
        ActionCommand::Cancel { id } => tell(&engine.cancel_action(id, &actor()).await?),
        ActionCommand::Undo { id } => {
            let undo = engine.undo_action(id, &actor()).await?;
            tell(&engine.finish_action(undo.id).await?);
        }
    }
    Ok(())
}
