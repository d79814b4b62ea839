//! PostgreSQL's programs: found, not shipped.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{ClusterError, Result, doing, home::Home};

/// The oldest release that the schema works on.
const OLDEST: u32 = 15;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) version: u32,
}

impl Binaries {
    /// The programs of the data folder's version, or the first usable ones for a new folder.
    pub(super) fn find(data_version: Option<u32>) -> Result<Self> {
        let found: Vec<_> = folders()
            .iter()
            .filter_map(|folder| Self::look(folder))
            .collect();
        let usable =
            |version: u32| data_version.map_or(version >= OLDEST, |wanted| version == wanted);
        if let Some(index) = found.iter().position(|binaries| usable(binaries.version)) {
            return Ok(found[index].clone());
        }
        let wanted = data_version.map_or_else(
            || format!("{OLDEST} or newer"),
            |version| version.to_string(),
        );
        let seen: Vec<_> = found
            .iter()
            .map(|binaries| binaries.version.to_string())
            .collect();
        let seen = if seen.is_empty() {
            "none".to_owned()
        } else {
            seen.join(", ")
        };
        Err(ClusterError::Unusable(format!(
            "PostgreSQL {wanted} is needed for the private database, and found was: {seen}. Install it (on Debian: \
             apt-get install postgresql), or set DATABASE_URL to a server of yours"
        )))
    }

    fn look(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        Some(Self {
            version: major(&String::from_utf8_lossy(&output.stdout))?,
            folder: folder.into(),
        })
    }

    /// One of the programs, to be run as the cluster's user and from a folder which that user can enter.
    pub(super) fn command(&self, program: &str, home: &Home) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.current_dir(&home.path).stdin(Stdio::null());
        // A locale that does not exist here would make initdb and postgres refuse to start; PG* would redirect them.
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("LC_") || name_text.starts_with("PG") || name_text == "LANG" {
                command.env_remove(&name);
            }
        }
        if let Some(account) = home.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    pub(super) fn initdb(
        &self,
        home: &Home,
        data: &Path,
        password: &Path,
        user: &str,
        fast: bool,
    ) -> Result<()> {
        let run = |locale: &str| {
            let mut command = self.command("initdb", home);
            command
                .args(["--encoding=UTF8", "--auth=scram-sha-256", locale])
                .arg(format!("--username={user}"));
            command
                .arg("--pwfile")
                .arg(password)
                .arg("--pgdata")
                .arg(data);
            if fast {
                command.arg("--no-sync");
            }
            command.output().map_err(doing("running initdb"))
        };
        // C.UTF-8 knows letters beyond ASCII; older systems and macOS lack it, and C is everywhere.
        let first = run("--locale=C.UTF-8")?;
        if first.status.success() {
            return Ok(());
        }
        let second = run("--locale=C")?;
        if second.status.success() {
            Ok(())
        } else {
            Err(failed(&second))
        }
    }
}

fn failed(output: &Output) -> ClusterError {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<_> = text.trim().lines().collect();
    let tail = lines[lines.len().saturating_sub(8)..].join("\n  ");
    ClusterError::Unusable(format!(
        "initdb could not make the private database:\n  {tail}"
    ))
}

/// Where the programs may be, in order of preference.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    for (parent, prefix, inner) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ] {
        folders.extend(
            versions(Path::new(parent), prefix)
                .map(|name| Path::new(parent).join(name).join(inner)),
        );
    }
    folders.retain(|folder| folder.is_absolute());
    folders
}

/// Names below `parent` that are `prefix` and a number, the highest first.
fn versions(parent: &Path, prefix: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, String)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name.strip_prefix(prefix)?.parse().ok()?, name))
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name)
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0)` is 15.
fn major(text: &str) -> Option<u32> {
    let version = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        let table = [
            (
                "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)",
                Some(15),
            ),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(major(text), expected, "{text}");
        }
    }
}
