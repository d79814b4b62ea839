//! A stage that panics has failed an attempt, like one whose result the database refuses; its lane goes on.

use std::{any::Any, error::Error, fmt, panic::AssertUnwindSafe};

use futures::FutureExt;

/// What a stage said when it panicked.
#[derive(Debug)]
pub(super) struct Panicked(String);

impl fmt::Display for Panicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The stage panicked: {}", self.0)
    }
}

impl Error for Panicked {}

/// Runs a stage's own code.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|panic| Panicked(message(&*panic)))
}

/// The same where it writes: a panic comes as an error that blames the data.
pub(super) async fn caught_writing<T>(
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    caught(work)
        .await
        .unwrap_or_else(|panic| Err(sqlx::Error::Decode(Box::new(panic))))
}

/// The panic that an error came from, if it did.
pub(super) fn of(error: &sqlx::Error) -> Option<&Panicked> {
    match error {
        sqlx::Error::Decode(error) => error.downcast_ref(),
        _ => None,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
