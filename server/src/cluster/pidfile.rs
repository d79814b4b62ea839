//! PostgreSQL's own note about itself: `postmaster.pid`.

use std::{fs, path::Path, process::Command};

use rustix::{
    io::Errno,
    process::{Pid, WaitOptions, test_kill_process, waitpid},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    pub(super) port: u16,
    /// Connections are accepted.
    pub(super) ready: bool,
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Option<Self> {
        parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    /// Who has the number now: after a restart of the machine or of a container, it may be anything.
    pub(super) fn holder(&self, data: &Path) -> Holder {
        if !is_alive(self.pid) {
            return Holder::Nobody;
        }
        let command_line = fs::read(format!("/proc/{}/cmdline", self.pid))
            .or_else(|_| {
                Command::new("ps")
                    .args(["-o", "command=", "-p", &self.pid.to_string()])
                    .output()
                    .map(|o| o.stdout)
            })
            .unwrap_or_default();
        let command_line = String::from_utf8_lossy(&command_line).replace('\0', " ");
        if !command_line.is_empty() && !command_line.contains("postgres") {
            return Holder::Stranger;
        }
        // PostgreSQL works in its data folder.
        let folder = fs::read_link(format!("/proc/{}/cwd", self.pid)).ok();
        match (folder, fs::canonicalize(data).ok()) {
            (Some(folder), Some(data)) if folder == data => Holder::Ours,
            (Some(_), Some(_)) => Holder::Stranger,
            _ if command_line.contains(&*data.to_string_lossy()) => Holder::Ours,
            _ => Holder::Unknown,
        }
    }
}

/// Whose process a number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// PostgreSQL on our data folder.
    Ours,
    /// Certainly something else.
    Stranger,
    /// It cannot be seen; PostgreSQL itself decides.
    Unknown,
    Nobody,
}

pub(super) fn is_alive(pid: i32) -> bool {
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    // A child of this process that has ended still has its number until somebody asks how it ended.
    if let Ok(Some(_)) = waitpid(Some(pid), WaitOptions::NOHANG) {
        return false;
    }
    // A process of another user answers with "not permitted": it lives.
    test_kill_process(pid) != Err(Errno::SRCH)
}

/// Line 1 holds the process id, line 4 the port, line 8 the state.
fn parse(text: &str) -> Option<PidFile> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    Some(PidFile {
        pid: lines.first()?.parse().ok().filter(|pid| *pid > 0)?,
        port: lines.get(3).and_then(|line| line.parse().ok()).unwrap_or(0),
        ready: lines.get(7).is_some_and(|state| *state == "ready"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lines_that_matter() {
        let whole = "4242\n/x/data\n1763690000\n54321\n\n127.0.0.1\n  5432001   0\nready   \n";
        assert_eq!(
            parse(whole),
            Some(PidFile {
                pid: 4242,
                port: 54321,
                ready: true
            })
        );
        assert_eq!(
            parse(&whole.replace("ready   ", "starting")).map(|file| file.ready),
            Some(false)
        );
        assert_eq!(
            parse("4242\n/x/data\n"),
            Some(PidFile {
                pid: 4242,
                port: 0,
                ready: false
            })
        );
        assert_eq!(parse(""), None);
        assert_eq!(parse("-4242\n"), None);
    }

    #[test]
    fn another_process_with_the_number_is_not_ours() {
        let own = PidFile {
            pid: std::process::id().cast_signed(),
            port: 1,
            ready: true,
        };
        assert!(is_alive(own.pid));
        assert_eq!(own.holder(Path::new("/no/such/data")), Holder::Stranger);
    }
}
