//! What goes wrong and what becomes of it: providers, poison rows, dead workers.

use std::time::Duration;

use crate::support::{Process, answers, count, drain, engine, insert, operator, wait_for, worker};
use domain::model::error::{ErrorFilter, ErrorQuery};
use engine::{queue::WorkerOptions, store::error::ErrorSelection};
use sqlx::PgPool;

const WAITING_SLOTS: &str = "SELECT count(*) FROM marketing.pipeline_events
     WHERE status IN ('pending', 'processing') AND event_type = 'slots_created'";

fn query(filter: &ErrorFilter) -> ErrorQuery {
    ErrorQuery {
        filter: filter.clone(),
        ..ErrorQuery::default()
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_that_fails_leaves_errors_that_can_be_retried_and_resolved(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 40).await;
    let worker = Process::start(&engine, answers(0.0, 1.0)).await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_slots", 120).await;
    // Three attempts with back-off in between, for every slot of a company that does not recover before.
    wait_for(&pool, WAITING_SLOTS, 0).await;
    worker.stop().await;
    let failed = count(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'",
    )
    .await;
    let open = ErrorFilter {
        resolved: Some(false),
        ..ErrorFilter::default()
    };
    let errors = engine.errors(&query(&open)).await.unwrap();
    assert_eq!(errors.count.n, failed);
    let error = errors.rows[0].clone();
    assert!(error.workflow.is_some() && error.event_id.is_some());
    assert_eq!(
        count(
            &pool,
            "SELECT min(retry_count)::BIGINT FROM marketing.pipeline_events WHERE status = 'failed'"
        )
        .await,
        3
    );

    let progress = engine
        .retry_errors(&ErrorSelection::One(error.id), &operator())
        .await
        .unwrap();
    assert_eq!((progress.total, progress.open), (1, 1));
    let mending = Process::start(&engine, answers(0.0, 0.0)).await;
    drain(&pool).await;
    mending.stop().await;
    let detail = engine.error_detail(error.id).await.unwrap();
    assert!(detail.row.resolved);
    assert_eq!(detail.resolved_by.as_deref(), Some("olga"));
    assert_eq!(detail.event_attempts, Some(3), "attempts made are kept");

    // Of the others, a retry wins some against the very same provider.
    let all = ErrorSelection::Matching(open.clone());
    let preview = engine.preview_errors(&all).await.unwrap();
    assert_eq!((preview.open, preview.retryable), (failed - 1, failed - 1));
    let retried = engine.retry_errors(&all, &operator()).await.unwrap();
    assert_eq!(retried.total, failed - 1);
    let again = Process::start(&engine, answers(0.0, 1.0)).await;
    wait_for(&pool, WAITING_SLOTS, 0).await;
    again.stop().await;
    let outcome = engine.action_progress(retried.id).await.unwrap();
    assert!(outcome.processed > 0 && outcome.failed > 0, "{outcome:?}");

    let preview = engine.preview_errors(&all).await.unwrap();
    sqlx::query("SELECT marketing.log_pipeline_error('late', 'x', 'came after the preview')")
        .execute(&pool)
        .await
        .unwrap();
    let seen = ErrorSelection::Matching(ErrorFilter {
        up_to: Some(preview.up_to),
        ..open.clone()
    });
    let resolved = engine
        .resolve_errors(&seen, "known", &operator())
        .await
        .unwrap();
    assert_eq!(resolved.resolved, preview.open);
    let left = engine.errors(&query(&open)).await.unwrap();
    assert_eq!(left.rows.len(), 1);
    assert_eq!(left.rows[0].event_type, "late");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_record_that_does_not_exist_fails_cleanly_beside_its_neighbours(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 3).await;
    sqlx::query(
        r#"INSERT INTO marketing.pipeline_events (event_type, payload, status)
           VALUES ('company_created', '{"record_id": 999, "company_name": "Nobody", "website": "https://x.example"}', 'pending'),
                  ('company_created', '{"record_id": "not a number"}', 'pending')"#,
    )
    .execute(&pool)
    .await
    .unwrap();
    let worker = worker(&engine).await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_master", 3).await;
    drain(&pool).await;
    worker.stop().await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_errors WHERE event_type = 'company_created'"
        )
        .await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn one_poison_row_does_not_hold_up_its_batch(pool: PgPool) {
    let engine = engine(&pool);
    sqlx::query("CREATE FUNCTION poison() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN IF NEW.company = 'Company 7' THEN RAISE 'poison'; END IF; RETURN NEW; END $$")
        .execute(&pool).await.unwrap();
    insert(&pool, 40).await;
    sqlx::query("CREATE TRIGGER poison BEFORE UPDATE ON intake.company_raw_intake FOR EACH ROW EXECUTE FUNCTION poison()")
        .execute(&pool).await.unwrap();
    let worker = worker(&engine).await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_master", 39).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_errors WHERE error_message LIKE '%poison%'",
        1,
    )
    .await;
    worker.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_contact_that_cannot_be_written_does_not_hold_up_its_batch(pool: PgPool) {
    let engine = engine(&pool);
    for (name, when, company) in [
        ("before_asking", "INSERT", "Company 7"),
        ("after_answering", "UPDATE", "Company 9"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "CREATE FUNCTION {name}() RETURNS TRIGGER LANGUAGE plpgsql AS
                 $$ BEGIN IF NEW.company_name = '{company}' AND NEW.enrichment_status <> 'failed' THEN RAISE '{name}'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER {name} BEFORE {when} ON marketing.contact_enrichment FOR EACH ROW EXECUTE FUNCTION {name}()"
        )))
        .execute(&pool)
        .await
        .unwrap();
    }
    insert(&pool, 20).await;
    let worker = worker(&engine).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'completed'",
        18 * 3,
    )
    .await;
    for name in ["before_asking", "after_answering"] {
        let mut errors = 0;
        for _ in 0..300 {
            errors = sqlx::query_scalar::<_, i64>(
                "SELECT count(*) FROM marketing.pipeline_errors WHERE error_message LIKE '%' || $1 || '%'",
            )
            .bind(name)
            .fetch_one(&pool)
            .await
            .unwrap();
            if errors == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(errors, 3, "{name}: one error a slot after its attempts");
    }
    worker.stop().await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'processing'"
        )
        .await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn without_providers_the_contacts_are_left_to_others(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 5).await;
    let process = Process::start(&engine, WorkerOptions { sandbox: None }).await;
    wait_for(&pool, WAITING_SLOTS, 15).await;
    process.stop().await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.contact_enrichment").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_do_each_thing_once_and_a_dead_one_is_replaced(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 200).await;
    // A worker that leased and vanished: its heart never beats again.
    sqlx::query("INSERT INTO marketing.pipeline_workers (worker_id, heartbeat_at) VALUES ('dead', now() - INTERVAL '1 hour')").execute(&pool).await.unwrap();
    sqlx::query("UPDATE marketing.pipeline_events SET status = 'processing', locked_by = 'dead', locked_at = now() WHERE id <= 20").execute(&pool).await.unwrap();
    let (first, second) = (worker(&engine).await, worker(&engine).await);
    wait_for(&pool, "SELECT count(*) FROM marketing.company_slots", 600).await;
    drain(&pool).await;
    first.stop().await;
    second.stop().await;
    for event_type in ["company_created", "company_validated", "company_promoted"] {
        let n: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM marketing.pipeline_events WHERE event_type = $1",
        )
        .bind(event_type)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(n, 200, "{event_type}");
    }
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_workers WHERE worker_id <> 'dead'"
        )
        .await,
        0
    );
}
