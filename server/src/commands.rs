//! What each command does.

mod doctor;
mod events;
mod import;
mod lineage;
mod operate;
mod retention;
mod run;
mod schedule;
mod table;
mod token;
mod user;
mod welcome;
mod with_postgres;

use std::process::ExitCode;

use domain::role::Actor;

use crate::{
    cli::{Command, UserCommand},
    config::Config,
    database::Surroundings,
};

/// Runs a command to its end.
///
/// # Errors
/// What an operator should read, ready to print.
pub async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::All => {
            run::run(
                &config,
                run::Parts {
                    web: true,
                    worker: true,
                },
            )
            .await?
        }
        Command::Serve => {
            run::run(
                &config,
                run::Parts {
                    web: true,
                    worker: false,
                },
            )
            .await?
        }
        Command::Worker => {
            run::run(
                &config,
                run::Parts {
                    web: false,
                    worker: true,
                },
            )
            .await?
        }
        Command::Migrate => migrate(&config).await?,
        Command::Import { file } => return import::import(&config, &file).await,
        Command::User {
            command:
                UserCommand::Add {
                    name,
                    role,
                    password_stdin,
                },
        } => {
            user::add(&config, &name, role.into(), password_stdin).await?;
        }
        Command::User {
            command: UserCommand::Disable { name },
        } => user::disable(&config, &name).await?,
        Command::Token { command } => token::token(&config, command).await?,
        Command::Schedule { command } => {
            schedule::schedule(&config, command.unwrap_or_default()).await?
        }
        Command::Retention { command } => {
            retention::retention(&config, command.unwrap_or_default()).await?
        }
        Command::Doctor(options) => return doctor::examine(&config, options).await,
        Command::Operate(command) => return operate::run(&config, *command).await,
        Command::Events { command } => events::run(&config, command).await?,
        Command::Lineage { of, json } => lineage::show(&config, &of, json).await?,
        Command::WithPostgres { fast, command } => {
            return with_postgres::run(&config, fast, &command).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let applied = surroundings.migrate().await;
    surroundings.leave().await?;
    match applied? {
        0 => println!("The schema is up to date."),
        1 => println!("One migration was applied."),
        count => println!("{count} migrations were applied."),
    }
    Ok(())
}

/// The one who runs a command, by their name on this machine.
fn actor() -> Actor {
    let login = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|login| !login.is_empty()));
    Actor::command_line(login.as_deref())
}
