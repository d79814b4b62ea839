//! What may be started, and what is cleared away.

use std::{path::Path, time::Duration};

use domain::model::import::{Field, ImportFilter, ImportStatus};
use sqlx::PgPool;

use super::{
    actor, companies, ended, engine_of_its_own, file, import,
    support::{count, engine},
    upload,
};

const LIST: &[u8] = b"Name,URL,Homepage\nAcme,acme.example,x.example\n";

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_field_with_two_columns_is_refused(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", LIST).await;
    let website = Some(Field::Website);
    let mapping = vec![Some(Field::Company), website, website];
    let refused = engine
        .start_import(&preview.batch_id, &mapping, true, &actor())
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "2 columns go to website: \"URL\" and \"Homepage\". Choose one of them"
    );
    let batch = engine.import_batch(&preview.batch_id).await.unwrap();
    assert_eq!(
        batch.status,
        ImportStatus::Uploaded,
        "it can still be put right"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_line_is_a_row_when_the_person_says_so(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let text = b"Name,Website\nAcme,acme.example,a note\n";
    let preview = upload(&engine, "a.csv", text).await;
    assert_eq!(preview.first_row, ["Name", "Website"]);
    assert!(preview.has_header);
    let mapping = vec![Some(Field::Company), None];
    engine
        .start_import(&preview.batch_id, &mapping, false, &actor())
        .await
        .unwrap();
    let batch = ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.accepted), (2, 2));
    let extra: serde_json::Value =
        sqlx::query_scalar("SELECT extra FROM company_raw_intake ORDER BY id DESC LIMIT 1")
            .fetch_one(&pool)
            .await
            .unwrap();
    let expected = serde_json::json!({ "Column 2": "acme.example", "Column 3": "a note" });
    assert_eq!(extra, expected);
    let (report, _) = engine
        .import_report(&preview.batch_id, false, None)
        .await
        .unwrap()
        .unwrap();
    assert!(
        report.starts_with(
            "line,outcome,reason,Column 1,Column 2,Column 3\r\n1,accepted,,Name,Website,\r\n"
        ),
        "{report}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_line_holds_names_when_the_person_says_so(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let preview = upload(&engine, "a.csv", b"Firma,,Firma\nAcme,acme.example,x\n").await;
    assert!(!preview.has_header);
    let mapping = vec![Some(Field::Company), Some(Field::Website), None];
    engine
        .start_import(&preview.batch_id, &mapping, true, &actor())
        .await
        .unwrap();
    let batch = ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.total_rows, batch.accepted), (1, 1));
    let (report, _) = engine
        .import_report(&preview.batch_id, false, None)
        .await
        .unwrap()
        .unwrap();
    assert!(
        report.starts_with("line,outcome,reason,Firma,Column 2,Firma (2)\r\n2,accepted,,Acme,"),
        "{report}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_without_a_known_column_leaves_no_batch(pool: PgPool) {
    let (_folder, path) = file("odd.csv", b"foo,bar\n1,2\n");
    let refused = engine(&pool).import_file(&path, &actor()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("No column of odd.csv is recognised") && refused.contains("Column 1"),
        "{refused}"
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM intake.import_batches").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn samples_are_for_the_demo_and_two_people_may_press_at_once(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, false);
    let refused = engine.load_samples(&actor()).await.unwrap_err().to_string();
    assert!(refused.contains("for the demo only"), "{refused}");

    let (folder, engine) = engine_of_its_own(&pool, true);
    let (ada, bob) = (actor(), actor());
    let (one, other) = tokio::join!(engine.load_samples(&ada), engine.load_samples(&bob));
    let (one, other) = (one.unwrap(), other.unwrap());
    for batch in [&one, &other] {
        ended(&engine, &batch.batch_id, ImportStatus::Completed).await;
    }
    assert_eq!(companies(&pool).await.len(), 40, "each sample once");
    engine.load_samples(&actor()).await.unwrap();
    assert_eq!(companies(&pool).await.len(), 40);
    assert_eq!(files(folder.path()), 0, "nothing is left on the disk");
}

#[sqlx::test(migrations = "../migrations")]
async fn discarded_and_abandoned_uploads_leave_the_disk(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let discarded = upload(&engine, "a.csv", LIST).await;
    engine
        .cancel_import(&discarded.batch_id, &actor())
        .await
        .unwrap();
    assert_eq!(files(folder.path()), 0);
    let batch = engine.import_batch(&discarded.batch_id).await.unwrap();
    assert_eq!(
        batch.message.as_deref(),
        Some("Discarded; nothing was imported")
    );
    let gone = engine.import_preview(&discarded.batch_id).await;
    assert!(
        gone.unwrap_err()
            .to_string()
            .contains("is no longer kept; upload it again")
    );

    let abandoned = upload(&engine, "a.csv", LIST).await;
    std::fs::write(folder.path().join("of-no-batch"), "x").unwrap();
    let day = Duration::from_secs(24 * 3600);
    assert_eq!(engine.expire_uploads(day).await.unwrap(), 0, "too early");
    assert_eq!(files(folder.path()), 2);
    sqlx::query("UPDATE intake.import_batches SET created_at = created_at - interval '25 hours'")
        .execute(&pool)
        .await
        .unwrap();
    let fresh = upload(&engine, "b.csv", LIST).await;
    assert_eq!(engine.expire_uploads(day).await.unwrap(), 1);
    let batch = engine.import_batch(&abandoned.batch_id).await.unwrap();
    assert_eq!(batch.status, ImportStatus::Cancelled);
    assert!(
        engine
            .start_import(&abandoned.batch_id, &abandoned.mapping, true, &actor())
            .await
            .is_err()
    );
    assert!(folder.path().join(&fresh.batch_id).exists());
    assert!(
        !folder.path().join(&abandoned.batch_id).exists(),
        "the abandoned file is gone"
    );
    // Old enough, and of no import; the fresh one waits.
    let now = Duration::ZERO;
    sqlx::query("UPDATE intake.import_batches SET created_at = created_at + interval '1 hour'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(engine.expire_uploads(now).await.unwrap(), 1);
    assert!(folder.path().join(&fresh.batch_id).exists());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_upload_of_what_is_in_leaves_the_disk(pool: PgPool) {
    let (folder, engine) = engine_of_its_own(&pool, true);
    let text = b"name,website\nAcme,acme.example\n";
    import(&engine, "a.csv", text).await;
    let again = upload(&engine, "b.csv", text).await;
    engine
        .start_import(&again.batch_id, &again.mapping, true, &actor())
        .await
        .unwrap();
    let batch = ended(&engine, &again.batch_id, ImportStatus::Completed).await;
    assert!(batch.message.unwrap().starts_with("Already imported as "));
    assert_eq!(files(folder.path()), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_which_nothing_was_taken_may_be_tried_again(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let text = b"name,website\nacme.example,Acme\n";
    let wrong = import(&engine, "a.csv", text).await;
    assert_eq!((wrong.accepted, wrong.rejected), (0, 1));
    let again = upload(&engine, "a.csv", text).await;
    let turned = vec![Some(Field::Website), Some(Field::Company)];
    engine
        .start_import(&again.batch_id, &turned, true, &actor())
        .await
        .unwrap();
    let batch = ended(&engine, &again.batch_id, ImportStatus::Completed).await;
    assert_eq!((batch.accepted, batch.message), (1, None));
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_go_on_where_they_ended_and_refuse_what_somebody_typed(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    for n in 0..52 {
        let text = format!("name,website\nA,not a site {n}\n");
        upload(&engine, "a.csv", text.as_bytes()).await;
    }
    let from = |cursor: Option<String>| ImportFilter {
        cursor,
        ..ImportFilter::default()
    };
    let first = engine.import_batches(&from(None)).await.unwrap();
    let second = engine.import_batches(&from(first.next)).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len()), (50, 2));
    let last = &first.rows[49].batch_id;
    assert!(second.rows.iter().all(|batch| batch.batch_id != *last));
    let (waiting, found) = (
        ImportFilter {
            status: Some(ImportStatus::Cancelled),
            ..from(None)
        },
        ImportFilter {
            search: Some(last.clone()),
            ..from(None)
        },
    );
    assert_eq!(engine.import_batches(&waiting).await.unwrap().count.n, 0);
    assert_eq!(engine.import_batches(&found).await.unwrap().count.n, 1);
    for typed in ["", "x", "yesterday~b", "~"] {
        let typed_in = from(Some(typed.into()));
        assert!(engine.import_batches(&typed_in).await.is_err(), "{typed}");
        assert!(engine.import_rejects(last, Some(typed)).await.is_err());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn refused_rows_are_a_report_of_their_own(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let text = b"name,website\nAcme,acme.example\nAcme again,acme.example\n,\nBolt,bolt.example\n";
    let preview = upload(&engine, "a.csv", text).await;
    let mapping = vec![Some(Field::Company), Some(Field::Website)];
    engine
        .start_import(&preview.batch_id, &mapping, true, &actor())
        .await
        .unwrap();
    ended(&engine, &preview.batch_id, ImportStatus::Completed).await;
    sqlx::query("UPDATE company_raw_intake SET validated = FALSE, validation_notes = 'No such site' WHERE company = 'Bolt'")
        .execute(&pool)
        .await
        .unwrap();
    let (report, last) = engine
        .import_report(&preview.batch_id, true, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last, 5);
    assert_eq!(
        report.lines().collect::<Vec<_>>(),
        [
            "line,outcome,reason,name,website",
            "3,duplicate,Duplicate of line 2 in this file,Acme again,acme.example",
            "4,rejected,The row is empty,,",
            "5,rejected,No such site,Bolt,https://bolt.example",
        ]
    );
}
