//! From text to [`Config`]. All problems are gathered, so that they can be mended in one go.

use std::{net::SocketAddr, time::Duration};

use engine::queue::SandboxOptions;
use url::{Host, Url};

use super::{Config, ConfigError, Database, LogFormat, SETTINGS, former};
use crate::redact::Secret;

pub(super) struct Settings<O, E> {
    option: O,
    environment: E,
    pub(super) problems: Vec<String>,
}

impl<O: Fn(&str) -> Option<String>, E: Fn(&str) -> Option<String>> Settings<O, E> {
    pub(super) fn new(option: O, environment: E) -> Self {
        Self {
            option,
            environment,
            problems: Vec::new(),
        }
    }

    pub(super) fn into_config(mut self) -> Result<Config, ConfigError> {
        let database = self.database();
        let site_addr = self.site_addr();
        let public_url = self.url("PUBLIC_URL");
        let config = Config {
            demo: self.flag("DEMO").unwrap_or(database.is_none()),
            database,
            pool_size: self.number("DATABASE_POOL_SIZE", 2, 1000, 20),
            cookie_secure: self
                .flag("COOKIE_SECURE")
                .unwrap_or(!is_plain_and_local(site_addr, public_url.as_ref())),
            site_addr,
            oidc: self.oidc(public_url.as_ref()),
            public_url,
            trust_proxy: self.flag("TRUST_PROXY").unwrap_or(false),
            data_dir: self
                .get("DATA_DIR")
                .unwrap_or_else(|| ".data".into())
                .into(),
            sandbox: SandboxOptions {
                not_found: self.share("SANDBOX_NOT_FOUND", 0.08),
                failing: self.share("SANDBOX_FAILING", 0.02),
                slow: self.share("SANDBOX_SLOW", 0.005),
                slow_delay: Duration::from_millis(
                    self.number("SANDBOX_SLOW_MS", 0, 600_000, 1500).into(),
                ),
            },
            shutdown: Duration::from_secs(self.number("SHUTDOWN_SECONDS", 1, 3600, 20).into()),
            log_format: self.log_format(),
            log_filter: self.get("RUST_LOG"),
            n8n_base_url: self.url("N8N_BASE_URL"),
            n8n_api_key: self.get("N8N_API_KEY").map(Secret::new),
            webhook_private_addresses: self.flag("WEBHOOK_PRIVATE_ADDRESSES").unwrap_or(false),
        };
        if self.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(self.problems))
        }
    }

    /// The command line, then the environment by name, then by alias; an empty value is none.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let aliases = SETTINGS
            .iter()
            .find(|setting| setting.name == name)
            .map_or(&[][..], |setting| setting.aliases);
        let filled = |value: &String| !value.trim().is_empty();
        (self.option)(name)
            .filter(filled)
            .or_else(|| {
                std::iter::once(&name)
                    .chain(aliases)
                    .find_map(|name| (self.environment)(name).filter(filled))
            })
            .map(|value| value.trim().to_owned())
    }

    fn database(&mut self) -> Option<Database> {
        let environment = |name: &str| {
            let value = (self.environment)(name)?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let url = match self.get("DATABASE_URL") {
            Some(url) => Some(former::with_password(url, environment)),
            None => match former::database_url(environment) {
                Ok(url) => url,
                Err(problem) => {
                    self.problems.push(problem);
                    return None;
                }
            },
        };
        let direct = self.get("DATABASE_DIRECT_URL");
        let pooler = self.flag("DATABASE_POOLER");
        let Some(url) = url else {
            if direct.is_some() {
                self.problems.push(
                    "DATABASE_DIRECT_URL is set and DATABASE_URL is not: set both, or neither"
                        .into(),
                );
            }
            return None;
        };
        match Database::parse(&url, direct.as_deref(), pooler) {
            Ok(database) => Some(database),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn site_addr(&mut self) -> SocketAddr {
        let text = self
            .get("SITE_ADDR")
            .unwrap_or_else(|| "127.0.0.1:3000".into());
        text.replace("localhost:", "127.0.0.1:")
            .parse()
            .unwrap_or_else(|_| {
                self.problem(
                    "SITE_ADDR",
                    &text,
                    "an address and a port, such as 127.0.0.1:3000 or 0.0.0.0:8080",
                );
                SocketAddr::from(([127, 0, 0, 1], 3000))
            })
    }

    fn url(&mut self, name: &str) -> Option<Url> {
        let text = self.get(name)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            _ => {
                self.problem(name, &text, "an address such as https://occ.example.com");
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.get(name)?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            "auto" => None,
            _ => {
                self.problem(name, &text, "true or false");
                None
            }
        }
    }

    fn number(&mut self, name: &str, least: u32, most: u32, default: u32) -> u32 {
        let Some(text) = self.get(name) else {
            return default;
        };
        text.parse()
            .ok()
            .filter(|number| (least..=most).contains(number))
            .unwrap_or_else(|| {
                self.problem(
                    name,
                    &text,
                    &format!("a whole number from {least} to {most}"),
                );
                default
            })
    }

    fn share(&mut self, name: &str, default: f64) -> f64 {
        let Some(text) = self.get(name) else {
            return default;
        };
        text.parse()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .unwrap_or_else(|| {
                self.problem(name, &text, "a share from 0 to 1, such as 0.05");
                default
            })
    }

    fn log_format(&mut self) -> LogFormat {
        match self.get("LOG_FORMAT").as_deref() {
            None | Some("pretty") => LogFormat::Pretty,
            Some("json") => LogFormat::Json,
            Some(other) => {
                self.problem("LOG_FORMAT", other, "pretty or json");
                LogFormat::Pretty
            }
        }
    }

    pub(super) fn problem(&mut self, name: &str, text: &str, wanted: &str) {
        self.problems.push(format!(
            "{name} is {:?}, but must be {wanted}",
            crate::redact::redact(text)
        ));
    }
}

/// Whether browsers come over plain http to this very machine: the one case in which a cookie marked Secure is lost.
fn is_plain_and_local(site_addr: SocketAddr, public_url: Option<&Url>) -> bool {
    let Some(url) = public_url else {
        return site_addr.ip().is_loopback();
    };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && local
}
