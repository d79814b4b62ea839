//! The HTML document around the application: head, scripts, styles, all fit for a nonce policy.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use http::request::Parts;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{Link, MetaTags};

use crate::{App, PRODUCT, chunk::Needed, routes::SIGN_IN};

/// Runs before the first paint, so that neither the theme, nor the console's size, nor what was declined shows for a moment.
/// Without its mark the style sheet hides what needs code.
const EARLY: &str = r#"(()=>{const r=document.documentElement;r.dataset.script="runs";try{const s=localStorage,t=s.getItem("theme"),h=+s.getItem("console-height");
if(t==="light"||t==="dark")r.dataset.theme=t;if(s.getItem("console")==="closed")r.dataset.console="closed";
if(s.getItem("tour"))r.dataset.tour="seen";if(h>0)r.style.setProperty("--console-height",h+"px")}catch{}})()"#;

/// Loads the WASM half and hands the page over to it.
const HYDRATE: &str = "const m=await import(JS);await m.default({module_or_path:WASM});m.hydrate()";

/// A page without code. It knows the theme that was chosen, and nothing else of the application; where `on` is an address, it
/// goes there by itself.
pub(crate) fn document(
    options: &LeptosOptions,
    title: String,
    on: Option<String>,
    body: AnyView,
) -> AnyView {
    let files = files(options);
    let on = on.map(|to| view! { <meta http-equiv="refresh" content=format!("0;url={to}") /> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head(files)}
                {on}
                <title>{format!("{title} · {PRODUCT}")}</title>
            </head>
            <body>{body}</body>
        </html>
    }
    .into_any()
}

/// What every page begins with.
fn head(files: &Files) -> AnyView {
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="Watch and steer the way from a list of companies to people one can write to." />
        <script nonce=use_nonce()>{EARLY}</script>
        <link rel="preload" href="/fonts/inter-latin.woff2" r#as="font" r#type="font/woff2" crossorigin="" />
        <link rel="stylesheet" href=files.css.clone() />
        <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
    }
    .into_any()
}

/// `build` stays with the page, which compares it with what the live feed says after a restart.
pub fn shell(options: LeptosOptions, build: Option<String>) -> impl IntoView {
    let files = files(&options);
    let nonce = use_nonce();
    // The form for signing in needs no code. A prefetch of it for the next page is refused by Firefox, which asks
    // `default-src` of the page's policy about it.
    let is_form = use_context::<Parts>().is_some_and(|request| request.uri.path() == SIGN_IN);
    provide_context(Needed(Arc::new(|chunk| preload(files, chunk))));
    let hydrate = HYDRATE
        .replace("JS", &format!("{:?}", files.js))
        .replace("WASM", &format!("{:?}", files.wasm));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-build=build>
            <head>
                {head(files)}
                // Leptos' own component writes the nonce into `crossorigin`, which makes Firefox load both files twice.
                {(!is_form)
                    .then(|| {
                        view! {
                            <link rel="modulepreload" href=files.js.clone() nonce=nonce.clone() />
                            <link rel="preload" href=files.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
                            <script r#type="module" nonce=nonce>{hydrate}</script>
                        }
                    })}
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Has the browser fetch a chunk's files together with the rest of the page; [`crate::fetched`] looks for them there.
fn preload(files: &Files, chunk: &str) {
    for file in files.chunks.get(chunk).into_iter().flatten() {
        let link = view! { <Link rel="preload" href=file.clone() as_="fetch" type_="application/wasm" crossorigin="" /> };
        // It stands in the head, and leaves nothing here.
        let _ = link.to_html();
    }
}

/// Addresses of the built files.
struct Files {
    js: String,
    wasm: String,
    css: String,
    /// By a chunk's name, what its code is in.
    chunks: HashMap<String, Vec<String>>,
}

/// The build writes a line `kind: hash` for each file; a running server never changes its files.
fn files(options: &LeptosOptions) -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let hashes = options.hash_files.then(|| hash_file(options)).flatten();
        name_files(
            &options.site_pkg_dir,
            &options.output_name,
            hashes.as_deref(),
        )
    })
}

fn hash_file(options: &LeptosOptions) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let path = program.parent()?.join(options.hash_file.as_ref());
    std::fs::read_to_string(path).ok()
}

fn name_files(folder: &str, name: &str, hashes: Option<&str>) -> Files {
    let hash = |kind: &str| {
        hashes?
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.trim() == kind)
            .map(|(_, hash)| format!(".{}", hash.trim()))
    };
    // Without hashes the files have wasm-bindgen's own names.
    let wasm = hash("wasm").unwrap_or_else(|| "_bg".to_owned());
    let chunk = |line: &str| {
        let (name, files) = line.strip_prefix("chunk-")?.split_once(':')?;
        let files = files.split_whitespace();
        let files = files.map(|file| format!("/{folder}/{file}")).collect();
        Some((name.to_owned(), files))
    };
    Files {
        chunks: hashes
            .into_iter()
            .flat_map(str::lines)
            .filter_map(chunk)
            .collect(),
        js: format!("/{folder}/{name}{}.js", hash("js").unwrap_or_default()),
        wasm: format!("/{folder}/{name}{wasm}.wasm"),
        css: format!("/{folder}/{name}{}.css", hash("css").unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_carry_their_hashes() {
        let hashes = "js: a1\nwasm: b2\ncss: c3\nchunk-users: center.d4.wasm center.e5.wasm\n";
        let files = name_files("pkg", "center", Some(hashes));
        assert_eq!(files.js, "/pkg/center.a1.js");
        assert_eq!(files.wasm, "/pkg/center.b2.wasm");
        assert_eq!(files.css, "/pkg/center.c3.css");
        let users = ["/pkg/center.d4.wasm", "/pkg/center.e5.wasm"];
        assert_eq!(files.chunks["users"], users);
    }

    #[test]
    fn files_without_hashes_have_their_plain_names() {
        let files = name_files("pkg", "center", None);
        assert_eq!(files.js, "/pkg/center.js");
        assert_eq!(files.wasm, "/pkg/center_bg.wasm");
        assert_eq!(files.css, "/pkg/center.css");
    }
}
