//! `server dead-letter …`.

use anyhow::bail;
use domain::model::{
    bulk::{EventAct, EventSelection},
    dead_letter::{DeadLetterFilter, DeadLetterQuery},
};
use engine::Engine;

use super::{bulk, shown};
use crate::cli::operate::{DeadLetterArgs, DeadLetterCommand, DeadLetterFilterArgs};

pub(super) async fn run(engine: &Engine, command: DeadLetterCommand) -> anyhow::Result<()> {
    match command {
        DeadLetterCommand::List { filter } => list(engine, filter).await,
        DeadLetterCommand::Retry(dead) => act(engine, EventAct::Retry, dead).await,
        DeadLetterCommand::Purge(dead) => act(engine, EventAct::Purge, dead).await,
    }
}

async fn list(engine: &Engine, filter: DeadLetterFilterArgs) -> anyhow::Result<()> {
    let query = DeadLetterQuery {
        filter: filter_of(filter),
        cursor: None,
    };
    let page = engine.dead_letters(&query).await?;
    for dead in &page.rows {
        println!(
            "{:>10}  {}  {:<18} {:<15} {:<16} {}",
            dead.event_id,
            shown(dead.moved_at),
            dead.event_type,
            dead.kind.name(),
            dead.moved_by,
            dead.reason
        );
    }
    let more = if page.count.capped { "more than " } else { "" };
    println!("{more}{} dead letters", page.count.n);
    Ok(())
}

async fn act(engine: &Engine, act: EventAct, dead: DeadLetterArgs) -> anyhow::Result<()> {
    let filter = filter_of(dead.filter);
    let filtered = dead.all || filter != DeadLetterFilter::default();
    let selection = match (dead.ids.is_empty(), filtered) {
        (false, false) => EventSelection::Ids(dead.ids),
        (true, true) => EventSelection::DeadLetters(filter),
        (true, false) => bail!(
            "name dead letters by id, or say which with --kind, --type and the like; --all means every one"
        ),
        (false, true) => bail!("name dead letters by id or by a filter, not both"),
    };
    bulk::run(engine, act, selection, dead.consent).await
}

fn filter_of(filter: DeadLetterFilterArgs) -> DeadLetterFilter {
    DeadLetterFilter {
        kind: filter.kind,
        event_type: filter.event_type,
        batch: filter.batch,
        search: filter.search,
        ..DeadLetterFilter::default()
    }
}
