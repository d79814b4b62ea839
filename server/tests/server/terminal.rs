//! The program as people run it in a terminal.

use std::{
    path::Path,
    process::{Command, Output},
};

use sqlx::{ConnectOptions, PgPool};

/// `server` on the database of the test, with a folder of its own.
pub(crate) fn command(pool: &PgPool, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    for name in ["NEON_DATABASE_URL", "DATABASE_DIRECT_URL", "DEMO"] {
        command.env_remove(name);
    }
    command
        .env(
            "DATABASE_URL",
            pool.connect_options().to_url_lossy().as_str(),
        )
        .env("DATA_DIR", folder);
    command
}

/// Runs `server` with the arguments on the database of the test; its output, and all that it printed.
pub(crate) async fn server(pool: &PgPool, arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(pool, folder.path());
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output, String::from_utf8_lossy(&text).into_owned())
}
