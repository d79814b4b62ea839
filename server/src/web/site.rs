//! The files of the site, which scripts/build-web makes: where they are and how they are served.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use axum::{
    extract::Request,
    http::{HeaderValue, header::CACHE_CONTROL},
    middleware::Next,
    response::Response,
};
use chrono::{DateTime, Utc};
use leptos::prelude::LeptosOptions;
use sha2::{Digest, Sha256};
use tower_http::services::ServeDir;

/// Hashed names are as long as a truncated SHA-256 in hex, or cargo-leptos' base64.
const HASH_CHARS: usize = 16;
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Other files keep their names when they change: ask each time, and get a short "not modified".
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(Clone, Debug)]
pub struct Site {
    options: LeptosOptions,
    /// Name of the file that holds the hashes; Leptos joins it to the binary's folder.
    hash_file: PathBuf,
    build: Option<String>,
}

impl Site {
    /// Where the environment says, or beside the binary, or where scripts/build-web puts it.
    pub fn find() -> Self {
        let binary = env::current_exe()
            .ok()
            .and_then(|path| Some(path.parent()?.to_owned()))
            .unwrap_or_default();
        let setting =
            |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
        let root = env::var("LEPTOS_SITE_ROOT").unwrap_or_else(|_| {
            let places = [
                binary.join("site"),
                binary.join("../site"),
                binary.join("../../site"),
                "target/site".into(),
            ];
            let found = places
                .iter()
                .find(|place| place.join("pkg").is_dir())
                .unwrap_or(&places[3]);
            found.to_string_lossy().into_owned()
        });
        let hash_name = setting("LEPTOS_HASH_FILE_NAME", "hash.txt");
        // Test binaries live one folder deeper.
        let hash_file = [binary.join(&hash_name), binary.join("..").join(&hash_name)];
        let hash_file = hash_file
            .iter()
            .find(|file| file.is_file())
            .unwrap_or(&hash_file[0])
            .clone();
        // Leptos fails when it is told of hashes and finds none.
        let hashed = setting("LEPTOS_HASH_FILES", "true") != "false" && hash_file.is_file();
        let options = LeptosOptions::builder()
            .output_name(setting("LEPTOS_OUTPUT_NAME", "command-center"))
            .site_root(root)
            .site_pkg_dir(setting("LEPTOS_SITE_PKG_DIR", "pkg"))
            .env(if cfg!(debug_assertions) {
                leptos::prelude::Env::DEV
            } else {
                leptos::prelude::Env::PROD
            })
            .hash_file(hash_file.to_string_lossy().into())
            .hash_files(hashed)
            .build();
        let build = fs::read_to_string(&hash_file)
            .ok()
            .map(|hashes| build_id(&hashes, cfg!(debug_assertions).then(Utc::now)));
        Self {
            options,
            hash_file,
            build,
        }
    }

    pub fn options(&self) -> &LeptosOptions {
        &self.options
    }

    /// The same in every process that serves the same files; unknown when they carry no hashes.
    pub(crate) fn build(&self) -> Option<&str> {
        self.build.as_deref()
    }

    pub fn root(&self) -> &str {
        &self.options.site_root
    }

    /// The first file without which pages do not work.
    pub fn missing(&self) -> Option<String> {
        let hashes = fs::read_to_string(&self.hash_file).unwrap_or_default();
        let hash = |kind: &str| {
            let line = hashes
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.trim() == kind)?;
            Some(format!(".{}", line.1.trim()))
        };
        let folder = Path::new(self.root()).join(&*self.options.site_pkg_dir);
        let whole = ["js", "wasm", "css"].map(|kind| {
            let hash = if self.options.hash_files {
                hash(kind).unwrap_or_default()
            } else {
                String::new()
            };
            format!("{}{hash}.{kind}", self.options.output_name)
        });
        let chunks = hashes
            .lines()
            .filter_map(|line| line.strip_prefix("chunk-")?.split_once(':'))
            .flat_map(|(_, files)| files.split_whitespace().map(str::to_owned));
        let mut files = whole
            .into_iter()
            .chain(chunks)
            .map(|name| folder.join(name));
        let missing = files.find(|file| !file.is_file())?;
        Some(missing.display().to_string())
    }

    /// Answers with files, compressed beforehand where the build did so.
    pub(crate) fn files(&self) -> ServeDir {
        ServeDir::new(self.root())
            .precompressed_br()
            .precompressed_gzip()
            .append_index_html_on_directories(false)
    }
}

/// While developing, a change of the server alone is new to the page too: hence its start.
fn build_id(hashes: &str, started: Option<DateTime<Utc>>) -> String {
    let of_site: String = Sha256::digest(hashes)[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match started {
        Some(at) => format!("{of_site}-{}", at.timestamp_millis()),
        None => of_site,
    }
}

/// Says how long a file may be kept, by its name.
pub(crate) async fn cache(request: Request, next: Next) -> Response {
    let value = if is_hashed(request.uri().path()) {
        FOR_EVER
    } else {
        ASK_FIRST
    };
    let mut response = next.run(request).await;
    // A missing file may appear; and a page that stands in for it has an opinion of its own.
    if response.status().is_success() || response.status() == axum::http::StatusCode::NOT_MODIFIED {
        response.headers_mut().entry(CACHE_CONTROL).or_insert(value);
    }
    response
}

fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let middle = name
        .rsplit_once('.')
        .and_then(|(stem, _)| Some(stem.rsplit_once('.')?.1));
    middle.is_some_and(|part| {
        part.len() >= HASH_CHARS
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_known_by_its_files_and_while_developing_by_its_start() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let same = build_id("js: a1", None);
        assert_eq!(same, build_id("js: a1", None));
        assert_ne!(same, build_id("js: b2", None));
        assert_ne!(build_id("js: a1", at(1)), build_id("js: a1", at(2)));
    }

    #[test]
    fn only_hashed_names_last_for_ever() {
        let table = [
            ("/pkg/command-center.0123456789abcdef.js", true),
            ("/pkg/command-center.aB3-_xyzaB3-_xyzaB3-_x.wasm", true),
            ("/pkg/command-center.js", false),
            ("/favicon.ico", false),
            ("/fonts/inter.var.woff2", false),
            ("/", false),
        ];
        for (path, expected) in table {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }
}
