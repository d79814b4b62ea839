//! Errors of one cause as one thing to deal with.

use domain::model::{
    error::{ErrorFilter, ErrorQuery},
    error_group::{GroupQuery, GroupSort, GroupState, GroupStates},
};
use engine::{Engine, EngineError, queue::Upkeep, store::error::ErrorSelection};
use sqlx::PgPool;

use crate::support::{count, drain, engine, insert, operator, wait_for, worker};

pub(crate) async fn fail(pool: &PgPool, event_type: &str, message: &str, number: i32) {
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message)
         SELECT $1, n::TEXT, replace($2, '#', n::TEXT) FROM generate_series(1, $3) n",
    )
    .bind(event_type)
    .bind(message)
    .bind(number)
    .execute(pool)
    .await
    .unwrap();
}

async fn groups(engine: &Engine, states: GroupStates) -> Vec<(String, GroupState, i64, i64)> {
    let query = GroupQuery {
        states,
        sort: GroupSort::Total,
        ..GroupQuery::default()
    };
    let page = engine.error_groups(&query).await.unwrap();
    assert_eq!(page.rows.len() as i64, page.count.n);
    page.rows
        .into_iter()
        .map(|row| (row.message, row.state, row.open, row.total))
        .collect()
}

pub(crate) async fn key_of(pool: &PgPool, message: &str) -> String {
    sqlx::query_scalar("SELECT group_key FROM marketing.error_groups WHERE message LIKE $1 || '%'")
        .bind(message)
        .fetch_one(pool)
        .await
        .unwrap()
}

pub(crate) fn of_group(key: &str) -> ErrorSelection {
    ErrorSelection::Matching(ErrorFilter {
        group: Some(key.to_owned()),
        resolved: Some(false),
        ..ErrorFilter::default()
    })
}

#[sqlx::test(migrations = "../migrations")]
async fn what_differs_from_record_to_record_does_not_part_errors(pool: PgPool) {
    let engine = engine(&pool);
    for (event_type, message, number) in [
        (
            "a",
            "No answer within # s from https://provider.example/v1?q=#",
            5,
        ),
        ("a", "No answer within 0.# s from https://other.example/", 2),
        (
            "b",
            "No answer within # s from https://provider.example/",
            1,
        ),
        (
            "a",
            "Key (email)=(jane#@acme.example) is there already, see 0000000#-0000-4000-8000-00000000000#",
            4,
        ),
        ("a", "“Acme #” has no website\n  at all", 3),
    ] {
        fail(&pool, event_type, message, number).await;
    }
    assert_eq!(
        groups(&engine, GroupStates::ToDo).await,
        [
            ("No answer within <n> s from <url>", 7, 7),
            ("Key (email)=(…) is there already, see <id>", 4, 4),
            ("“…” has no website at all", 3, 3),
            ("No answer within <n> s from <url>", 1, 1),
        ]
        .map(|(message, open, total)| (message.to_owned(), GroupState::Open, open, total))
    );

    // Every sort can be read in pieces; none of them shows a row twice.
    for sort in GroupSort::ALL {
        let mut query = GroupQuery {
            sort,
            ..GroupQuery::default()
        };
        let whole = engine.error_groups(&query).await.unwrap().rows;
        for (at, row) in whole.iter().enumerate() {
            query.cursor = Some(match sort {
                GroupSort::LastSeen => format!("{}~{}", row.last_seen.to_rfc3339(), row.key),
                GroupSort::FirstSeen => format!("{}~{}", row.first_seen.to_rfc3339(), row.key),
                GroupSort::Total => format!("{}~{}", row.total, row.key),
            });
            let rest = engine.error_groups(&query).await.unwrap().rows;
            assert_eq!(rest, whole[at + 1..], "{sort:?}");
        }
        query.cursor = Some("x".into());
        let refused = engine.error_groups(&query).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{sort:?}");
    }

    let key = key_of(&pool, "Key").await;
    let detail = engine.error_group(&key).await.unwrap();
    assert_eq!((detail.row.companies.n, detail.affected.len()), (4, 4));
    assert_eq!(detail.row.days, [vec![0; 13], vec![4]].concat());
    let errors = ErrorQuery {
        filter: ErrorFilter {
            group: Some(key.clone()),
            ..ErrorFilter::default()
        },
        ..ErrorQuery::default()
    };
    let errors = engine.errors(&errors).await.unwrap();
    assert_eq!(errors.count.n, 4);
    assert!(errors.rows.iter().all(|row| row.group == key));
    // Whoever corrects a message moves the error to where it belongs.
    sqlx::query("UPDATE marketing.pipeline_errors SET error_message = 'Something else', group_key = 'x' WHERE group_key = $1 AND record_id = '1'")
        .bind(&key)
        .execute(&pool)
        .await
        .unwrap();
    let moved = groups(&engine, GroupStates::ToDo).await;
    assert!(moved.contains(&("Something else".into(), GroupState::Open, 1, 1)));
    assert!(
        moved
            .iter()
            .any(|(message, _, _, total)| message.starts_with("Key") && *total == 3)
    );
    assert_eq!(engine.examine().await.unwrap().findings, []);
    assert!(matches!(
        engine.error_group("nobody").await,
        Err(EngineError::NotFound(_))
    ));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_resolved_group_that_comes_back_says_so(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Outage #", 3).await;
    let key = key_of(&pool, "Outage").await;
    let state = async || engine.error_group(&key).await.unwrap().row.state;
    let resolve = async || {
        engine
            .resolve_errors(&of_group(&key), "mended", &operator())
            .await
            .unwrap()
            .resolved
    };
    assert_eq!(resolve().await, 3);
    assert_eq!(state().await, GroupState::Resolved);
    assert_eq!(groups(&engine, GroupStates::ToDo).await, []);
    let detail = engine.error_group(&key).await.unwrap();
    assert_eq!(detail.resolved.unwrap().by, "olga");

    fail(&pool, "a", "Outage 9#", 1).await;
    assert_eq!(state().await, GroupState::Regressed);
    assert_eq!(
        groups(&engine, GroupStates::Only(GroupState::Regressed)).await,
        [("Outage <n>".to_owned(), GroupState::Regressed, 1, 4)]
    );
    assert_eq!(resolve().await, 1);
    assert_eq!(state().await, GroupState::Resolved);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_resolved_by_mistake_is_open_again(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Outage #", 2).await;
    let key = key_of(&pool, "Outage").await;
    let id: i64 = sqlx::query_scalar("SELECT min(id)::BIGINT FROM marketing.pipeline_errors")
        .fetch_one(&pool)
        .await
        .unwrap();
    let refused = engine.reopen_error(id, &operator()).await;
    assert!(matches!(refused, Err(EngineError::Invalid(_))));
    assert!(matches!(
        engine.reopen_error(id + 99, &operator()).await,
        Err(EngineError::NotFound(_))
    ));
    engine
        .resolve_errors(&of_group(&key), "mended", &operator())
        .await
        .unwrap();
    engine.reopen_error(id, &operator()).await.unwrap();

    let error = engine.error_detail(id).await.unwrap();
    assert!(!error.row.resolved);
    assert_eq!(
        (
            error.resolved_at,
            error.resolved_by,
            error.resolution_notes.as_deref()
        ),
        (None, None, None)
    );
    let row = engine.error_group(&key).await.unwrap().row;
    assert_eq!((row.open, row.total, row.state), (1, 2, GroupState::Open));
    let logged: String = sqlx::query_scalar(
        "SELECT before ->> 'note' FROM marketing.audit_log WHERE action = 'error.reopen' AND target = $1 AND actor = 'olga'",
    )
    .bind(id.to_string())
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(logged, "mended");
    let again = engine.reopen_error(id, &operator()).await;
    assert!(matches!(again, Err(EngineError::Invalid(_))));
    assert_eq!(engine.examine().await.unwrap().findings, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_closes_itself_when_all_its_records_pass_a_retry(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 2).await;
    // Events of before, as if the stage had failed; one of them cannot pass.
    sqlx::raw_sql(
        "UPDATE marketing.pipeline_events SET status = 'failed', retry_count = 3, error_message = 'broken';
         INSERT INTO marketing.pipeline_events (event_type, payload, status, retry_count)
         VALUES ('company_created', '{\"record_id\": \"999999\"}', 'failed', 3);
         INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, event_id, correlation_id)
         SELECT event_type, payload ->> 'record_id', 'It broke after ' || id || ' s', id, correlation_id
         FROM marketing.pipeline_events",
    )
    .execute(&pool)
    .await
    .unwrap();
    let key = key_of(&pool, "It broke").await;
    let detail = engine.error_group(&key).await.unwrap();
    assert_eq!((detail.row.open, detail.row.companies.n), (3, 3));
    assert_eq!(
        detail
            .affected
            .iter()
            .filter(|one| one.company_key.is_some())
            .count(),
        2
    );

    let process = worker(&engine).await;
    let upkeep = Upkeep::start(&engine);
    let retry = engine
        .retry_errors(&of_group(&key), &operator())
        .await
        .unwrap();
    assert_eq!(retry.total, 3);
    drain(&pool).await;
    let row = engine.error_group(&key).await.unwrap().row;
    assert_eq!((row.open, row.state), (1, GroupState::Open));
    sqlx::query("UPDATE marketing.pipeline_errors SET resolved = TRUE, resolved_at = now(), resolved_by = 'psql' WHERE group_key = $1 AND NOT resolved")
        .bind(&key)
        .execute(&pool)
        .await
        .unwrap();
    upkeep.stop().await;
    // The chore of a process that starts marks what was resolved elsewhere.
    let upkeep = Upkeep::start(&engine);
    let closed = "SELECT count(*) FROM marketing.error_groups WHERE resolved_by = 'psql'";
    wait_for(&pool, closed, 1).await;
    upkeep.stop().await;
    process.stop().await;
    let row = engine.error_group(&key).await.unwrap().row;
    assert_eq!((row.open, row.state), (0, GroupState::Resolved));
}

#[sqlx::test(migrations = "../migrations")]
async fn companies_that_no_import_brought_are_named(pool: PgPool) {
    let engine = engine(&pool);
    sqlx::raw_sql(
        "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system)
         VALUES ('04.04.01.99.00001.001', 'By Hand Ltd', 'https://by-hand.example', 'test');
         INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, correlation_id)
         VALUES ('a', '04.04.01.99.00001.001', 'Strange 1', gen_random_uuid()), ('a', 'x7', 'Strange 2', gen_random_uuid())",
    )
    .execute(&pool)
    .await
    .unwrap();
    let key = key_of(&pool, "Strange").await;
    let affected = engine.error_group(&key).await.unwrap().affected;
    let mut named: Vec<_> = affected
        .iter()
        .map(|one| (one.name.as_str(), one.company_key.as_deref()))
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            ("By Hand Ltd", Some("04.04.01.99.00001.001")),
            ("record x7", None)
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_is_given_to_somebody_and_noted_on(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Noise #", 1).await;
    let key = key_of(&pool, "Noise").await;
    sqlx::raw_sql(
        "INSERT INTO app.users (name, password_hash, role, disabled)
         VALUES ('olga', 'x', 'operator', FALSE), ('gone', 'x', 'admin', TRUE), ('vera', 'x', 'viewer', FALSE)",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(engine.assignees().await.unwrap(), ["olga"]);
    for nobody in ["gone", "stranger"] {
        let refused = engine
            .assign_error_group(&key, Some(nobody), &operator())
            .await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{nobody}");
    }
    engine
        .assign_error_group(&key, Some("olga"), &operator())
        .await
        .unwrap();
    let hers = GroupQuery {
        assigned_to: Some("olga".into()),
        ..GroupQuery::default()
    };
    assert_eq!(engine.error_groups(&hers).await.unwrap().rows.len(), 1);
    engine
        .assign_error_group(&key, None, &operator())
        .await
        .unwrap();
    assert_eq!(engine.error_groups(&hers).await.unwrap().rows, []);

    for nothing in ["  ", &"x".repeat(4_001)] {
        let refused = engine.note_error_group(&key, nothing, &operator()).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))));
    }
    for body in ["The provider is down", "It is up again"] {
        engine
            .note_error_group(&key, body, &operator())
            .await
            .unwrap();
    }
    let notes = engine.error_group(&key).await.unwrap().notes;
    let notes: Vec<_> = notes
        .iter()
        .map(|note| (note.author.as_str(), note.body.as_str()))
        .collect();
    assert_eq!(
        notes,
        [("olga", "The provider is down"), ("olga", "It is up again")]
    );
    let logged = "SELECT count(*) FROM marketing.audit_log WHERE target_kind = 'error_group'";
    assert_eq!(count(&pool, logged).await, 4);
    let strange = engine.note_error_group("nobody", "x", &operator()).await;
    assert!(matches!(strange, Err(EngineError::NotFound(_))));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_resolution_of_many_is_taken_back_for_what_it_left(pool: PgPool) {
    let engine = engine(&pool);
    fail(&pool, "a", "Outage #", 5).await;
    fail(&pool, "a", "Refusal #", 2).await;
    let (key, other) = (
        key_of(&pool, "Outage").await,
        key_of(&pool, "Refusal").await,
    );
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id::BIGINT FROM marketing.pipeline_errors WHERE group_key = $1 ORDER BY id",
    )
    .bind(&key)
    .fetch_all(&pool)
    .await
    .unwrap();
    let resolve = async |errors: ErrorSelection| {
        engine
            .resolve_errors(&errors, "mended", &operator())
            .await
            .unwrap()
    };
    let open = async || {
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_errors WHERE NOT resolved",
        )
        .await
    };
    // One was resolved before, by the same person, and another group beside it.
    let before = resolve(ErrorSelection::One(ids[0])).await;
    let many = resolve(of_group(&key)).await;
    let beside = resolve(of_group(&other)).await;
    assert_eq!((before.resolved, many.resolved, beside.resolved), (1, 4, 2));
    assert_eq!(open().await, 0);
    // Since then one was opened and resolved anew, one opened and resolved by a program, one opened.
    engine.reopen_error(ids[1], &operator()).await.unwrap();
    resolve(ErrorSelection::One(ids[1])).await;
    sqlx::query("UPDATE marketing.pipeline_errors SET resolved_at = now(), resolved_by = 'n8n' WHERE id = $1")
        .bind(ids[2])
        .execute(&pool)
        .await
        .unwrap();

    assert_eq!(
        engine
            .reopen_resolution(many.id, &operator())
            .await
            .unwrap(),
        2
    );
    assert_eq!(open().await, 2);
    for (id, resolved) in ids.iter().zip([true, true, true, false, false]) {
        let error = engine.error_detail(*id).await.unwrap();
        assert_eq!(error.row.resolved, resolved, "{id}");
        assert_eq!(error.resolution_notes.is_some(), resolved, "{id}");
    }
    let group = engine.error_group(&key).await.unwrap().row;
    assert_eq!((group.open, group.state), (2, GroupState::Open));
    let untouched = engine.error_group(&other).await.unwrap().row;
    assert_eq!(untouched.state, GroupState::Resolved);
    let logged: (String, i64) = sqlx::query_as(
        "SELECT target, (details ->> 'reopened')::BIGINT FROM marketing.audit_log WHERE target_kind = 'error_resolution'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(logged, (many.id.to_string(), 2));

    let again = engine.reopen_resolution(many.id, &operator()).await;
    assert!(matches!(again, Err(EngineError::Invalid(_))), "{again:?}");
    let unknown = engine.reopen_resolution(many.id + 99, &operator()).await;
    assert!(matches!(unknown, Err(EngineError::NotFound(_))));
}
