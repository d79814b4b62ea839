//! The verbs of operators as they type them: each acts, says what it did, and is on record.

use sqlx::PgPool;

use crate::terminal::server;

/// Three companies whose validation failed, one that is through with its slots.
const STORY: &str = r"
    INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
    SELECT 'C' || n, 'https://c' || n || '.example', 'B-1' FROM generate_series(1, 4) n;
    UPDATE marketing.pipeline_events SET status = 'failed', retry_count = 3, error_message = 'No answer' WHERE id <= 3;
    INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
    SELECT id, 'attempts', 'No answer', 'queue' FROM marketing.pipeline_events WHERE id <= 3";

/// What is typed, whether it succeeds, and words of the answer.
type Step = (&'static [&'static str], bool, &'static [&'static str]);

async fn play(pool: &PgPool, steps: &[Step]) {
    for (arguments, succeeds, expected) in steps {
        let (output, text) = server(pool, arguments).await;
        assert_eq!(output.status.success(), *succeeds, "{arguments:?}\n{text}");
        for words in *expected {
            assert!(text.contains(words), "{arguments:?}: {words}\n{text}");
        }
    }
}

async fn told(pool: &PgPool) {
    sqlx::raw_sql(STORY).execute(pool).await.unwrap();
}

async fn states(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT status FROM marketing.pipeline_events ORDER BY id")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn events_are_acted_on_and_actions_taken_back(pool: PgPool) {
    told(&pool).await;
    let steps: &[Step] = &[
        (&["event", "retry"], false, &["name events by id"]),
        (
            &["event", "retry", "1", "--status", "failed"],
            false,
            &["not both"],
        ),
        (
            &["event", "retry", "--status", "failed", "--preview"],
            true,
            &["3 events"],
        ),
        // Nobody is there to agree.
        (
            &["event", "retry", "--status", "failed"],
            false,
            &["add --yes"],
        ),
    ];
    play(&pool, steps).await;
    assert_eq!(
        states(&pool).await,
        ["failed", "failed", "failed", "pending"]
    );
    let steps: &[Step] = &[
        (
            &[
                "event",
                "retry",
                "--status",
                "failed",
                "--yes",
                "--reason",
                "the site is back",
            ],
            true,
            &["3 of 3 done", "server action undo 1"],
        ),
        (&["action", "list"], true, &["3 of 3"]),
        (&["action", "show", "1"], true, &["the site is back"]),
        (&["action", "show", "99"], false, &["not found"]),
        (&["action", "cancel", "1"], false, &[]),
    ];
    play(&pool, steps).await;
    assert_eq!(states(&pool).await, ["pending"; 4]);
    play(&pool, &[(&["action", "undo", "1"], true, &["3 of 3 done"])]).await;
    assert_eq!(
        states(&pool).await,
        ["failed", "failed", "failed", "pending"]
    );
    let steps: &[Step] = &[
        (&["event", "cancel", "4", "--yes"], true, &["1 of 1 done"]),
        (
            &["event", "requeue", "4", "--set", "record_id=7", "--yes"],
            true,
            &["1 of 1 done"],
        ),
        (
            &["event", "requeue", "4", "--replace", "{", "--yes"],
            false,
            &["JSON"],
        ),
        // The old event stays as it was; the edited one is the fifth.
        (
            &["event", "dead-letter", "5", "--yes", "--reason", "hopeless"],
            true,
            &["1 of 1 done"],
        ),
        (
            &["dead-letter", "list"],
            true,
            &["hopeless", "4 dead letters"],
        ),
        (
            &["dead-letter", "list", "--kind", "person"],
            true,
            &["1 dead letters"],
        ),
        // Nobody has it in hand.
        (
            &["event", "release", "5", "--yes"],
            false,
            &["nothing to do"],
        ),
        (&["event", "settle", "5", "--happened", "true"], false, &[]),
        (
            &["dead-letter", "retry", "1", "--yes"],
            true,
            &["1 of 1 done"],
        ),
        (&["dead-letter", "purge"], false, &["--all"]),
    ];
    play(&pool, steps).await;
    let payload: String = sqlx::query_scalar(
        "SELECT payload ->> 'record_id' FROM marketing.pipeline_events WHERE id = 5",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(payload, "7");
    let steps: &[Step] = &[
        (
            &["dead-letter", "purge", "--all", "--yes"],
            true,
            &["3 of 3 done"],
        ),
        (&["audit"], true, &["command line", "entries"]),
        (&["audit", "--csv"], true, &["id,at,actor,", "command line"]),
    ];
    play(&pool, steps).await;
    let dead: i64 = sqlx::query_scalar("SELECT count(*) FROM marketing.dead_letters")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(dead, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn stages_and_batches_are_paused_and_set(pool: PgPool) {
    told(&pool).await;
    let steps: &[Step] = &[
        (
            &["pause", "stage", "fly"],
            false,
            &["there is no stage of this name"],
        ),
        (&["pause", "stage", "enrich"], false, &["Say why"]),
        (
            &["pause", "stage", "enrich", "--reason", "budget"],
            true,
            &["Enrich is paused"],
        ),
        (
            &["pause", "batch", "B-1", "--reason", "wrong file"],
            true,
            &["Batch B-1 is paused"],
        ),
        (
            &[
                "settings",
                "verify",
                "--concurrency",
                "3",
                "--min-delay-ms",
                "750",
            ],
            true,
            &["verify", "3", "750"],
        ),
        (
            &["settings", "verify", "--concurrency", "0"],
            false,
            &["the settings of Verify stay as they are", "1 to 256"],
        ),
        (&["settings"], true, &["budget", "batch B-1", "wrong file"]),
        (&["resume", "stage", "enrich"], true, &["Enrich goes on"]),
        (&["resume", "batch", "B-1"], true, &["Batch B-1 goes on"]),
        (&["resume", "batch", "B-2"], false, &[]),
        (
            &["audit", "--action", "stage."],
            true,
            &["stage.pause", "stage.resume"],
        ),
    ];
    play(&pool, steps).await;
    let set: (Option<i32>, Option<i32>) = sqlx::query_as(
        "SELECT concurrency, min_delay_ms FROM marketing.stage_settings WHERE stage = 'verify'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(set, (Some(3), Some(750)));
    play(
        &pool,
        &[(
            &["settings", "verify", "--concurrency", "default"],
            true,
            &["750"],
        )],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_says_what_it_will_do_before_it_does(pool: PgPool) {
    told(&pool).await;
    let steps: &[Step] = &[
        (
            &["replay", "company", "4", "--from", "validate", "--dry-run"],
            true,
            &["in the way", "Dry run: nothing was changed"],
        ),
        (
            &["replay", "company", "4", "--from", "validate"],
            false,
            &[],
        ),
        (
            &["replay", "contact", "x", "--from", "verify"],
            false,
            &["known by its number"],
        ),
        (&["event", "cancel", "4", "--yes"], true, &[]),
        (
            &["replay", "company", "4", "--from", "validate", "--dry-run"],
            true,
            &["new event    company_created of 4", "then"],
        ),
        (
            &[
                "replay",
                "company",
                "4",
                "--from",
                "validate",
                "--reason",
                "a better rule",
            ],
            true,
            &["it goes from stage to stage by itself"],
        ),
        (&["audit", "--action", "record."], true, &["record.replay"]),
    ];
    play(&pool, steps).await;
    assert_eq!(
        states(&pool).await.last().map(String::as_str),
        Some("pending")
    );
}
