//! `server events list` and `server events show`.

mod list;
mod show;

use crate::{cli::events::EventsCommand, config::Config, database::Surroundings};

pub(super) async fn run(config: &Config, command: EventsCommand) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let answered = async {
        let engine = surroundings.start_engine().await?;
        match command {
            EventsCommand::List(args) => {
                let page = engine.events(&args.filter()).await?;
                list::print(&page, args.json)?;
            }
            EventsCommand::Show { id, json } => {
                let detail = engine.event_detail(id).await?;
                show::print(&detail, json)?;
            }
        }
        engine.close().await;
        anyhow::Ok(())
    };
    let answered = answered.await;
    surroundings.leave().await?;
    answered
}
