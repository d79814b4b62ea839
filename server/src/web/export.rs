//! `GET /export/…`: tables as CSV files, streamed page by page.

use app::query::{Params, audit_query, error_query, unread_of_audit};
use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use domain::{
    csv_safe::defuse,
    model::{
        audit::AuditQuery,
        error::{ErrorQuery, ErrorRow},
    },
};
use futures::{Stream, stream};

use super::{App, problem::Problem};

/// `phase_stats_<timestamp>.csv`: the view `v_phase_stats`.
pub(crate) async fn phase_stats(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.engine.phase_stats_csv().await?;
    Ok(download(&timed("phase_stats"), Body::from(text)))
}

/// Every error that the console lists under the same query string, in the same order.
pub(crate) async fn errors(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ErrorQuery {
        cursor: None,
        ..error_query(&Params::parse(query.as_deref().unwrap_or_default()))
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

/// Every entry of the audit log that the page lists under the same query string.
pub(crate) async fn audit(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref().unwrap_or_default());
    if let Some(text) = unread_of_audit(&params) {
        return Err(Problem::invalid(text));
    }
    let query = AuditQuery {
        cursor: None,
        ..audit_query(&params)
    };
    // The first piece now, so that a failure is an answer and not a broken file.
    let (first, next) = app.engine.audit_csv(&query).await?;
    let rest = stream::try_unfold((app, query, next), async |(app, mut query, next)| {
        let Some(cursor) = next else { return Ok(None) };
        query.cursor = Some(cursor);
        let (piece, next) = app
            .engine
            .audit_csv(&query)
            .await
            .map_err(std::io::Error::other)?;
        Ok(Some((piece, (app, query, next))))
    });
    let pieces = futures::StreamExt::chain(stream::once(async move { Ok(first) }), rest);
    let pieces: std::pin::Pin<Box<dyn Stream<Item = std::io::Result<Vec<u8>>> + Send>> =
        Box::pin(pieces);
    Ok(download(&timed("audit_log"), Body::from_stream(pieces)))
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

/// Every row of an imported file with what became of it.
pub(crate) async fn import_report(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let Some(batch_id) = file.strip_suffix(".csv").map(str::to_owned) else {
        return Err(Problem::not_found("This file"));
    };
    let name = format!(
        "import_{}.csv",
        batch_id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_")
    );
    // The first piece now, so that an unknown batch is an answer and not a broken file.
    let first = app.engine.import_report(&batch_id, None).await?;
    let pieces = stream::try_unfold((app, batch_id, first), async |(app, batch_id, piece)| {
        let Some((text, line)) = piece else {
            return std::io::Result::Ok(None);
        };
        let next = app
            .engine
            .import_report(&batch_id, Some(line))
            .await
            .map_err(std::io::Error::other)?;
        Ok(Some((text, (app, batch_id, next))))
    });
    Ok(download(&name, Body::from_stream(pieces)))
}
