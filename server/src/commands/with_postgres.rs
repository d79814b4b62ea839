//! `server with-postgres [--fast] -- CMD ARGS…`.

use std::{
    ffi::OsString,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::{cluster::Cluster, config::Config, signals::Signals};

/// Other names for a database would win over the one that is meant here.
const OTHER_NAMES: [&str; 3] = [
    "NEON_DATABASE_URL",
    "DATABASE_DIRECT_URL",
    "DATABASE_POOLER",
];

pub(super) async fn run(
    config: &Config,
    fast: bool,
    command: &[OsString],
) -> anyhow::Result<ExitCode> {
    let (program, arguments) = command
        .split_first()
        .context("there is no command to run")?;
    // From here on a signal is for the command; the cluster ends after it in any case.
    let mut signals = Signals::new()?;
    let data_dir = config.data_dir.clone();
    let start = move || {
        if fast {
            Cluster::start_throw_away()
        } else {
            Cluster::start(&data_dir)
        }
    };
    let cluster = tokio::task::spawn_blocking(start).await??;

    let mut child = Command::new(program);
    child.args(arguments).env("DATABASE_URL", cluster.url());
    for name in OTHER_NAMES {
        child.env_remove(name);
    }
    let ended = match child.spawn() {
        Ok(mut child) => wait(&mut child, &mut signals).await.map(exit_code),
        Err(error) => {
            eprintln!("{} cannot be run: {error}", program.to_string_lossy());
            Ok(ExitCode::from(127))
        }
    };
    tokio::task::spawn_blocking(move || cluster.stop()).await??;
    Ok(ended?)
}

async fn wait(child: &mut Child, signals: &mut Signals) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            // The terminal sends SIGINT to the command as well; SIGTERM comes to us alone and is passed on.
            signal = signals.next() => if signal == 15
                && let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
            {
                let _ = kill_process(pid, Signal::TERM);
            },
        }
    }
}

/// The command's own code, or as shells say it when a signal ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
