//! Headers that tell browsers what our pages may do, and nobody to keep a copy of what they hold.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::App;

const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// For everything that is not a page: it needs nothing, should a browser ever show it as one.
const NOTHING: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// A year, as browsers' preload lists ask at least.
const HTTPS_ONLY: &str = "max-age=31536000";

pub(crate) async fn add(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NOTHING));
    // Pages and data are for one person; files of the site have said how long they last.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.options.secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HTTPS_ONLY),
        );
    }
    response
}

/// The policy of a page whose scripts carry the nonce.
pub(crate) fn page_policy(nonce: &str, request: &HeaderMap) -> Option<HeaderValue> {
    // 'self' covers websockets in current browsers; Safari before 15.4 wants them named.
    let sockets = request
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| {
            host.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b))
        })
        .map(|host| format!(" ws://{host} wss://{host}"))
        .unwrap_or_default();
    // Style attributes carry computed widths, which neither a class nor a nonce can; they run nothing.
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'{sockets}; \
         manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_host_does_not_get_into_the_policy() {
        let policy = |host: &'static str| {
            let headers = [(header::HOST, HeaderValue::from_static(host))]
                .into_iter()
                .collect();
            page_policy("n0nce", &headers)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert!(
            policy("app.example:3000")
                .contains("connect-src 'self' ws://app.example:3000 wss://app.example:3000;")
        );
        assert!(policy("x; script-src *").contains("connect-src 'self';"));
        assert!(policy("app").contains("script-src 'self' 'nonce-n0nce' 'wasm-unsafe-eval';"));
    }
}
