//! What `server doctor` asks the database: nothing here changes anything.

use std::time::{Duration, Instant};

use sqlx::{
    ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgListener},
};
use tokio::time::timeout;
use uuid::Uuid;

use domain::model::doctor::Examination;

use crate::{EngineConfig, connect, doctor};

/// A Neon compute that sleeps needs seconds to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Releases before this lack what the schema uses.
const OLDEST_SERVER: i32 = 150_000;

/// Each check's name, and what was found or what to do.
pub async fn inspect(config: &EngineConfig) -> Vec<(&'static str, Result<String, String>)> {
    let mut found = vec![("pool", pool(config).await)];
    let mut connection = match connect(connect::options(&config.direct_url)).await {
        Ok(connection) => connection,
        Err(problem) => {
            found.push((
                "direct",
                Err(format!("{problem}; check DATABASE_DIRECT_URL")),
            ));
            return found;
        }
    };
    found.push(("version", version(&mut connection).await));
    found.push(("migrations", migrations(&mut connection).await));
    found.push(("listen", listen(config).await));
    drop(connection.close().await);
    found
}

/// The invariants of the database, over a connection of its own.
///
/// # Errors
/// What an operator should read when the database does not answer.
pub async fn examine(config: &EngineConfig) -> Result<Examination, String> {
    let mut connection = connect(connect::options(&config.direct_url)).await?;
    let examination = doctor::examine(&mut connection)
        .await
        .map_err(|error| error.to_string());
    drop(connection.close().await);
    examination
}

async fn pool(config: &EngineConfig) -> Result<String, String> {
    let begun = Instant::now();
    let connection = connect(connect::pooled_options(config))
        .await
        .map_err(|problem| format!("{problem}; check DATABASE_URL"))?;
    drop(connection.close().await);
    let through = if config.pooler {
        " through a pooler"
    } else {
        ""
    };
    Ok(format!(
        "connected{through} in {} ms",
        begun.elapsed().as_millis()
    ))
}

async fn connect(options: crate::Result<PgConnectOptions>) -> Result<PgConnection, String> {
    let options = options.map_err(|error| error.to_string())?;
    match timeout(PATIENCE, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

async fn version(connection: &mut PgConnection) -> Result<String, String> {
    let ask =
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')";
    let (number, name): (i32, String) = sqlx::query_as(ask)
        .fetch_one(connection)
        .await
        .map_err(|error| error.to_string())?;
    if number < OLDEST_SERVER {
        return Err(format!(
            "PostgreSQL {name} is too old: 15 or newer is needed"
        ));
    }
    Ok(format!("PostgreSQL {name}"))
}

async fn migrations(connection: &mut PgConnection) -> Result<String, String> {
    let known: Vec<i64> = connect::MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .collect();
    let applied = applied(connection)
        .await
        .map_err(|error| error.to_string())?;
    if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
        return Err(format!(
            "migration {unknown} is not known to this version: start the newer version"
        ));
    }
    match known.len() - applied.len() {
        0 => Ok(format!("all {} applied", known.len())),
        missing => Err(format!(
            "{missing} of {} not applied: run `server migrate`, or start the app",
            known.len()
        )),
    }
}

async fn applied(connection: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(connection)
        .await
}

/// A notification must come back on the connection that listens; through a pooler it does not.
async fn listen(config: &EngineConfig) -> Result<String, String> {
    let advice = |problem: String| {
        format!("{problem}; LISTEN needs a direct connection: set DATABASE_DIRECT_URL")
    };
    let round_trip = async {
        let pool = connect::listening_pool(connect::options(&config.direct_url)?);
        let channel = format!("doctor_{}", Uuid::new_v4().simple());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(&channel).await?;
        let begun = Instant::now();
        sqlx::query("SELECT pg_notify($1, '')")
            .bind(&channel)
            .execute(&pool)
            .await?;
        listener.recv().await?;
        Result::<Duration, crate::EngineError>::Ok(begun.elapsed())
    };
    match timeout(PATIENCE, round_trip).await {
        Ok(Ok(took)) => Ok(format!(
            "a notification came back in {:.1} ms",
            took.as_secs_f64() * 1000.0
        )),
        Ok(Err(error)) => Err(advice(error.to_string())),
        Err(_) => Err(advice(format!("no notification within {PATIENCE:?}"))),
    }
}
