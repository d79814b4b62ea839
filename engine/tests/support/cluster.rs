//! A PostgreSQL of a suite's own: to be stopped without mercy, or set up to be measured.

use std::{
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use sqlx::{Connection, PgConnection};

pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    owner: (u32, u32),
    options: String,
    pub(crate) port: u16,
}

impl Cluster {
    /// Its programs and its system user are those of the server at DATABASE_URL; `options` are those of `postgres`.
    pub(crate) async fn start(options: &str) -> Self {
        let url =
            std::env::var("DATABASE_URL").expect("DATABASE_URL names a PostgreSQL on this machine");
        let mut model = PgConnection::connect(&url).await.unwrap();
        let (data, programs): (String, String) = sqlx::query_as(
            "SELECT current_setting('data_directory'), (SELECT setting FROM pg_config WHERE name = 'BINDIR')",
        )
        .fetch_one(&mut model)
        .await
        .unwrap();
        let owner = std::fs::metadata(data).expect("the server runs on this machine");
        let folder = tempfile::Builder::new()
            .prefix("postgres")
            .tempdir()
            .unwrap();
        let owner = (owner.uid(), owner.gid());
        std::os::unix::fs::chown(folder.path(), Some(owner.0), Some(owner.1)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let cluster = Self {
            folder,
            programs: programs.into(),
            owner,
            options: options.into(),
            port,
        };
        cluster.call(
            "initdb",
            &[
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-sync",
            ],
        );
        cluster.start_server();
        let mut admin = cluster.admin("postgres").await;
        sqlx::raw_sql("CREATE ROLE app LOGIN")
            .execute(&mut admin)
            .await
            .unwrap();
        cluster
    }

    pub(crate) fn start_server(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {}",
            self.port, self.options
        );
        self.call(
            "pg_ctl",
            &["start", "-w", "-s", "-l", &self.path("log"), "-o", &options],
        );
    }

    /// As a power cut would: no checkpoint, no goodbye.
    pub(crate) fn stop_immediately(&self) {
        self.call("pg_ctl", &["stop", "-m", "immediate", "-s"]);
    }

    /// A superuser's connection that does not go through the proxy.
    pub(crate) async fn admin(&self, database: &str) -> PgConnection {
        for _ in 0..200 {
            if let Ok(connection) =
                PgConnection::connect(&self.url("postgres", database, self.port)).await
            {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "the cluster does not answer; its log: {}",
            std::fs::read_to_string(self.path("log")).unwrap()
        );
    }

    pub(crate) fn url(&self, user: &str, database: &str, port: u16) -> String {
        format!("postgres://{user}@127.0.0.1:{port}/{database}")
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn call(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(self.programs.join(program))
            .args(arguments)
            .args(["-D", &self.path("data")])
            .env_remove("LC_ALL")
            .env("LANG", "C.UTF-8")
            .current_dir(self.folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::fs::File::create(self.path("complaint")).unwrap())
            .uid(self.owner.0)
            .gid(self.owner.1)
            .status()
            .unwrap();
        assert!(
            output.success(),
            "{program}: {}",
            std::fs::read_to_string(self.path("complaint")).unwrap()
        );
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop_immediately();
    }
}
