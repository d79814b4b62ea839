//! What an operator asks about events: lists and counts, one event's timeline, the lineage of a record.

mod crowd;
mod detail;
mod filters;
mod lineage;
mod paging;
mod scale;

use crate::support;

use domain::model::event::EventFilter;
use engine::Engine;
use sqlx::{AssertSqlSafe, PgPool};

/// Runs statements as psql does, all of them in one go.
async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

/// The ids that a filter finds; the count must agree.
async fn ids(engine: &Engine, filter: &EventFilter) -> Vec<i64> {
    let page = engine.events(filter).await.unwrap();
    let ids: Vec<i64> = page.rows.iter().map(|row| row.id).collect();
    assert_eq!(
        (page.count.n, page.count.capped, page.next),
        (ids.len() as i64, false, None),
        "{filter:?}"
    );
    assert_eq!(engine.events_count(filter).await.unwrap(), page.count);
    ids
}
