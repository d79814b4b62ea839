//! Everything that touches PostgreSQL or the network: the store, the queue, the stages, the live feed.
//!
//! [`Engine`] is the one handle that callers hold; its methods live beside the noun they concern.

mod actions;
mod charts;
mod connect;
pub mod doctor;
pub mod error;
pub mod export;
pub mod import;
pub mod inspect;
pub mod integrations;
pub mod live;
pub mod queue;
mod schedule;
mod stages;
pub mod store;
pub mod webhooks;

use std::{path::PathBuf, sync::Arc};

use integrations::n8n::{N8n, N8nConfig};
use sqlx::PgPool;
use tokio_util::sync::DropGuard;
use webhooks::{Post, WebhookOptions};

pub use error::{EngineError, Result};

/// What the engine needs to know of its surroundings.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Connection string of the pool; may point at a pooler.
    pub database_url: String,
    /// Connection string for LISTEN and migrations, never through a pooler.
    pub direct_url: String,
    /// True when `database_url` goes through a transaction pooler, which must keep track of prepared statements.
    pub pooler: bool,
    /// Connections in the pool.
    pub pool_size: u32,
    /// Folder for uploaded files until they are imported.
    pub upload_dir: PathBuf,
    /// True when the sandbox providers are in use.
    pub demo: bool,
    pub n8n: Option<N8nConfig>,
    pub webhooks: WebhookOptions,
}

/// A cheap handle on the database and the live feed; clones share both.
#[derive(Clone)]
pub struct Engine {
    pub(crate) pool: PgPool,
    pub(crate) config: Arc<EngineConfig>,
    pub(crate) live: live::Live,
    /// The live feed and its connections end with the last clone.
    _listening: Arc<DropGuard>,
    pub(crate) n8n: Option<Arc<N8n>>,
    pub(crate) post: Arc<Post>,
}

impl Engine {
    /// Connects, applies migrations and starts the live feed.
    ///
    /// # Errors
    /// [`EngineError::Database`] when the server cannot be reached, [`EngineError::NewerDatabase`] when the
    /// database has migrations that this binary does not know.
    pub async fn start(config: EngineConfig) -> Result<Self> {
        Self::migrate(&config).await?;
        let pool = connect::pool(&config)?;
        let listening = connect::listening_pool(connect::options(&config.direct_url)?);
        let live = live::Live::start(listening);
        Ok(Self {
            pool,
            _listening: live.until_dropped(),
            live,
            n8n: n8n(&config)?,
            post: Arc::new(Post::new(config.webhooks.clone())),
            config: Arc::new(config),
        })
    }

    /// An engine on a database that is connected and migrated already: for tests and tools.
    pub fn with_pool(pool: PgPool, config: EngineConfig) -> Self {
        let listening = connect::listening_pool((*pool.connect_options()).clone());
        let live = live::Live::start(listening);
        Self {
            pool,
            _listening: live.until_dropped(),
            live,
            n8n: n8n(&config).unwrap_or_default(),
            post: Arc::new(Post::new(config.webhooks.clone())),
            config: Arc::new(config),
        }
    }

    /// Applies migrations and returns how many were new. Safe to call from several processes at once.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub async fn migrate(config: &EngineConfig) -> Result<usize> {
        connect::migrate(&config.direct_url).await
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A transaction of the pool; see [`connect::begin`].
    pub(crate) async fn transaction(
        &self,
    ) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
        connect::begin(&self.pool).await
    }

    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    pub fn live(&self) -> &live::Live {
        &self.live
    }

    /// Ends the live feed and closes the connections: before the database goes, so that nobody takes that for a failure.
    pub async fn close(&self) {
        self.live.stop();
        self.pool.close().await;
    }

    /// Answers when the database does: the readiness check.
    ///
    /// # Errors
    /// [`EngineError::Database`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// reqwest is built without a choice of its own, so that the one of sqlx serves the whole process.
fn choose_cryptography() {
    // Fails only where it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn n8n(config: &EngineConfig) -> Result<Option<Arc<N8n>>> {
    choose_cryptography();
    let n8n = config.n8n.clone().map(N8n::new).transpose()?;
    Ok(n8n.map(Arc::new))
}
