//! The database of a command: the one that is named, or the private one.

use std::path::PathBuf;

use anyhow::Context;
use engine::{Engine, EngineConfig};

use crate::{cluster::Cluster, config::Config};

/// How to reach the database, and the private cluster for as long as it is used.
pub(crate) struct Surroundings {
    pub(crate) engine: EngineConfig,
    cluster: Option<Cluster>,
}

impl Surroundings {
    /// Starts the private cluster when no database is named.
    pub(crate) async fn enter(config: &Config) -> anyhow::Result<Self> {
        let (database_url, direct_url, pooler, cluster) = match &config.database {
            Some(named) => (
                named.url.expose().to_owned(),
                named.direct_url.expose().to_owned(),
                named.pooler,
                None,
            ),
            None => {
                let data_dir = config.data_dir.clone();
                let cluster =
                    tokio::task::spawn_blocking(move || Cluster::start(&data_dir)).await??;
                (cluster.url(), cluster.url(), false, Some(cluster))
            }
        };
        let engine = EngineConfig {
            database_url,
            direct_url,
            pooler,
            pool_size: config.pool_size,
            upload_dir: config.data_dir.join("uploads"),
            demo: config.demo,
            n8n: config.n8n(),
            webhooks: config.webhooks(),
        };
        Ok(Self { engine, cluster })
    }

    /// Connects and brings the schema up to date.
    pub(crate) async fn start_engine(&self) -> anyhow::Result<Engine> {
        std::fs::create_dir_all(&self.engine.upload_dir).with_context(|| {
            format!(
                "making the folder {} failed; set DATA_DIR",
                self.engine.upload_dir.display()
            )
        })?;
        Engine::start(self.engine.clone())
            .await
            .with_context(|| self.what_to_check())
    }

    /// Brings the schema up to date, and returns the number of migrations that were applied.
    pub(crate) async fn migrate(&self) -> anyhow::Result<usize> {
        Engine::migrate(&self.engine)
            .await
            .with_context(|| self.what_to_check())
    }

    fn what_to_check(&self) -> &'static str {
        match self.cluster {
            Some(_) => "the private database cannot be used",
            None => "the database cannot be used; check DATABASE_URL, `server doctor` tells more",
        }
    }

    /// Folder of the private cluster, if there is one.
    pub(crate) fn private_folder(&self) -> Option<PathBuf> {
        self.cluster
            .as_ref()
            .map(|cluster| cluster.home().to_owned())
    }

    /// Stops the private cluster, unless another process uses it.
    pub(crate) async fn leave(self) -> anyhow::Result<()> {
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.stop()).await??;
        }
        Ok(())
    }
}
