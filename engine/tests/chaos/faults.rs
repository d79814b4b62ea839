//! What can go wrong, chosen by the seed.

use std::{process::Child, time::Duration};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use tokio::time::sleep;

use crate::{
    cluster::Cluster,
    proxy::{Proxy, Weather},
    worker,
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Kill,
    Terminate,
    EndBackends(&'static str),
    StopServer,
    Network(Weather),
    ExhaustPool,
    Deadlock,
    Redeliver,
}

const ALL: [Fault; 13] = [
    Fault::Kill,
    Fault::Kill,
    Fault::Kill,
    Fault::Terminate,
    Fault::EndBackends("TRUE"),
    Fault::EndBackends("query ILIKE 'LISTEN%'"),
    Fault::EndBackends("state = 'active'"),
    Fault::StopServer,
    Fault::Network(Weather::Cut),
    Fault::Network(Weather::Slow(Duration::from_secs(5))),
    Fault::Network(Weather::HalfOpen),
    Fault::ExhaustPool,
    Fault::Deadlock,
];

/// Five faults of the seed, and one event in ten brought back although it is done.
pub(crate) fn choose(random: &mut StdRng) -> Vec<Fault> {
    let mut faults: Vec<Fault> = (0..5).map(|_| *ALL.choose(random).unwrap()).collect();
    faults.insert(random.random_range(1..faults.len()), Fault::Redeliver);
    faults
}

/// What faults act on.
pub(crate) struct Scene<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) proxy: &'a Proxy,
    pub(crate) database: &'a str,
    pub(crate) url: String,
    pub(crate) failing: f64,
    pub(crate) workers: Vec<Child>,
}

impl Scene<'_> {
    pub(crate) async fn inject(&mut self, fault: Fault, random: &mut StdRng) {
        let moment = Duration::from_millis(random.random_range(200..900));
        match fault {
            Fault::Kill => {
                let victim = random.random_range(0..self.workers.len());
                self.workers[victim].kill().unwrap();
                self.restart(victim);
            }
            Fault::Terminate => {
                let victim = random.random_range(0..self.workers.len());
                let pid = self.workers[victim].id().to_string();
                assert!(
                    std::process::Command::new("kill")
                        .args(["-TERM", &pid])
                        .status()
                        .unwrap()
                        .success()
                );
                self.restart(victim);
            }
            Fault::EndBackends(which) => {
                self.execute(&format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND {which}"
                ))
                .await;
            }
            Fault::StopServer => {
                self.cluster.stop_immediately();
                sleep(moment).await;
                self.cluster.start_server();
            }
            Fault::Network(weather) => {
                self.proxy.set(weather);
                sleep(moment).await;
                self.proxy.set(Weather::Fair);
            }
            Fault::ExhaustPool => {
                let limit =
                    |n: i32| format!("ALTER DATABASE {} CONNECTION LIMIT {n}", self.database);
                self.execute(&limit(2)).await;
                self.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'",
                )
                .await;
                sleep(moment).await;
                self.execute(&limit(-1)).await;
            }
            Fault::Deadlock => self.cross_locks().await,
            Fault::Redeliver => {
                self.execute(
                    "UPDATE marketing.pipeline_events SET status = 'pending', processed_at = NULL
                     WHERE status = 'processed' AND random() < 0.1
                       AND event_type IN ('company_created', 'company_validated', 'company_promoted', 'slots_created', 'contact_enriched')",
                )
                .await;
            }
        }
    }

    /// Locks rows that wait for validation from the newest to the oldest; stages go the other way.
    async fn cross_locks(&self) {
        let mut admin = self.cluster.admin(self.database).await;
        let outcome = sqlx::raw_sql(
            "DO $$ DECLARE waiting BIGINT; BEGIN
                 FOR waiting IN SELECT id FROM intake.company_raw_intake ORDER BY id DESC LIMIT 40 LOOP
                     PERFORM FROM intake.company_raw_intake WHERE id = waiting FOR UPDATE;
                     PERFORM pg_sleep(0.02);
                 END LOOP;
             END $$",
        )
        .execute(&mut admin)
        .await;
        // Either side may be the one that PostgreSQL picks to end.
        drop(outcome);
    }

    fn restart(&mut self, victim: usize) {
        let old = std::mem::replace(
            &mut self.workers[victim],
            worker::spawn(&self.url, self.failing),
        );
        reap(old);
    }

    async fn execute(&self, sql: &str) {
        let mut admin = self.cluster.admin(self.database).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }

    /// Everything works again; the workers of the end are living ones.
    pub(crate) fn heal(&mut self) {
        self.proxy.set(Weather::Fair);
        for number in 0..self.workers.len() {
            if self.workers[number].try_wait().unwrap().is_some() {
                self.restart(number);
            }
        }
    }
}

/// Waits for the end of a process that was told to end, beside the rest.
fn reap(mut child: Child) {
    std::thread::spawn(move || drop(child.wait()));
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            drop(worker.kill());
            drop(worker.wait());
        }
    }
}
