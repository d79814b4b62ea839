//! Programs come with a token where people have a session: `Authorization: Bearer occ_…`.

use std::{net::IpAddr, time::Instant};

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use domain::{model::token::TokenRefusal, role::Actor};
use engine::store::token_secret::TokenSecret;

use super::{App, problem::Problem};

const SCHEME: &str = "bearer";

/// What a program presents; empty when it cannot be read as one token, `None` when there is none. Other schemes belong to
/// a proxy in front of us.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut found = headers.get_all(AUTHORIZATION).iter().filter_map(credential);
    let first = found.next()?;
    Some(if found.next().is_some() { "" } else { first })
}

fn credential(value: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = value.as_bytes().split_at_checked(SCHEME.len())?;
    let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
    (ends && scheme.eq_ignore_ascii_case(SCHEME.as_bytes()))
        .then(|| std::str::from_utf8(rest).unwrap_or_default().trim())
}

/// Whether a request has nothing but its token to go by. No other site can make a browser send one, as it can with cookies.
pub(crate) fn comes_alone(headers: &HeaderMap) -> bool {
    bearer(headers).is_some() && !headers.contains_key(COOKIE)
}

/// The id of the token and whoever holds it. A token that is not accepted is refused, whatever else the request brings.
pub(crate) async fn holder(
    app: &App,
    presented: &str,
    address: IpAddr,
) -> Result<(i64, Actor), Problem> {
    let secret = TokenSecret::parse(presented);
    let hash = secret.as_ref().map(TokenSecret::hash);
    let throttle = &app.token_throttle;
    if !throttle.may_try(hash.as_ref(), address, Instant::now()) {
        tracing::warn!("a token came too early after wrong ones");
        return Err(too_early());
    }
    let answer = match &secret {
        Some(secret) => {
            app.engine
                .actor_of_token(secret, &address.to_string())
                .await?
        }
        None => Err(TokenRefusal::Unknown),
    };
    match answer {
        Ok(found) => {
            throttle.accepted(hash);
            Ok(found)
        }
        Err(refusal) => {
            tracing::warn!(?refusal, "a token was not accepted");
            // Whoever holds one that has ended guesses at nothing.
            if refusal == TokenRefusal::Unknown {
                throttle.failed(address, Instant::now());
            }
            Err(not_accepted(&refusal))
        }
    }
}

/// The answer to a request whose token led nowhere.
pub(crate) fn refuse(problem: Problem) -> Response {
    let unauthorized = problem.status == StatusCode::UNAUTHORIZED;
    let mut response = problem.into_response();
    if unauthorized {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn not_accepted(refusal: &TokenRefusal) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "signed_out",
        "The token is not accepted",
        refusal.advice(),
    )
}

fn too_early() -> Problem {
    let detail = "Too many wrong tokens came from this address. Wait a few minutes, and compare the token with the one that \
                  was shown when it was made.";
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "unreachable",
        "Too many wrong tokens",
        detail,
    )
}

/// The answer where only people may go.
pub(crate) fn for_people() -> Problem {
    let detail = "A token opens server functions, exports, uploads and the live feed. Pages, people, passwords, sessions, \
                  tokens and webhooks are for people: sign in with a browser.";
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "Not with a token",
        detail,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_the_one_scheme_is_ours_and_it_is_said_once() {
        let table: &[(&[&'static str], Option<&str>)] = &[
            (&[], None),
            (&["Bearer occ_1"], Some("occ_1")),
            (&["bearer   occ_1 "], Some("occ_1")),
            (&["BEARER\tocc_1"], Some("occ_1")),
            (&["Bearer"], Some("")),
            (&["Bearer "], Some("")),
            (&["Bearers occ_1"], None),
            (&["Basic YTpi"], None),
            (&["Bear"], None),
            (&["Basic YTpi", "Bearer occ_1"], Some("occ_1")),
            (&["Bearer occ_1", "Bearer occ_2"], Some("")),
        ];
        for (values, expected) in table {
            let pairs: Vec<_> = values
                .iter()
                .map(|value| ("authorization", *value))
                .collect();
            assert_eq!(bearer(&headers(&pairs)), *expected, "{values:?}");
        }
    }

    #[test]
    fn with_a_cookie_a_token_does_not_come_alone() {
        let token = ("authorization", "Bearer occ_1");
        assert!(comes_alone(&headers(&[token])));
        assert!(!comes_alone(&headers(&[token, ("cookie", "")])));
        assert!(!comes_alone(&headers(&[])));
        assert!(!comes_alone(&headers(&[("authorization", "Basic YTpi")])));
    }
}
