//! `server token create`, `server token list` and `server token revoke`.

use domain::model::token::{NewToken, TokenQuery, TokenRow};
use engine::Engine;

use super::table;
use crate::{cli::TokenCommand, config::Config, database::Surroundings};

pub(super) async fn token(config: &Config, command: TokenCommand) -> anyhow::Result<()> {
    let surroundings = Surroundings::enter(config).await?;
    let outcome = async {
        let engine = surroundings.start_engine().await?;
        let outcome = run(&engine, command).await;
        engine.close().await;
        outcome
    };
    let outcome = outcome.await;
    surroundings.leave().await?;
    outcome
}

async fn run(engine: &Engine, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create {
            name,
            user,
            role,
            days,
        } => {
            let wanted = NewToken {
                name,
                role: role.into(),
                days,
            };
            let made = engine
                .create_api_token(&wanted, &user, &super::actor())
                .await?;
            let until = table::time(made.expires_at);
            println!("{} works as {} until {until}.", made.name, made.role.name());
            println!("Token: {}   (shown only this once)", made.secret);
        }
        TokenCommand::List { state } => {
            let mut query = TokenQuery {
                state,
                cursor: None,
            };
            let mut rows = Vec::new();
            loop {
                let page = engine.api_tokens(&query).await?;
                rows.extend(page.rows);
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            }
            print(rows);
        }
        TokenCommand::Revoke { name } => {
            let id = engine.live_api_token(&name).await?;
            let name = engine.revoke_api_token(id, &super::actor()).await?;
            println!("{name} does not work any more.");
        }
    }
    Ok(())
}

fn print(rows: Vec<TokenRow>) {
    let columns = [
        ("TOKEN", 0),
        ("BEGINS WITH", 0),
        ("MAY", 0),
        ("FOR", 40),
        ("STATE", 0),
        ("EXPIRES", 0),
        ("LAST USED", 0),
    ];
    let rows: Vec<[String; 7]> = rows.into_iter().map(line).collect();
    table::print(columns, &rows);
}

fn line(row: TokenRow) -> [String; 7] {
    let state = if row.maker_disabled {
        format!("{}, but {} is disabled", row.state.name(), row.maker)
    } else {
        row.state.name().to_owned()
    };
    let last_used = match row.last_used {
        Some(used) => format!("{} from {}", table::time(used.at), used.from),
        None => "never".to_owned(),
    };
    [
        row.name,
        row.prefix,
        row.effective.name().to_owned(),
        row.maker,
        state,
        table::time(row.expires_at),
        last_used,
    ]
}
