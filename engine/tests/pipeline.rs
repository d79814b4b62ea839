//! The whole pipeline on a real database, from an intake row to a verified contact.

use crate::support::{Process, answers, count, drain, engine, insert, operator, wait_for, worker};
use domain::{
    model::{
        action::Scope,
        company::{Attention, CompanyFilter, CompanyState},
        event::EventFilter,
    },
    stage::StageName,
};
use engine::{EngineError, queue::WorkerOptions};
use sqlx::PgPool;

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
    let worker = Process::start(&engine, answers(0.3, 0.0)).await;
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
            UNION ALL SELECT 'batch', event_type, status, count(*) FROM marketing.pipeline_events
                WHERE batch_id IS NOT NULL GROUP BY 2, 3
            UNION ALL SELECT m, workflow_name, status, count(*)
                FROM marketing.workflow_stats, unnest(ARRAY['run', 'run_hour']) AS m GROUP BY 1, 2, 3
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
    let preview = engine
        .preview_process_now(StageName::Validate, &scope)
        .await
        .unwrap();
    assert_eq!(preview.waiting, 120);
    let action = engine
        .process_now(StageName::Validate, &scope, preview.up_to, &operator())
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
    let strip = engine.overview().await.unwrap().strip;
    for (step, reached) in [
        (&strip[1], CompanyState::Validated),
        (&strip[2], CompanyState::Promoted),
    ] {
        let filter = CompanyFilter {
            reached: Some(reached),
            ..CompanyFilter::default()
        };
        let listed = engine.companies(&filter).await.unwrap().count.n;
        assert_eq!(step.done, listed, "{reached:?}");
    }
    // An error that somebody logged by hand, of a company by its record.
    sqlx::query("SELECT marketing.log_pipeline_error('company_created', (SELECT min(id)::TEXT FROM intake.company_raw_intake), 'by hand')")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.workflow_stats WHERE triggered_by = 'manual'"
        )
        .await,
        120
    );
    for (attention, expected) in [(Attention::Errors, 1), (Attention::Open, 0)] {
        let filter = CompanyFilter {
            attention: Some(attention),
            ..CompanyFilter::default()
        };
        let listed = engine.companies(&filter).await.unwrap().count.n;
        assert_eq!(listed, expected, "{attention:?}");
    }
    let mistyped = CompanyFilter {
        cursor: Some("yesterday~x".into()),
        ..CompanyFilter::default()
    };
    assert!(matches!(
        engine.companies(&mistyped).await,
        Err(EngineError::Invalid(_))
    ));
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

#[sqlx::test(migrations = "../migrations")]
async fn process_now_takes_what_its_preview_counted(pool: PgPool) {
    let engine = engine(&pool);
    let scopes = [Scope::Batch("b1".into()), Scope::Waiting];
    let stage = StageName::Validate;
    for scope in &scopes {
        let preview = engine.preview_process_now(stage, scope).await.unwrap();
        insert(&pool, 1).await;
        let refused = engine
            .process_now(stage, scope, preview.up_to, &operator())
            .await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{scope:?}");
        drain_by_hand(&pool).await;
    }
    for (scope, arriving) in scopes.iter().zip([3, 4]) {
        insert(&pool, 2).await;
        let preview = engine.preview_process_now(stage, scope).await.unwrap();
        let batch = engine.batch_progress("b1").await.unwrap();
        assert_eq!((preview.waiting, batch.stages[0].waiting), (2, 2));
        insert(&pool, arriving).await;
        let action = engine
            .process_now(stage, scope, preview.up_to, &operator())
            .await
            .unwrap();
        assert_eq!((action.total, action.open), (2, 2), "{scope:?}");
        let waiting = engine.preview_process_now(stage, scope).await.unwrap();
        assert_eq!(waiting.waiting, 2 + i64::from(arriving));
        drain_by_hand(&pool).await;
    }
    // A record that was counted idle is run once more, beside an event that came since.
    let record = Scope::Record(first_record(&pool).await);
    let idle = engine.preview_process_now(stage, &record).await.unwrap();
    assert_eq!((idle.waiting, idle.up_to), (0, None));
    sqlx::query(
        "INSERT INTO marketing.pipeline_events (event_type, payload)
         SELECT event_type, payload FROM marketing.pipeline_events ORDER BY id LIMIT 1",
    )
    .execute(&pool)
    .await
    .unwrap();
    let action = engine
        .process_now(stage, &record, idle.up_to, &operator())
        .await
        .unwrap();
    assert_eq!(action.total, 1);
    let waiting = engine.preview_process_now(stage, &record).await.unwrap();
    assert_eq!(waiting.waiting, 2);
}

/// Acknowledges what waits, as a workflow outside would.
async fn drain_by_hand(pool: &PgPool) {
    sqlx::query(
        "UPDATE marketing.pipeline_events SET status = 'processed' WHERE status = 'pending'",
    )
    .execute(pool)
    .await
    .unwrap();
}

async fn first_record(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "SELECT payload ->> 'record_id' FROM marketing.pipeline_events ORDER BY id LIMIT 1",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn two_events_of_one_slot_in_one_claim_make_one_contact(pool: PgPool) {
    let engine = engine(&pool);
    let without_providers = WorkerOptions { sandbox: None };
    let process = Process::start(&engine, without_providers).await;
    insert(&pool, 2).await;
    let slots = "SELECT count(*) FROM marketing.pipeline_events WHERE event_type = 'slots_created'";
    wait_for(&pool, slots, 6).await;
    process.stop().await;
    sqlx::raw_sql(
        "INSERT INTO marketing.pipeline_events (event_type, payload, batch_id)
         SELECT event_type, payload, batch_id FROM marketing.pipeline_events WHERE event_type = 'slots_created'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let process = worker(&engine).await;
    drain(&pool).await;
    process.stop().await;
    let failed = "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'";
    assert_eq!(count(&pool, failed).await, 0);
    let contacts =
        "SELECT count(*) FROM marketing.contact_enrichment WHERE enrichment_status = 'completed'";
    assert_eq!(count(&pool, contacts).await, 6);
    // No second answer has taken back what the verification of the first one said.
    let unlike = "SELECT count(*) FROM marketing.people_master p JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
                  WHERE p.email IS DISTINCT FROM c.email OR p.email_verified IS DISTINCT FROM (c.email_status = 'valid')";
    assert_eq!(count(&pool, unlike).await, 0);
}
