//! Every setting: one table that makes the command line's options, the environment's names and the help.

mod database;
mod former;
mod oidc;
mod parse;
mod shown;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use database::Database;
use engine::{integrations::n8n::N8nConfig, queue::SandboxOptions, webhooks::WebhookOptions};
pub use former::UNUSED;
pub use oidc::Oidc;
use url::Url;

use crate::redact::Secret;

/// A setting as people see it: `SITE_ADDR` in the environment, `--site-addr` on the command line, which wins.
pub struct Setting {
    pub name: &'static str,
    /// Other names in the environment, which count when `name` is not set: those of the system before this one.
    pub aliases: &'static [&'static str],
    /// What holds when nothing is set, in words where it is no plain value.
    pub default: &'static str,
    pub help: &'static str,
    /// Takes no value on the command line: its presence means true.
    pub flag: bool,
}

const fn setting(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        aliases: &[],
        default,
        help,
        flag: false,
    }
}

const fn flag(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        aliases: &[],
        default,
        help,
        flag: true,
    }
}

const fn alias(aliases: &'static [&'static str], setting: Setting) -> Setting {
    Setting { aliases, ..setting }
}

/// All settings, in the order of the help and of the README.
pub const SETTINGS: &[Setting] = &[
    alias(
        &["NEON_DATABASE_URL"],
        setting(
            "DATABASE_URL",
            "a private PostgreSQL in DATA_DIR",
            "Connection string of the database; a password is safer in the environment than here",
        ),
    ),
    setting(
        "DATABASE_DIRECT_URL",
        "DATABASE_URL, without Neon's -pooler",
        "Connection string for LISTEN and migrations, which a transaction pooler breaks",
    ),
    flag(
        "DATABASE_POOLER",
        "true for a Neon -pooler host",
        "DATABASE_URL goes through a transaction pooler",
    ),
    setting(
        "DATABASE_POOL_SIZE",
        "20",
        "Connections that this process opens at most",
    ),
    alias(
        &["LEPTOS_SITE_ADDR"],
        setting(
            "SITE_ADDR",
            "127.0.0.1:3000",
            "Address and port to listen on; port 0 takes a free one",
        ),
    ),
    setting(
        "PUBLIC_URL",
        "the address of each request",
        "Where browsers reach the app, such as https://occ.example.com",
    ),
    flag(
        "TRUST_PROXY",
        "false",
        "A reverse proxy stands in front: believe the last X-Forwarded-For address",
    ),
    flag(
        "COOKIE_SECURE",
        "false on plain http to this machine, true otherwise",
        "Send the session cookie over https only",
    ),
    setting(
        "DATA_DIR",
        ".data",
        "Folder for uploads and for the private database",
    ),
    flag(
        "DEMO",
        "true with the private database, false otherwise",
        "Find people with the built-in sandbox, and make a first admin",
    ),
    setting(
        "SANDBOX_NOT_FOUND",
        "0.08",
        "Share of companies at which the sandbox finds nobody, 0 to 1",
    ),
    setting(
        "SANDBOX_FAILING",
        "0.02",
        "Share of sandbox calls that fail, 0 to 1",
    ),
    setting(
        "SANDBOX_SLOW",
        "0.005",
        "Share of sandbox calls that are slow, 0 to 1",
    ),
    setting(
        "SANDBOX_SLOW_MS",
        "1500",
        "How long a slow sandbox call takes, in milliseconds",
    ),
    setting(
        "SHUTDOWN_SECONDS",
        "20",
        "How long work in hand may take after the signal to stop",
    ),
    setting(
        "LOG_FORMAT",
        "pretty",
        "How logs are written: pretty or json",
    ),
    setting(
        "RUST_LOG",
        "info",
        "What is logged, such as debug or engine=debug,info",
    ),
    alias(
        &["N8N_API_URL"],
        setting(
            "N8N_BASE_URL",
            "none",
            "Address of n8n, whose failed executions the error console then shows",
        ),
    ),
    setting(
        "N8N_API_KEY",
        "none",
        "Key of n8n's API, made in its settings",
    ),
    flag(
        "WEBHOOK_PRIVATE_ADDRESSES",
        "false",
        "Webhooks may go to this machine and to private networks, where n8n often stands",
    ),
    setting(
        "OIDC_ISSUER_URL",
        "none",
        "Provider of OpenID Connect that people may come from, to the letter as it writes itself; needs PUBLIC_URL",
    ),
    setting("OIDC_CLIENT_ID", "none", "Name of this app at the provider"),
    setting(
        "OIDC_CLIENT_SECRET",
        "none",
        "Secret of this app at the provider; safer in the environment than here",
    ),
    setting(
        "OIDC_SCOPES",
        "openid profile email",
        "What the provider is asked to tell",
    ),
    setting(
        "OIDC_ROLE_CLAIM",
        "groups",
        "Claim that holds a person's groups: its name, or a path such as realm_access.roles",
    ),
    setting(
        "OIDC_ROLES",
        "none",
        "Which group gives which role: outreach-admins=admin outreach-team=operator",
    ),
    setting(
        "OIDC_DEFAULT_ROLE",
        "none: they are refused",
        "Role of people whose groups give none: viewer or operator",
    ),
    setting(
        "OIDC_LABEL",
        "Single sign-on",
        "What the button on the sign-in page says",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

/// All settings, parsed.
#[derive(Clone, Debug)]
pub struct Config {
    /// Absent when the app runs its own PostgreSQL.
    pub database: Option<Database>,
    pub pool_size: u32,
    pub site_addr: SocketAddr,
    pub public_url: Option<Url>,
    pub trust_proxy: bool,
    pub cookie_secure: bool,
    pub data_dir: PathBuf,
    pub demo: bool,
    pub sandbox: SandboxOptions,
    pub shutdown: Duration,
    pub log_format: LogFormat,
    pub log_filter: Option<String>,
    pub n8n_base_url: Option<Url>,
    pub n8n_api_key: Option<Secret>,
    pub webhook_private_addresses: bool,
    pub oidc: Option<Oidc>,
}

impl Config {
    /// Parses what `option` (the command line, by setting name) and `environment` hold.
    ///
    /// # Errors
    /// One sentence for each setting that cannot be used, with its name and an example.
    pub fn parse(
        option: impl Fn(&str) -> Option<String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        parse::Settings::new(option, environment).into_config()
    }

    /// Both or nothing: neither setting is of use alone.
    pub(crate) fn n8n(&self) -> Option<N8nConfig> {
        Some(N8nConfig {
            base_url: self.n8n_base_url.clone()?,
            api_key: self.n8n_api_key.as_ref()?.expose().to_owned(),
        })
    }

    pub(crate) fn webhooks(&self) -> WebhookOptions {
        WebhookOptions {
            private_addresses: self.webhook_private_addresses,
            ..WebhookOptions::default()
        }
    }
}

/// What is wrong with the settings, one sentence each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);
