//! What is printed when everything has started: where to go and how to sign in.

use domain::role::{Actor, Role};
use engine::{Engine, store::password};

use crate::{config::Config, database::Surroundings, web::Web};

const DEMO_ADMIN: &str = "admin";

pub(super) async fn welcome(
    config: &Config,
    surroundings: &Surroundings,
    engine: &Engine,
    web: Option<&Web>,
) -> anyhow::Result<()> {
    let mut lines = vec![format!(
        "Outreach Command Center {}",
        env!("CARGO_PKG_VERSION")
    )];
    let Some(web) = web else {
        println!("{}, worker", lines[0]);
        return Ok(());
    };
    let url = config.public_url.as_ref().map_or_else(
        || web.url(),
        |url| url.as_str().trim_end_matches('/').to_owned(),
    );
    lines.push(format!("  Open      {url}"));
    lines.push(match surroundings.private_folder() {
        Some(folder) => format!("  Database  its own, in {}", folder.display()),
        None => "  Database  the one of DATABASE_URL".into(),
    });
    if config.demo {
        lines.push("  Demo      people and addresses are invented by the built-in sandbox".into());
    }
    lines.extend(sign_in(config, engine).await?);
    if config.cookie_secure
        && config
            .public_url
            .as_ref()
            .is_none_or(|url| url.scheme() == "http")
    {
        lines.push(
            "  Note      sign in over https only; over plain http set COOKIE_SECURE=false".into(),
        );
    }
    // One write, so that no log line comes in between.
    println!("\n{}\n", lines.join("\n"));
    Ok(())
}

/// The demo makes its first admin; elsewhere a person decides who that is.
async fn sign_in(config: &Config, engine: &Engine) -> anyhow::Result<Vec<String>> {
    let command = format!("server user add {DEMO_ADMIN} --role admin");
    if engine.has_users().await? {
        return Ok(vec![format!(
            "  Sign in   as before; for a new password: {command}"
        )]);
    }
    if !config.demo {
        return Ok(vec![format!(
            "  Sign in   nobody can yet; add the first person: {command}"
        )]);
    }
    let password = password::readable();
    engine
        .put_user(DEMO_ADMIN, &password, Role::Admin, &Actor::system())
        .await?;
    Ok(vec![
        format!("  Name      {DEMO_ADMIN}"),
        format!("  Password  {password}"),
        "            shown only this once; keep it".into(),
    ])
}
