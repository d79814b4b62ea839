//! One server with its audience, from its start to its end.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{EVERY, Size, audience::Listener, bare, figure::quantile, speaker::speak};

/// After the last event: what has not arrived by then is a gap.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) const NAME: &str = "fanout";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Ours,
    Bare,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Bare => "bare",
        }
    }
}

pub(crate) struct Arm {
    child: Child,
    /// Address and port.
    host: String,
    cookie: String,
    _folder: TempDir,
}

/// Milliseconds from commit to receipt, over all events and sockets; and what a socket takes of memory.
pub(crate) struct Measured {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p99_beside_stalled: f64,
    pub(crate) kilobytes: f64,
}

impl Arm {
    pub(crate) async fn start(kind: Kind, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = match kind {
            Kind::Ours => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
                command
                    .env("DATABASE_URL", database)
                    .env_remove("DATABASE_DIRECT_URL")
                    .env("DATA_DIR", folder.path())
                    .env("SITE_ADDR", "127.0.0.1:0");
                command
            }
            Kind::Bare => {
                let mut command = Command::new(env::current_exe().unwrap());
                command.env(bare::DATABASE, database);
                command
            }
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let host = lines
            .find_map(|line| Some(line.unwrap().split_once("http://")?.1.trim().to_owned()))
            .expect("an address");
        let host = host.trim_end_matches('/').to_owned();
        // What it prints later is of no interest, but must not make it wait.
        std::thread::spawn(move || lines.for_each(drop));
        let cookie = match kind {
            Kind::Ours => sign_in(&host).await,
            Kind::Bare => String::new(),
        };
        Self {
            child,
            host,
            cookie,
            _folder: folder,
        }
    }

    pub(crate) async fn measure(self, database: &str, size: &Size) -> Measured {
        let mut connection = PgConnection::connect(database).await.unwrap();
        let half = (size.lasts.as_millis() / EVERY.as_millis()) as usize;
        // A fifth of it goes before, in which a server that has just started gets to know its database.
        let calm = half / 5..half / 5 + half;
        let beside = calm.end..calm.end + half;
        let end = Arc::new(AtomicBool::new(false));
        // One who came and went has made everything that is made once.
        let first = self.listen(0, &Arc::new(AtomicBool::new(true))).await;
        first.end().await;
        let empty = self.kilobytes();
        let mut listeners = Vec::new();
        for _ in 0..size.sockets {
            listeners.push(self.listen(beside.end, &end).await);
        }
        let mut committed = speak(&mut connection, 0..calm.end, EVERY).await;
        sleep(SETTLED).await;
        let full = self.kilobytes();
        listeners[..size.stalled].iter().for_each(Listener::stall);
        committed.extend(speak(&mut connection, beside.clone(), EVERY).await);
        sleep(SETTLED).await;
        end.store(true, Ordering::Relaxed);
        let (mut alone, mut stalling) = (Vec::new(), Vec::new());
        for (place, listener) in listeners.into_iter().enumerate() {
            let heard = listener.end().await;
            delays(&heard[calm.clone()], &committed[calm.clone()], &mut alone);
            if place >= size.stalled {
                delays(
                    &heard[beside.clone()],
                    &committed[beside.clone()],
                    &mut stalling,
                );
            }
        }
        alone.sort_by(f64::total_cmp);
        stalling.sort_by(f64::total_cmp);
        Measured {
            p50: quantile(&alone, 0.5),
            p99: quantile(&alone, 0.99),
            p99_beside_stalled: quantile(&stalling, 0.99),
            kilobytes: (full - empty) / size.sockets as f64,
        }
    }

    async fn listen(&self, events: usize, end: &Arc<AtomicBool>) -> Listener {
        Listener::connect(&self.host, &self.cookie, events, end.clone()).await
    }

    /// What of the process is in memory.
    fn kilobytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.unwrap().split_whitespace().next().unwrap();
        number.parse().unwrap()
    }
}

impl Drop for Arm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Appends the delays in milliseconds. An event that was never heard is a gap, and no figure counts then.
fn delays(heard: &[Option<Instant>], committed: &[Instant], into: &mut Vec<f64>) {
    for (number, (heard, committed)) in heard.iter().zip(committed).enumerate() {
        let heard = heard.unwrap_or_else(|| panic!("event {number} was not heard by all"));
        // The notification may be faster than the answer to the commit.
        into.push(heard.saturating_duration_since(*committed).as_secs_f64() * 1e3);
    }
}

async fn sign_in(host: &str) -> String {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client
        .post(format!("http://{host}/session"))
        .header("origin", format!("http://{host}"))
        .form(&[("name", NAME), ("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
