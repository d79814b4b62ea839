//! Brief troubles of the database: a restart, a lost connection, a deadlock. An import of an hour must outlive them.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use crate::{EngineError, Result};

/// A restart or failover of the database takes less; longer troubles leave the import to be continued later.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Tries again, with pauses that double, for as long as the trouble may pass. The work must bear being done twice: a
/// connection that is lost during COMMIT does not tell what became of it.
pub(super) async fn patiently<T, F>(mut work: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match work().await {
            Err(error) if may_pass(&error) && !ends(&error) && begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "an import waits for the database and tries again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

/// Whether the same work may succeed later: the fault is neither the file's nor the statement's.
pub(super) fn may_pass(error: &EngineError) -> bool {
    match error {
        EngineError::Unreachable(_) | EngineError::Database(sqlx::Error::Protocol(_)) => true,
        // Rolled back in favour of another transaction, a lock that was not to be had, a transaction idle for too long.
        EngineError::Database(sqlx::Error::Database(error)) => error
            .code()
            .is_some_and(|code| code.starts_with("40") || matches!(&*code, "55P03" | "25P03")),
        _ => false,
    }
}

/// The process stops: there is nobody left to wait for.
fn ends(error: &EngineError) -> bool {
    matches!(error, EngineError::Unreachable(sqlx::Error::PoolClosed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_the_rest_is_not() {
        let mut tries = 0;
        let done = patiently(|| {
            tries += 1;
            let n = tries;
            async move {
                if n < 3 {
                    Err(sqlx::Error::WorkerCrashed.into())
                } else {
                    Ok(n)
                }
            }
        });
        assert_eq!(done.await.ok(), Some(3));

        for error in [
            sqlx::Error::PoolClosed.into(),
            sqlx::Error::RowNotFound.into(),
            EngineError::Invalid("x".into()),
        ] {
            let mut errors = vec![error];
            let given_up = patiently(|| {
                let error = errors.pop();
                async move { error.map_or(Ok(()), Err) }
            });
            assert!(given_up.await.is_err());
        }
    }
}
