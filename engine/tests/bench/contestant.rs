//! What is compared: a process of its own, ours as well as the rivals, spoken to line by line.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::ours;

/// A process that says it is ready once its jobs wait, works from `go` on, and ends with `stop`.
pub(crate) struct Contestant {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What a contestant is and what it runs with.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// The rival's program; none is ours.
    pub(crate) script: Option<&'static str>,
    pub(crate) settings: Value,
}

impl Entry {
    /// Whether it can run here. Where npm's packages cannot be fetched, the small versions do without the rivals.
    pub(crate) fn is_possible(&self, full: bool) -> bool {
        if self.script.is_none() || node().is_some() {
            return true;
        }
        assert!(
            !full,
            "the rivals are not installed: scripts/setup test does it"
        );
        println!(
            "{}: skipped, the rivals are not installed (scripts/setup test does it)",
            self.name
        );
        false
    }

    /// What it runs with, for whoever reads the figures.
    pub(crate) fn describe(&self) -> String {
        format!("{}: {}", self.name, self.settings)
    }
}

impl Contestant {
    /// `jobs` is how many wait in its queue when it is ready.
    pub(crate) async fn start(entry: &Entry, url: &str, jobs: usize) -> Self {
        let mut settings = entry.settings.clone();
        settings["jobs"] = json!(jobs);
        let mut command = if let Some(script) = entry.script {
            let mut command = Command::new(node().expect("asked before"));
            command.arg(folder().join(script));
            command
        } else {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.env(ours::WORKER, "yes");
            command
        };
        let mut child = command
            .args([url, &settings.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut contestant = Self {
            child,
            input,
            output,
        };
        assert_eq!(contestant.hear().await, json!("ready"));
        contestant
    }

    /// It starts its worker when it reads this.
    pub(crate) async fn go(&mut self) {
        self.tell("go").await;
    }

    /// Waits until the worker has been started.
    pub(crate) async fn going(&mut self) {
        assert_eq!(self.hear().await, json!("going"));
    }

    /// When each event's work started, as numbers of events with microseconds since 1970; nothing if it kept no record.
    pub(crate) async fn stop(mut self) -> Vec<(usize, i64)> {
        self.tell("stop").await;
        let starts = self.hear().await;
        assert!(self.child.wait().await.unwrap().success());
        serde_json::from_value(starts).unwrap()
    }

    async fn tell(&mut self, word: &str) {
        self.input
            .write_all(format!("{word}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn hear(&mut self) -> Value {
        let line = self.output.next_line().await.unwrap();
        let line = line.expect("a contestant ended before it should");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("a contestant said: {line}"))
    }
}

/// The versions of Node and of the rivals.
pub(crate) fn versions() -> String {
    let Some(node) = node() else {
        return "rivals: none".into();
    };
    let version = version_of(node).unwrap_or_default();
    let list = std::fs::read_to_string(folder().join("package.json")).unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    format!("rivals: {}, on Node {version}", list["dependencies"])
}

/// A Node that is new enough for the rivals, if they are installed: npm's, or the system's.
fn node() -> Option<&'static Path> {
    static NODE: OnceLock<Option<PathBuf>> = OnceLock::new();
    NODE.get_or_init(|| {
        let modules = folder().join("node_modules");
        if !modules.join(".package-lock.json").exists() {
            return None;
        }
        [modules.join("node/bin/node"), "node".into()]
            .into_iter()
            .find(|node| version_of(node).is_some_and(|version| is_new_enough(&version)))
    })
    .as_deref()
}

fn version_of(node: &Path) -> Option<String> {
    let output = std::process::Command::new(node)
        .arg("--version")
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// graphile-worker asks for 22.18.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(|number| number.parse().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(22), Some(18))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/rivals")
}
