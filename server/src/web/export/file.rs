//! Names and headers of the files that people take away.

use app::query::segment;
use axum::{
    body::Body,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;

/// Letters of one filter's value in a file's name, and of the whole name before its time.
const VALUE: usize = 24;
const NAME: usize = 120;

/// `pipeline_events_status-failed_20261121_221500.csv`.
pub(super) fn file_name(table: &str, filters: &[(&str, &str)]) -> String {
    let mut name = table.to_owned();
    for (key, value) in filters {
        let value: String = plain(value.trim()).chars().take(VALUE).collect();
        name.push_str(&format!("_{}-{value}", key.trim_start_matches("e_")));
    }
    name.truncate(NAME);
    format!("{name}_{}.csv", Utc::now().format("%Y%m%d_%H%M%S"))
}

/// Text in a file's name: ASCII letters, digits, points and hyphens, and `_` for all else.
pub(super) fn plain(text: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.chars()
        .map(|c| if kept(c) { c } else { '_' })
        .collect()
}

/// The line above the columns. The filter is written as in the URL: it has no comma, quotation mark or line break then,
/// and no cell of it can become a formula.
pub(super) fn comment(table: &str, filters: &[(&str, &str)]) -> String {
    let now = Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    let pairs: Vec<String> = filters
        .iter()
        .map(|(key, value)| format!("{key}={}", segment(value.trim())))
        .collect();
    let filter = if pairs.is_empty() {
        "everything".to_owned()
    } else {
        format!("filter {}", pairs.join("&"))
    };
    format!("# {table} as of {now}: {filter}\r\n")
}

pub(super) fn download(file_name: &str, body: Body) -> Response {
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".into()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_stand_in_the_name_and_in_the_comment_and_harm_neither() {
        let filters = [("e_type", "a/b\"\r\n"), ("q", "=cmd(),x Söhne")];
        let name = file_name("pipeline_errors", &filters);
        assert!(
            name.starts_with("pipeline_errors_type-a_b__q-_cmd___x_S_hne_20"),
            "{name}"
        );
        let long = "x".repeat(400);
        let many = [("q", long.as_str()); 12];
        assert!(file_name("events", &many).len() < 150);
        let line = comment("pipeline_errors", &filters);
        assert!(
            line.starts_with("# pipeline_errors as of 20")
                && line.ends_with(": filter e_type=a%2Fb%22&q=%3Dcmd%28%29%2Cx%20S%C3%B6hne\r\n"),
            "{line}"
        );
        assert!(comment("events", &[]).ends_with(": everything\r\n"));
    }
}
