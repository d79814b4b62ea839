//! The invariants of the database, asked in plain SQL: `engine/sql` holds the statements.

mod recount;

use domain::model::doctor::{Examination, Finding, Severity};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{Engine, EngineError, Result};

/// In the order in which they are asked: what is missing explains what fails after it.
const FILES: [&str; 3] = [
    include_str!("../../sql/contract.sql"),
    include_str!("../../sql/invariants.sql"),
    include_str!("../../sql/rollups.sql"),
];
/// What introduces a statement in a file.
const MARK: &str = "\n-- check ";
/// Findings of one check that are named; one more says that there are more.
const LISTED: i64 = 100;
/// A check reads whole tables, yet must not hold back vacuum for longer.
const PATIENCE: &str = "SET LOCAL statement_timeout = '60s'";
const READ_ONLY: &str = "SET TRANSACTION READ ONLY";
/// SQLSTATE of a statement that took too long.
const CANCELLED: &str = "57014";

impl Engine {
    /// Examines the database; changes nothing, and may be asked while everything runs. Reads whole tables.
    ///
    /// # Errors
    /// [`EngineError::Unreachable`]. A check that cannot be made is a finding.
    pub async fn examine(&self) -> Result<Examination> {
        let mut connection = self.pool.acquire().await?;
        examine(&mut connection).await
    }
}

/// The same over one connection, for a database that no engine was started on, or in a transaction of the caller.
///
/// # Errors
/// As [`Engine::examine`].
pub async fn examine(connection: &mut PgConnection) -> Result<Examination> {
    let mut examination = Examination::default();
    for (name, statement) in checks() {
        examination.checks.push(name.to_owned());
        match ask(connection, statement).await {
            Ok(mut found) => examination.findings.append(&mut found),
            Err(sqlx::Error::Database(error)) => {
                examination.findings.push(unanswered(
                    name,
                    error.code().as_deref(),
                    error.message(),
                ));
            }
            Err(error) => return Err(EngineError::from(error)),
        }
    }
    examination.findings.sort_by_key(|finding| finding.severity);
    Ok(examination)
}

/// Name and statement of each check.
fn checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES
        .into_iter()
        .flat_map(|file| file.split(MARK).skip(1))
        .filter_map(|text| text.split_once('\n'))
        .map(|(name, statement)| (name.trim(), statement.trim().trim_end_matches(';')))
}

async fn ask(connection: &mut PgConnection, statement: &str) -> sqlx::Result<Vec<Finding>> {
    // One transaction each: a check that fails must not spoil the others.
    let mut transaction = connection.begin().await?;
    for promise in [READ_ONLY, PATIENCE] {
        sqlx::query(promise).execute(&mut *transaction).await?;
    }
    let limited = format!(
        "SELECT * FROM ({statement}\n) AS found LIMIT {}",
        LISTED + 1
    );
    // The statement is a file of this crate.
    let rows: Vec<(String, String, String, String, String)> =
        sqlx::query_as(AssertSqlSafe(limited))
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
    transaction.rollback().await?;
    Ok(rows.into_iter().map(finding).collect())
}

fn finding(
    (severity, check, what, record, advice): (String, String, String, String, String),
) -> Finding {
    Finding {
        severity: Severity::parse(&severity).unwrap_or(Severity::Fault),
        check,
        what,
        record,
        advice,
    }
}

fn unanswered(check: &str, code: Option<&str>, message: &str) -> Finding {
    let (severity, advice) = if code == Some(CANCELLED) {
        (
            Severity::Warning,
            "Ask again when there is less to do, or run the statement with psql",
        )
    } else {
        (
            Severity::Fault,
            "See the faults of the contract first; then run `server migrate`",
        )
    };
    Finding {
        severity,
        check: check.to_owned(),
        what: format!("could not be asked: {message}"),
        record: format!("check {check}"),
        advice: advice.to_owned(),
    }
}
