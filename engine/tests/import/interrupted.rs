//! Imports that are stopped: by a person, by the end of their process, by the database. No row comes twice, none is lost.

use std::time::Duration;

use domain::model::import::ImportStatus;
use engine::Engine;
use sqlx::{PgPool, Postgres, Transaction};

use super::{
    actor, companies, count_lines, ended, engine_of_its_own, file,
    support::{count, wait_for},
    upload,
};

/// So many that a test is there before the end; every second row has no website, so that nothing but its line tells it
/// from another.
const ROWS: usize = 10_000;

fn list(rows: usize) -> Vec<u8> {
    let mut text = String::from("name,website\n");
    for n in 0..rows {
        if n % 2 == 0 {
            text.push_str(&format!("Company {n},c{n}.example\n"));
        } else {
            text.push_str(&format!("Company {n},\n"));
        }
    }
    text.into_bytes()
}

/// Stops all imports before their next chunk for as long as it lives.
async fn hold(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(x'0CC01337'::BIGINT)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
}

async fn some_rows_are_in(pool: &PgPool) {
    for _ in 0..600 {
        if count(
            pool,
            "SELECT coalesce(max(lines_done), 0) FROM intake.import_batches",
        )
        .await
            > 0
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no row came in");
}

async fn each_row_is_in_once(pool: &PgPool, rows: usize) {
    let kept = companies(pool).await;
    assert_eq!(kept.len(), rows);
    let lines: Vec<i64> = kept.iter().map(|row| row.2).collect();
    assert!(lines.iter().copied().eq(2..2 + rows as i64));
}

/// Waits until no import holds its claim. Who reads a file removes it before that, and after its batch says the end.
async fn nobody_reads(pool: &PgPool) {
    wait_for(
        pool,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        0,
    )
    .await;
}

/// An import of `list(ROWS)` that was killed part-way, as its batch says.
async fn killed(pool: &PgPool, engine: &Engine) -> String {
    let (folder, path) = file("list.csv", &list(ROWS));
    let task = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.import_file(&path, &actor()).await })
    };
    some_rows_are_in(pool).await;
    let held = hold(pool).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    drop(folder);
    held.rollback().await.unwrap();
    // What the end of the process would do at once, the pool does soon: give the locks back.
    nobody_reads(pool).await;
    let (batch_id, accepted): (String, i64) = sqlx::query_as(
        "SELECT import_batch_id, accepted FROM intake.import_batches WHERE status = 'importing'",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert!(accepted > 0 && accepted < ROWS as i64, "{accepted}");
    batch_id
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_import_goes_on_when_the_file_comes_again(pool: PgPool) {
    let (_uploads, engine) = engine_of_its_own(&pool, true);
    let batch_id = killed(&pool, &engine).await;
    assert_eq!(
        engine.resume_imports().await.unwrap(),
        0,
        "its file is not here"
    );
    let message = engine.import_batch(&batch_id).await.unwrap().message;
    assert!(
        message.unwrap().contains("Import the same file again"),
        "the page says what to do"
    );
    let (_folder, path) = file("list.csv", &list(ROWS));
    let batch = engine.import_file(&path, &actor()).await.unwrap();
    assert_eq!(
        (batch.batch_id.as_str(), batch.status, batch.message),
        (batch_id.as_str(), ImportStatus::Completed, None)
    );
    assert_eq!((batch.total_rows, batch.accepted), (10_000, 10_000));
    each_row_is_in_once(&pool, ROWS).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_import_goes_on_by_itself(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let batch_id = killed(&pool, &engine).await;
    std::fs::write(folder.path().join(&batch_id), list(ROWS)).unwrap();
    // Two processes start at once.
    let (_, other) = engine_of_its_own(&pool, true);
    let mut config = other.config().clone();
    config.upload_dir = folder.path().to_owned();
    let other = Engine::with_pool(pool.clone(), config);
    let (one, two) = tokio::join!(engine.resume_imports(), other.resume_imports());
    assert!(one.unwrap() + two.unwrap() >= 1);
    let batch = ended(&engine, &batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.accepted), (10_000, 10_000));
    each_row_is_in_once(&pool, ROWS).await;
    for _ in 0..100 {
        if !folder.path().join(&batch_id).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the file is still there");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_killed_upload_goes_on_when_the_file_is_uploaded_again(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let batch_id = killed(&pool, &engine).await;
    let again = upload(&engine, "again.csv", &list(ROWS)).await;
    engine
        .start_import(&again.batch_id, &again.mapping, true, &actor())
        .await
        .unwrap();
    ended(&engine, &batch_id, ImportStatus::Completed).await;
    let again = engine.import_batch(&again.batch_id).await.unwrap();
    assert_eq!(
        again.message,
        Some(format!(
            "The import of this file as {batch_id} had stopped half-way and goes on there; nothing is added twice"
        ))
    );
    each_row_is_in_once(&pool, ROWS).await;
    assert!(!folder.path().join(&again.batch_id).exists());
}

#[sqlx::test(migrations = "../migrations")]
async fn who_comes_second_leaves_the_file_to_the_first(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", &list(10)).await;
    sqlx::query("UPDATE intake.import_batches SET status = 'importing'")
        .execute(&pool)
        .await
        .unwrap();
    let mut first = pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(&preview.batch_id)
        .execute(&mut *first)
        .await
        .unwrap();
    engine.resume_imports().await.unwrap();
    let again = upload(&engine, "b.csv", &list(10)).await;
    engine
        .start_import(&again.batch_id, &again.mapping, true, &actor())
        .await
        .unwrap();
    let batch = engine.import_batch(&again.batch_id).await.unwrap();
    assert_eq!(
        batch.message,
        Some(format!(
            "Being imported as {} at the moment; nothing was added",
            preview.batch_id
        ))
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(folder.path().join(&preview.batch_id).exists());
    first.rollback().await.unwrap();
    assert_eq!(engine.resume_imports().await.unwrap(), 1);
    ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    each_row_is_in_once(&pool, 10).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_line_is_not_forgotten(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", &list(10)).await;
    engine
        .start_import(&preview.batch_id, &preview.mapping, true, &actor())
        .await
        .unwrap();
    ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    assert_eq!(count_lines(&engine, &preview.batch_id).await, 11);
    // The file that is written below would be removed as the first one otherwise.
    nobody_reads(&pool).await;
    // Killed after the last row, before the end was recorded: nothing is left to read.
    sqlx::query("UPDATE intake.import_batches SET status = 'importing', bytes_read = 0")
        .execute(&pool)
        .await
        .unwrap();
    std::fs::write(engine.config().upload_dir.join(&preview.batch_id), list(10)).unwrap();
    engine.resume_imports().await.unwrap();
    let batch = ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.bytes_read), (10, batch.size_bytes));
    assert_eq!(count_lines(&engine, &preview.batch_id).await, 11);
    each_row_is_in_once(&pool, 10).await;

    let header = upload(&engine, "header.csv", b"name,website\n").await;
    engine
        .start_import(&header.batch_id, &header.mapping, true, &actor())
        .await
        .unwrap();
    let batch = ended(&engine, &header.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.bytes_read), (0, batch.size_bytes));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_import_keeps_what_is_in_and_another_takes_the_rest(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", &list(ROWS)).await;
    engine
        .start_import(&preview.batch_id, &preview.mapping, true, &actor())
        .await
        .unwrap();
    some_rows_are_in(&pool).await;
    let held = hold(&pool).await;
    engine
        .cancel_import(&preview.batch_id, &actor())
        .await
        .unwrap();
    held.rollback().await.unwrap();
    let batch = ended(&engine, &preview.batch_id, ImportStatus::Cancelled).await;
    assert!(batch.accepted > 0 && batch.accepted < 10_000, "{batch:?}");
    assert_eq!(
        batch.message,
        Some(format!(
            "Cancelled; {} rows are in and stay",
            batch.accepted
        ))
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    each_row_is_in_once(&pool, usize::try_from(batch.accepted).unwrap()).await;
    assert!(!folder.path().join(&preview.batch_id).exists());

    let again = upload(&engine, "a.csv", &list(ROWS)).await;
    engine
        .start_import(&again.batch_id, &again.mapping, true, &actor())
        .await
        .unwrap();
    let rest = ended(&engine, &again.batch_id, ImportStatus::Completed).await;
    assert_eq!(
        (rest.accepted, rest.duplicates),
        (10_000 - batch.accepted, 0)
    );
    assert_eq!(
        rest.message,
        Some(format!(
            "The rows up to line {} came in as {}; this import takes the rest",
            batch.accepted + 1,
            preview.batch_id
        ))
    );
    each_row_is_in_once(&pool, ROWS).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_brief_trouble_of_the_database_is_outlived(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", &list(5_000)).await;
    let held = hold(&pool).await;
    engine
        .start_import(&preview.batch_id, &preview.mapping, true, &actor())
        .await
        .unwrap();
    // Every connection of the import is cut: the one that waits for its turn, and the one that holds the claim.
    let mut cut = 0;
    while cut < 3 {
        cut += count(
            &pool,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND (query LIKE 'SELECT pg_advisory_xact_lock($1)%' AND wait_event_type = 'Lock'
                    OR query LIKE 'SELECT pg_try_advisory_xact_lock%' AND state = 'idle in transaction')",
        )
        .await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(folder.path().join(&preview.batch_id).exists());
    held.rollback().await.unwrap();
    let batch = ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.message), (5_000, None));
    each_row_is_in_once(&pool, 5_000).await;
}
