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
    #[error("the database answered with an error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    N8n(#[from] crate::integrations::n8n::N8nError),
    #[error("reading or writing a file failed: {0}")]
    File(#[from] std::io::Error),
}
