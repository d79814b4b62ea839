//! The database's connection strings, and what a pooler in front of it means for them.

use url::Url;

use crate::redact::Secret;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// For the pool of connections; may point at a pooler.
    pub url: Secret,
    /// For LISTEN and migrations; never through a pooler.
    pub direct_url: Secret,
    /// A pooler gives each transaction another connection, so it must track prepared statements, as Neon's does and
    /// PgBouncer from 1.21 with `max_prepared_statements` above 0; it refuses some settings of a connection.
    pub pooler: bool,
}

impl Database {
    /// # Errors
    /// A sentence that says what is wrong, without the password.
    pub fn parse(url: &str, direct: Option<&str>, pooler: Option<bool>) -> Result<Self, String> {
        let url = parse("DATABASE_URL", url)?;
        let through_neon = direct_host(&url);
        let direct_url = match direct {
            Some(direct) => parse("DATABASE_DIRECT_URL", direct)?,
            None => match &through_neon {
                Some(host) => {
                    let mut direct = url.clone();
                    direct
                        .set_host(Some(host))
                        .map_err(|error| format!("DATABASE_URL has an unusual host: {error}"))?;
                    direct
                }
                None => url.clone(),
            },
        };
        Ok(Self {
            pooler: pooler.unwrap_or(through_neon.is_some()),
            url: url.into(),
            direct_url: direct_url.into(),
        })
    }
}

fn parse(name: &str, text: &str) -> Result<Url, String> {
    let wanted = "must look like postgres://user:password@host/database, with special characters of the password \
                  written as %XX";
    let mut url = Url::parse(text).map_err(|error| format!("{name} {wanted} ({error})"))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(format!("{name} {wanted}"));
    }
    // Neon refuses plain connections anyway; saying so at once keeps the password off the wire.
    let names_tls = url
        .query_pairs()
        .any(|(key, _)| key == "sslmode" || key == "ssl-mode");
    if is_neon(&url) && !names_tls {
        url.query_pairs_mut().append_pair("sslmode", "require");
    }
    Ok(url)
}

fn is_neon(url: &Url) -> bool {
    url.host_str()
        .is_some_and(|host| host.ends_with(".neon.tech"))
}

/// The host without Neon's pooler: `ep-x-pooler.eu.aws.neon.tech` becomes `ep-x.eu.aws.neon.tech`.
fn direct_host(url: &Url) -> Option<String> {
    let (endpoint, rest) = url.host_str()?.split_once('.')?;
    Some(format!("{}.{rest}", endpoint.strip_suffix("-pooler")?))
}

impl From<Url> for Secret {
    fn from(url: Url) -> Self {
        Self::new(url.to_string())
    }
}
