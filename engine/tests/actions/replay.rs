//! Records that are run again from a stage on.

use domain::{
    model::{
        bulk::{ActionKind, ActionState},
        replay::{Fate, ReplayTarget},
    },
    stage::StageName,
};
use engine::Engine;
use sqlx::PgPool;

use super::support::{count, drain, engine, insert, operator, wait_for, worker};

/// One company through all stages: with three slots, contacts and verdicts.
async fn finished(pool: &PgPool) -> Engine {
    let engine = engine(pool);
    insert(pool, 1).await;
    let worker = worker(&engine).await;
    wait_for(
        pool,
        "SELECT count(*) FROM marketing.email_verification WHERE verification_status <> 'pending'",
        3,
    )
    .await;
    drain(pool).await;
    worker.stop().await;
    engine
}

async fn key(pool: &PgPool, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

const INTAKE: &str = "SELECT id::TEXT FROM intake.company_raw_intake";
const COMPANY: &str = "SELECT company_unique_id FROM marketing.company_master";
const SLOT: &str = "SELECT min(company_slot_unique_id) FROM marketing.company_slots";
const RUNS: &str = "SELECT count(*) FROM marketing.workflow_stats WHERE status = 'ok'";

#[sqlx::test(migrations = "../migrations")]
async fn a_company_passes_every_stage_from_there_on_once_more_and_in_order(pool: PgPool) {
    let engine = finished(&pool).await;
    let runs = count(&pool, RUNS).await;
    // Of the last run: 1 validate, 1 promote, 1 slots, 3 enrich, 3 verify.
    assert_eq!(runs, 9);
    let mut expected = runs;
    for (from, again) in [
        (StageName::Validate, 9),
        (StageName::Enrich, 6),
        (StageName::Verify, 3),
    ] {
        let target = ReplayTarget::Company(key(&pool, INTAKE).await);
        let action = engine
            .replay(&target, from, "the provider has better data", &operator())
            .await
            .unwrap();
        assert_eq!(
            (action.kind, action.state),
            (ActionKind::Replay, ActionState::Running)
        );
        let worker = worker(&engine).await;
        let done = engine.finish_action(action.id).await.unwrap();
        drain(&pool).await;
        worker.stop().await;
        assert_eq!(
            (done.state, done.error),
            (ActionState::Done, None),
            "{from:?}"
        );
        expected += again;
        assert_eq!(count(&pool, RUNS).await, expected, "{from:?}");
    }
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_master").await,
        1
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_slots").await,
        3
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.email_verification WHERE verification_status <> 'pending'").await,
        12,
        "three verdicts of each run are kept"
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events r JOIN marketing.pipeline_events o ON o.id = r.repeats_id
             WHERE r.event_type <> o.event_type OR r.payload ->> 'record_id' <> o.payload ->> 'record_id'
                OR r.correlation_id <> o.correlation_id OR r.batch_id <> o.batch_id"
        )
        .await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_dry_run_says_what_happens_and_changes_nothing(pool: PgPool) {
    let engine = finished(&pool).await;
    let before = count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await;
    let target = ReplayTarget::Company(key(&pool, COMPANY).await);
    let plan = engine
        .replay_preview(&target, StageName::Enrich)
        .await
        .unwrap();
    assert_eq!(plan.events.len(), 3);
    assert!(
        plan.events
            .iter()
            .all(|event| event.repeats_id.is_some() && event.event_type == "slots_created")
    );
    assert_eq!(plan.follows, [StageName::Verify]);
    assert!(plan.blocked_by.is_empty());
    let fates = |fate, table: &str| {
        plan.effects
            .iter()
            .filter(|effect| effect.fate == fate && effect.table == table)
            .count()
    };
    assert_eq!(fates(Fate::Kept, "intake.company_raw_intake"), 1);
    assert_eq!(fates(Fate::Kept, "marketing.company_master"), 1);
    assert_eq!(fates(Fate::Reset, "marketing.contact_enrichment"), 3);
    assert_eq!(fates(Fate::Overwritten, "marketing.contact_enrichment"), 3);
    assert_eq!(fates(Fate::Kept, "marketing.email_verification"), 3);
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await,
        before
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'completed'").await,
        3
    );
    let action = engine
        .replay(&target, StageName::Enrich, "", &operator())
        .await
        .unwrap();
    assert_eq!((action.total, action.title), (3, plan.title));
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'pending'"
        )
        .await,
        3,
        "what the stage looks at is set back at once"
    );
    let blocked = engine
        .replay(&target, StageName::Slots, "", &operator())
        .await
        .unwrap_err();
    assert!(blocked.to_string().contains("is not done yet"), "{blocked}");
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.audit_log WHERE action = 'record.replay' AND details ? 'plan'").await,
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slot_or_a_contact_runs_alone(pool: PgPool) {
    let engine = finished(&pool).await;
    let slot = ReplayTarget::Slot(key(&pool, SLOT).await);
    let plan = engine
        .replay_preview(&slot, StageName::Enrich)
        .await
        .unwrap();
    assert_eq!(plan.events.len(), 1);
    let contact: i32 = sqlx::query_scalar("SELECT min(id) FROM marketing.contact_enrichment")
        .fetch_one(&pool)
        .await
        .unwrap();
    let contact = ReplayTarget::Contact(contact);
    let plan = engine
        .replay_preview(&contact, StageName::Verify)
        .await
        .unwrap();
    assert_eq!((plan.events.len(), plan.follows.len()), (1, 0));
    let refused = engine
        .replay_preview(&slot, StageName::Promote)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("stage of companies"),
        "{refused}"
    );
    for (target, expected) in [
        (
            ReplayTarget::Company("123456".into()),
            "Company 123456 was not found",
        ),
        (
            ReplayTarget::Slot("nobody".into()),
            "Slot nobody was not found",
        ),
        (ReplayTarget::Contact(99), "Contact 99 was not found"),
    ] {
        let missing = engine
            .replay_preview(&target, StageName::Enrich)
            .await
            .unwrap_err();
        assert_eq!(missing.to_string(), expected);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stage_that_cannot_run_says_which_can(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 1).await;
    let target = ReplayTarget::Company(key(&pool, INTAKE).await);
    for (from, expected) in [
        (StageName::Promote, "replay it from Validate on"),
        (StageName::Slots, "replay it from Promote on"),
        (StageName::Enrich, "replay it from Slots on"),
        (StageName::Verify, "replay it from Enrich on"),
    ] {
        let refused = engine.replay_preview(&target, from).await.unwrap_err();
        assert!(
            refused.to_string().contains(expected),
            "{from:?}: {refused}"
        );
    }
    let plan = engine
        .replay_preview(&target, StageName::Validate)
        .await
        .unwrap();
    assert_eq!(plan.blocked_by.len(), 1, "its first run waits still");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_that_does_not_get_through_names_the_event(pool: PgPool) {
    let engine = finished(&pool).await;
    let target = ReplayTarget::Company(key(&pool, COMPANY).await);
    let action = engine
        .replay(&target, StageName::Slots, "", &operator())
        .await
        .unwrap();
    let event: i64 = sqlx::query_scalar(
        "UPDATE marketing.pipeline_events SET status = 'failed' WHERE action_id = $1 RETURNING id",
    )
    .bind(action.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    let failed = engine.finish_action(action.id).await.unwrap();
    assert_eq!(failed.state, ActionState::Failed);
    assert_eq!(
        failed.error.unwrap(),
        format!("Slots did not get through: see event {event}")
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.audit_log WHERE action = 'action.finish' AND details ->> 'state' = 'failed'"
        )
        .await,
        1
    );
}
