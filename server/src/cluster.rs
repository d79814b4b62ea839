//! The private PostgreSQL: made on first use, started with the app, stopped with the last one that uses it.
//!
//! Everything lives in one folder, the cluster's home: `data` (PostgreSQL's own), `password`, `log` and two lock
//! files. Whoever uses the cluster holds a shared lock on `users`; starting and stopping happen under `gate`. So a
//! second command may join a running cluster, a cluster that outlived a killed app is found again, and only the last
//! user stops it.

mod account;
mod binaries;
mod home;
mod pidfile;
mod postmaster;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use binaries::Binaries;
use home::Home;
use postmaster::Postmaster;
use rand::Rng;

/// The superuser of the cluster; applications that use it are alone on it.
const USER: &str = "outreach";

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// What is wrong and what to do about it.
    #[error("{0}")]
    Unusable(String),
    #[error("{0}: {1}")]
    File(String, io::Error),
}

pub(crate) type Result<T> = std::result::Result<T, ClusterError>;

/// Adds what was being done to an input or output error.
pub(crate) fn doing(what: impl Into<String>) -> impl FnOnce(io::Error) -> ClusterError {
    |error| ClusterError::File(what.into(), error)
}

/// A running cluster that this process uses. Dropping it asks PostgreSQL to stop without waiting for the end.
pub struct Cluster {
    home: Home,
    postmaster: Postmaster,
    password: String,
    /// The shared lock; `None` once the cluster was left.
    users: Option<File>,
}

impl Cluster {
    /// Finds or starts the cluster of a data folder. May take seconds the first time; blocks the thread.
    ///
    /// # Errors
    /// [`ClusterError`], with the command or setting that helps.
    pub fn start(data_dir: &Path) -> Result<Self> {
        let home = Home::find(data_dir)?;
        Self::start_in(home, false)
    }

    /// A cluster in a new folder that is removed at the end, and that gives up safety for speed: for tests.
    ///
    /// # Errors
    /// [`ClusterError`], with the command or setting that helps.
    pub fn start_throw_away() -> Result<Self> {
        Self::start_in(Home::throw_away()?, true)
    }

    fn start_in(home: Home, fast: bool) -> Result<Self> {
        let gate = home.lock_file("gate")?;
        gate.lock()
            .map_err(doing("waiting for another start of the database"))?;
        let users = home.lock_file("users")?;
        users
            .lock_shared()
            .map_err(doing("joining the users of the database"))?;

        let binaries = Binaries::find(home.data_version())?;
        let password = initialise(&home, &binaries, fast)?;
        let postmaster = match Postmaster::find(&home)? {
            Some(running) => running,
            None => Postmaster::start(&home, &binaries, fast)?,
        };
        Ok(Self {
            home,
            postmaster,
            password,
            users: Some(users),
        })
    }

    /// Connection string of the cluster's database, with its password.
    pub fn url(&self) -> String {
        format!(
            "postgres://{USER}:{}@127.0.0.1:{}/postgres?sslmode=disable",
            self.password,
            self.postmaster.port()
        )
    }

    pub fn home(&self) -> &Path {
        &self.home.path
    }

    /// Process id of the postmaster.
    pub fn pid(&self) -> i32 {
        self.postmaster.pid()
    }

    /// Leaves the cluster, and stops it when nobody else uses it. Blocks until it has stopped.
    ///
    /// # Errors
    /// [`ClusterError`] when PostgreSQL does not stop.
    pub fn stop(mut self) -> Result<()> {
        self.leave(true)
    }

    fn leave(&mut self, wait: bool) -> Result<()> {
        let Some(users) = self.users.take() else {
            return Ok(());
        };
        // Under the gate nobody can join between the question whether we are the last and the stop.
        let gate = self.home.lock_file("gate")?;
        gate.lock()
            .map_err(doing("waiting for another start of the database"))?;
        users.unlock().map_err(doing("leaving the database"))?;
        match users.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(doing("leaving the database")(error)),
            Ok(()) => {}
        }
        if wait {
            self.postmaster.stop(self.home.throw_away)?
        } else {
            self.postmaster.ask_to_stop()
        }
        if self.home.throw_away {
            fs::remove_dir_all(&self.home.path)
                .map_err(doing("removing the throw-away database"))?;
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave(self.home.throw_away) {
            tracing::warn!(%error, "the private database was not stopped");
        }
    }
}

/// Makes the data folder unless it exists, and returns the superuser's password.
fn initialise(home: &Home, binaries: &Binaries, fast: bool) -> Result<String> {
    let password_file = home.path.join("password");
    if home.data_version().is_some() {
        return fs::read_to_string(&password_file)
            .map(|text| text.trim().to_owned())
            .map_err(doing(format!("reading {}", password_file.display())));
    }
    let password: String = {
        let mut random = rand::rng();
        (0..32)
            .map(|_| char::from(random.sample(rand::distr::Alphanumeric)))
            .collect()
    };
    write_private(&password_file, &password)?;
    home.give(&password_file)?;
    // Made beside its place and moved at the end: an initdb that was killed leaves nothing that looks whole.
    let unfinished = home.path.join("data.new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(doing("removing an unfinished data folder"))?;
    }
    binaries.initdb(home, &unfinished, &password_file, USER, fast)?;
    fs::rename(&unfinished, home.data())
        .map_err(doing("moving the new data folder to its place"))?;
    Ok(password)
}

fn write_private(path: &PathBuf, text: &str) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        io::Write::write_all(&mut file, text.as_bytes())
    };
    write().map_err(doing(format!("writing {}", path.display())))
}
