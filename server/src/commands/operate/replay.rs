//! `server replay …`.

use anyhow::Context;
use domain::model::replay::{ReplayPlan, ReplayTarget};
use engine::Engine;

use crate::{
    cli::operate::{RecordKind, ReplayArgs},
    commands::actor,
};

pub(super) async fn run(engine: &Engine, replay: &ReplayArgs) -> anyhow::Result<()> {
    let target = match replay.kind {
        RecordKind::Company => ReplayTarget::Company(replay.id.clone()),
        RecordKind::Slot => ReplayTarget::Slot(replay.id.clone()),
        RecordKind::Contact => {
            let id = replay.id.parse();
            ReplayTarget::Contact(id.context("a contact is known by its number")?)
        }
    };
    show(&engine.replay_preview(&target, replay.from).await?);
    if replay.dry_run {
        println!("Dry run: nothing was changed.");
        return Ok(());
    }
    let action = engine
        .replay(&target, replay.from, &replay.reason, &actor())
        .await?;
    println!(
        "Action {}: it goes from stage to stage by itself; see `server action show {}`.",
        action.id, action.id
    );
    Ok(())
}

fn show(plan: &ReplayPlan) {
    println!("{}", plan.title);
    for event in &plan.events {
        let repeats = match event.repeats_id {
            Some(id) => format!("like event {id}"),
            None => "for the first time".to_owned(),
        };
        println!(
            "  new event    {} of {}, {repeats}",
            event.event_type, event.record_id
        );
    }
    for effect in &plan.effects {
        println!(
            "  {:<12} {} {} {}",
            effect.fate.name(),
            effect.table,
            effect.rows,
            effect.note
        );
    }
    let follows: Vec<&str> = plan.follows.iter().map(|stage| stage.title()).collect();
    if !follows.is_empty() {
        println!("  then         {}", follows.join(", "));
    }
    for event in &plan.blocked_by {
        println!("  in the way   event {event}, which is not done yet");
    }
}
