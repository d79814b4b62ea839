//! Connections and migrations.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgPool, Postgres, Transaction,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
};

use crate::{EngineConfig, EngineError, Result};

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How long a caller waits for a connection: longer than a Neon compute needs to wake, shorter than a person waits.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was used this long ago is taken as it is.
const TRUSTED: Duration = Duration::from_secs(2);
/// For an idle connection to say that it lives.
const ANSWER: Duration = Duration::from_secs(2);
/// For one that comes back; a statement that was dropped in its middle ends first.
const END: Duration = Duration::from_secs(5);

pub(crate) fn pool(config: &EngineConfig) -> Result<PgPool> {
    let options = pooled_options(config)?;
    // Behind a transaction pooler, the statement cache stays on. sqlx parses in one exchange and binds in the next, which
    // may reach another server connection. A pooler that tracks named statements (Neon's; PgBouncer from 1.21 with
    // max_prepared_statements above 0) prepares them there again; unnamed ones, as of persistent(false), it does not
    // track. Without a cache sqlx would still name its statements, a new one for every query, and never close one.
    // Poolers that track nothing need session pooling: no setting of ours helps there.
    Ok(tested(PgPoolOptions::new().max_connections(config.pool_size)).connect_lazy_with(options))
}

/// LISTEN holds one connection for good; one is for the relay, the third for the moment of a reconnect.
pub(crate) fn listening_pool(options: PgConnectOptions) -> PgPool {
    tested(PgPoolOptions::new().max_connections(3)).connect_lazy_with(options)
}

/// A connection that was just used is not asked again whether it lives; one that does not answer is given up. sqlx by
/// itself asks each time, and waits for the answer until TCP gives up.
fn tested(options: PgPoolOptions) -> PgPoolOptions {
    options
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    answers(connection, ANSWER).await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                answers(connection, END).await?;
                Ok(true)
            })
        })
}

/// A connection of one's own to where the pool connects to.
pub(crate) async fn single(pool: &PgPool) -> sqlx::Result<PgConnection> {
    within(ACQUIRE_TIMEOUT, pool.connect_options().connect()).await
}

/// What the work comes to, or the error of a connection that does not answer when it takes longer.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

async fn answers(connection: &mut PgConnection, limit: Duration) -> sqlx::Result<()> {
    within(limit, connection.ping()).await
}

/// What the pool connects with, for whoever wants to know whether the pool can.
pub(crate) fn pooled_options(config: &EngineConfig) -> Result<PgConnectOptions> {
    let options = options(&config.database_url)?;
    if config.pooler {
        // PgBouncer refuses connections that set what it does not know; without it, text has the same digits.
        return Ok(options.extra_float_digits(None));
    }
    Ok(options)
}

/// How long a transaction may do nothing before PostgreSQL ends it. Where our half of a connection is gone and nobody
/// told the server's, the rows that it locked would be skipped by every claim for as long as TCP waits, which is hours.
/// Set with each transaction, for poolers refuse connections that bring settings.
const BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// Begins a transaction, in a task of its own that goes on when the caller is dropped meanwhile. No work outside the
/// database belongs into it: when it rests for 5 s, it is rolled back and its connection ends.
///
/// sqlx 0.9.0 forgets a BEGIN that was cancelled on its way: the connection goes back to the pool with a transaction open,
/// and what is written through it next is reported as done and never committed.
pub(crate) async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.begin_with(BEGIN).await })
        .await
        .unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// Commits what was done, or ends the transaction of what failed before it says so: a transaction that is dropped is rolled
/// back some time later, and keeps its locks until then.
pub(crate) async fn finish<T>(
    done: sqlx::Result<T>,
    transaction: Transaction<'static, Postgres>,
) -> sqlx::Result<T> {
    match done {
        Ok(done) => transaction.commit().await.map(|()| done),
        Err(error) => {
            // What the failed work says is the reason; a rollback that fails ends with the connection.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

pub(crate) fn options(url: &str) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?
        .application_name("outreach-command-center")
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(2)))
}

/// sqlx takes an advisory lock, so that two instances starting together apply each migration once.
pub(crate) async fn migrate(direct_url: &str) -> Result<usize> {
    let mut connection = options(direct_url)?.connect().await?;
    // The path that the first migration gives the database. Under the default one, a role named like one of our schemas
    // would look for the list of applied migrations in that schema as soon as it exists.
    sqlx::query("SET search_path = public, marketing, intake")
        .execute(&mut connection)
        .await?;
    let before = applied(&mut connection).await?;
    MIGRATIONS
        .run(&mut connection)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(version) => EngineError::NewerDatabase(version),
            MigrateError::Execute(error) => error.into(),
            other => EngineError::Invalid(format!("the migrations could not be applied: {other}")),
        })?;
    let after = applied(&mut connection).await?;
    grant_roles(&mut connection).await;
    connection.close().await?;
    Ok(after.saturating_sub(before))
}

/// Roles may have come since the last start. Where somebody else owns the schema, that is for its owner to do.
async fn grant_roles(connection: &mut PgConnection) {
    let granted = sqlx::query_scalar::<_, i32>("SELECT marketing.grant_roles()")
        .fetch_one(connection)
        .await;
    match granted {
        Ok(0) => {}
        Ok(grants) => tracing::info!(grants, "granted rights to n8n_user and dashboard_user"),
        Err(error) => {
            tracing::warn!(%error, "the rights of n8n_user and dashboard_user were not checked: run SELECT marketing.grant_roles() as the owner of the schema")
        }
    }
}

async fn applied(connection: &mut PgConnection) -> Result<usize> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(0);
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use super::*;

    /// Polls a future a number of times and drops it, as a disconnecting client's request is.
    async fn cancel_after(polls: usize, work: impl Future) {
        let mut work = std::pin::pin!(work);
        for _ in 0..polls {
            if futures::poll!(work.as_mut()).is_ready() {
                return;
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }

    #[sqlx::test]
    async fn a_cancelled_begin_swallows_no_later_write(pool: PgPool) {
        sqlx::query("CREATE TABLE written (n INT)")
            .execute(&pool)
            .await
            .unwrap();
        let single = PgPoolOptions::new()
            .max_connections(1)
            .connect_with((*pool.connect_options()).clone())
            .await
            .unwrap();
        for n in 0..40 {
            cancel_after(1 + n as usize % 4, begin(&single)).await;
            sqlx::query("INSERT INTO written VALUES ($1)")
                .bind(n)
                .execute(&single)
                .await
                .unwrap();
        }
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM written")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(seen, 40);
    }
}
