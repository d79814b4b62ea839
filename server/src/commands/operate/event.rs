//! `server event …`.

use anyhow::{Context, bail};
use domain::model::bulk::{EventAct, EventSelection, PayloadEdit};
use engine::Engine;
use serde_json::{Map, Value};

use super::bulk;
use crate::{
    cli::operate::{EventArgs, EventCommand},
    commands::actor,
};

pub(super) async fn act(engine: &Engine, command: EventCommand) -> anyhow::Result<()> {
    let (act, events) = match command {
        EventCommand::Retry(events) => (EventAct::Retry, events),
        EventCommand::Cancel(events) => (EventAct::Cancel, events),
        EventCommand::DeadLetter(events) => (EventAct::DeadLetter, events),
        EventCommand::Release(events) => (EventAct::Release, events),
        EventCommand::Requeue {
            events,
            replace,
            set,
        } => (EventAct::Requeue(edit(replace.as_deref(), &set)?), events),
        EventCommand::Settle { id, happened } => {
            engine.settle_unknown_call(id, happened, &actor()).await?;
            println!(
                "Event {id} goes on; its call is {}made again.",
                if happened { "not " } else { "" }
            );
            return Ok(());
        }
    };
    let selection = selection(&events)?;
    bulk::run(engine, act, selection, events.consent).await
}

fn selection(events: &EventArgs) -> anyhow::Result<EventSelection> {
    match (events.ids.is_empty(), events.filter.filter()) {
        (false, None) => Ok(EventSelection::Ids(events.ids.clone())),
        (true, Some(filter)) => Ok(EventSelection::Matching(filter)),
        (true, None) => bail!(
            "name events by id, or say which with --status, --type and the like; --all means every one"
        ),
        (false, Some(_)) => bail!("name events by id or by a filter, not both"),
    }
}

fn edit(replace: Option<&str>, set: &[String]) -> anyhow::Result<PayloadEdit> {
    if let Some(replace) = replace {
        let payload: Map<String, Value> =
            serde_json::from_str(replace).context("the payload is no JSON object")?;
        return Ok(PayloadEdit::Replace(payload));
    }
    let keys = set.iter().map(|pair| {
        let (key, value) = pair
            .split_once('=')
            .with_context(|| format!("{pair} is not KEY=VALUE"))?;
        // What is no JSON is meant as text: --set company_name=Acme.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        anyhow::Ok((key.to_owned(), value))
    });
    Ok(PayloadEdit::Merge(keys.collect::<anyhow::Result<_>>()?))
}
