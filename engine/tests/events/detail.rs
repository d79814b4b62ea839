//! One event's timeline, after a worker went through everything.

use domain::{
    event::EventStatus,
    model::{
        event::EventFilter,
        event_detail::{EventDetail, WrittenRow},
    },
};
use engine::{Engine, EngineError};
use sqlx::PgPool;

use super::{
    run,
    support::{Process, answers, drain, engine, insert, wait_for, worker},
};

/// The details of all events of a type, by record.
async fn all(engine: &Engine, event_type: &str) -> Vec<EventDetail> {
    let filter = EventFilter {
        event_type: Some(event_type.into()),
        ..EventFilter::default()
    };
    let mut details = Vec::new();
    for row in engine.events(&filter).await.unwrap().rows {
        details.push(engine.event_detail(row.id).await.unwrap());
    }
    details.sort_by_key(|detail| detail.row.record_id.clone());
    details
}

fn tables(rows: &[WrittenRow]) -> Vec<(&str, bool)> {
    rows.iter()
        .map(|row| (row.table.as_str(), row.by_this))
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_event_says_what_made_it_and_what_it_made(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 3).await;
    let process = worker(&engine).await;
    drain(&pool).await;
    process.stop().await;
    for (event_type, trigger, cause, wrote, made) in [
        (
            "company_created",
            "trigger_company_raw_intake_event",
            None,
            &["intake.company_raw_intake"][..],
            &["company_validated"][..],
        ),
        (
            "company_validated",
            "trigger_company_raw_intake_updated_event",
            Some("company_created"),
            &["marketing.company_master"],
            &["company_promoted"],
        ),
        (
            "company_promoted",
            "trigger_company_master_event",
            Some("company_validated"),
            &["marketing.company_slots"; 3],
            &["slots_created"; 3],
        ),
        (
            "slots_created",
            "trigger_company_slots_event",
            Some("company_promoted"),
            &["marketing.contact_enrichment", "marketing.people_master"],
            &["contact_enriched"],
        ),
        (
            "contact_enriched",
            "trigger_contact_enrichment_updated_event",
            Some("slots_created"),
            &["marketing.email_verification"],
            &["email"],
        ),
    ] {
        let details = all(&engine, event_type).await;
        assert!(details.len() >= 3, "{event_type}");
        for detail in details {
            let origin = &detail.origin;
            assert_eq!(
                (origin.trigger.as_deref(), origin.by_hand),
                (Some(trigger), false),
                "{event_type}"
            );
            assert_eq!(
                detail
                    .caused_by
                    .as_ref()
                    .map(|event| event.event_type.as_str()),
                cause,
                "{event_type}"
            );
            let [attempt] = &detail.attempts[..] else {
                panic!("{event_type}: {:?}", detail.attempts);
            };
            assert_eq!(attempt.outcome, "ok");
            let expected: Vec<(&str, bool)> = wrote.iter().map(|table| (*table, true)).collect();
            assert_eq!(tables(&detail.wrote), expected, "{event_type}");
            let types: Vec<&str> = detail.made.iter().map(|event| &*event.event_type).collect();
            assert!(
                types.len() == made.len()
                    && types
                        .iter()
                        .zip(made)
                        .all(|(is, wanted)| is.starts_with(wanted)),
                "{types:?}"
            );
            // And back: each of them names this one.
            for child in &detail.made {
                let child = engine.event_detail(child.id).await.unwrap();
                assert_eq!(child.caused_by.map(|event| event.id), Some(detail.row.id));
            }
        }
    }
    // Each of a company's three slots leads to its own contact, and no further.
    for detail in all(&engine, "slots_created").await {
        let slot = detail.row.record_id.unwrap();
        let contact = engine.event_detail(detail.made[0].id).await.unwrap();
        assert_eq!(contact.payload["slot_id"], slot.as_str());
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn attempts_errors_letters_and_leases_are_told(pool: PgPool) {
    let engine = engine(&pool);
    run(&pool, "INSERT INTO marketing.pipeline_events (event_type, payload, source_table) VALUES ('company_created', '{\"record_id\": 99}', 'intake.company_raw_intake')").await;
    let process = worker(&engine).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'",
        1,
    )
    .await;
    process.stop().await;
    run(
        &pool,
        "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES (1, 'permanent', 'No such row', 'queue') ON CONFLICT DO NOTHING;
         INSERT INTO marketing.refused_effects (event_id, stage, worker_id) VALUES (1, 'validate', 'w9');
         INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, worker_id, attempt) VALUES ('k', 1, 'enrich', 'w9', 2);
         INSERT INTO marketing.pipeline_events (id, event_type, payload, status, repeats_id, locked_by, locked_at) VALUES (50, 'company_created', '{}', 'processing', 1, 'w9', now());
         INSERT INTO marketing.pipeline_workers (worker_id) VALUES ('w9')",
    )
    .await;
    let detail = engine.event_detail(1).await.unwrap();
    assert_eq!(detail.row.status, EventStatus::Failed);
    assert!(detail.origin.by_hand && detail.origin.trigger.is_none());
    assert_eq!(detail.attempts.len(), 1);
    assert_eq!(detail.attempts[0].outcome, "error");
    assert!(
        detail.attempts[0]
            .error_message
            .as_ref()
            .unwrap()
            .contains("no intake row 99")
    );
    assert_eq!(detail.errors.len(), 1);
    assert!(!detail.errors[0].resolved);
    assert!(!detail.dead_letter.unwrap().moved_by.is_empty());
    assert_eq!(
        (
            detail.refused[0].stage.as_str(),
            detail.refused[0].worker.as_str()
        ),
        ("validate", "w9")
    );
    assert_eq!(
        (detail.calls[0].state.as_str(), detail.calls[0].attempt),
        ("intended", 2)
    );
    assert_eq!(detail.lease, None);
    assert_eq!(
        detail
            .repeated_by
            .iter()
            .map(|event| event.id)
            .collect::<Vec<_>>(),
        [50]
    );
    let repeat = engine.event_detail(50).await.unwrap();
    assert_eq!(repeat.repeats.map(|event| event.id), Some(1));
    assert_eq!(repeat.caused_by, None);
    assert!(repeat.origin.by_hand);
    let lease = repeat.lease.unwrap();
    assert_eq!(lease.worker.as_deref(), Some("w9"));
    assert!(lease.heartbeat_at.is_some());
    assert!(matches!(
        engine.event_detail(7777).await,
        Err(EngineError::NotFound(_))
    ));
}

/// A workflow outside leaves no attempt; its writes lie between the event and its end.
#[sqlx::test(migrations = "../migrations")]
async fn the_work_of_a_workflow_outside_is_told_by_its_time(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 1).await;
    run(&pool, "UPDATE intake.company_raw_intake SET validated = TRUE, validated_by = 'n8n', validated_at = now()").await;
    run(&pool, "SELECT marketing.mark_event_processed(1)").await;
    run(
        &pool,
        "UPDATE intake.company_raw_intake SET industry = 'Later, by a person'",
    )
    .await;
    let detail = engine.event_detail(1).await.unwrap();
    assert_eq!(tables(&detail.wrote), [("intake.company_raw_intake", true)]);
    let made: Vec<&str> = detail
        .made
        .iter()
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(made, ["company_validated"]);
}

/// A record that is worked on twice has two events, and each keeps its own.
#[sqlx::test(migrations = "../migrations")]
async fn a_second_run_does_not_take_the_work_of_the_first(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 1).await;
    let process = Process::start(&engine, answers(0.0, 0.0)).await;
    drain(&pool).await;
    // As a second verification by hand.
    run(&pool, "INSERT INTO marketing.pipeline_events (event_type, payload, source_table, correlation_id) SELECT event_type, payload, source_table, correlation_id FROM marketing.pipeline_events WHERE event_type = 'contact_enriched' ORDER BY id LIMIT 1").await;
    drain(&pool).await;
    process.stop().await;
    let details = all(&engine, "contact_enriched").await;
    let first = details.iter().min_by_key(|detail| detail.row.id).unwrap();
    let second = details.iter().max_by_key(|detail| detail.row.id).unwrap();
    assert_eq!(first.row.record_id, second.row.record_id);
    assert!(second.origin.by_hand && !first.origin.by_hand);
    assert_eq!((first.wrote.len(), second.wrote.len()), (1, 1));
    assert_ne!(first.wrote[0].key, second.wrote[0].key);
    assert_eq!((first.made.len(), second.made.len()), (1, 1));
    assert_ne!(first.made[0].id, second.made[0].id);
}
