//! Requests that change something, and websockets, must come from our own pages.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use super::{App, problem::Problem, token};

pub(crate) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let upgrade = request.headers().contains_key(header::UPGRADE);
    let headers = request.headers();
    let ours = || is_same_origin(headers, app.options.public_url.as_ref());
    if (safe && !upgrade) || token::comes_alone(headers) || ours() {
        return next.run(request).await;
    }
    tracing::warn!("a request from another origin was refused");
    Problem {
        title: "Refused",
        detail: "The request does not come from a page of this app. Programs come with a token and without cookies; \
                 behind a proxy, set PUBLIC_URL."
            .into(),
        ..Problem::forbidden("")
    }
    .into_response()
}

/// Browsers say it themselves, on https and on localhost. Where they do not, the origin must be ours.
fn is_same_origin(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = text(header::ORIGIN).and_then(|origin| Url::parse(origin).ok()) else {
        return false;
    };
    if public_url.is_some_and(|public| public.origin() == origin.origin()) {
        return true;
    }
    // The Host has no scheme: take the origin's, so that a default port is the same written or not.
    let host = text(header::HOST)
        .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    host.is_some_and(|host| origin.origin().is_tuple() && host.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_origin_passes() {
        let public = Url::parse("https://occ.example.com").unwrap();
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://occ.example.com"),
                ],
                false,
            ),
            (&[], false),
            (
                &[
                    ("host", "127.0.0.1:3000"),
                    ("origin", "http://127.0.0.1:3000"),
                ],
                true,
            ),
            (
                &[
                    ("host", "127.0.0.1:3000"),
                    ("origin", "http://127.0.0.1:4000"),
                ],
                false,
            ),
            (&[("host", "app"), ("origin", "http://app:80")], true),
            (&[("host", "app"), ("origin", "https://app")], true),
            (&[("host", "app"), ("origin", "https://app.evil")], false),
            (
                &[
                    ("host", "internal:3000"),
                    ("origin", "https://occ.example.com"),
                ],
                true,
            ),
            (
                &[
                    ("host", "internal:3000"),
                    ("origin", "http://occ.example.com"),
                ],
                false,
            ),
            (&[("host", "app"), ("origin", "null")], false),
            (&[("origin", "http://app")], false),
        ];
        for (pairs, expected) in table {
            let headers = pairs
                .iter()
                .map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()))
                .collect();
            assert_eq!(
                is_same_origin(&headers, Some(&public)),
                *expected,
                "{pairs:?}"
            );
        }
    }
}
