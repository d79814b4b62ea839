//! The page about the system says what PostgreSQL says when it is asked directly.

use std::time::Duration;

use domain::model::system::SystemFigures;
use engine::Engine;
use sqlx::PgPool;

use crate::support::{count, engine, insert, worker};

async fn until(engine: &Engine, holds: impl Fn(&SystemFigures) -> bool) -> SystemFigures {
    for _ in 0..100 {
        let figures = engine.system().await.unwrap();
        if holds(&figures) {
            return figures;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:#?}", engine.system().await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn figures_are_those_of_the_database(pool: PgPool) {
    let engine = engine(&pool);
    let quiet = until(&engine, |now| now.listening.connected).await;
    assert_eq!((quiet.waiting, quiet.oldest_waiting_minutes), (0, None));
    assert_eq!((quiet.workers, quiet.workers_alive), (0, 0));
    assert_eq!(quiet.listening.heard_at, None);

    insert(&pool, 2000).await;
    sqlx::query("UPDATE marketing.pipeline_events SET created_at = created_at - INTERVAL '90 minutes' WHERE id % 2 = 0")
        .execute(&pool)
        .await
        .unwrap();
    let figures = until(&engine, |now| now.listening.heard_at.is_some()).await;
    assert_eq!((figures.waiting, figures.working), (2000, 0));
    assert_eq!(figures.oldest_waiting_minutes.map(f64::floor), Some(90.0));

    let (version, limit): (String, i64) = sqlx::query_as(
        "SELECT current_setting('server_version'), current_setting('max_connections')::BIGINT",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(figures.postgres, version);
    assert_eq!(figures.connections.limit, limit);
    assert!(
        (1..=limit).contains(&figures.connections.used),
        "{:?}",
        figures.connections
    );
    assert_eq!(
        figures.connections.pool_limit,
        pool.options().get_max_connections()
    );
    assert!(figures.connections.pool_used >= 1);

    let (migrations, newest): (i64, i64) =
        sqlx::query_as("SELECT count(*), max(version) FROM _sqlx_migrations")
            .fetch_one(&pool)
            .await
            .unwrap();
    let migration = figures.newest_migration.unwrap();
    assert_eq!(
        (figures.migrations, migration.version),
        (migrations, newest)
    );
    assert!(!migration.description.is_empty());

    let size = count(&pool, "SELECT pg_database_size(current_database())").await;
    let off = (figures.database_bytes - size).abs();
    assert!(off < 4 << 20, "{} and {size}", figures.database_bytes);
    let largest: Vec<String> = sqlx::query_scalar(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname IN ('app', 'intake', 'marketing', 'public')
         ORDER BY pg_table_size(c.oid) + pg_indexes_size(c.oid) DESC, 1 LIMIT 3",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let named: Vec<&str> = figures.tables.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(named.len(), 10);
    assert_eq!(named[..3], largest[..]);
    assert!(
        figures
            .tables
            .is_sorted_by(|one, next| one.bytes >= next.bytes)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_is_counted_while_it_lives_and_rows_as_statistics_have_them(pool: PgPool) {
    let engine = engine(&pool);
    let process = worker(&engine).await;
    until(&engine, |now| (now.workers, now.workers_alive) == (1, 1)).await;
    process.stop().await;
    until(&engine, |now| now.workers_alive == 0).await;

    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO marketing.company_missing (company_unique_id, reason) SELECT 'c' || n, 'x' FROM generate_series(1, 3000) n;
         SELECT pg_stat_force_next_flush()",
    )
    .execute(&mut *connection)
    .await
    .unwrap();
    let figures = until(&engine, |now| {
        now.tables
            .iter()
            .any(|one| one.name == "marketing.company_missing" && one.rows == 3000)
    })
    .await;
    assert!(figures.tables.iter().all(|one| one.rows >= 0));
}
