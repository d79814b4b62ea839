//! `POST /upload?name=FILE`: the body is the file. The answer is its preview.

use axum::{
    Extension, Json,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
};
use domain::{model::import::Preview, role::Actor};
use futures::StreamExt;
use serde::Deserialize;
use tokio::time::timeout;

use super::{App, problem::Problem};

#[derive(Deserialize)]
pub(crate) struct FileName {
    name: String,
}

/// A browser that goes away drops this future, and with it the upload, whose file is then removed.
pub(crate) async fn upload(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Query(file): Query<FileName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Preview>, Problem> {
    let limits = &app.options.limits;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limits.upload_bytes) {
        return Err(too_large(limits.upload_bytes));
    }
    let _place = app.uploads.try_acquire().map_err(|_| {
        let detail = "Other files are being uploaded at the moment. Try again in a minute.";
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "unreachable",
            "Too many uploads",
            detail,
        )
    })?;
    let mut upload = app
        .engine
        .open_upload(plain_name(&file.name)?, &actor)
        .await?;
    let mut received: u64 = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = timeout(limits.upload_idle, pieces.next())
        .await
        .map_err(|_| stalled())?
    {
        let piece = piece.map_err(|_| broken_off())?;
        received += piece.len() as u64;
        if received > limits.upload_bytes {
            return Err(too_large(limits.upload_bytes));
        }
        upload.write(&piece).await?;
    }
    if announced.is_some_and(|length| length != received) {
        return Err(broken_off());
    }
    Ok(Json(upload.finish().await?))
}

/// The last part of a path: the name is shown and logged, never opened.
fn plain_name(name: &str) -> Result<&str, Problem> {
    let plain = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if plain.is_empty() || plain.len() > 255 || plain.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "The file needs a name of 1 to 255 printable characters.",
        ));
    }
    Ok(plain)
}

fn too_large(limit: u64) -> Problem {
    let detail = format!(
        "A file may have {} MB at most. Split it and upload the parts.",
        limit / 1_000_000
    );
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "invalid",
        "The file is too large",
        detail,
    )
}

fn stalled() -> Problem {
    let detail =
        "Nothing of the file arrived for a while. Check the connection and upload it again.";
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "invalid",
        "The upload stalled",
        detail,
    )
}

fn broken_off() -> Problem {
    let detail = "The file did not arrive whole. Check the connection and upload it again.";
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid",
        "The upload broke off",
        detail,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_folders() {
        let table = [
            ("companies.csv", Some("companies.csv")),
            ("C:\\Users\\ada\\list.csv", Some("list.csv")),
            ("../../etc/passwd", Some("passwd")),
            (" a b.csv ", Some("a b.csv")),
            ("", None),
            ("a/", None),
            ("a\0b", None),
        ];
        for (name, expected) in table {
            assert_eq!(plain_name(name).ok(), expected, "{name:?}");
        }
    }
}
