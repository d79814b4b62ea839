//! How long a search may take: what no index leads to is looked for event by event, and there may be millions.

use std::time::Duration;

use domain::model::event::EventFilter;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::filter::is_led_by_index;
use crate::{EngineError, Result, connect};

/// Longer than a scan of a million events takes, shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// For counts that somebody waits for before an act: shorter than the web waits for an answer.
const LONG_PATIENCE: Duration = Duration::from_secs(20);

/// A transaction that only reads, and whose statements are stopped when they take too long.
pub(super) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_within(pool, PATIENCE).await
}

/// As [`begin`], for what counts to the end; [`explain_count`] says what to do when it was stopped.
pub(crate) async fn begin_counting(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_within(pool, LONG_PATIENCE).await
}

/// What a person can do about a count that took too long.
pub(crate) fn explain_count(error: sqlx::Error) -> EngineError {
    if !ran_out(&error) {
        return error.into();
    }
    EngineError::Invalid(format!(
        "Counting was stopped after {} s. Narrow what is chosen, by a batch, a type or an age.",
        LONG_PATIENCE.as_secs()
    ))
}

async fn begin_within(pool: &PgPool, patience: Duration) -> Result<Transaction<'static, Postgres>> {
    let mut transaction = connect::begin(pool).await?;
    // Compiling a plan takes longer than most of these searches.
    let settings = "SELECT set_config('statement_timeout', $1, TRUE), set_config('transaction_read_only', 'on', TRUE),
                           set_config('jit', 'off', TRUE)";
    sqlx::query(settings)
        .bind(patience.as_millis().to_string())
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// From here on, order comes from an index. PostgreSQL takes any text for rare, would look into every event to sort the
/// few that it expects, and for a frequent one never ends; going by time ends with the first page.
pub(super) async fn go_by_time(connection: &mut PgConnection) -> Result<()> {
    sqlx::query("SELECT set_config('enable_sort', 'off', TRUE)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the statement was stopped because it took too long.
pub(crate) fn ran_out(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| code == "57014")
}

/// What a person can do about a search that took too long.
pub(super) fn explain(error: sqlx::Error, filter: &EventFilter) -> EngineError {
    if !ran_out(&error) {
        return error.into();
    }
    let stopped = format!("The search was stopped after {} s.", PATIENCE.as_secs());
    let by_event = filter.search.is_some() || filter.worker.is_some() || !filter.payload.is_empty();
    EngineError::Invalid(match (by_event, is_led_by_index(filter)) {
        (true, false) => format!(
            "{stopped} Text, workers and values of a payload are looked for event by event: narrow it by a batch, a \
             record id, a status other than processed, or a type and an age such as newer than 1h. payload.record_id, \
             payload.company and payload.company_name are found at once."
        ),
        (true, true) => format!(
            "{stopped} Too many events match the rest of the filter to look into each: add a type, or an age such as \
             newer than 1h."
        ),
        (false, _) => format!(
            "{stopped} The database is busy; add an age such as newer than 1h, or try again in a moment."
        ),
    })
}
