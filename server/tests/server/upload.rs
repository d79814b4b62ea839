//! Uploads.

use std::{path::Path, time::Duration};

use domain::{model::import::Preview, role::Role};
use futures::{StreamExt, stream};
use sqlx::PgPool;

use crate::app::{App, Visitor, options};

const CSV: &str = "company,website\nAcme,https://acme.example\n";

async fn send(visitor: &Visitor, name: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    visitor
        .request("POST", &format!("/upload?name={name}"))
        .body(body)
        .send()
        .await
        .unwrap()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_previewed(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    let pieces = stream::iter(
        CSV.as_bytes()
            .chunks(5)
            .map(|piece| std::io::Result::Ok(piece.to_vec())),
    );
    let answer = send(
        &operator,
        "C:\\lists\\companies.csv",
        reqwest::Body::wrap_stream(pieces),
    )
    .await;
    assert_eq!(answer.status(), 200);
    let preview: Preview = answer.json().await.unwrap();
    assert_eq!(preview.file_name, "companies.csv");
    assert_eq!(preview.headers, ["company", "website"]);
    assert_eq!(preview.rows, [["Acme", "https://acme.example"]]);
}

#[sqlx::test(migrations = "../migrations")]
async fn too_much_is_refused_announced_or_not(pool: PgPool) {
    let mut options = options();
    options.limits.upload_bytes = 100_000;
    let app = App::start_with(pool, options).await;
    let operator = app.person(Role::Operator).await;
    let line = "Acme,https://acme.example\n".repeat(8_000);
    let answer = send(&operator, "a.csv", line.clone()).await;
    assert_eq!(answer.status(), 413);
    let pieces: Vec<_> = line
        .as_bytes()
        .chunks(10_000)
        .map(|piece| std::io::Result::Ok(piece.to_vec()))
        .collect();
    let answer = operator
        .request("POST", "/upload?name=a.csv")
        .body(reqwest::Body::wrap_stream(stream::iter(pieces)))
        .send()
        .await;
    // The server may hang up before it has read everything; then there is no answer to read.
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 413);
    }
    assert_eq!(files(&app.uploads), 0, "nothing is left behind");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_that_stalls_or_breaks_off_leaves_nothing(pool: PgPool) {
    let mut options = options();
    options.limits.upload_idle = Duration::from_millis(300);
    let app = App::start_with(pool, options).await;
    let operator = app.person(Role::Operator).await;
    let beginning = || stream::iter([std::io::Result::Ok(CSV.as_bytes().to_vec())]);
    let stalling = reqwest::Body::wrap_stream(beginning().chain(stream::pending()));
    assert_eq!(send(&operator, "a.csv", stalling).await.status(), 408);

    let breaking = beginning().chain(stream::once(async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Err(std::io::Error::other("the browser was closed"))
    }));
    let request = operator
        .request("POST", "/upload?name=a.csv")
        .body(reqwest::Body::wrap_stream(breaking));
    assert!(request.send().await.is_err());
    for _ in 0..50 {
        if files(&app.uploads) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the unfinished file is still there");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_without_a_name_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    assert_eq!(send(&operator, "", CSV).await.status(), 422);
}
