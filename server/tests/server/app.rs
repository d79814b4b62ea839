//! A running app and the people who use it.

use std::path::PathBuf;

use domain::role::{Actor, Role};
use engine::{Engine, EngineConfig};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{HeaderMap, HeaderValue, ORIGIN},
    redirect,
};
use server::web::{Limits, Web, WebOptions};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    pub(crate) uploads: PathBuf,
    pub(crate) web: Web,
    _folder: TempDir,
}

pub(crate) fn options() -> WebOptions {
    WebOptions {
        secure: false,
        public_url: None,
        trust_proxy: false,
        style_guide: true,
        limits: Limits::default(),
        settings: Vec::new(),
        oidc: None,
    }
}

impl App {
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::start_with(pool, options()).await
    }

    pub(crate) async fn start_with(pool: PgPool, options: WebOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uploads = folder.path().join("uploads");
        std::fs::create_dir(&uploads).unwrap();
        let config = EngineConfig {
            database_url: String::new(),
            direct_url: String::new(),
            pooler: false,
            pool_size: 5,
            upload_dir: uploads.clone(),
            demo: true,
            n8n: None,
            webhooks: Default::default(),
        };
        let engine = Engine::with_pool(pool, config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Web::start(engine.clone(), options, listener).unwrap();
        Self {
            url: web.url(),
            engine,
            uploads,
            web,
            _folder: folder,
        }
    }

    pub(crate) fn visitor(&self) -> Visitor {
        let headers = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(&self.url).unwrap())]);
        let client = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .default_headers(headers);
        Visitor {
            client: client.build().unwrap(),
            url: self.url.clone(),
        }
    }

    /// A visitor who is signed in, with a name that says the role.
    pub(crate) async fn person(&self, role: Role) -> Visitor {
        self.engine
            .put_user(role.name(), PASSWORD, role, &Actor::system())
            .await
            .unwrap();
        let visitor = self.visitor();
        let answer = visitor.sign_in(role.name(), PASSWORD, "/").await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        visitor
    }
}

/// A browser with its cookies, which follows no redirect.
pub(crate) struct Visitor {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Visitor {
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.unwrap()
    }

    /// As a browser goes to a page.
    pub(crate) async fn visit(&self, path: &str) -> Response {
        self.request("GET", path)
            .header("accept", "text/html,*/*")
            .send()
            .await
            .unwrap()
    }

    /// As a page calls a server function.
    pub(crate) async fn call(&self, path: &str, arguments: &str) -> Response {
        let request = self
            .request("POST", path)
            .header("content-type", "application/json");
        request
            .header("accept", "application/json")
            .body(arguments.to_owned())
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn sign_in(&self, name: &str, password: &str, next: &str) -> Response {
        let form = [("name", name), ("password", password), ("next", next)];
        self.request("POST", "/session")
            .form(&form)
            .send()
            .await
            .unwrap()
    }
}

pub(crate) fn location(answer: &Response) -> &str {
    header(answer, "location")
}

pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}
