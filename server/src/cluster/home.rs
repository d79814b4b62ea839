//! Where the cluster lives: in DATA_DIR if the user that runs PostgreSQL can reach it.

use std::{
    env, fs,
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use rand::Rng;
use sha2::{Digest, Sha256};

use super::{ClusterError, Result, account::Account, doing};

/// Says in DATA_DIR where the database is when it could not be there.
const NOTE: &str = "database-is-elsewhere.txt";

#[derive(Clone, Debug)]
pub(super) struct Home {
    pub(super) path: PathBuf,
    /// The user to run as; `None` is the user of this process.
    pub(super) account: Option<Account>,
    pub(super) throw_away: bool,
}

impl Home {
    /// The home of a data folder: where it already is, otherwise the first usable place.
    pub(super) fn find(data_dir: &Path) -> Result<Self> {
        let account = Account::for_cluster()?;
        let data_dir = std::path::absolute(data_dir).map_err(doing("finding DATA_DIR"))?;
        let candidates = candidates(&data_dir, account.is_some());
        let made = candidates
            .iter()
            .position(|path| path.join("data/PG_VERSION").is_file());
        let mut last = String::new();
        for (index, path) in candidates.iter().enumerate().skip(made.unwrap_or(0)) {
            let account =
                account.map(|account| Account::owner_of(&path.join("data")).unwrap_or(account));
            let home = Self {
                path: path.clone(),
                account,
                throw_away: false,
            };
            match home.prepare() {
                Ok(()) => {
                    if index > 0 {
                        note(&data_dir, path);
                    }
                    return Ok(home);
                }
                Err(error) if made == Some(index) => return Err(error),
                Err(error) => last = error.to_string(),
            }
        }
        Err(ClusterError::Unusable(format!(
            "there is no place for the private database ({last}): set DATA_DIR to a folder that can be written, or DATABASE_URL"
        )))
    }

    pub(super) fn throw_away() -> Result<Self> {
        let path = env::temp_dir().join(format!(
            "outreach-throw-away-{:016x}",
            rand::rng().random::<u64>()
        ));
        let home = Self {
            path,
            account: Account::for_cluster()?,
            throw_away: true,
        };
        home.prepare()?;
        Ok(home)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Major version of the existing data folder.
    pub(super) fn data_version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Makes a file the property of the user that runs PostgreSQL.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        let Some(account) = self.account else {
            return Ok(());
        };
        chown(path, Some(account.uid), Some(account.gid))
            .map_err(doing(format!("giving away {}", path.display())))
    }

    pub(super) fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.path.join(name);
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(doing(format!("opening {}", path.display())))
    }

    /// Makes the folder, private to its owner, and checks that PostgreSQL's user gets in.
    fn prepare(&self) -> Result<()> {
        let refused = |what: &str| {
            Err(ClusterError::Unusable(format!(
                "{} {what}",
                self.path.display()
            )))
        };
        if let Some(parent) = self.path.parent() {
            fs::create_dir_all(parent).map_err(doing(format!("making {}", parent.display())))?;
        }
        match DirBuilder::new().mode(0o700).create(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(doing(format!("making {}", self.path.display()))(error));
            }
            _ => {}
        }
        // In a folder that everybody may write, somebody else could have put a link or a folder of theirs here.
        let found = fs::symlink_metadata(&self.path)
            .map_err(doing(format!("reading {}", self.path.display())))?;
        let us = rustix::process::geteuid().as_raw();
        let owners = [Some(us), self.account.map(|account| account.uid)];
        if !found.is_dir() || !owners.contains(&Some(found.uid())) {
            return refused(
                "belongs to another user: start the app as that user, or choose another DATA_DIR",
            );
        }
        self.give(&self.path)?;
        fs::set_permissions(&self.path, Permissions::from_mode(0o700))
            .map_err(doing(format!("protecting {}", self.path.display())))?;
        match self.account {
            Some(account) if !account.can_use(&self.path) => {
                // Nothing was put into it, and an empty folder would only confuse.
                drop(fs::remove_dir(&self.path));
                refused("cannot be reached by the unprivileged user that runs PostgreSQL")
            }
            _ => Ok(()),
        }
    }
}

/// A folder under root's home is closed to everybody else, so root needs places to fall back to.
fn candidates(data_dir: &Path, is_root: bool) -> Vec<PathBuf> {
    let mut candidates = vec![data_dir.join("postgres")];
    if is_root {
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let name: String = digest
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        candidates.push(PathBuf::from("/var/lib/outreach-command-center").join(&name));
        candidates.push(env::temp_dir().join(format!("outreach-command-center-{name}")));
    }
    candidates
}

fn note(data_dir: &Path, home: &Path) {
    let text = format!(
        "The user that runs PostgreSQL cannot enter this folder; its database is in\n{}\n",
        home.display()
    );
    let file = data_dir.join(NOTE);
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    tracing::warn!(
        "PostgreSQL's user cannot enter {}; the database is in {}",
        data_dir.display(),
        home.display()
    );
    if let Err(error) = fs::create_dir_all(data_dir).and_then(|()| fs::write(&file, text)) {
        tracing::warn!(%error, "{} could not be written", file.display());
    }
}
