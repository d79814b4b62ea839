//! What admins see of the installation, and what nobody sees.

use domain::{model::system::System, role::Role};
use server::{config::Config, web::WebOptions};
use sqlx::PgPool;

use crate::app::{App, options};

#[sqlx::test(migrations = "../migrations")]
async fn admins_see_the_settings_in_effect_without_secrets(pool: PgPool) {
    let environment = |name: &str| {
        let value = match name {
            "DATABASE_URL" => "postgres://ada:s3cret@db.example/main?sslpassword=s3cret",
            "N8N_BASE_URL" => "https://ada:s3cret@n8n.example",
            "N8N_API_KEY" => "s3cret",
            "TRUST_PROXY" => "true",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::parse(|_| None, environment).unwrap();
    let options = WebOptions {
        settings: WebOptions::from_config(&config).settings,
        ..options()
    };
    let app = App::start_with(pool, options).await;
    let admin = app.person(Role::Admin).await;
    let operator = app.person(Role::Operator).await;
    assert_eq!(operator.call("/api/fn/system", "{}").await.status(), 403);
    assert_eq!(operator.visit("/system").await.status(), 403);

    let told = admin.call("/api/fn/system", "{}").await;
    let text = told.text().await.unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    let system: System = serde_json::from_str(&text).unwrap();
    assert_eq!(system.installation.version, env!("CARGO_PKG_VERSION"));
    let value = |name: &str| {
        let settings = &system.installation.settings;
        let found = settings.iter().find(|setting| setting.name == name);
        found.unwrap().value.clone()
    };
    assert_eq!(value("DATABASE_URL"), "postgres://ada:***@db.example/main");
    assert_eq!(value("TRUST_PROXY"), "true");
    assert!(system.figures.migrations > 0);

    let page = admin.visit("/system").await.text().await.unwrap();
    assert!(!page.contains("s3cret"));
    for text in [
        "DATABASE_POOL_SIZE",
        "postgres://ada:***@db.example/main",
        "marketing.pipeline_events",
    ] {
        assert!(page.contains(text), "{text}");
    }
}
