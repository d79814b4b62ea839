//! Migrations at the start of the application.

use engine::{Engine, EngineError};
use sqlx::{ConnectOptions, PgPool};

use super::{
    run,
    support::{config, count},
};

#[sqlx::test(migrations = false)]
async fn instances_that_start_together_apply_each_migration_once(pool: PgPool) {
    let config = config(pool.connect_options().to_url_lossy().as_str());
    let (a, b, c) = tokio::join!(
        Engine::migrate(&config),
        Engine::migrate(&config),
        Engine::migrate(&config)
    );
    a.unwrap();
    b.unwrap();
    c.unwrap();
    let applied = count(&pool, "SELECT count(*) FROM _sqlx_migrations WHERE success").await;
    assert!(applied > 10, "{applied}");
    assert_eq!(
        Engine::migrate(&config).await.unwrap(),
        0,
        "a second start finds nothing to do"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_newer_than_the_program_is_refused_and_left_alone(pool: PgPool) {
    run(&pool, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (29990101000000, 'from the future', TRUE, '\\x00', 1)").await;
    let config = config(pool.connect_options().to_url_lossy().as_str());
    for refused in [
        Engine::migrate(&config).await.map(drop),
        Engine::start(config.clone()).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert!(
            matches!(error, EngineError::NewerDatabase(29_990_101_000_000)),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("29990101000000") && text.contains("start the newer version"),
            "{text}"
        );
    }
}
