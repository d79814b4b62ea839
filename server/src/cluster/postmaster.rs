//! The PostgreSQL process: found, started, stopped.

use std::{
    fs::{self, OpenOptions},
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::OpenOptionsExt, process::CommandExt},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    ClusterError, Result,
    binaries::Binaries,
    doing,
    home::Home,
    pidfile::{Holder, PidFile, is_alive},
};

/// Recovery after a crash replays at most a few gigabytes of log; longer means that it hangs.
const START_TIMEOUT: Duration = Duration::from_secs(300);
/// A fast shutdown ends sessions at once and writes a checkpoint.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
/// A port that was free may be taken before PostgreSQL gets it; leftovers of a killed one need moments to go.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(20);
/// A log that is larger when PostgreSQL starts is put aside.
const LOG_BYTES: u64 = 10 << 20;

pub(super) struct Postmaster {
    pid: i32,
    port: u16,
    /// Present when this process started it, and must therefore collect its exit status.
    child: Option<Child>,
}

impl Postmaster {
    /// The process that a former app left behind, if it still runs.
    pub(super) fn find(home: &Home) -> Result<Option<Self>> {
        let data = home.data();
        let Some(file) = PidFile::read(&data) else {
            return Ok(None);
        };
        match file.holder(&data) {
            Holder::Ours => {}
            // PostgreSQL would take the stranger for itself and refuse to start.
            Holder::Stranger => {
                fs::remove_file(data.join("postmaster.pid"))
                    .map_err(doing("removing a stale postmaster.pid"))?;
                return Ok(None);
            }
            // A file of a dead process PostgreSQL notices itself.
            Holder::Unknown | Holder::Nobody => return Ok(None),
        }
        let mut found = Self {
            pid: file.pid,
            port: file.port,
            child: None,
        };
        // It may be on its way down: then it is gone in a moment, and a new one is started.
        Ok(found.wait_until_ready(home)?.then_some(found))
    }

    pub(super) fn start(home: &Home, binaries: &Binaries, fast: bool) -> Result<Self> {
        let mut problem = String::new();
        for _ in 0..ATTEMPTS {
            let mut started = Self::spawn(home, binaries, fast)?;
            if started.wait_until_ready(home)? {
                return Ok(started);
            }
            problem = log_tail(home);
            let passing = [
                "could not bind",
                "could not create any TCP/IP sockets",
                "shared memory block",
                "is still in use",
            ];
            if !passing.iter().any(|sign| problem.contains(sign)) {
                break;
            }
            thread::sleep(Duration::from_millis(500));
        }
        let log = home.path.join("log");
        Err(ClusterError::Unusable(format!(
            "PostgreSQL did not start; its log {} ends with:\n  {problem}",
            log.display()
        )))
    }

    fn spawn(home: &Home, binaries: &Binaries, fast: bool) -> Result<Self> {
        let port = free_port()?;
        let path = home.path.join("log");
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            fs::rename(&path, home.path.join("log.old"))
                .map_err(doing("putting the old log aside"))?;
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(doing("opening the log"))?;
        let mut command = binaries.command("postgres", home);
        command.arg("-D").arg(home.data());
        for (name, value) in settings(fast) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.arg("-c").arg(format!("port={port}"));
        // A process group of its own: Ctrl-C is for the app, which stops its work first and the database last.
        command.process_group(0);
        command
            .stderr(log.try_clone().map_err(doing("opening the log"))?)
            .stdout(log);
        let child = command.spawn().map_err(doing("starting PostgreSQL"))?;
        Ok(Self {
            pid: child.id().cast_signed(),
            port,
            child: Some(child),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// Fast shutdown; a throw-away cluster need not even write what it holds.
    pub(super) fn stop(&mut self, throw_away: bool) -> Result<()> {
        self.signal(if throw_away {
            Signal::QUIT
        } else {
            Signal::INT
        });
        if self.wait_until_gone(STOP_TIMEOUT) {
            return Ok(());
        }
        tracing::warn!("the private database does not stop; it recovers at the next start");
        self.signal(Signal::QUIT);
        if self.wait_until_gone(STOP_TIMEOUT) {
            return Ok(());
        }
        Err(ClusterError::Unusable(format!(
            "PostgreSQL, process {}, does not stop",
            self.pid
        )))
    }

    /// For the last moment of a process that cannot wait.
    pub(super) fn ask_to_stop(&self) {
        self.signal(Signal::INT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            // The only possible failure is that it is gone already.
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether it accepts connections; false when it ended instead.
    fn wait_until_ready(&mut self, home: &Home) -> Result<bool> {
        let begun = Instant::now();
        let mut told = false;
        while begun.elapsed() < START_TIMEOUT {
            if self.is_gone() {
                return Ok(false);
            }
            match PidFile::read(&home.data()) {
                Some(file) if file.pid == self.pid && file.ready => {
                    self.port = file.port;
                    return Ok(true);
                }
                _ => thread::sleep(PAUSE),
            }
            if !told && begun.elapsed() > Duration::from_secs(5) {
                tracing::info!(
                    "the private database is still starting, perhaps it recovers from a crash"
                );
                told = true;
            }
        }
        self.signal(Signal::INT);
        Err(ClusterError::Unusable(format!(
            "PostgreSQL did not accept connections within {START_TIMEOUT:?}"
        )))
    }

    fn wait_until_gone(&mut self, patience: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if self.is_gone() {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }

    fn is_gone(&mut self) -> bool {
        match &mut self.child {
            // It cannot be asked about a child whose end somebody else has already learnt.
            Some(child) => child.try_wait().map_or(true, |status| status.is_some()),
            None => !is_alive(self.pid),
        }
    }
}

/// For a machine shared with the app: little memory, few connections, nothing that only a tuned server needs.
fn settings(fast: bool) -> Vec<(&'static str, &'static str)> {
    let mut settings = vec![
        // No unix socket: its path would be too long in a deep folder, and TCP with a password is as private.
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        // Tests open a pool each.
        ("max_connections", if fast { "300" } else { "100" }),
        ("shared_buffers", "256MB"),
        ("max_wal_size", "2GB"),
        ("random_page_cost", "1.1"),
        // Compiling a query costs more than it saves for queries of milliseconds.
        ("jit", "off"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
    ];
    if fast {
        settings.extend([
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("synchronous_commit", "off"),
        ]);
    } else {
        settings.push(("synchronous_commit", "on"));
    }
    settings
}

fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(doing("looking for a free port"))?;
    Ok(listener
        .local_addr()
        .map_err(doing("looking for a free port"))?
        .port())
}

fn log_tail(home: &Home) -> String {
    let text = fs::read(home.path.join("log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n  ")
}
