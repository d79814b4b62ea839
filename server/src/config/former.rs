//! Names in the environment of the system before this one, so that its `.env` file serves as it is.

use url::Url;

/// Names that this version has no use for yet; `server doctor` says which of them are set.
pub const UNUSED: &[&str] = &[
    "NEON_OWNER_PASSWORD",
    "APIFY_TOKEN",
    "APIFY_API_KEY",
    "APIFY_ACTOR_ID",
    "MILLIONVERIFIER_KEY",
    "MILLIONVERIFY_API_KEY",
    "GEMINI_API_KEY",
    "GEMINI_PROJECT_ID",
    "COMPOSIO_API_KEY",
    "COMPOSIO_USER_ID",
    "FIREBASE_API_KEY",
    "FIREBASE_PROJECT_ID",
    "SLACK_WEBHOOK_URL",
    "PAGERDUTY_API_KEY",
    "WEBHOOK_SECRET",
    "REDIS_HOST",
    "REDIS_PORT",
    "REDIS_PASSWORD",
    "NODE_ENV",
];

/// The connection string that `N8N_DB_HOST`, `_NAME`, `_USER`, `_PASSWORD` and `_SSL` make together.
pub(super) fn database_url(get: impl Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let Some(host) = get("N8N_DB_HOST") else {
        return Ok(None);
    };
    let refused = || format!("N8N_DB_HOST is {host:?}, but must be a host, such as db.example.com");
    let mut url = Url::parse("postgres://host/").map_err(|_| refused())?;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse().map_err(|_| refused())?)),
        None => (host.as_str(), None),
    };
    url.set_host(Some(name)).map_err(|_| refused())?;
    url.set_port(port).map_err(|()| refused())?;
    let user = get("N8N_DB_USER").unwrap_or_else(|| "postgres".into());
    url.set_username(&user).map_err(|()| refused())?;
    url.set_password(get("N8N_DB_PASSWORD").as_deref())
        .map_err(|()| refused())?;
    url.set_path(&get("N8N_DB_NAME").unwrap_or_else(|| "postgres".into()));
    match get("N8N_DB_SSL").as_deref() {
        Some("true" | "1" | "require") => {
            url.query_pairs_mut().append_pair("sslmode", "require");
        }
        Some("false" | "0" | "disable") => {
            url.query_pairs_mut().append_pair("sslmode", "disable");
        }
        _ => {}
    }
    Ok(Some(url.into()))
}

/// The connection string with `NEON_PASSWORD` where it has a user and no password.
pub(super) fn with_password(url: String, get: impl Fn(&str) -> Option<String>) -> String {
    let (Ok(mut parsed), Some(password)) = (Url::parse(&url), get("NEON_PASSWORD")) else {
        return url;
    };
    if parsed.username().is_empty() || parsed.password().is_some() {
        return url;
    }
    match parsed.set_password(Some(&password)) {
        Ok(()) => parsed.into(),
        Err(()) => url,
    }
}
