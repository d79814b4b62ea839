//! The private PostgreSQL.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use server::cluster::Cluster;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A data folder that every user can reach, as PostgreSQL does not run as root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn start(folder: &Path) -> Cluster {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || Cluster::start(&folder))
        .await
        .unwrap()
        .unwrap()
}

async fn stop(cluster: Cluster) {
    tokio::task::spawn_blocking(move || cluster.stop())
        .await
        .unwrap()
        .unwrap();
}

fn is_alive(pid: i32) -> bool {
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

async fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::connect(&cluster.url()).await.unwrap()
}

async fn note(cluster: &Cluster, text: &str) {
    let mut connection = connect(cluster).await;
    sqlx::query("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("INSERT INTO notes VALUES ($1)")
        .bind(text)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn notes(cluster: &Cluster) -> Vec<String> {
    let mut connection = connect(cluster).await;
    sqlx::query_scalar("SELECT text FROM notes ORDER BY 1")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn data_outlives_stops_and_crashes() {
    let folder = folder();
    let cluster = start(folder.path()).await;
    note(&cluster, "first").await;
    let first = cluster.pid();
    stop(cluster).await;
    assert!(!is_alive(first), "stopped with the app");

    let cluster = start(folder.path()).await;
    assert_eq!(notes(&cluster).await, ["first"]);
    note(&cluster, "second").await;
    // PostgreSQL dies and leaves its pid file.
    kill(cluster.pid());
    std::mem::forget(cluster);
    let cluster = start(folder.path()).await;
    assert_eq!(notes(&cluster).await, ["first", "second"]);
    stop(cluster).await;
}

#[tokio::test]
async fn is_shared_and_stopped_by_the_last() {
    let folder = folder();
    let one = start(folder.path()).await;
    let two = start(folder.path()).await;
    assert_eq!(one.pid(), two.pid(), "the second joins");
    let pid = one.pid();
    stop(one).await;
    note(&two, "still here").await;
    stop(two).await;
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_pid_file_that_names_somebody_else_is_no_obstacle() {
    let folder = folder();
    let cluster = start(folder.path()).await;
    let data = cluster.home().join("data");
    stop(cluster).await;
    let own = std::process::id();
    fs::write(
        data.join("postmaster.pid"),
        format!("{own}\n{}\n1\n5432\n\n127.0.0.1\n", data.display()),
    )
    .unwrap();
    let cluster = start(folder.path()).await;
    note(&cluster, "started").await;
    stop(cluster).await;
}

#[tokio::test]
async fn is_closed_to_others() {
    let folder = folder();
    let cluster = start(folder.path()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(cluster.home()), 0o700);
    assert_eq!(mode(&cluster.home().join("password")), 0o600);
    let (before, after) = cluster
        .url()
        .split_once(':')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let wrong = format!(
        "{before}:{}",
        after.replacen(|c: char| c.is_ascii_digit(), "x", 1)
    );
    assert!(PgConnection::connect(&wrong).await.is_err() || wrong == cluster.url());
    let mut connection = connect(&cluster).await;
    let (encoding, addresses): (String, String) = sqlx::query_as(
        "SELECT current_setting('server_encoding'), current_setting('listen_addresses')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(
        (encoding.as_str(), addresses.as_str()),
        ("UTF8", "127.0.0.1")
    );
    drop(connection);
    stop(cluster).await;
}

#[tokio::test]
async fn a_throw_away_cluster_leaves_nothing() {
    let cluster = tokio::task::spawn_blocking(Cluster::start_throw_away)
        .await
        .unwrap()
        .unwrap();
    let home = cluster.home().to_owned();
    let pid = cluster.pid();
    note(&cluster, "gone soon").await;
    tokio::task::spawn_blocking(move || drop(cluster))
        .await
        .unwrap();
    assert!(!home.exists());
    for _ in 0..50 {
        if !is_alive(pid) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("PostgreSQL still runs");
}

#[tokio::test]
async fn root_falls_back_when_its_folder_is_closed() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root runs PostgreSQL as somebody else");
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let cluster = start(closed.path()).await;
    let home = cluster.home().to_owned();
    assert!(!home.starts_with(closed.path()));
    let text = fs::read_to_string(closed.path().join("database-is-elsewhere.txt")).unwrap();
    assert!(text.contains(home.to_str().unwrap()), "{text}");
    note(&cluster, "elsewhere").await;
    stop(cluster).await;
    let cluster = start(closed.path()).await;
    assert_eq!(
        (cluster.home(), notes(&cluster).await),
        (&*home, vec!["elsewhere".to_owned()])
    );
    stop(cluster).await;
    fs::remove_dir_all(home).unwrap();
}
