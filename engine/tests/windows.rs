//! Lists that are narrowed to a part of time.

use chrono::{DateTime, Utc};
use domain::model::{
    Count,
    audit::AuditQuery,
    bulk::ActionFilter,
    company::CompanyFilter,
    contact::ContactFilter,
    dead_letter::DeadLetterQuery,
    error::ErrorQuery,
    error_group::{GroupQuery, GroupStates},
    event::EventFilter,
    import::ImportFilter,
    run::{RunFilter, RunQuery},
    window::Window,
};
use engine::Engine;
use sqlx::PgPool;

use crate::support::engine;

/// One record of each kind at each of four times: an hour, a day and ten days ago, and at the beginning of 2020.
const RECORDS: [&str; 13] = [
    "CREATE TEMPORARY TABLE given AS SELECT n, at FROM unnest(ARRAY[now() - interval '1 hour', now() - interval '25 hours',
         now() - interval '10 days', '2020-01-01']::TIMESTAMPTZ[]) WITH ORDINALITY AS given (at, n)",
    "INSERT INTO intake.company_raw_intake (company, website, created_at)
     SELECT 'Company ' || n, 'https://c' || n || '.example', at FROM given",
    "INSERT INTO intake.import_batches (import_batch_id, importer, status, created_at) SELECT 'b' || n, 'x', 'completed', at FROM given",
    "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, source_record_id)
     SELECT '04.04.01.84.00001.001', company, website, 'intake', id::TEXT FROM intake.company_raw_intake WHERE company = 'Company 1'",
    "INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id)
     SELECT '04.04.05.84.00001.00' || n, '04.04.01.84.00001.001' FROM given",
    "INSERT INTO marketing.contact_enrichment (company_slot_unique_id, created_at)
     SELECT '04.04.05.84.00001.00' || n, at FROM given",
    "UPDATE marketing.pipeline_events e SET created_at = i.created_at, status = 'failed', processed_at = now()
     FROM intake.company_raw_intake i WHERE e.payload ->> 'record_id' = i.id::TEXT AND e.event_type = 'company_created'",
    "DELETE FROM marketing.pipeline_events WHERE event_type <> 'company_created'",
    "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by, moved_at)
     SELECT id, 'permanent', 'x', 'x', created_at FROM marketing.pipeline_events
     ON CONFLICT (event_id) DO UPDATE SET moved_at = EXCLUDED.moved_at",
    "INSERT INTO marketing.pipeline_errors (event_type, error_message, severity, created_at)
     SELECT 'x', 'Broken ' || chr(96 + n::INT), 'error', at FROM given",
    "INSERT INTO marketing.audit_log (at, actor, actor_id, origin, action, target_kind, target)
     SELECT at, 'x', 0, 'test', 'event.retry', 'event', n::TEXT FROM given",
    "INSERT INTO marketing.workflow_stats (workflow_name, status, created_at) SELECT 'x', 'ok', at FROM given",
    "INSERT INTO marketing.pipeline_actions (title, requested_by, created_at) SELECT 'x', 'x', at FROM given",
];

async fn counts(engine: &Engine, window: Window) -> Vec<(&'static str, usize, Count)> {
    let mut counts = Vec::new();
    macro_rules! count {
        ($name:literal, $page:expr) => {
            let page = $page.await.unwrap();
            counts.push(($name, page.rows.len(), page.count));
        };
    }
    let any = GroupStates::Any;
    count!(
        "companies",
        engine.companies(&CompanyFilter {
            window,
            ..Default::default()
        })
    );
    count!(
        "contacts",
        engine.contacts(&ContactFilter {
            window,
            ..Default::default()
        })
    );
    count!(
        "imports",
        engine.import_batches(&ImportFilter {
            window,
            ..Default::default()
        })
    );
    count!(
        "groups",
        engine.error_groups(&GroupQuery {
            states: any,
            window,
            ..Default::default()
        })
    );
    count!(
        "actions",
        engine.actions(&ActionFilter {
            window,
            ..Default::default()
        })
    );
    let mut audit = AuditQuery::default();
    audit.filter.window = window;
    count!("audit", engine.audit_log(&audit));
    let mut errors = ErrorQuery::default();
    errors.filter.window = window;
    count!("errors", engine.errors(&errors));
    let mut dead = DeadLetterQuery::default();
    dead.filter.window = window;
    count!("dead letters", engine.dead_letters(&dead));
    let Window {
        newer_than,
        from,
        until,
    } = window;
    count!(
        "events",
        engine.events(&EventFilter {
            newer_than,
            from,
            until,
            ..Default::default()
        })
    );
    let filter = RunFilter {
        window,
        ..Default::default()
    };
    count!(
        "runs",
        engine.runs(&RunQuery {
            filter,
            cursor: None
        })
    );
    counts
}

#[sqlx::test(migrations = "../migrations")]
async fn every_list_is_narrowed_to_a_time(pool: PgPool) {
    let engine = engine(&pool);
    let mut connection = pool.acquire().await.unwrap();
    for statement in RECORDS {
        sqlx::query(statement)
            .execute(&mut *connection)
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    let at = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
    let window = |newer: &str, from, until| Window {
        newer_than: newer.parse().ok(),
        from,
        until,
    };
    for (window, expected) in [
        (window("", None, None), 4),
        (window("24h", None, None), 1),
        (window("7d", None, None), 2),
        (
            window("", at("2020-01-01T00:00:00Z"), at("2020-01-02T00:00:00Z")),
            1,
        ),
        (
            window("", at("2019-12-01T00:00:00Z"), at("2020-01-01T00:00:00Z")),
            0,
        ),
        (window("", at("2020-01-01T00:00:01Z"), None), 3),
    ] {
        for (list, rows, count) in counts(&engine, window).await {
            let found = (rows, count.n, count.capped);
            assert_eq!(
                found,
                (expected, expected as i64, false),
                "{list}: {window}"
            );
        }
    }
}
