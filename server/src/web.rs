//! The web server: pages, server functions, live feed, uploads, exports and sign-in.
//!
//! [`routes::ROUTES`] lists what it answers besides the pages and server functions of `app`, and who may ask.

mod access;
mod account;
mod events;
mod export;
mod headers;
mod health;
mod observe;
mod oidc;
mod origin;
mod pages;
mod problem;
pub mod routes;
mod session_store;
mod sign_in;
mod site;
mod throttle;
mod token;
mod told;
mod upload;
mod visitor;
mod zone;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::FromRef, serve::ListenerExt};
use domain::model::system::{Installation, SettingShown};
use engine::Engine;
use leptos::prelude::LeptosOptions;
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::JoinHandle,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{self, Config};
pub use site::Site;
use {
    access::AccessTable,
    oidc::Provider,
    session_store::SessionStore,
    throttle::{SignInThrottle, TokenThrottle},
    visitor::ActorCache,
};

/// What a deployment decides.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Session cookies go over https only, and browsers are told to come back over https.
    pub secure: bool,
    /// Where browsers reach the app, when that is not what the Host header says.
    pub public_url: Option<Url>,
    /// Believe the last address of X-Forwarded-For.
    pub trust_proxy: bool,
    /// The page that shows every component; without it that address is not found.
    pub style_guide: bool,
    pub limits: Limits,
    /// For admins to see; without secrets.
    pub settings: Vec<SettingShown>,
    /// Where people may come from besides those who have a password here.
    pub oidc: Option<config::Oidc>,
}

impl WebOptions {
    pub fn from_config(config: &Config) -> Self {
        Self {
            secure: config.cookie_secure,
            public_url: config.public_url.clone(),
            trust_proxy: config.trust_proxy,
            style_guide: config.demo || cfg!(debug_assertions),
            limits: Limits::default(),
            settings: config.shown(),
            oidc: config.oidc.clone(),
        }
    }
}

/// Bounds that protect the process. Tests shorten the times.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Live feeds in this process: each costs about 20 kB and a place in the broadcast.
    pub sockets: usize,
    /// Between two signs of life on a live feed; proxies cut connections that are silent for a minute.
    pub socket_ping: Duration,
    /// How long a live feed outlives the end of its session at most.
    pub socket_recheck: Duration,
    /// How long a browser may take to read one message.
    pub socket_send: Duration,
    /// Largest file that may be uploaded, in bytes.
    pub upload_bytes: u64,
    /// How long an upload may pause between two pieces.
    pub upload_idle: Duration,
    /// Uploads at a time, each of which may fill `upload_bytes` of the disk.
    pub uploads: usize,
    /// How long a session lasts without a request.
    pub session_idle: Duration,
    /// How long an actor's name and role are remembered between requests.
    pub actor_memory: Duration,
    /// How long a page or a server function may take to answer.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 5000,
            socket_ping: Duration::from_secs(15),
            socket_recheck: Duration::from_secs(60),
            socket_send: Duration::from_secs(10),
            upload_bytes: 1 << 30,
            upload_idle: Duration::from_secs(60),
            uploads: 8,
            session_idle: Duration::from_secs(12 * 60 * 60),
            actor_memory: Duration::from_secs(3),
            request: Duration::from_secs(30),
        }
    }
}

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) options: WebOptions,
    pub(crate) site: Site,
    pub(crate) installation: Arc<Installation>,
    pub(crate) sessions: SessionStore,
    pub(crate) actors: ActorCache,
    pub(crate) throttle: SignInThrottle,
    pub(crate) token_throttle: TokenThrottle,
    pub(crate) provider: Option<Provider>,
    pub(crate) access: AccessTable,
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) uploads: Semaphore,
    pub(crate) stop: CancellationToken,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.site.options().clone()
    }
}

/// A running web server.
pub struct Web {
    address: SocketAddr,
    app: App,
    serving: JoinHandle<io::Result<()>>,
    sweeping: JoinHandle<()>,
}

impl Web {
    /// Serves on a listener that is bound already.
    ///
    /// # Errors
    /// When the listener has no address, or no client for the sign-in provider can be made.
    pub fn start(engine: Engine, options: WebOptions, listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let site = Site::find();
        let installation = Installation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: site.build().map(str::to_owned),
            settings: options.settings.clone(),
        };
        let app = App(Arc::new(Shared {
            sessions: SessionStore::new(engine.pool().clone()),
            actors: ActorCache::new(options.limits.actor_memory),
            throttle: SignInThrottle::default(),
            token_throttle: TokenThrottle::default(),
            provider: options.oidc.clone().map(Provider::new).transpose()?,
            access: AccessTable::gather(),
            sockets: Arc::new(Semaphore::new(options.limits.sockets)),
            uploads: Semaphore::new(options.limits.uploads),
            stop: CancellationToken::new(),
            site,
            installation: Arc::new(installation),
            engine,
            options,
        }));
        if let Some(missing) = app.site.missing() {
            tracing::warn!(
                "{missing} is missing, pages will have no style or script: run scripts/build-web, or set LEPTOS_SITE_ROOT"
            );
        }
        let router: Router = routes::router(app.clone());
        let stop = app.stop.clone();
        // Otherwise a live message waits until the one before is acknowledged, which a browser may put off for 40 ms.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "small messages may be late on one connection");
            }
        });
        let serving = tokio::spawn(async move {
            axum::serve(
                listener,
                router.into_make_service_with_connect_info::<SocketAddr>(),
            )
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
        });
        let sweeping = tokio::spawn(sweep_sessions(app.clone()));
        Ok(Self {
            address,
            app,
            serving,
            sweeping,
        })
    }

    /// The address that was bound, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address for a browser on this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}")
    }

    /// Stops accepting, closes the live feeds and waits for requests in hand, but no longer than `patience`.
    pub async fn stop(mut self, patience: Duration) {
        self.sweeping.abort();
        self.app.stop.cancel();
        if timeout(patience, &mut self.serving).await.is_err() {
            tracing::warn!("some requests did not end within {patience:?}");
            self.serving.abort();
        }
        // All permits are back when the last feed has said goodbye.
        let all = u32::try_from(self.app.options.limits.sockets).unwrap_or(u32::MAX);
        drop(timeout(Duration::from_secs(2), self.app.sockets.acquire_many(all)).await);
    }
}

async fn sweep_sessions(app: App) {
    let mut hourly = interval(Duration::from_secs(60 * 60));
    loop {
        hourly.tick().await;
        if let Err(error) = app.sessions.delete_expired().await {
            tracing::warn!(%error, "expired sessions were not removed; trying again in an hour");
        }
    }
}
