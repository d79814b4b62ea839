//! `server settings …`.

use anyhow::Context;
use domain::model::stage::{Pause, StageSettings};
use engine::Engine;

use super::shown;
use crate::{
    cli::operate::{Number, SettingsArgs},
    commands::actor,
};

pub(super) async fn run(engine: &Engine, given: &SettingsArgs) -> anyhow::Result<()> {
    if let Some(stage) = given.stage {
        let states = engine.stage_settings().await?;
        let now = states.iter().find(|state| state.stage == stage);
        let now = now.map(|state| state.settings).unwrap_or_default();
        let wanted = changed(now, given);
        if wanted != now {
            engine
                .update_stage_settings(stage, &wanted, &actor())
                .await
                .with_context(|| format!("the settings of {} stay as they are", stage.title()))?;
        }
    }
    show(engine, given).await
}

fn changed(now: StageSettings, given: &SettingsArgs) -> StageSettings {
    let or = |given: Option<Number>, now: Option<i32>| given.map_or(now, |Number(number)| number);
    StageSettings {
        concurrency: or(given.concurrency, now.concurrency),
        batch_size: or(given.batch_size, now.batch_size),
        min_delay_ms: or(given.min_delay_ms, now.min_delay_ms),
        attempts: or(given.attempts, now.attempts),
        backoff_base_ms: or(given.backoff_base_ms, now.backoff_base_ms),
        backoff_cap_ms: or(given.backoff_cap_ms, now.backoff_cap_ms),
        time_out_ms: or(given.time_out_ms, now.time_out_ms),
    }
}

async fn show(engine: &Engine, given: &SettingsArgs) -> anyhow::Result<()> {
    println!(
        "{:<9} {:>11} {:>10} {:>12} {:>8} {:>15} {:>14} {:>11}",
        "stage",
        "concurrency",
        "batch-size",
        "min-delay-ms",
        "attempts",
        "backoff-base-ms",
        "backoff-cap-ms",
        "time-out-ms"
    );
    let states = engine.stage_settings().await?;
    for state in states
        .iter()
        .filter(|state| given.stage.is_none_or(|stage| stage == state.stage))
    {
        // What the stage itself has, where it was told nothing, stands in brackets.
        let number = |told: Option<i32>, own: Option<i32>| match (told, own) {
            (Some(told), _) => told.to_string(),
            (None, Some(own)) => format!("({own})"),
            (None, None) => "-".to_owned(),
        };
        let (s, own) = (state.settings, state.own);
        println!(
            "{:<9} {:>11} {:>10} {:>12} {:>8} {:>15} {:>14} {:>11}",
            state.stage.name(),
            number(s.concurrency, own.concurrency),
            number(s.batch_size, own.batch_size),
            number(s.min_delay_ms, own.min_delay_ms),
            number(s.attempts, own.attempts),
            number(s.backoff_base_ms, own.backoff_base_ms),
            number(s.backoff_cap_ms, own.backoff_cap_ms),
            number(s.time_out_ms, own.time_out_ms)
        );
        if let Some(pause) = &state.pause {
            println!("          {}", paused(pause));
        }
    }
    for batch in engine.paused_batches().await? {
        println!(
            "batch {}: {}; {} events wait",
            batch.batch_id,
            paused(&batch.pause),
            batch.waiting
        );
    }
    Ok(())
}

fn paused(pause: &Pause) -> String {
    format!(
        "paused by {} at {}: {}",
        pause.paused_by.as_deref().unwrap_or("somebody"),
        shown(pause.paused_at),
        pause.reason.as_deref().unwrap_or("no reason given")
    )
}
