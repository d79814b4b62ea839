//! `server import FILE`, as a process of its own: what a person on the server's machine sees.

use std::{
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
    time::Duration,
};

use sqlx::PgPool;
use tempfile::TempDir;

use crate::terminal::command;

/// A folder with a file of so many companies, half a kilobyte each. Every tenth has no website, so that only its line
/// tells it from others.
fn list(rows: usize) -> (TempDir, PathBuf) {
    let mut text = String::from("name,website,notes\n");
    let notes = "A note that makes the row as wide as rows of real lists are. ".repeat(8);
    for n in 0..rows {
        let website = if n % 10 == 3 {
            String::new()
        } else {
            format!("c{n}.example")
        };
        text.push_str(&format!("Company {n},{website},{notes}\n"));
    }
    write(&text)
}

fn write(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn import(pool: &PgPool, folder: &Path, file: &Path) -> Child {
    command(pool, folder)
        .arg("import")
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn end(child: Child) -> (Output, String) {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output, text)
}

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_import_goes_on_when_the_command_runs_again(pool: PgPool) {
    let (folder, path) = list(12_000);
    let mut child = import(&pool, folder.path(), &path);
    let done = "SELECT coalesce(max(lines_done), 0) FROM intake.import_batches";
    while number(&pool, done).await == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it is at work");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let state: String = sqlx::query_scalar("SELECT status FROM intake.import_batches")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(state, "importing");

    let (output, text) = end(import(&pool, folder.path(), &path)).await;
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("12000 rows: 12000 accepted, 0 duplicates, 0 rejected"),
        "{text}"
    );
    let rows = "SELECT count(DISTINCT import_line) * 1000000 + count(*) FROM company_raw_intake";
    assert_eq!(number(&pool, rows).await, 12_000_012_000, "each row once");
    let completed = "SELECT count(*) FROM intake.import_batches WHERE status = 'completed' AND total_rows = 12000";
    assert_eq!(number(&pool, completed).await, 1);

    let (output, text) = end(import(&pool, folder.path(), &path)).await;
    assert!(
        output.status.success() && text.contains("Already imported as"),
        "{text}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_without_a_known_column_is_refused_and_leaves_nothing(pool: PgPool) {
    let (folder, path) = write("foo,bar\n1,2\n");
    let (output, text) = end(import(&pool, folder.path(), &path)).await;
    assert!(!output.status.success());
    assert!(
        text.contains("No column of list.csv is recognised as the company's name or website"),
        "{text}"
    );
    assert_eq!(
        number(&pool, "SELECT count(*) FROM intake.import_batches").await,
        0
    );
}

/// The most memory that the process has held, in KiB, as far as one sees from outside.
async fn peak(pool: &PgPool, rows: usize) -> u64 {
    let (folder, path) = list(rows);
    let mut child = import(pool, folder.path(), &path);
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (output, text) = end(child).await;
    assert!(
        output.status.success() && text.contains(&format!("{rows} rows:")),
        "{text}"
    );
    peak
}

#[sqlx::test(migrations = "../migrations")]
async fn memory_does_not_grow_with_the_file(pool: PgPool) {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: this system does not tell what memory a process holds");
        return;
    }
    let small = peak(&pool, 10_000).await;
    sqlx::query("TRUNCATE intake.company_raw_intake, intake.import_batches CASCADE")
        .execute(&pool)
        .await
        .unwrap();
    let large = peak(&pool, 100_000).await;
    assert!(small > 0 && large > 0);
    println!("peak memory: {small} KiB with 10,000 rows, {large} KiB with 100,000");
    // The files differ by 45 MB; what a process holds varies by itself by a few.
    assert!(
        large < small + 16 * 1024,
        "{small} KiB with 10,000 rows, {large} KiB with 100,000"
    );
}
