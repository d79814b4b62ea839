//! `server pause …` and `server resume …`.

use engine::Engine;

use crate::{cli::operate::Paused, commands::actor};

pub(super) async fn pause(engine: &Engine, what: &Paused, reason: &str) -> anyhow::Result<()> {
    match what {
        Paused::Stage { stage } => {
            engine.pause_stage(*stage, reason, &actor()).await?;
            println!("{} is paused; what is in hand is finished.", stage.title());
        }
        Paused::Batch { batch } => {
            engine.pause_batch(batch, reason, &actor()).await?;
            println!("Batch {batch} is paused; its events are put aside as they come up.");
        }
    }
    Ok(())
}

pub(super) async fn resume(engine: &Engine, what: &Paused, reason: &str) -> anyhow::Result<()> {
    match what {
        Paused::Stage { stage } => {
            engine.resume_stage(*stage, reason, &actor()).await?;
            println!("{} goes on.", stage.title());
        }
        Paused::Batch { batch } => {
            let due = engine.resume_batch(batch, reason, &actor()).await?;
            println!("Batch {batch} goes on; {due} events that were put aside are due.");
        }
    }
    Ok(())
}
