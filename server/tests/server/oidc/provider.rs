//! The real provider of `end2end/tests/oidc-provider.mjs`, and the way through it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect};
use server::config::{Config, Oidc};
use url::Url;

use crate::app::{Visitor, location};

/// As an operator would set it up, for browsers that reach the app at `http://127.0.0.1:9`.
pub(crate) fn settings(issuer: &str, roles: &str, default_role: &str) -> Oidc {
    let variable = |name: &str| {
        let value = match name {
            "PUBLIC_URL" => "http://127.0.0.1:9",
            "OIDC_ISSUER_URL" => issuer,
            "OIDC_CLIENT_ID" => "occ",
            "OIDC_CLIENT_SECRET" => "a secret of the tests",
            "OIDC_ROLES" => roles,
            "OIDC_DEFAULT_ROLE" => default_role,
            "OIDC_LABEL" => "Company sign-in",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::parse(|_| None, variable).unwrap().oidc.unwrap()
}

pub(super) struct Provider {
    process: Child,
    pub(super) issuer: String,
}

impl Provider {
    pub(super) fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the provider is not installed: scripts/setup test does it"
        );
        let mut process = Command::new("node")
            .args([
                "tests/oidc-provider.mjs",
                "http://127.0.0.1:9/sign-in/oidc/callback",
            ])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let issuer = said
            .lines()
            .map_while(Result::ok)
            .find(|line| line.starts_with("http"))
            .unwrap();
        Self { process, issuer }
    }

    /// Goes where the app sends a visitor, signs in there under a name, or cancels without one, and returns the path with
    /// which the provider sends them back.
    pub(super) async fn answer(&self, begun: &str, name: Option<&str>) -> String {
        let browser = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let there = |path: &str| Url::parse(&self.issuer).unwrap().join(path).unwrap();
        let asked = browser.get(begun).send().await.unwrap();
        let form = [name.map_or(("cancel", "yes"), |name| ("name", name))];
        let signed_in = browser.post(there(location(&asked))).form(&form);
        let signed_in = signed_in.send().await.unwrap();
        let back = browser
            .get(there(location(&signed_in)))
            .send()
            .await
            .unwrap();
        let back = Url::parse(location(&back)).expect("the provider sends back to the app");
        format!("{}?{}", back.path(), back.query().unwrap())
    }

    /// The whole way in: the app's answer to what the provider said.
    pub(super) async fn sign_in(&self, visitor: &Visitor, name: &str) -> reqwest::Response {
        let begun = begin(visitor, "/companies").await;
        let back = self.answer(&begun, Some(name)).await;
        visitor.visit(&back).await
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where the app sends somebody who wants to sign in at the provider.
pub(super) async fn begin(visitor: &Visitor, next: &str) -> String {
    let answer = visitor.visit(&format!("/sign-in/oidc?next={next}")).await;
    assert_eq!(answer.status(), 303);
    location(&answer).to_owned()
}
