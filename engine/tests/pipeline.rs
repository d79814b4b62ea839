//! The whole pipeline on a real database, from an intake row to a verified contact.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod support;

use domain::{
    model::{
        action::Scope,
        company::{CompanyFilter, CompanyState},
        error::{ErrorFilter, ErrorQuery},
        event::EventFilter,
    },
    role::{Actor, Role},
    stage::StageName,
};
use engine::{queue::Worker, store::error::ErrorSelection};
use sqlx::PgPool;
use support::{answers, count, drain, engine, wait_for, worker};

fn operator() -> Actor {
    Actor {
        user_id: 1,
        name: "olga".into(),
        role: Role::Operator,
    }
}

async fn insert(pool: &PgPool, companies: i32) {
    sqlx::query(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Company ' || n, 'https://company' || n || '.example', 'b1' FROM generate_series(1, $1) n",
    )
    .bind(companies)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn companies_reach_verified_contacts(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 300).await;
    sqlx::query(
        "INSERT INTO company_raw_intake (company, import_batch_id) VALUES ('No website', 'b1')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let worker = worker(&engine).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'completed'",
        900,
    )
    .await;
    drain(&pool).await;
    worker.stop().await;

    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_master").await,
        300
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_slots").await,
        900
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.people_master").await,
        900
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_source = 'sandbox'"
        )
        .await,
        900
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.contact_enrichment WHERE email NOT LIKE '%.example'"
        )
        .await,
        0
    );
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.email_verification WHERE verification_status <> 'pending'").await,
        count(&pool, "SELECT count(*) FROM marketing.contact_enrichment WHERE email IS NOT NULL").await,
    );
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status <> 'processed'"
        )
        .await,
        0
    );
    let notes: String =
        sqlx::query_scalar("SELECT validation_notes FROM company_raw_intake WHERE website IS NULL")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(notes, "Missing website");

    let overview = engine.overview().await.unwrap();
    let steps: Vec<_> = overview
        .strip
        .iter()
        .map(|step| (step.done, step.waiting, step.failed, step.declined))
        .collect();
    assert_eq!(
        steps[..4],
        [
            (301, 0, 0, 0),
            (300, 0, 0, 1),
            (300, 0, 0, 0),
            (900, 0, 0, 0)
        ]
    );
    assert_eq!(overview.cards[0].errors, 0);
    assert_eq!(
        overview.cards[0].total_runs,
        count(&pool, "SELECT count(*) FROM marketing.workflow_stats").await
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn rollups_equal_a_recount(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 50).await;
    let worker = Worker::start(engine.clone(), answers(0.3, 0.0))
        .await
        .unwrap();
    drain(&pool).await;
    worker.stop().await;
    sqlx::query("DELETE FROM marketing.email_verification WHERE id % 3 = 0")
        .execute(&pool)
        .await
        .unwrap();
    let differing = count(
        &pool,
        "WITH rolled AS (SELECT metric, label, detail, sum(n)::BIGINT AS n FROM marketing.v_rollup
                         GROUP BY 1, 2, 3 HAVING sum(n) <> 0),
              counted AS (
            SELECT 'event' AS metric, event_type AS label, status AS detail, count(*) AS n FROM marketing.pipeline_events GROUP BY 2, 3
            UNION ALL SELECT 'run', workflow_name, status, count(*) FROM marketing.workflow_stats GROUP BY 2, 3
            UNION ALL SELECT 'intake', CASE WHEN validated THEN 'valid' WHEN NOT validated THEN 'rejected' ELSE 'waiting' END, '', count(*)
                FROM intake.company_raw_intake GROUP BY 2
            UNION ALL SELECT 'master', '', '', count(*) FROM marketing.company_master
            UNION ALL SELECT 'slot', '', '', count(*) FROM marketing.company_slots
            UNION ALL SELECT 'enrichment', enrichment_status, coalesce(enrichment_data ->> 'reason', ''), count(*)
                FROM marketing.contact_enrichment GROUP BY 2, 3
            UNION ALL SELECT 'verification', verification_status, '', count(*) FROM marketing.email_verification GROUP BY 2)
         SELECT count(*) FROM rolled FULL JOIN counted USING (metric, label, detail)
         WHERE rolled.n IS DISTINCT FROM counted.n",
    )
    .await;
    assert_eq!(differing, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_provider_that_fails_leaves_errors_that_can_be_retried_and_resolved(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 4).await;
    let worker = Worker::start(engine.clone(), answers(0.0, 1.0))
        .await
        .unwrap();
    // Three attempts with back-off in between, for every slot of a company that fails for ever.
    wait_for(&pool, "SELECT count(*) FROM marketing.pipeline_events WHERE status IN ('pending', 'processing') AND event_type = 'slots_created'", 0).await;
    worker.stop().await;
    let failed = count(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'",
    )
    .await;
    let errors = engine.errors(&ErrorQuery::default()).await.unwrap();
    assert_eq!(errors.count.n, failed);
    if failed == 0 {
        return; // None of these four keys fails for ever.
    }
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
    let mending = Worker::start(engine.clone(), answers(0.0, 0.0))
        .await
        .unwrap();
    drain(&pool).await;
    mending.stop().await;
    let detail = engine.error_detail(error.id).await.unwrap();
    assert!(detail.row.resolved);
    assert_eq!(detail.resolved_by.as_deref(), Some("olga"));
    assert_eq!(detail.event_attempts, Some(3), "attempts made are kept");

    let open = ErrorFilter {
        resolved: Some(false),
        ..ErrorFilter::default()
    };
    let resolved = engine
        .resolve_errors(
            &ErrorSelection::Matching(open.clone()),
            "known",
            &operator(),
        )
        .await
        .unwrap();
    assert_eq!(resolved, failed - 1);
    assert_eq!(
        engine
            .errors(&ErrorQuery {
                filter: open,
                ..ErrorQuery::default()
            })
            .await
            .unwrap()
            .count
            .n,
        0
    );
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

#[sqlx::test(migrations = "../migrations")]
async fn lists_filters_and_actions_agree(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 120).await;
    let waiting = EventFilter {
        event_type: Some("company_created".into()),
        status: domain::event::EventStatus::parse("pending"),
        ..EventFilter::default()
    };
    let page = engine.events(&waiting).await.unwrap();
    assert_eq!((page.rows.len(), page.count.n), (50, 120));
    let next = engine
        .events(&EventFilter {
            cursor: page.next,
            ..waiting.clone()
        })
        .await
        .unwrap();
    assert!(next.rows[0].id < page.rows[49].id);
    assert_eq!(engine.overview().await.unwrap().strip[1].waiting, 120);

    let scope = Scope::Batch("b1".into());
    assert_eq!(
        engine
            .preview_process_now(StageName::Validate, &scope)
            .await
            .unwrap()
            .waiting,
        120
    );
    let action = engine
        .process_now(StageName::Validate, &scope, &operator())
        .await
        .unwrap();
    assert_eq!((action.total, action.open), (120, 120));
    let worker = worker(&engine).await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_slots", 360).await;
    drain(&pool).await;
    worker.stop().await;
    assert_eq!(
        engine.action_progress(action.id).await.unwrap().processed,
        120
    );

    let companies = engine.companies(&CompanyFilter::default()).await.unwrap();
    assert_eq!((companies.rows.len(), companies.count.n), (50, 120));
    let older = engine
        .companies(&CompanyFilter {
            cursor: companies.next,
            ..CompanyFilter::default()
        })
        .await
        .unwrap();
    assert!(
        older
            .rows
            .iter()
            .all(|row| companies.rows.iter().all(|newer| newer.key != row.key))
    );
    let verified = CompanyFilter {
        state: Some(CompanyState::Verified),
        ..CompanyFilter::default()
    };
    let n = engine.companies(&verified).await.unwrap().count.n;
    assert_eq!(n, count(&pool, "SELECT count(DISTINCT company_unique_id) FROM marketing.people_master WHERE email_verified").await);
    let detail = engine.company(&companies.rows[0].key).await.unwrap();
    assert_eq!(
        detail
            .slots
            .iter()
            .map(|slot| slot.label.as_str())
            .collect::<Vec<_>>(),
        ["CEO", "CFO", "HR Director"]
    );
    assert!(detail.timeline.len() >= 6, "{:?}", detail.timeline);
    assert_eq!(
        engine
            .company(detail.row.barton_id.as_deref().unwrap())
            .await
            .unwrap()
            .row
            .key,
        detail.row.key
    );
}
