//! The binary itself: from the first start to the signal that stops it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

fn server(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    for name in [
        "DATABASE_URL",
        "NEON_DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "DEMO",
    ] {
        command.env_remove(name);
    }
    command
        .env("DATA_DIR", folder)
        .env("SITE_ADDR", "127.0.0.1:0")
        .env("SHUTDOWN_SECONDS", "10");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A started server and what it printed.
struct Started {
    child: Child,
    banner: String,
}

impl Started {
    fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = server(folder)
            .args(arguments)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut banner = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The banner ends with an empty line, as it begins.
        while let Some(Ok(line)) = lines.next() {
            if line.is_empty() && !banner.is_empty() {
                break;
            }
            banner.push_str(&line);
            banner.push('\n');
        }
        Self {
            child,
            banner: banner.trim_start().to_owned(),
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.banner
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(name))
            .map(str::trim)
    }

    fn signal(&self, signal: Signal) {
        kill_process(
            Pid::from_raw(self.child.id().cast_signed()).unwrap(),
            signal,
        )
        .unwrap();
    }

    fn wait(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.child.kill().unwrap();
        panic!("the server did not stop");
    }
}

fn postmaster(folder: &Path) -> Option<i32> {
    let text = fs::read_to_string(folder.join("postgres/data/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok()
}

fn is_alive(pid: i32) -> bool {
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn the_first_start_prints_how_to_sign_in_and_a_signal_stops_everything() {
    let folder = folder();
    let mut first = Started::new(folder.path(), &[]);
    let url = first.field("Open").expect(&first.banner).to_owned();
    let (name, password) = (
        first.field("Name").unwrap().to_owned(),
        first.field("Password").unwrap().to_owned(),
    );
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let sign_in = || {
        let form = [("name", name.as_str()), ("password", password.as_str())];
        client
            .post(format!("{url}/session"))
            .header("origin", &url)
            .form(&form)
            .send()
    };
    let answer = sign_in().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/".parse().unwrap())
    );
    let pid = postmaster(folder.path()).expect("PostgreSQL runs");
    first.signal(Signal::TERM);
    assert_eq!(first.wait(), Some(0));
    assert!(!is_alive(pid), "PostgreSQL is stopped, too");

    // Killed without a chance to stop anything: PostgreSQL goes on, and the next start finds it with its data.
    let mut second = Started::new(folder.path(), &["all"]);
    assert!(
        second.field("Password").is_none() && second.banner.contains("server user add"),
        "{}",
        second.banner
    );
    second.signal(Signal::KILL);
    second.child.wait().unwrap();
    let left = postmaster(folder.path()).unwrap();
    assert!(is_alive(left));
    let mut third = Started::new(folder.path(), &[]);
    assert_eq!(postmaster(folder.path()), Some(left), "it is used again");
    third.signal(Signal::INT);
    assert_eq!(third.wait(), Some(0));
    assert!(!is_alive(left));
}

#[test]
fn commands_work_beside_a_running_app() {
    let folder = folder();
    let mut app = Started::new(folder.path(), &["serve"]);
    let output = server(folder.path())
        .args(["user", "add", "Ada", "--role", "operator"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("ada may sign in as operator"),
        "{}",
        text(&output)
    );
    let output = server(folder.path()).args(["migrate"]).output().unwrap();
    assert!(text(&output).contains("up to date"), "{}", text(&output));
    let output = server(folder.path()).args(["doctor"]).output().unwrap();
    for check in [
        "ok       migrations",
        "ok       listen",
        "ok       version",
        "ok       pool",
    ] {
        assert!(text(&output).contains(check), "{check}: {}", text(&output));
    }
    let commands: [(&[&str], &str); 11] = [
        (&["doctor"], "checks of the data: 0 faults"),
        (&["doctor", "--recount"], "add --yes"),
        (&["doctor", "--recount", "--yes"], "Every count was right"),
        (&["schedule"], "prune_events"),
        (&["schedule", "run", "prune_runs"], "runs 0"),
        (&["schedule", "history", "prune_runs"], "(command line)"),
        (
            &["schedule", "set", "prune_runs", "often"],
            "instead of five fields",
        ),
        (&["schedule", "set", "prune_runs", "0 5 * * *"], "comes at"),
        (&["schedule", "pause", "prune_runs", "--reason", "x"], ": x"),
        (&["retention", "set", "events", "14"], "14 days"),
        (&["retention", "set", "events", "soon"], "nor \"forever\""),
    ];
    for (arguments, expected) in commands {
        let output = server(folder.path())
            .env("USER", "ada")
            .args(arguments)
            .output()
            .unwrap();
        let printed = text(&output);
        assert!(printed.contains(expected), "{arguments:?}: {printed}");
    }
    assert!(
        is_alive(postmaster(folder.path()).unwrap()),
        "the app's database still runs"
    );
    // A reader that has left is no failure.
    let mut child = server(folder.path()).arg("schedule").spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output), "");
    app.signal(Signal::TERM);
    assert_eq!(app.wait(), Some(0));
}

#[test]
fn with_postgres_passes_database_and_exit_code() {
    let script =
        r#"case $DATABASE_URL in postgres://*@127.0.0.1:*) echo "$DATABASE_URL"; exit 7;; esac"#;
    let output = server(Path::new("/nonexistent"))
        .args(["with-postgres", "--fast", "--", "sh", "-c", script])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    let url = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let port = url
        .rsplit(':')
        .next()
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err(),
        "it is stopped"
    );
    let output = server(Path::new("/nonexistent"))
        .args(["with-postgres", "--fast", "--", "/no/such/program"])
        .output();
    assert_eq!(output.unwrap().status.code(), Some(127));
}

#[test]
fn nothing_printed_holds_the_databases_password() {
    let folder = folder();
    let url = "postgres://ada:s3cretW0rd@127.0.0.1:9/none?application_name=x";
    for command in ["all", "migrate", "doctor"] {
        let mut child = server(folder.path())
            .env("DATABASE_URL", url)
            .env("RUST_LOG", "trace")
            .arg(command)
            .spawn()
            .unwrap();
        let mut printed = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        assert!(!child.wait().unwrap().success(), "{command}");
        assert!(!printed.contains("s3cretW0rd"), "{command}:\n{printed}");
        assert!(
            printed.contains("DATABASE_URL"),
            "{command} says what to check:\n{printed}"
        );
    }
}
