//! Who reads a file: one process at a time.

use sqlx::{PgPool, Postgres, Transaction};

use crate::{Result, connect};

/// The right to read the file of a batch. The lock ends with its connection, so what a killed process was reading is free
/// at once. It spares work and says who may remove the file; that no row comes twice is [`super::chunk`]'s own doing.
pub(super) struct Claim {
    lock: Transaction<'static, Postgres>,
}

impl Claim {
    /// `None` while another holds it.
    pub(super) async fn take(pool: &PgPool, batch_id: &str) -> Result<Option<Self>> {
        let mut lock = connect::begin(pool).await?;
        let mine: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(batch_id)
                .fetch_one(&mut *lock)
                .await?;
        Ok(mine.then_some(Self { lock }))
    }

    /// Gives it back before it returns; a claim that is dropped is free a moment later.
    pub(super) async fn release(self) -> Result<()> {
        Ok(self.lock.rollback().await?)
    }
}
