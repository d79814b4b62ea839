//! Writers that insert companies, as n8n or a person with psql would, through the same bad network.

use std::{sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::ledger::Ledger;

/// A writer gives up a statement after this time, as any client does.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes until stopped or until the companies are used up.
pub(crate) async fn write(
    url: String,
    name: String,
    seed: u64,
    companies: Arc<Semaphore>,
    ledger: Ledger,
    stop: CancellationToken,
) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut connection = None;
    let mut made = 0;
    while !stop.is_cancelled() {
        let n = random.random_range(1..=30);
        let Ok(taken) = companies.try_acquire_many(n) else {
            return;
        };
        taken.forget();
        let keys: Vec<String> = (0..n)
            .map(|i| format!("{name}-{}.example", made + i))
            .collect();
        made += n;
        match insert(&mut connection, &url, &keys).await {
            Fate::Accepted => ledger.accepted(&keys),
            Fate::Unknown => ledger.unknown(&keys),
            // Nothing of it is there; the companies go back for another try under other names.
            Fate::Refused => {
                companies.add_permits(n as usize);
                connection = None;
                sleep(Duration::from_millis(50)).await;
            }
        }
        sleep(Duration::from_millis(random.random_range(0..40))).await;
    }
}

enum Fate {
    Accepted,
    Refused,
    Unknown,
}

async fn insert(connection: &mut Option<PgConnection>, url: &str, keys: &[String]) -> Fate {
    if connection.is_none() {
        *connection = timeout(PATIENCE, PgConnection::connect(url))
            .await
            .ok()
            .and_then(Result::ok);
    }
    let Some(open) = connection else {
        return Fate::Refused;
    };
    let work = async {
        let mut transaction = open.begin().await?;
        sqlx::query(
            "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
             SELECT 'Company ' || key, 'https://' || key, 'chaos' FROM unnest($1::TEXT[]) AS key",
        )
        .bind(keys)
        .execute(&mut *transaction)
        .await?;
        Ok::<_, sqlx::Error>(transaction)
    };
    let Ok(Ok(transaction)) = timeout(PATIENCE, work).await else {
        *connection = None;
        return Fate::Refused;
    };
    match timeout(PATIENCE, transaction.commit()).await {
        Ok(Ok(())) => Fate::Accepted,
        _ => {
            *connection = None;
            Fate::Unknown
        }
    }
}
