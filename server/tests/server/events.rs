//! Events and lineage: the commands as people type them, and the server functions of the pages.

use std::process::Command;

use domain::role::Role;
use sqlx::PgPool;

use crate::{app::App, terminal::server};

/// Two companies of a file; the first is validated by hand, the second's event failed.
const STORY: &str = r"
    INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status) VALUES ('B-1', 'texas.csv', 'ada', 'completed');
    INSERT INTO intake.company_raw_intake (company, website, import_batch_id, import_line) VALUES
        ('Acme', 'https://acme.example', 'B-1', 2), (E'Bo\x1b[31mlt', 'https://bolt.example', 'B-1', 3);
    UPDATE intake.company_raw_intake SET validated = TRUE, validated_by = 'n8n', validated_at = now() WHERE id = 1;
    SELECT marketing.mark_event_processed(1);
    UPDATE marketing.pipeline_events SET status = 'failed', retry_count = 3, error_message = 'No answer' WHERE id = 2;
    INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES (2, 'attempts', 'No answer', 'queue');";

async fn told(pool: &PgPool) {
    for statement in STORY.split_inclusive(";\n") {
        sqlx::raw_sql(statement).execute(pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn events_are_listed_and_shown_on_the_command_line(pool: PgPool) {
    told(&pool).await;
    let filters: &[(&[&str], &[&str])] = &[
        (
            &[],
            &["3 events in all", "company_validated", "Acme", "No answer"],
        ),
        (
            &["--status", "failed", "--dead", "--attempts", "3"],
            &["1 event in all", "No answer"],
        ),
        (
            &[
                "--payload",
                "payload.company_name = Acme",
                "--newer-than",
                "1h",
            ],
            &["2 events in all"],
        ),
        (
            &["--type", "company_created", "--batch", "B-1", "--not-dead"],
            &["1 event in all", "processed"],
        ),
        (&["--older-than", "2d"], &["No event matches"]),
    ];
    for (filter, expected) in filters {
        let (output, text) = server(&pool, &[&["events", "list"], *filter].concat()).await;
        assert!(output.status.success(), "{filter:?}\n{text}");
        for words in *expected {
            assert!(text.contains(words), "{filter:?}: {words}\n{text}");
        }
        assert!(
            !text.contains('\u{1b}'),
            "a name steers the terminal\n{text}"
        );
    }
    let (output, text) = server(&pool, &["events", "list", "--record", "1", "--json"]).await;
    let page: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&text);
    assert_eq!(page["rows"].as_array().unwrap().len(), 2);

    let (_, text) = server(&pool, &["events", "show", "1"]).await;
    for words in [
        "Event 1: company_created, processed",
        "by trigger_company_raw_intake_event of intake.company_raw_intake",
        "intake:1  Acme, valid",
        "company_validated",
        "server lineage event:1",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let (_, text) = server(&pool, &["events", "show", "2"]).await;
    assert!(text.contains("No answer (attempts)"), "{text}");
    let (output, text) = server(&pool, &["events", "show", "99"]).await;
    assert!(
        !output.status.success() && text.contains("Event 99 was not found"),
        "{text}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn lineage_is_a_tree_on_the_command_line(pool: PgPool) {
    told(&pool).await;
    let (output, text) = server(&pool, &["lineage", "event:3"]).await;
    assert!(output.status.success(), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    for (line, begin) in [
        (0, "import:B-1 texas.csv"),
        (1, "└─ intake:1 Acme  valid"),
        (2, "   └─ event:1 company_created"),
        (3, "      └─ event:3 company_validated"),
    ] {
        assert!(lines[line].starts_with(begin), "{begin}\n{text}");
    }
    assert!(lines[3].ends_with('◀'), "{text}");
    let (_, text) = server(&pool, &["lineage", "Acme"]).await;
    assert!(
        text.contains("names no record") && text.contains("Barton ID"),
        "{text}"
    );
}

#[tokio::test]
async fn mistyped_filters_are_refused_in_words() {
    for (arguments, words) in [
        (["--status", "flying"], "cancelled"),
        (["--older-than", "yesterday"], "such as 10m, 2h or 3d"),
        (["--payload", "payload.company_name"], "names no value"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(["events", "list"])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(words), "{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_ask_for_the_same(pool: PgPool) {
    told(&pool).await;
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    for (path, arguments, status, words) in [
        (
            "events_count",
            r#"{"filter": {"status": "failed"}}"#,
            200,
            r#"{"n":1,"capped":false}"#,
        ),
        (
            "events",
            r#"{"filter": {"payload": ["payload.company = Acme"], "newer_than": "2h"}}"#,
            200,
            "company_validated",
        ),
        ("event_detail", r#"{"id": 2}"#, 200, "dead_letter"),
        ("event_detail", r#"{"id": 99}"#, 404, "Event 99"),
        ("lineage", r#"{"of": "intake:1"}"#, 200, "texas.csv"),
        ("lineage", r#"{"of": "Acme"}"#, 422, "names no record"),
        (
            "lineage",
            r#"{"of": "04.04.01.84.00077.001"}"#,
            404,
            "04.04.01.84.00077.001",
        ),
    ] {
        let answer = viewer.call(&format!("/api/fn/{path}"), arguments).await;
        let code = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert!(
            code == status && text.contains(words),
            "{path} {arguments}: {code} {text}"
        );
    }
}
