//! `server user add` and `server user disable`.

use std::io::{self, IsTerminal};

use anyhow::Context;
use domain::role::Role;
use engine::store::password;

use crate::{config::Config, database::Surroundings};

pub(super) async fn add(
    config: &Config,
    name: &str,
    role: Role,
    password_stdin: bool,
) -> anyhow::Result<()> {
    let given = if password_stdin {
        Some(read_password()?)
    } else {
        None
    };
    let surroundings = Surroundings::enter(config).await?;
    let added = put(&surroundings, name, role, given).await;
    surroundings.leave().await?;
    added
}

pub(super) async fn disable(config: &Config, name: &str) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let disabled = async {
        let engine = surroundings.start_engine().await?;
        engine.disable_user(name, &super::actor()).await?;
        engine.close().await;
        anyhow::Ok(())
    };
    let disabled = disabled.await;
    surroundings.leave().await?;
    disabled?;
    println!("{name} is signed out everywhere and may not sign in any more.");
    Ok(())
}

async fn put(
    surroundings: &Surroundings,
    name: &str,
    role: Role,
    given: Option<String>,
) -> anyhow::Result<()> {
    let engine = surroundings.start_engine().await?;
    let made_up = password::readable();
    let actor = engine
        .put_user(
            name,
            given.as_deref().unwrap_or(&made_up),
            role,
            &super::actor(),
        )
        .await?;
    engine.close().await;
    println!("{} may sign in as {}.", actor.name, actor.role.name());
    if given.is_none() {
        println!("Password: {made_up}   (shown only this once)");
    }
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        eprintln!("Type the password and press Enter; it is shown as you type.");
    }
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .context("reading the password from standard input failed")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
