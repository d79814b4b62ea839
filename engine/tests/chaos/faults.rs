//! What can go wrong, chosen by the seed.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use sqlx::Connection;
use tokio::time::sleep;

use crate::{
    cluster::Cluster,
    proxy::{Proxy, Weather},
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Kill,
    KillAt(Point),
    Terminate,
    EndBackends(&'static str),
    StopServer,
    Network(Weather),
    ExhaustPool,
    Deadlock,
    Redeliver,
}

/// Where a worker is when it is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Point {
    /// It asks for events, and has none.
    BeforeClaim,
    /// A statement of a stage is under way.
    MidStatement,
    /// Its lease is committed, what came of it is not.
    AfterCommit,
}

impl Point {
    pub(crate) const ALL: [Self; 3] = [Self::BeforeClaim, Self::MidStatement, Self::AfterCommit];

    /// The lock at which workers come to stand there, and the process of one that does, 0 where it may be any. Of $1, the
    /// living ones.
    fn trap(self) -> (&'static str, &'static str) {
        match self {
            Self::BeforeClaim => (
                "LOCK TABLE marketing.pipeline_events IN EXCLUSIVE MODE",
                "SELECT 0::BIGINT WHERE $1 IS NOT NULL AND EXISTS (SELECT FROM pg_stat_activity
                  WHERE usename = 'app' AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE SKIP LOCKED))%')",
            ),
            Self::MidStatement => (
                "LOCK TABLE marketing.company_master, marketing.company_slots, marketing.contact_enrichment,
                     marketing.email_verification IN SHARE MODE",
                "SELECT 0::BIGINT WHERE $1 IS NOT NULL AND EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                  WHERE a.usename = 'app' AND a.query NOT LIKE '%company_raw_intake (company%' AND NOT l.granted
                    AND l.relation IN ('marketing.company_master'::REGCLASS, 'marketing.company_slots'::REGCLASS,
                                       'marketing.contact_enrichment'::REGCLASS, 'marketing.email_verification'::REGCLASS))",
            ),
            // A call takes its time: nothing needs to be held up.
            Self::AfterCommit => (
                "SELECT",
                "SELECT w.pid FROM marketing.pipeline_events e JOIN marketing.pipeline_workers w ON w.worker_id = e.locked_by
                 WHERE e.status = 'processing' AND w.pid = ANY($1) LIMIT 1",
            ),
        }
    }
}

const ALL: [Fault; 14] = [
    Fault::Kill,
    Fault::Kill,
    Fault::Kill,
    Fault::Terminate,
    Fault::EndBackends("TRUE"),
    Fault::EndBackends("query ILIKE 'LISTEN%'"),
    Fault::EndBackends("query ILIKE '%v_phase_stats%'"),
    Fault::EndBackends("state = 'active'"),
    Fault::StopServer,
    Fault::Network(Weather::Cut),
    Fault::Network(Weather::Slow(Duration::from_secs(5))),
    Fault::Network(Weather::HalfOpen),
    Fault::ExhaustPool,
    Fault::Deadlock,
];

/// For workers to come to a point: companies must have passed three stages before one is leased.
const TRAPPED_WITHIN: Duration = Duration::from_secs(15);

/// Five faults of the seed, and one event in ten brought back although it is done. Each seed begins with another point at
/// which a worker is killed.
pub(crate) fn choose(seed: u64, random: &mut StdRng) -> Vec<Fault> {
    let point = Point::ALL[seed as usize % Point::ALL.len()];
    let mut faults = vec![Fault::KillAt(point)];
    faults.extend((0..4).map(|_| *ALL.choose(random).unwrap()));
    faults.insert(random.random_range(1..faults.len()), Fault::Redeliver);
    faults
}

/// What faults act on.
pub(crate) struct Scene<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) proxy: &'a Proxy,
    pub(crate) database: &'a str,
    pub(crate) spawn: &'a (dyn Fn() -> Child + Sync),
    pub(crate) workers: Vec<Child>,
    /// What should not have happened.
    pub(crate) found: Vec<String>,
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
            Fault::KillAt(point) => self.kill_at(point, random).await,
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

    /// Holds a lock until some worker stands there, kills one, and lets go: what has stood in a statement, PostgreSQL
    /// ends without its client.
    async fn kill_at(&mut self, point: Point, random: &mut StdRng) {
        let (lock, there) = point.trap();
        let living: Vec<i64> = self.workers.iter().map(|one| i64::from(one.id())).collect();
        let mut holder = self.cluster.admin(self.database).await;
        let mut watcher = self.cluster.admin(self.database).await;
        // Workers reach for the same tables in an order of their own: whoever PostgreSQL ends for it tries again.
        let held = loop {
            let mut held = holder.begin().await.unwrap();
            match sqlx::raw_sql(lock).execute(&mut *held).await {
                Ok(_) => break held,
                Err(error) if is_deadlock(&error) => held.rollback().await.unwrap(),
                Err(error) => panic!("{lock}: {error}"),
            }
        };
        let begun = Instant::now();
        let pid = loop {
            let pid: Option<i64> = sqlx::query_scalar(there)
                .bind(&living)
                .fetch_optional(&mut watcher)
                .await
                .unwrap();
            match pid {
                Some(pid) => break pid,
                None if begun.elapsed() > TRAPPED_WITHIN => {
                    self.found.push(format!("no worker came to {point:?}"));
                    return;
                }
                None => sleep(Duration::from_millis(3)).await,
            }
        };
        let any = random.random_range(0..self.workers.len());
        let victim = living.iter().position(|one| *one == pid).unwrap_or(any);
        self.workers[victim].kill().unwrap();
        held.rollback().await.unwrap();
        self.restart(victim);
    }

    fn restart(&mut self, victim: usize) {
        let old = std::mem::replace(&mut self.workers[victim], (self.spawn)());
        reap(old);
    }

    async fn execute(&self, sql: &str) {
        let mut admin = self.cluster.admin(self.database).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }

    /// Everything works again. A worker that was killed has been replaced at once: one that is gone ended by itself.
    pub(crate) fn heal(&mut self) {
        self.proxy.set(Weather::Fair);
        for number in 0..self.workers.len() {
            if let Some(status) = self.workers[number].try_wait().unwrap() {
                self.found
                    .push(format!("a worker ended by itself: {status}"));
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

fn is_deadlock(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("40P01"))
}
