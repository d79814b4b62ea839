//! The verbs of operators: each reads or does one thing in the engine and says what came of it.

mod action;
mod audit;
mod bulk;
mod dead_letter;
mod event;
mod pause;
mod replay;
mod settings;

use std::process::ExitCode;

use engine::Engine;

use crate::{cli::operate::Operate, config::Config, database::Surroundings};

pub(super) async fn run(config: &Config, command: Operate) -> anyhow::Result<ExitCode> {
    let surroundings = Surroundings::enter(config).await?;
    let outcome = async {
        let engine = surroundings.start_engine().await?;
        let outcome = operate(&engine, command).await;
        engine.close().await;
        outcome
    };
    let outcome = outcome.await;
    surroundings.leave().await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

async fn operate(engine: &Engine, command: Operate) -> anyhow::Result<()> {
    match command {
        Operate::Event { command } => event::act(engine, command).await,
        Operate::Action { command } => action::run(engine, command).await,
        Operate::Pause { what, reason } => pause::pause(engine, &what, &reason).await,
        Operate::Resume { what, reason } => pause::resume(engine, &what, &reason).await,
        Operate::Settings(settings) => settings::run(engine, &settings).await,
        Operate::DeadLetter { command } => dead_letter::run(engine, command).await,
        Operate::Replay(replay) => replay::run(engine, &replay).await,
        Operate::Audit(audit) => audit::show(engine, audit).await,
    }
}

/// A moment as the tables show it.
fn shown(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
