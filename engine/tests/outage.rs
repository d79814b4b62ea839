//! A database that cannot be reached for a while, over connections that never learn that they are of no use.

use std::time::{Duration, Instant};

use engine::Engine;
use sqlx::{PgPool, postgres::PgListener};
use tokio::time::sleep;

use crate::{
    proxy::{Proxy, Weather},
    support::{Process, answers, config, count, drain, insert, url},
};

const OUTAGE: Duration = Duration::from_secs(30);

#[sqlx::test(migrations = "../migrations")]
async fn the_same_process_goes_on_after_thirty_seconds_without_a_database(pool: PgPool) {
    let mut url = url::Url::parse(&url(&pool).await).unwrap();
    let proxy = Proxy::start(url.port().unwrap_or(5432)).await;
    url.set_port(Some(proxy.port)).unwrap();
    let engine = Engine::start(config(url.as_str())).await.unwrap();
    let process = Process::start(&engine, answers(0.0, 0.0)).await;
    insert(&pool, 600).await;
    // In the middle of the work: some transactions stay open at the server, and nobody ends their connections.
    sleep(Duration::from_millis(700)).await;

    proxy.set(Weather::Lost);
    sleep(OUTAGE).await;
    // What comes in meanwhile notifies nobody.
    sqlx::query(
        "INSERT INTO intake.company_raw_intake (company, website)
         SELECT 'Later ' || n, 'https://later-' || n || '.example' FROM generate_series(1, 300) AS n",
    )
    .execute(&pool)
    .await
    .unwrap();
    proxy.set(Weather::Fair);
    let back = Instant::now();
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("pipeline_event").await.unwrap();
    loop {
        let heard = listener.recv().await.unwrap();
        if heard.payload().contains("company_promoted") {
            break;
        }
    }
    println!(
        "resumed {:.1} s after the database was back",
        back.elapsed().as_secs_f64()
    );
    // Without what is tested here, the lanes wait for TCP, which takes a quarter of an hour.
    drain(&pool).await;
    println!(
        "drained {:.1} s after the database was back",
        back.elapsed().as_secs_f64()
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_master").await,
        900
    );
    assert_eq!(count(&pool, "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'completed'").await, 2700);
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status <> 'processed'"
        )
        .await,
        0
    );
    process.stop().await;
}
