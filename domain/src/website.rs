//! Websites: one normal form for what people write, and the domain that duplicates are found by.

use std::{borrow::Cow, fmt};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::Serialize;

/// Browsers and proxies cut longer addresses; nothing of use is longer.
const LONGEST: usize = 2048;

/// A public web address in normal form: `http` or `https`, host in lower case and punycode without `www.`, no
/// user, default port, fragment or needless slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct Website {
    url: String,
    host_start: usize,
    host_end: usize,
}

/// Why a text is no website; reads on from "the website …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebsiteError {
    #[error("is empty")]
    Empty,
    #[error("is longer than 2048 characters")]
    TooLong,
    #[error("contains a space; only one address fits into the field")]
    Space,
    #[error("is an e-mail address")]
    Email,
    #[error("has a scheme other than http and https")]
    Scheme,
    #[error("has no host name")]
    NoHost,
    #[error("has no dot in its host name")]
    NoDot,
    #[error("is an IP address, not a domain name")]
    IpAddress,
    #[error("names this computer or a private network")]
    Private,
    #[error("has a host name that cannot exist")]
    BadHost,
    #[error("has a port that is no number from 1 to 65535")]
    BadPort,
}

impl Website {
    /// Reads an address as people write it: `HTTP://WWW.Example.COM/`, `example.com/about`, `müller.de`.
    ///
    /// # Errors
    /// Says what keeps the text from being a public website.
    pub fn parse(text: &str) -> Result<Self, WebsiteError> {
        let text = without_invisibles(text);
        let text = text.trim();
        if text.is_empty() {
            return Err(WebsiteError::Empty);
        }
        if text.len() > LONGEST {
            return Err(WebsiteError::TooLong);
        }
        if text.contains(char::is_whitespace) {
            return Err(WebsiteError::Space);
        }
        let (scheme, rest) = split_scheme(text)?;
        let authority_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        let (host, port) = split_authority(authority, text)?;
        let host = normal_host(host)?;
        let port = match port {
            Some(80) if scheme == "http" => None,
            Some(443) if scheme == "https" => None,
            other => other,
        };
        let mut url = format!("{scheme}://");
        let host_start = url.len();
        url.push_str(&host);
        let host_end = url.len();
        if let Some(port) = port {
            url.push_str(&format!(":{port}"));
        }
        push_path(&mut url, path);
        if url.len() > LONGEST {
            return Err(WebsiteError::TooLong);
        }
        Ok(Self {
            url,
            host_start,
            host_end,
        })
    }

    /// The whole address, such as `https://example.com/about`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The host, such as `example.com`; two companies with the same one are taken for duplicates.
    pub fn domain(&self) -> &str {
        &self.url[self.host_start..self.host_end]
    }
}

/// Control characters and the invisible ones that come with copied text.
fn without_invisibles(text: &str) -> Cow<'_, str> {
    let invisible = |c: char| {
        (c.is_control() && !c.is_whitespace())
            || matches!(
                c,
                '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
            )
    };
    if text.contains(invisible) {
        Cow::Owned(text.replace(invisible, ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The scheme (https when there is none) and what follows its slashes.
///
/// A doubled scheme, as in `http://https://example.com`, is a slip that form fields with a preset invite.
fn split_scheme(text: &str) -> Result<(&'static str, &str), WebsiteError> {
    let mut scheme = None;
    let mut rest = text;
    while let Some((name, after)) = rest.split_once(':') {
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
        // A name with a dot is a host, and digits after the colon are its port: `example.com:8080`.
        if !named || after.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        scheme = Some(match name.to_ascii_lowercase().as_str() {
            "http" => "http",
            "https" => "https",
            // After a scheme, what stands before a colon is a host or a user.
            _ if scheme.is_some() => break,
            _ => return Err(WebsiteError::Scheme),
        });
        rest = after.trim_start_matches(['/', '\\']);
    }
    Ok((
        scheme.unwrap_or("https"),
        rest.trim_start_matches(['/', '\\']),
    ))
}

/// Host and port; a user and password before them are left out, they are nobody else's business.
fn split_authority<'a>(
    authority: &'a str,
    text: &str,
) -> Result<(&'a str, Option<u16>), WebsiteError> {
    let host = match authority.rsplit_once('@') {
        Some((user, _)) if text.starts_with(user) && !user.contains(':') => {
            return Err(WebsiteError::Email);
        }
        Some((_, host)) => host,
        None => authority,
    };
    if host.starts_with('[') {
        return Err(WebsiteError::IpAddress);
    }
    match host.split_once(':') {
        None | Some((_, "")) => Ok((host.trim_end_matches(':'), None)),
        Some((host, port)) => match port.parse() {
            Ok(port) if port > 0 => Ok((host, Some(port))),
            _ => Err(WebsiteError::BadPort),
        },
    }
}

fn normal_host(host: &str) -> Result<String, WebsiteError> {
    let host = host.trim_end_matches('.');
    if host.is_empty() {
        return Err(WebsiteError::NoHost);
    }
    let ascii = Uts46::new()
        .to_ascii(
            host.as_bytes(),
            AsciiDenyList::URL,
            Hyphens::Allow,
            DnsLength::Verify,
        )
        .map_err(|_| WebsiteError::BadHost)?;
    let mut host = ascii.as_ref().trim_end_matches('.');
    while let Some(rest) = host.strip_prefix("www.") {
        host = rest;
    }
    if matches!(host, "localhost" | "local" | "internal")
        || [".localhost", ".local", ".internal"]
            .iter()
            .any(|end| host.ends_with(end))
    {
        return Err(WebsiteError::Private);
    }
    let Some((_, top)) = host.rsplit_once('.') else {
        return Err(if is_number(host) {
            WebsiteError::IpAddress
        } else {
            WebsiteError::NoDot
        });
    };
    if is_number(top) {
        return Err(WebsiteError::IpAddress);
    }
    // No top-level domain has a single letter, so "n.a." and "e.g" are no websites.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if top.len() < 2
        || !top.starts_with(|c: char| c.is_ascii_alphabetic())
        || !host.chars().all(plain)
    {
        return Err(WebsiteError::BadHost);
    }
    Ok(host.to_string())
}

/// Decimal or, as browsers read hosts too, hexadecimal.
fn is_number(label: &str) -> bool {
    let hex = label
        .strip_prefix("0x")
        .is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()));
    hex || label.bytes().all(|b| b.is_ascii_digit())
}

/// Path and query without fragment and closing slash; what a URL may not hold is percent-encoded.
fn push_path(url: &mut String, text: &str) {
    let text = text.split('#').next().unwrap_or_default();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let path = path.replace('\\', "/");
    let trimmed = path.trim_end_matches('/');
    // Before a query the slash may matter, except that of the root.
    let path = if query.is_empty() || trimmed.is_empty() {
        trimmed
    } else {
        path.as_str()
    };
    push_encoded(url, path);
    if !query.is_empty() {
        url.push('?');
        push_encoded(url, query);
    }
}

fn push_encoded(url: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '`' | '{' | '}' | '\\' | '^' | '|' => percent_encode(url, c),
            c if c.is_ascii_graphic() => url.push(c),
            c => percent_encode(url, c),
        }
    }
}

fn percent_encode(url: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        url.push_str(&format!("%{byte:02X}"));
    }
}

impl fmt::Display for Website {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl From<Website> for String {
    fn from(website: Website) -> Self {
        website.url
    }
}

#[cfg(test)]
mod tests {
    use WebsiteError::{
        BadHost, BadPort, Email, Empty, IpAddress, NoDot, NoHost, Private, Scheme, Space, TooLong,
    };

    use super::*;

    #[test]
    fn addresses_get_one_normal_form() {
        let table = [
            ("example.com", "https://example.com", "example.com"),
            ("https://example.com/", "https://example.com", "example.com"),
            (
                " HTTP://WWW.Example.COM/ ",
                "http://example.com",
                "example.com",
            ),
            (
                "http://www.www.example.com",
                "http://example.com",
                "example.com",
            ),
            (
                "www.example.co.uk",
                "https://example.co.uk",
                "example.co.uk",
            ),
            ("//example.com", "https://example.com", "example.com"),
            ("http:/example.com", "http://example.com", "example.com"),
            ("http:example.com", "http://example.com", "example.com"),
            (
                "http:\\\\example.com\\about",
                "http://example.com/about",
                "example.com",
            ),
            (
                "http://https://example.com",
                "https://example.com",
                "example.com",
            ),
            ("example.com.", "https://example.com", "example.com"),
            (
                "https://example.com./about/",
                "https://example.com/about",
                "example.com",
            ),
            (
                "example.com:8080/x",
                "https://example.com:8080/x",
                "example.com",
            ),
            (
                "https://example.com:443",
                "https://example.com",
                "example.com",
            ),
            (
                "http://example.com:80/a",
                "http://example.com/a",
                "example.com",
            ),
            (
                "http://example.com:443",
                "http://example.com:443",
                "example.com",
            ),
            ("http://example.com:", "http://example.com", "example.com"),
            (
                "https://user:secret@example.com/a",
                "https://example.com/a",
                "example.com",
            ),
            (
                "https://user@example.com",
                "https://example.com",
                "example.com",
            ),
            (
                "https://example.com/#top",
                "https://example.com",
                "example.com",
            ),
            (
                "https://example.com/a#top",
                "https://example.com/a",
                "example.com",
            ),
            (
                "https://example.com/?ref=yc",
                "https://example.com?ref=yc",
                "example.com",
            ),
            (
                "https://example.com?ref=yc#x",
                "https://example.com?ref=yc",
                "example.com",
            ),
            (
                "https://example.com/a/?b=c/",
                "https://example.com/a/?b=c/",
                "example.com",
            ),
            (
                "https://Müller.DE/Straße",
                "https://xn--mller-kva.de/Stra%C3%9Fe",
                "xn--mller-kva.de",
            ),
            (
                "https://xn--mller-kva.de",
                "https://xn--mller-kva.de",
                "xn--mller-kva.de",
            ),
            (
                "例え。テスト",
                "https://xn--r8jz45g.xn--zckzah",
                "xn--r8jz45g.xn--zckzah",
            ),
            (
                "\u{feff}https://exa\u{200b}mple.com\u{a0}",
                "https://example.com",
                "example.com",
            ),
            (
                "my_shop.example.com",
                "https://my_shop.example.com",
                "my_shop.example.com",
            ),
            (
                "https://example.com/a\"b<c>",
                "https://example.com/a%22b%3Cc%3E",
                "example.com",
            ),
            ("123.example", "https://123.example", "123.example"),
        ];
        for (text, url, domain) in table {
            let website = Website::parse(text).unwrap_or_else(|error| panic!("{text:?} {error}"));
            assert_eq!((website.url(), website.domain()), (url, domain), "{text:?}");
            let again = Website::parse(website.url()).unwrap();
            assert_eq!(again, website, "a normal form stays as it is");
        }
    }

    #[test]
    fn what_is_no_public_website_is_refused_with_its_reason() {
        let long = format!("example.com/{}", "x".repeat(2048));
        let long_label = format!("{}.com", "x".repeat(64));
        let table = [
            ("", Empty),
            (" \u{200b} ", Empty),
            (&long, TooLong),
            ("acme", NoDot),
            ("N/A", NoDot),
            ("none", NoDot),
            ("-", NoDot),
            ("n.a.", BadHost),
            ("www.acme", NoDot),
            ("http://", NoHost),
            ("https:///", NoHost),
            ("?", NoHost),
            ("...", NoHost),
            ("acme com", Space),
            ("https://a.com, https://b.com", Space),
            ("a.com\nb.com", Space),
            ("info@example.com", Email),
            ("javascript:alert(1)", Scheme),
            ("JavaScript://example.com/%0aalert(1)", Scheme),
            ("mailto:info@example.com", Scheme),
            ("ftp://example.com", Scheme),
            ("data:text/html,x", Scheme),
            ("file:///etc/passwd", Scheme),
            ("127.0.0.1", IpAddress),
            ("http://192.168.1.1/admin", IpAddress),
            ("http://2130706433", IpAddress),
            ("http://0x7f.1", IpAddress),
            ("http://0x7f000001", IpAddress),
            ("http://[::1]:80/", IpAddress),
            ("localhost", Private),
            ("http://localhost:3000", Private),
            ("app.localhost", Private),
            ("printer.local", Private),
            ("metadata.google.internal", Private),
            ("example.com:99999", BadPort),
            ("example.com:0", BadPort),
            ("example.com:x", BadPort),
            ("exa%6dple.com", BadHost),
            ("exam,ple.com", BadHost),
            ("a..com", BadHost),
            (&long_label, BadHost),
            ("<script>alert(1)</script>.com", BadHost),
        ];
        for (text, expected) in table {
            let text: &str = text;
            assert_eq!(Website::parse(text).err(), Some(expected), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            if let Ok(website) = Website::parse(&text) {
                assert!(website.url().is_ascii());
                assert_eq!(Website::parse(website.url()).as_ref(), Ok(&website));
            }
        }

        #[test]
        fn addresses_with_odd_parts_keep_their_normal_form(text in "(https?:[/\\\\]{0,3})?(www\\.){0,2}[a-zü0-9.-]{1,12}\\.(com|de)\\.?(:[0-9]{0,5})?[/?#@a-z\\\\]{0,8}") {
            if let Ok(website) = Website::parse(&text) {
                assert_eq!(Website::parse(website.url()).as_ref(), Ok(&website));
            }
        }
    }
}
