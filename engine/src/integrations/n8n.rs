//! n8n's public REST API (docs.n8n.io/api): which executions failed last.

use std::{
    collections::HashMap,
    fmt,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::model::n8n::{FailedExecutions, N8nExecution};
use reqwest::{Client, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::Mutex;
use url::Url;

use crate::{Engine, EngineError, Result};

/// The panel shows so many, and n8n gives them in one page.
const SHOWN: usize = 50;
/// The specification's refresh interval; however many pages are open, n8n is asked once in it.
const FRESH: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(10);
/// Without their data, 50 executions are a few kilobytes and 250 workflows a few megabytes.
const ANSWER_BYTES: usize = 16 << 20;

/// Where n8n is and the key of its API.
#[derive(Clone)]
pub struct N8nConfig {
    pub base_url: Url,
    pub api_key: String,
}

impl fmt::Debug for N8nConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("N8nConfig")
            .field("base_url", &self.base_url.host_str())
            .finish_non_exhaustive()
    }
}

/// Why n8n gave no answer; the text is for the person in front of the page.
#[derive(Debug, thiserror::Error)]
pub enum N8nError {
    #[error("n8n refuses the key: make a new one in its settings and set N8N_API_KEY")]
    Key,
    #[error("n8n cannot be reached ({0}): check N8N_BASE_URL and that n8n runs")]
    Unreachable(String),
    #[error("n8n answered with {0}: check that N8N_BASE_URL is n8n's own address")]
    Answer(String),
}

impl Engine {
    /// The executions that failed last, at most five seconds old; `None` when n8n is not configured.
    ///
    /// # Errors
    /// [`EngineError::N8n`].
    pub async fn n8n_failed_executions(&self) -> Result<Option<FailedExecutions>> {
        match &self.n8n {
            Some(n8n) => n8n
                .failed_executions()
                .await
                .map(Some)
                .map_err(EngineError::N8n),
            None => Ok(None),
        }
    }
}

pub(crate) struct N8n {
    config: N8nConfig,
    client: Client,
    last: Mutex<Option<(Instant, FailedExecutions)>>,
}

impl N8n {
    pub(crate) fn new(config: N8nConfig) -> Result<Self> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // A redirect would take the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| EngineError::N8n(N8nError::Unreachable(error.to_string())))?;
        Ok(Self {
            config,
            client,
            last: Mutex::new(None),
        })
    }

    /// Whoever asks while an answer is on its way waits for it and gets the same.
    async fn failed_executions(&self) -> Result<FailedExecutions, N8nError> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(found.clone());
        }
        let limit = SHOWN.to_string();
        let executions: Listing<Execution> = self
            .get("executions", &[("status", "error"), ("limit", &limit)])
            .await?;
        let workflows: Listing<Workflow> = self.get("workflows", &[("limit", "250")]).await?;
        let names: HashMap<String, String> = workflows
            .data
            .into_iter()
            .map(|workflow| (workflow.id.0, workflow.name))
            .collect();
        let found = FailedExecutions {
            rows: executions
                .data
                .into_iter()
                .take(SHOWN)
                .map(|execution| self.shown(execution, &names))
                .collect(),
            as_of: Utc::now(),
        };
        *last = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    fn shown(&self, execution: Execution, names: &HashMap<String, String>) -> N8nExecution {
        let Execution {
            id,
            workflow_id,
            mode,
            started_at,
            stopped_at,
        } = execution;
        let workflow_id = workflow_id.map(|id| id.0).unwrap_or_default();
        let url = self.address(&["workflow", &workflow_id, "executions", &id.0]);
        N8nExecution {
            workflow: names.get(&workflow_id).cloned().unwrap_or(workflow_id),
            id: id.0,
            mode,
            started_at,
            stopped_at,
            url: url.into(),
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, N8nError> {
        let mut answer = self
            .client
            .get(self.address(&["api", "v1", path]))
            .query(query)
            .header("X-N8N-API-KEY", &self.config.api_key)
            .send()
            .await
            .map_err(unreachable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(N8nError::Key),
            other => return Err(N8nError::Answer(format!("status {}", other.as_u16()))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES {
                return Err(N8nError::Answer("more than 16 MiB".into()));
            }
        }
        serde_json::from_slice(&body)
            .map_err(|_| N8nError::Answer("something that is not its API".into()))
    }

    /// Below the base address, which may itself have a path.
    fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.config.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// Without the address, which the setting names and which may hold a password.
fn unreachable(error: reqwest::Error) -> N8nError {
    let what = if error.is_timeout() {
        format!("no answer within {PATIENCE:?}")
    } else if error.is_connect() {
        "no connection".into()
    } else {
        error.without_url().to_string()
    };
    N8nError::Unreachable(what)
}

#[derive(Deserialize)]
struct Listing<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    id: Id,
    workflow_id: Option<Id>,
    #[serde(default)]
    mode: String,
    started_at: Option<DateTime<Utc>>,
    stopped_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Workflow {
    id: Id,
    name: String,
}

/// A number in the documentation and in old versions, a text in newer ones.
#[derive(Deserialize)]
#[serde(from = "serde_json::Value")]
struct Id(String);

impl From<serde_json::Value> for Id {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self(text),
            other => Self(other.to_string()),
        }
    }
}
