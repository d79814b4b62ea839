//! The engine behind PgBouncer, where it is installed.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use engine::{Engine, inspect::inspect};
use sqlx::{ConnectOptions, PgPool, postgres::PgConnectOptions};

use super::support::config;

struct PgBouncer(Child);

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Before 1.21 PgBouncer does not track prepared statements, and only its session pooling can be used.
fn transaction_pooling() -> Option<bool> {
    let output = Command::new("pgbouncer").arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.lines().next()?.split_whitespace().nth(1)?;
    let mut parts = version
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    Some((parts.next()?, parts.next()?) >= (1, 21))
}

fn start(folder: &Path, port: u16, server: &PgConnectOptions, transactions: bool) -> PgBouncer {
    let mode = if transactions {
        "pool_mode = transaction\nmax_prepared_statements = 100"
    } else {
        "pool_mode = session"
    };
    // Fewer server connections than clients, so that they are exchanged; nothing is ignored that a client may set.
    let settings = format!(
        "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\n{mode}\ndefault_pool_size = {}\n",
        server.get_host(),
        server.get_port(),
        if transactions { 2 } else { 12 },
    );
    // PgBouncer with auth_type any logs in as the user of the database entry.
    let url = server.to_url_lossy();
    let password = url
        .password()
        .map(|password| format!(" password={password}"));
    let settings = settings.replace(
        "\n[pgbouncer]",
        &format!(
            " user={}{}\n[pgbouncer]",
            server.get_username(),
            password.unwrap_or_default(),
        ),
    );
    let file = folder.join("pgbouncer.ini");
    fs::write(&file, settings).unwrap();
    let mut command = Command::new("pgbouncer");
    if is_root() {
        // It refuses to run as root.
        command.args(["-u", "nobody"]);
    }
    PgBouncer(
        command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    )
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| {
        use std::os::unix::fs::MetadataExt;
        process.uid() == 0
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn statements_are_prepared_behind_a_pooler(pool: PgPool) {
    let Some(transactions) = transaction_pooling() else {
        println!("skipped: pgbouncer is not installed");
        return;
    };
    let server = pool.connect_options();
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    let bouncer = start(folder.path(), port, &server, transactions);
    if !transactions {
        println!("transaction pooling skipped: this pgbouncer is older than 1.21");
    }
    let direct = server.to_url_lossy();
    let mut pooled = direct.clone();
    pooled.set_host(Some("127.0.0.1")).unwrap();
    pooled.set_port(Some(port)).unwrap();
    let mut config = config(direct.as_str());
    config.database_url = pooled.to_string();
    config.pooler = true;
    let engine = Engine::start(config.clone()).await.unwrap();
    let answers = async {
        while engine.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answers)
        .await
        .expect("PgBouncer leads to the database");
    // What PgBouncer lets in, `server doctor` must not call a problem.
    for (name, outcome) in inspect(&config).await {
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    // Eight clients on two server connections (a session pooler has one for each): a statement is prepared on one and bound on another.
    let mut clients: tokio::task::JoinSet<sqlx::Result<()>> = tokio::task::JoinSet::new();
    for client in 0..8_i64 {
        let pool = engine.pool().clone();
        clients.spawn(async move {
            for n in 0..50_i64 {
                let sum: i64 = sqlx::query_scalar("SELECT $1::BIGINT + $2::BIGINT")
                    .bind(client)
                    .bind(n)
                    .fetch_one(&pool)
                    .await?;
                assert_eq!(sum, client + n);
                let mut transaction = pool.begin().await?;
                sqlx::query(
                    "INSERT INTO intake.company_raw_intake (company, website) VALUES ($1, $2)",
                )
                .bind(format!("C{client}"))
                .bind(format!("https://c{client}-{n}.example"))
                .execute(&mut *transaction)
                .await?;
                transaction.commit().await?;
            }
            Ok(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap().unwrap();
    }
    let (rows, kept): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM intake.company_raw_intake), (SELECT count(*) FROM pg_prepared_statements)",
    )
    .fetch_one(engine.pool())
    .await
    .unwrap();
    assert_eq!(rows, 400);
    // A name for every execution, never closed, is what a cache of size 0 leaves behind.
    assert!(kept < 100, "{kept} prepared statements on one connection");
    engine.pool().close().await;
    drop(bouncer);
}
