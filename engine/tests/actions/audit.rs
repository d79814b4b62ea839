//! The audit log: complete, filtered, exported, and never changed.

use domain::{
    model::{
        audit::{AuditFilter, AuditQuery},
        bulk::EventAct,
        error::ErrorFilter,
        window::Window,
    },
    role::{Actor, Role},
    stage::StageName,
};
use engine::store::error::ErrorSelection;
use sqlx::PgPool;

use super::{
    events, of_ids,
    support::{count, engine, insert, operator},
};

#[sqlx::test(migrations = "../migrations")]
async fn nothing_in_the_log_can_be_changed(pool: PgPool) {
    let engine = engine(&pool);
    engine
        .pause_stage(StageName::Slots, "a test", &operator())
        .await
        .unwrap();
    for statement in [
        "UPDATE marketing.audit_log SET actor = 'nobody'",
        "DELETE FROM marketing.audit_log",
        "TRUNCATE marketing.audit_log",
        "SELECT set_config('outreach.audit_retention', 'off', FALSE); DELETE FROM marketing.audit_log",
    ] {
        let refused = sqlx::raw_sql(statement).execute(&pool).await.unwrap_err();
        assert!(
            refused.to_string().contains("append-only"),
            "{statement}: {refused}"
        );
    }
    let expire = "SELECT marketing.expire_audit_log('1 hour', 10)";
    assert_eq!(count(&pool, expire).await, 0);
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.audit_log").await,
        1
    );
    assert_eq!(
        count(&pool, "SELECT marketing.expire_audit_log('-1 hour', 10)").await,
        1
    );
    let refused = sqlx::query("DELETE FROM marketing.audit_log")
        .execute(&pool)
        .await;
    assert!(refused.is_err(), "the permission ends with the function");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_act_says_who_when_from_where_and_what(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 1).await;
    let failed = events(&pool, 2, "failed").await;
    sqlx::query("INSERT INTO marketing.pipeline_errors (event_type, error_message, event_id) VALUES ('company_created', 'x', $1)")
        .bind(failed[1])
        .execute(&pool)
        .await
        .unwrap();
    engine
        .start_action(&of_ids(EventAct::Cancel, &failed[..1]), &operator())
        .await
        .unwrap();
    let errors = ErrorSelection::Matching(ErrorFilter::default());
    engine.retry_errors(&errors, &operator()).await.unwrap();
    engine
        .resolve_errors(&errors, "seen", &operator())
        .await
        .unwrap();
    let scope = domain::model::action::Scope::Waiting;
    let counted = engine
        .preview_process_now(StageName::Validate, &scope)
        .await
        .unwrap();
    engine
        .process_now(StageName::Validate, &scope, counted.up_to, &operator())
        .await
        .unwrap();
    let cli = Actor::command_line(Some("root"));
    let password = "correct horse battery staple";
    // The last admin could not be disabled.
    engine
        .put_user("eve", password, Role::Admin, &cli)
        .await
        .unwrap();
    engine
        .put_user("ada", password, Role::Viewer, &cli)
        .await
        .unwrap();
    engine
        .put_user("ada", password, Role::Admin, &cli)
        .await
        .unwrap();
    engine.disable_user("ada", &cli).await.unwrap();
    let log = engine.audit_log(&AuditQuery::default()).await.unwrap();
    let seen: Vec<(&str, &str, &str)> = log
        .rows
        .iter()
        .rev()
        .map(|entry| {
            (
                entry.action.as_str(),
                entry.actor.as_str(),
                entry.origin.as_str(),
            )
        })
        .collect();
    let olga = |action| (action, "olga", "192.0.2.7");
    let root = |action| (action, "root (command line)", "cli");
    assert_eq!(
        seen,
        [
            olga("event.cancel"),
            olga("error.retry"),
            olga("error.resolve"),
            olga("stage.process_now"),
            root("user.add"),
            root("user.add"),
            root("user.set"),
            root("user.disable"),
        ]
    );
    let cancel = log.rows.last().unwrap();
    assert_eq!(cancel.target, failed[0].to_string());
    assert_eq!(cancel.before.as_ref().unwrap()["status"], "failed");
    assert_eq!(cancel.after.as_ref().unwrap()["status"], "cancelled");
    let role = &log.rows[1];
    assert_eq!(role.before.as_ref().unwrap()["role"], "viewer");
    assert_eq!(role.after.as_ref().unwrap()["role"], "admin");
    let text = serde_json::to_string(&log.rows).unwrap();
    assert!(
        !text.contains("argon2") && !text.contains(password),
        "no secret in the log"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_programs_did_for_somebody_is_found_under_their_name(pool: PgPool) {
    let engine = engine(&pool);
    for name in [
        "ada",
        "ada via n8n",
        "ada via a script",
        "adam",
        "adam via n8n",
    ] {
        let actor = Actor {
            name: name.into(),
            ..operator()
        };
        engine
            .pause_stage(StageName::Slots, "x", &actor)
            .await
            .unwrap();
        engine
            .resume_stage(StageName::Slots, "", &actor)
            .await
            .unwrap();
    }
    for (who, expected) in [
        ("ada", 6),
        ("adam", 4),
        ("ada via n8n", 2),
        ("ad", 0),
        ("n8n", 0),
    ] {
        let filter = AuditFilter {
            actor: Some(who.into()),
            ..AuditFilter::default()
        };
        let query = AuditQuery {
            filter,
            cursor: None,
        };
        let page = engine.audit_log(&query).await.unwrap();
        assert_eq!(
            (page.rows.len(), page.count.n),
            (expected, expected as i64),
            "{who}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_log_is_filtered_paged_and_exported_alike(pool: PgPool) {
    let engine = engine(&pool);
    let evil = Actor {
        name: "=cmd()".into(),
        ..operator()
    };
    for n in 0..60 {
        let actor = if n == 59 { &evil } else { &operator() };
        engine
            .pause_stage(StageName::Slots, "x", actor)
            .await
            .unwrap();
        engine
            .resume_stage(StageName::Slots, "", actor)
            .await
            .unwrap();
    }
    let half = engine.audit_log(&AuditQuery::default()).await.unwrap().rows[20].at;
    let any = AuditFilter::default();
    for (filter, expected) in [
        (any.clone(), 120),
        (
            AuditFilter {
                actor: Some("olga".into()),
                ..any.clone()
            },
            118,
        ),
        (
            AuditFilter {
                action: Some("stage.pause".into()),
                ..any.clone()
            },
            60,
        ),
        (
            AuditFilter {
                action: Some("stage.".into()),
                ..any.clone()
            },
            120,
        ),
        (
            AuditFilter {
                target_kind: Some("stage".into()),
                target: Some("slots".into()),
                ..any.clone()
            },
            120,
        ),
        (
            AuditFilter {
                target: Some("verify".into()),
                ..any.clone()
            },
            0,
        ),
        (
            AuditFilter {
                window: Window {
                    from: Some(half),
                    ..Window::default()
                },
                ..any.clone()
            },
            21,
        ),
        (
            AuditFilter {
                window: Window {
                    until: Some(half),
                    ..Window::default()
                },
                ..any.clone()
            },
            99,
        ),
    ] {
        let mut query = AuditQuery {
            filter: filter.clone(),
            cursor: None,
        };
        let (rows, next) = engine.audit_piece(&query).await.unwrap();
        assert_eq!((rows.len(), next), (expected, None), "{filter:?}");
        let mut listed = 0;
        loop {
            let page = engine.audit_log(&query).await.unwrap();
            assert_eq!(page.count.n, expected as i64);
            listed += page.rows.len();
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{filter:?}");
    }
    let (rows, _) = engine.audit_piece(&AuditQuery::default()).await.unwrap();
    let csv = String::from_utf8(engine::export::csv(&rows, true).unwrap()).unwrap();
    assert_eq!(csv.lines().count(), rows.len() + 1);
    assert!(
        csv.contains(",'=cmd(),") && !csv.contains(",=cmd()"),
        "formulas are defused"
    );
}
