//! `server retention`.

use anyhow::Context;
use domain::model::retention::{Kept, RetentionSetting};

use crate::{cli::RetentionCommand, config::Config, database::Surroundings};

pub(super) async fn retention(config: &Config, command: RetentionCommand) -> anyhow::Result<()> {
    // Mistakes in typing are told before a database is started.
    let change = match command {
        RetentionCommand::Show => None,
        RetentionCommand::Set { what, days } => Some((kept(&what)?, keep_days(&days)?)),
    };
    let surroundings = Surroundings::enter(config).await?;
    let settings = async {
        let engine = surroundings.start_engine().await?;
        let settings = match change {
            Some((what, days)) => engine.set_retention(what, days, &super::actor()).await,
            None => engine.retention().await,
        };
        engine.close().await;
        anyhow::Ok(settings?)
    };
    let settings = settings.await;
    surroundings.leave().await?;
    for setting in settings? {
        println!("{}", line(&setting));
    }
    Ok(())
}

fn line(setting: &RetentionSetting) -> String {
    let days = match setting.keep_days {
        Some(days) => format!("{days} days"),
        None => "for ever".into(),
    };
    let by = match &setting.updated_by {
        Some(name) => format!("  (set by {name})"),
        None => String::new(),
    };
    let (name, title) = (setting.what.name(), setting.what.title());
    format!("{name:<14} {days:<10} {title}{by}")
}

fn kept(name: &str) -> anyhow::Result<Kept> {
    Kept::parse(name).with_context(|| {
        let names = Kept::ALL.map(Kept::name).join(", ");
        format!("\"{name}\" is not kept by age; name one of {names}")
    })
}

fn keep_days(text: &str) -> anyhow::Result<Option<i32>> {
    match text {
        "forever" | "for ever" | "0" => Ok(None),
        days => days
            .parse()
            .map(Some)
            .with_context(|| format!("\"{days}\" is neither a number of days nor \"forever\"")),
    }
}
