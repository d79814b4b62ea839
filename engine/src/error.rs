//! Errors of the engine, told apart where a caller decides differently.

pub type Result<T, E = EngineError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The named record does not exist. Holds words such as "error 17".
    #[error("{0} was not found")]
    NotFound(String),
    /// The request makes no sense as it stands; the text is for the person who made it.
    #[error("{0}")]
    Invalid(String),
    /// The database has migrations that this binary does not know.
    #[error(
        "the database has migration {0}, which this version does not know: start the newer version, or restore a backup"
    )]
    NewerDatabase(i64),
    /// No connection, or one that was cut: the same request may succeed in a moment.
    #[error("the database does not answer: {0}")]
    Unreachable(sqlx::Error),
    #[error("the database answered with an error: {0}")]
    Database(sqlx::Error),
    #[error("{0}")]
    N8n(#[from] crate::integrations::n8n::N8nError),
    #[error("reading or writing a file failed: {0}")]
    File(#[from] std::io::Error),
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) {
            Self::Unreachable(error)
        } else {
            Self::Database(error)
        }
    }
}

impl From<domain::lineage::LineageKeyError> for EngineError {
    fn from(error: domain::lineage::LineageKeyError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Whether the error says that the database is away, and nothing about what was asked of it.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Classes: connection, resources, an operator's or the server's own intervention.
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| ["08", "53", "57"].contains(&&code[..2])),
        _ => false,
    }
}
