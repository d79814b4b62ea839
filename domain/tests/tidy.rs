//! The project's own rules, held by reading its files: what ARCHITECTURE.md calls invariants.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Source files below a folder with one of these endings, as path and text.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | ".git" | ".data") {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let shown = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn offenders(folder: &str, words: &[&str]) -> Vec<String> {
    files(folder, &[".rs"])
        .into_iter()
        .flat_map(|(path, text)| {
            let path = path.clone();
            text.lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]"))
                .filter(|line| !line.trim_start().starts_with("//"))
                .filter(|line| words.iter().any(|word| line.contains(word)))
                .map(|line| format!("{path}: {}", line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<_> = [
        "domain",
        "engine",
        "app",
        "frontend",
        "server",
        "migrations",
        "style",
        "end2end",
    ]
    .iter()
    .flat_map(|folder| files(folder, &[".rs", ".sql", ".css", ".ts"]))
    .filter(|(_, text)| text.lines().count() > 500)
    .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
    .collect();
    assert_eq!(long, [] as [String; 0]);
}

#[test]
fn domain_does_no_io_is_not_asynchronous_and_reads_no_clock() {
    let found = offenders(
        "domain/src",
        &[
            "std::fs",
            "std::net",
            "async fn",
            "tokio",
            "Utc::now",
            "Instant::now",
            "SystemTime::now",
        ],
    );
    assert_eq!(found, [] as [String; 0]);
}

#[test]
fn engine_names_neither_leptos_nor_axum() {
    assert_eq!(
        offenders("engine/src", &["leptos", "axum"]),
        [] as [String; 0]
    );
}

/// Why: `connect::begin` in the engine.
#[test]
fn transactions_begin_where_they_cannot_be_forgotten() {
    let found: Vec<_> = offenders("engine/src", &["pool.begin()", "pool().begin()"])
        .into_iter()
        .filter(|line| !line.starts_with("engine/src/connect.rs"))
        .collect();
    assert_eq!(found, [] as [String; 0]);
}

#[test]
fn app_holds_no_sql_and_one_server_only_module() {
    assert_eq!(
        offenders("app/src", &["sqlx", "SELECT ", "UPDATE ", "INSERT "]),
        [] as [String; 0]
    );
    let gates = offenders("app/src", &["cfg(feature = \"ssr\")"]);
    assert!(gates.len() <= 1, "{gates:#?}");
}

#[test]
fn only_the_session_store_of_the_server_names_sqlx() {
    let found: Vec<_> = offenders("server/src", &["sqlx::"])
        .into_iter()
        .filter(|line| !line.contains("session"))
        .collect();
    assert_eq!(found, [] as [String; 0]);
}

#[test]
fn migrations_are_named_by_time_verb_and_object() {
    for (path, _) in files("migrations", &[".sql"]) {
        let name = path.rsplit('/').next().unwrap().trim_end_matches(".sql");
        let (time, words) = name.split_once('_').unwrap();
        assert!(
            time.len() == 14 && time.chars().all(|c| c.is_ascii_digit()) && words.contains('_'),
            "{path}"
        );
    }
}
