//! Keeps passwords out of everything that is printed or logged.

use std::{borrow::Cow, fmt};

use url::Url;

/// A value that shows itself without its password, so that a stray `{:?}` gives nothing away. Of a URL with a password the rest
/// is shown, of anything else nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0).unwrap_or_else(|| HIDDEN.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const HIDDEN: &str = "***";

/// The URL with stars for its passwords; none where it is no URL, or none that has a password where one is known.
fn masked(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    let mut found = url.password().is_some();
    if found {
        url.set_password(Some(HIDDEN)).ok()?;
    }
    if url.query_pairs().any(|(key, _)| names_secret(&key)) {
        found = true;
        let hide = |(key, value): (Cow<str>, Cow<str>)| {
            let value = if names_secret(&key) { HIDDEN } else { &value };
            (key.into_owned(), value.to_owned())
        };
        let pairs: Vec<(String, String)> = url.query_pairs().map(hide).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    // A password with an `@` in it reads as host and path, which only `redact` sees; what follows a `#` may be the rest of one.
    let shown = redact(url.as_str()).into_owned();
    found.then(|| shown.split('#').next().unwrap_or_default().to_owned())
}

fn names_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "key"]
        .iter()
        .any(|word| key.contains(word))
}

/// The text with the password of every URL in it, and every `password=` value, replaced by stars.
///
/// It would rather hide too much than too little: a raw `/`, `?`, `#`, `@` or `'` in a password ends nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    if !text.contains("://") && !mentions_password(text) {
        return Cow::Borrowed(text);
    }
    let without_values = redact_values(text);
    // A line of JSON stays one: its strings end a word.
    let words = without_values
        .split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '`' | '<' | '>'));
    let shown: String = words.map(redact_userinfo).collect();
    if shown == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(shown)
    }
}

fn mentions_password(text: &str) -> bool {
    text.to_ascii_lowercase().contains("password=")
}

fn redact_userinfo(word: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = word.split_once("://") else {
        return Cow::Borrowed(word);
    };
    let Some((user, host)) = rest.rsplit_once('@') else {
        return Cow::Borrowed(word);
    };
    let Some((name, _)) = user.split_once(':') else {
        return Cow::Borrowed(word);
    };
    Cow::Owned(format!("{scheme}://{name}:{HIDDEN}@{host}"))
}

fn redact_values(text: &str) -> Cow<'_, str> {
    const KEY: &str = "password=";
    let Some(at) = text.to_ascii_lowercase().find(KEY) else {
        return Cow::Borrowed(text);
    };
    let (before, value) = text.split_at(at + KEY.len());
    let rest = after_value(value);
    Cow::Owned(format!("{before}{HIDDEN}{}", redact_values(rest)))
}

/// What follows a value as libpq reads it: between quotes, where a backslash keeps the next letter, or up to a space.
fn after_value(value: &str) -> &str {
    let ends = |c: char| c == '&' || c.is_whitespace() || matches!(c, '"' | '`');
    let Some(quoted) = value.strip_prefix('\'') else {
        return value.find(ends).map_or("", |end| &value[end..]);
    };
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '\'' => return &quoted[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_disappear_and_the_rest_stays() {
        let table = [
            ("nothing to hide", "nothing to hide"),
            (
                "open http://127.0.0.1:3000/companies?page=2 now",
                "open http://127.0.0.1:3000/companies?page=2 now",
            ),
            (
                "postgres://ada:s3cret@db/main",
                "postgres://ada:***@db/main",
            ),
            ("postgres://ada@db/main", "postgres://ada@db/main"),
            (
                "postgres://ada:a@b/c?d#e@db:5432/main",
                "postgres://ada:***@db:5432/main",
            ),
            (
                "at \"postgres://ada:s3cret@db/main\" failed",
                "at \"postgres://ada:***@db/main\" failed",
            ),
            (
                "two postgres://a:x@h/d postgres://b:y@h/d",
                "two postgres://a:***@h/d postgres://b:***@h/d",
            ),
            (
                "postgres://db/main?user=ada&password=s3cret&x=1",
                "postgres://db/main?user=ada&password=***&x=1",
            ),
            ("PASSWORD=s3cret end", "PASSWORD=*** end"),
            ("sslpassword=a&password=b", "sslpassword=***&password=***"),
            (
                "password='it\\'s a secret' user=ada",
                "password=*** user=ada",
            ),
            ("password='never closed", "password=***"),
            ("password=it's user=ada", "password=*** user=ada"),
            ("postgres://ada:it's@db/main", "postgres://ada:***@db/main"),
            (
                r#"{"at":"http://127.0.0.1:3000/","of":"ada@db.example"}"#,
                r#"{"at":"http://127.0.0.1:3000/","of":"ada@db.example"}"#,
            ),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_shows_no_password() {
        let table = [
            ("postgres://a:b@c/d", "postgres://a:***@c/d"),
            (
                "postgres://a:b@c/d?sslmode=require&sslpassword=s&x=1",
                "postgres://a:***@c/d?sslmode=require&sslpassword=***&x=1",
            ),
            (
                "postgres://c/d?user=a&pass%77ord=s3cret",
                "postgres://c/d?user=a&password=***",
            ),
            ("https://c/d?Token=s3cret#s3cret", "https://c/d?Token=***"),
            (
                "postgres://ada:a@b/c?d#e@db:5432/main",
                "postgres://ada:***@db:5432/main",
            ),
            // What is no URL, or has no password where one is known, may be one as a whole.
            ("eyJhbGciOi", "***"),
            ("s3cret://s3cret", "***"),
            ("s3 cret://ada:x@y", "***"),
            ("postgres://ada:12#s3cret@db/main", "***"),
            ("postgres://ada:s3cret#3@db/main", "***"),
            ("host=db password=s3cret://x", "***"),
            ("", "***"),
        ];
        for (value, expected) in table {
            assert_eq!(format!("{}", Secret::new(value)), expected, "{value}");
            assert_eq!(format!("{:?}", Secret::new(value)), expected, "{value}");
        }
    }
}
