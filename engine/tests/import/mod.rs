//! Files of all kinds on their way into the intake table: nothing is lost, nothing comes twice.

mod begin;
mod files;
mod interrupted;

use crate::support;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use domain::{
    model::import::{ImportBatch, ImportStatus, Preview},
    role::{Actor, Role},
};
use engine::Engine;
use sqlx::PgPool;
use support::{count, engine};
use tempfile::TempDir;

pub(crate) fn actor() -> Actor {
    Actor {
        user_id: 1,
        name: "ada".into(),
        role: Role::Admin,
        origin: "192.0.2.7".into(),
    }
}

/// Test data beside the project; absent where only the project was cloned.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    // Written past the test harness, which keeps what a test prints to itself.
    let note = format!("skipped: the test data {} is not here\n", path.display());
    std::io::stderr().write_all(note.as_bytes()).unwrap();
    None
}

/// A file of that name in a folder that goes with the test.
pub(crate) fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

pub(crate) async fn import(engine: &Engine, name: &str, bytes: &[u8]) -> ImportBatch {
    let (_folder, path) = file(name, bytes);
    let batch = engine.import_file(&path, &actor()).await.unwrap();
    assert_eq!(batch.status, ImportStatus::Completed, "{batch:?}");
    assert_eq!(
        batch.total_rows,
        batch.accepted + batch.duplicates + batch.rejected,
        "{batch:?}"
    );
    batch
}

/// An engine with an upload folder of its own, which goes with the test.
pub(crate) fn engine_of_its_own(pool: &PgPool, demo: bool) -> (TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = engine(pool).config().clone();
    config.upload_dir = folder.path().to_owned();
    config.demo = demo;
    (folder, Engine::with_pool(pool.clone(), config))
}

pub(crate) async fn upload(engine: &Engine, name: &str, bytes: &[u8]) -> Preview {
    let mut upload = engine.open_upload(name, &actor()).await.unwrap();
    upload.write(bytes).await.unwrap();
    upload.finish().await.unwrap()
}

/// Waits until the import is in this state.
pub(crate) async fn ended(engine: &Engine, batch_id: &str, status: ImportStatus) -> ImportBatch {
    for _ in 0..600 {
        let batch = engine.import_batch(batch_id).await.unwrap();
        if batch.status == status {
            return batch;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?}", engine.import_batch(batch_id).await.unwrap());
}

/// How far the batch says it was read.
pub(crate) async fn count_lines(engine: &Engine, batch_id: &str) -> i64 {
    sqlx::query_scalar("SELECT lines_done FROM intake.import_batches WHERE import_batch_id = $1")
        .bind(batch_id)
        .fetch_one(engine.pool())
        .await
        .unwrap()
}

pub(crate) async fn companies(pool: &PgPool) -> Vec<(Option<String>, Option<String>, i64)> {
    sqlx::query_as(
        "SELECT company, website_domain, import_line FROM company_raw_intake ORDER BY id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn every_row_has_an_outcome_with_line_and_reason(pool: PgPool) {
    let engine = engine(&pool);
    let text = "Name,Website,Note\nAcme,https://WWW.acme.example/about,\"two\nlines\"\nAcme Inc,acme.example,\n,,\nBad,not a site,\nToo,many.example,x,y\nNo site,,\nShort\n";
    let batch = import(&engine, "list.csv", text.as_bytes()).await;
    assert_eq!(
        (
            batch.total_rows,
            batch.accepted,
            batch.duplicates,
            batch.rejected
        ),
        (7, 3, 1, 3)
    );
    assert_eq!(
        companies(&pool).await,
        [
            (Some("Acme".into()), Some("acme.example".into()), 2),
            (Some("No site".into()), None, 8),
            (Some("Short".into()), None, 9),
        ]
    );
    let rejects = engine
        .import_rejects(&batch.batch_id, None)
        .await
        .unwrap()
        .rows;
    let seen: Vec<_> = rejects
        .iter()
        .map(|r| (r.line, r.outcome.as_str(), r.reason.as_str()))
        .collect();
    assert_eq!(
        seen[0],
        (4, "duplicate", "Duplicate of line 2 in this file")
    );
    assert_eq!(seen[1], (5, "rejected", "The row is empty"));
    assert_eq!((seen[2].0, seen[2].1), (6, "rejected"));
    assert_eq!(
        seen[3],
        (
            7,
            "rejected",
            "The row has 4 cells, but the file has 3 columns; probably a cell with a separator in it lacks its quotation marks"
        )
    );
    assert_eq!(rejects[3].fields, ["Too", "many.example", "x", "y"]);

    let (report, last) = engine
        .import_report(&batch.batch_id, false, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last, 9);
    let lines: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(report.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[0].iter().collect::<Vec<_>>()[..2], ["2", "accepted"]);
    assert_eq!(&lines[0][5], "two\nlines");
    assert!(
        engine
            .import_report(&batch.batch_id, false, Some(last))
            .await
            .unwrap()
            .is_none()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_file_again_adds_nothing_and_says_so(pool: PgPool) {
    let engine = engine(&pool);
    let text = b"name,website\nAcme,acme.example\n";
    let first = import(&engine, "a.csv", text).await;
    let again = import(&engine, "b.csv", text).await;
    assert_eq!(
        (again.total_rows, again.message.unwrap()),
        (
            0,
            format!("Already imported as {}; nothing was added", first.batch_id)
        )
    );
    let other = import(
        &engine,
        "c.csv",
        b"name,website\nAcme AG,https://acme.example\nNew,new.example\n",
    )
    .await;
    assert_eq!((other.accepted, other.duplicates), (1, 1));
    let reject = &engine
        .import_rejects(&other.batch_id, None)
        .await
        .unwrap()
        .rows[0];
    assert_eq!(
        reject.reason,
        format!("Duplicate of Acme (batch {})", first.batch_id)
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pipeline_events WHERE event_type = 'company_created'"
        )
        .await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_is_previewed_started_cancelled_and_resumed(pool: PgPool) {
    let engine = engine(&pool);
    let mut upload = engine
        .open_upload("../../evil\\my list.csv", &actor())
        .await
        .unwrap();
    upload
        .write(b"Company;URL;City\nAcme;acme.example;")
        .await
        .unwrap();
    upload.write(b"Bern\n").await.unwrap();
    let preview = upload.finish().await.unwrap();
    assert_eq!(
        (
            preview.file_name.as_str(),
            preview.delimiter.as_str(),
            preview.encoding.as_str()
        ),
        ("my list.csv", "semicolon", "UTF-8")
    );
    assert_eq!(preview.headers, ["Company", "URL", "City"]);
    assert_eq!(preview.rows, [["Acme", "acme.example", "Bern"]]);
    assert_eq!(
        engine.import_preview(&preview.batch_id).await.unwrap(),
        preview
    );
    let nothing = engine
        .start_import(&preview.batch_id, &vec![None, None, None], true, &actor())
        .await;
    assert!(
        nothing
            .unwrap_err()
            .to_string()
            .contains("No column is mapped")
    );

    // A process that died after it began leaves the batch importing.
    sqlx::query("UPDATE intake.import_batches SET status = 'importing'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(engine.resume_imports().await.unwrap(), 1);
    support::wait_for(
        &pool,
        "SELECT count(*) FROM intake.import_batches WHERE status = 'completed' AND accepted = 1",
        1,
    )
    .await;
    assert!(
        engine
            .cancel_import(&preview.batch_id, &actor())
            .await
            .is_err()
    );

    let mut upload = engine.open_upload("x.csv", &actor()).await.unwrap();
    upload.write(b"name\nX\n").await.unwrap();
    let waiting = upload.finish().await.unwrap();
    engine
        .cancel_import(&waiting.batch_id, &actor())
        .await
        .unwrap();
    assert_eq!(
        engine.import_batch(&waiting.batch_id).await.unwrap().status,
        ImportStatus::Cancelled
    );
    assert!(
        engine
            .start_import(&waiting.batch_id, &waiting.mapping, true, &actor())
            .await
            .is_err()
    );
    assert!(
        engine
            .open_upload("e.csv", &actor())
            .await
            .unwrap()
            .finish()
            .await
            .is_err()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quotation_mark_without_partner_ends_the_import_and_says_where(pool: PgPool) {
    let mut text = String::from(
        "company,website\nAcme,acme.example\nBeta,beta.example\n\"Gamma,gamma.example\n",
    );
    for n in 0..60_000 {
        text.push_str(&format!("Company {n},https://c{n}.example\n"));
    }
    let (_folder, path) = file("open-quote.csv", text.as_bytes());
    let batch = engine(&pool).import_file(&path, &actor()).await.unwrap();
    assert_eq!(
        (batch.status, batch.accepted),
        (ImportStatus::Failed, 2),
        "{batch:?}"
    );
    let message = batch.message.unwrap();
    assert!(
        message.contains("after line 3 is larger than 1 MiB"),
        "{message}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_samples_flow_through_the_same_path(pool: PgPool) {
    let batch = engine(&pool).load_samples(&actor()).await.unwrap();
    assert_eq!(
        (
            batch.total_rows,
            batch.accepted,
            batch.duplicates,
            batch.rejected
        ),
        (42, 40, 1, 1)
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn csv_spectrum_is_read_as_its_answers_say(pool: PgPool) {
    let Some(folder) = shared("hostile/csv-spectrum") else {
        return;
    };
    let engine = engine(&pool);
    for entry in std::fs::read_dir(folder.join("csvs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let answer: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(
            &std::fs::read(folder.join("json").join(format!("{name}.json"))).unwrap(),
        )
        .unwrap();
        // The files name their columns a, b, c: a header that only a person can recognise.
        let mut upload = engine
            .open_upload(&format!("{name}.csv"), &actor())
            .await
            .unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        // A copy that went through version control may have lost what these files are about.
        if name.ends_with("_crlf") {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        upload.write(text.as_bytes()).await.unwrap();
        let preview = upload.finish().await.unwrap();
        let rows = &preview.rows[usize::from(!preview.has_header)..];
        assert_eq!(rows.len(), answer.len(), "{name}");
        for (row, expected) in rows.iter().zip(&answer) {
            let mut cells: Vec<String> = row.clone();
            let mut wanted: Vec<String> = expected
                .values()
                .map(|value| value.as_str().unwrap().to_owned())
                .collect();
            cells.sort();
            wanted.sort();
            assert_eq!(cells, wanted, "{name}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn naughty_strings_arrive_whole_or_with_a_reason(pool: PgPool) {
    let Some(path) = shared("hostile/blns.json") else {
        return;
    };
    let strings: Vec<String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["company", "website", "notes"])
        .unwrap();
    for (n, string) in strings.iter().enumerate() {
        writer
            .write_record([string.as_str(), &format!("n{n}.example"), string])
            .unwrap();
        writer
            .write_record([&format!("Site {n}"), string.as_str(), ""])
            .unwrap();
    }
    let bytes = writer.into_inner().unwrap();
    let engine = engine(&pool);
    let batch = import(&engine, "naughty.csv", &bytes).await;
    assert_eq!(batch.total_rows, strings.len() as i64 * 2);
    let kept: Vec<Option<String>> = sqlx::query_scalar("SELECT extra ->> 'notes' FROM company_raw_intake WHERE website_domain LIKE 'n%.example' ORDER BY id").fetch_all(&pool).await.unwrap();
    for string in strings
        .iter()
        .map(|s| s.replace('\0', ""))
        .filter(|s| !s.trim().is_empty() && s.trim().chars().count() < 400)
    {
        let refused: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM intake.import_rejects WHERE fields ->> 2 = $1)",
        )
        .bind(&string)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert!(
            refused || kept.iter().flatten().any(|text| text == string.trim()),
            "{string:?}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_companies_of_a_public_directory_add_up(pool: PgPool) {
    let Some(folder) = shared("companies/yc") else {
        return;
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record([
            "name",
            "website",
            "team_size",
            "all_locations",
            "industry",
            "one_liner",
        ])
        .unwrap();
    let mut rows = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let page: serde_json::Value =
            serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        for hit in page["results"][0]["hits"].as_array().unwrap() {
            let text = |key: &str| {
                hit[key].as_str().map_or_else(
                    || hit[key].as_i64().map(|n| n.to_string()).unwrap_or_default(),
                    str::to_owned,
                )
            };
            if text("website").is_empty() {
                continue;
            }
            rows += 1;
            writer
                .write_record(
                    [
                        "name",
                        "website",
                        "team_size",
                        "all_locations",
                        "industry",
                        "one_liner",
                    ]
                    .map(text),
                )
                .unwrap();
        }
    }
    let bytes = writer.into_inner().unwrap();
    let engine = engine(&pool);
    let batch = import(&engine, "yc.csv", &bytes).await;
    assert_eq!((batch.total_rows, rows), (5582, 5582));
    assert!(batch.accepted > 5000, "{batch:?}");
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM company_raw_intake WHERE website_domain IS NULL"
        )
        .await,
        0
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) - count(DISTINCT website_domain) FROM company_raw_intake"
        )
        .await,
        0
    );
    assert_eq!(import(&engine, "yc-again.csv", &bytes).await.total_rows, 0);
}
