//! The settings in effect, as an admin may see them on a page: without passwords, keys and whatever else may be a secret.

use domain::model::system::SettingShown;
use url::Url;

use super::{Config, LogFormat, SETTINGS, Setting};
use crate::redact::{Secret, redact};

impl Config {
    /// Every setting of [`SETTINGS`], in their order, with the value in effect.
    pub fn shown(&self) -> Vec<SettingShown> {
        let shown = |setting: &Setting| SettingShown {
            name: setting.name.to_owned(),
            value: self
                .value(setting.name)
                .unwrap_or_else(|| setting.default.to_owned()),
            help: setting.help.to_owned(),
        };
        SETTINGS.iter().map(shown).collect()
    }

    /// None where the default holds that the help tells in words. What has no line here is not shown.
    fn value(&self, name: &str) -> Option<String> {
        let database = self.database.as_ref();
        let oidc = self.oidc.as_ref();
        Some(match name {
            "DATABASE_URL" => connection(&database?.url),
            "DATABASE_DIRECT_URL" => connection(&database?.direct_url),
            "DATABASE_POOLER" => database.is_some_and(|database| database.pooler).to_string(),
            "DATABASE_POOL_SIZE" => self.pool_size.to_string(),
            "SITE_ADDR" => self.site_addr.to_string(),
            "PUBLIC_URL" => address(self.public_url.as_ref()?),
            "TRUST_PROXY" => self.trust_proxy.to_string(),
            "COOKIE_SECURE" => self.cookie_secure.to_string(),
            "DATA_DIR" => self.data_dir.display().to_string(),
            "DEMO" => self.demo.to_string(),
            "SANDBOX_NOT_FOUND" => self.sandbox.not_found.to_string(),
            "SANDBOX_FAILING" => self.sandbox.failing.to_string(),
            "SANDBOX_SLOW" => self.sandbox.slow.to_string(),
            "SANDBOX_SLOW_MS" => self.sandbox.slow_delay.as_millis().to_string(),
            "SHUTDOWN_SECONDS" => self.shutdown.as_secs().to_string(),
            "LOG_FORMAT" => match self.log_format {
                LogFormat::Pretty => "pretty".to_owned(),
                LogFormat::Json => "json".to_owned(),
            },
            "RUST_LOG" => redact(self.log_filter.as_deref()?).into_owned(),
            "N8N_BASE_URL" => address(self.n8n_base_url.as_ref()?),
            "N8N_API_KEY" => self.n8n_api_key.as_ref().map(|_| HIDDEN.to_owned())?,
            "WEBHOOK_PRIVATE_ADDRESSES" => self.webhook_private_addresses.to_string(),
            "OIDC_ISSUER_URL" => oidc?.provider.issuer.clone(),
            "OIDC_CLIENT_ID" => oidc?.provider.client_id.clone(),
            "OIDC_CLIENT_SECRET" => oidc.map(|_| HIDDEN.to_owned())?,
            "OIDC_SCOPES" => oidc?.provider.scopes.join(" "),
            "OIDC_ROLE_CLAIM" => oidc?.provider.role_claim.clone(),
            "OIDC_ROLES" => {
                Some(oidc?.provider.roles.to_string()).filter(|pairs| !pairs.is_empty())?
            }
            "OIDC_DEFAULT_ROLE" => oidc?.provider.roles.otherwise()?.name().to_owned(),
            "OIDC_LABEL" => oidc?.label.clone(),
            _ => UNKNOWN.to_owned(),
        })
    }
}

const HIDDEN: &str = "***";

/// Of a setting that somebody forgot here; a test finds it.
const UNKNOWN: &str = "(not shown)";

/// Who connects to what, and of the options only whether it is encrypted.
fn connection(url: &Secret) -> String {
    let Some(mut url) = without_password(url) else {
        return HIDDEN.to_owned();
    };
    let mode = url
        .query_pairs()
        .find(|(key, _)| matches!(&**key, "sslmode" | "ssl-mode"))
        .map(|(key, value)| format!("{key}={value}"));
    url.set_query(mode.as_deref());
    url.set_fragment(None);
    url.into()
}

/// Twice over: a password with an `@` in it reads as host and path, which only [`redact`] sees.
fn without_password(url: &Secret) -> Option<Url> {
    let mut url = Url::parse(url.expose()).ok()?;
    if url.password().is_some() {
        url.set_password(Some(HIDDEN)).ok()?;
    }
    Url::parse(&redact(url.as_str())).ok()
}

/// Without the name and password that an address may hold, and without its query.
fn address(url: &Url) -> String {
    let mut url = url.clone();
    // They fail for addresses that have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(variables: &[(&str, &str)]) -> Vec<SettingShown> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::parse(|_| None, value).unwrap().shown()
    }

    #[test]
    fn every_setting_is_shown_and_no_secret() {
        let secret = "s3cret";
        let all = shown(&[
            (
                "DATABASE_URL",
                "postgres://ada:s3cret's3cret@db.example:5433/main?sslmode=require&sslpassword=s3cret&options=s3cret",
            ),
            (
                "DATABASE_DIRECT_URL",
                "postgres://ada:a@b/s3cret?x#s3cret@direct.example/main",
            ),
            ("PUBLIC_URL", "https://ada:s3cret@occ.example/?key=s3cret"),
            ("N8N_BASE_URL", "https://s3cret@n8n.example/#s3cret"),
            ("N8N_API_KEY", secret),
            ("RUST_LOG", "info,password=s3cret"),
            ("OIDC_ISSUER_URL", "https://id.example/realm"),
            ("OIDC_CLIENT_ID", "occ"),
            ("OIDC_CLIENT_SECRET", secret),
            ("OIDC_ROLES", "admins=admin team=operator"),
        ]);
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        assert_eq!(names, known);
        for one in &all {
            assert!(!one.value.contains(secret), "{one:?}");
            assert_ne!(one.value, UNKNOWN, "{} needs a line", one.name);
        }
        let value = |name: &str| &all.iter().find(|one| one.name == name).unwrap().value;
        let table = [
            (
                "DATABASE_URL",
                "postgres://ada:***@db.example:5433/main?sslmode=require",
            ),
            (
                "DATABASE_DIRECT_URL",
                "postgres://ada:***@direct.example/main",
            ),
            ("PUBLIC_URL", "https://occ.example/"),
            ("N8N_BASE_URL", "https://n8n.example/"),
            ("N8N_API_KEY", "***"),
            ("OIDC_CLIENT_SECRET", "***"),
            ("OIDC_SCOPES", "openid profile email"),
            ("OIDC_ROLES", "admins=admin, team=operator"),
            ("OIDC_DEFAULT_ROLE", "none: they are refused"),
            ("DATABASE_POOL_SIZE", "20"),
            ("DEMO", "false"),
        ];
        for (name, expected) in table {
            assert_eq!(value(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_not_set_shows_what_holds_instead() {
        let all = shown(&[]);
        let value = |name: &str| all.iter().find(|one| one.name == name).unwrap();
        assert_eq!(
            value("DATABASE_URL").value,
            "a private PostgreSQL in DATA_DIR"
        );
        assert_eq!(value("N8N_API_KEY").value, "none");
        assert_eq!(value("OIDC_CLIENT_SECRET").value, "none");
        assert_eq!(value("SANDBOX_SLOW_MS").value, "1500");
    }
}
