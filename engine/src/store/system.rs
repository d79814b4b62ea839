//! What an admin asks first when something is odd: versions, sizes, connections, the queue, the live feed.

use chrono::{DateTime, Utc};
use domain::model::system::{Connections, Migration, SystemFigures, TableSize};
use sqlx::FromRow;

use crate::{Engine, Result};

#[derive(FromRow)]
struct Server {
    as_of: DateTime<Utc>,
    postgres: String,
    database_bytes: i64,
    used: i64,
    connection_limit: i64,
    migrations: i64,
    waiting: i64,
    working: i64,
}

impl Engine {
    /// Figures of the database, and of this process. They read sizes of files and statistics, and no table as a whole.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn system(&self) -> Result<SystemFigures> {
        let (server, newest_migration, tables, workers, queue) = tokio::try_join!(
            self.server(),
            self.newest_migration(),
            self.largest_tables(),
            self.workers(),
            self.queue_rows(),
        )?;
        let alive = workers.rows.iter().filter(|worker| worker.alive).count();
        let ages = queue.iter().filter_map(|row| row.oldest_age_minutes);
        Ok(SystemFigures {
            as_of: server.as_of,
            postgres: server.postgres,
            migrations: server.migrations,
            newest_migration,
            database_bytes: server.database_bytes,
            tables,
            connections: Connections {
                used: server.used,
                limit: server.connection_limit,
                pool_used: self.pool.size(),
                pool_limit: self.pool.options().get_max_connections(),
            },
            workers: i64::try_from(workers.rows.len()).unwrap_or(i64::MAX),
            workers_alive: i64::try_from(alive).unwrap_or(i64::MAX),
            waiting: server.waiting,
            working: server.working,
            oldest_waiting_minutes: ages.reduce(f64::max),
            listening: self.live.listening(),
        })
    }

    async fn server(&self) -> Result<Server> {
        Ok(sqlx::query_as(
            "SELECT clock_timestamp() AS as_of, current_setting('server_version') AS postgres,
                    pg_database_size(current_database()) AS database_bytes,
                    (SELECT coalesce(sum(numbackends), 0)::BIGINT FROM pg_stat_database) AS used,
                    current_setting('max_connections')::BIGINT AS connection_limit,
                    (SELECT count(*) FROM _sqlx_migrations WHERE success) AS migrations,
                    coalesce(sum(n) FILTER (WHERE detail = 'pending'), 0)::BIGINT AS waiting,
                    coalesce(sum(n) FILTER (WHERE detail = 'processing'), 0)::BIGINT AS working
             FROM marketing.v_rollup WHERE metric = 'event'",
        )
        .fetch_one(&self.pool)
        .await?)
    }

    async fn newest_migration(&self) -> Result<Option<Migration>> {
        let found: Option<(i64, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT version, description, installed_on FROM _sqlx_migrations WHERE success ORDER BY version DESC LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.map(|(version, description, applied_at)| Migration {
            version,
            description,
            applied_at,
        }))
    }

    async fn largest_tables(&self) -> Result<Vec<TableSize>> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT schemaname || '.' || relname AS name, n_live_tup, coalesce(pg_total_relation_size(relid), 0) AS bytes
             FROM pg_stat_user_tables ORDER BY bytes DESC, name LIMIT 10",
        )
        .fetch_all(&self.pool)
        .await?;
        let table = |(name, rows, bytes)| TableSize { name, rows, bytes };
        Ok(rows.into_iter().map(table).collect())
    }
}
