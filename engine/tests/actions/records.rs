//! Actions on the events of companies, contacts and batches: of those that are named, of those that match.

use domain::model::{
    bulk::{ActionState, BulkRequest, EventAct, EventSelection, Records},
    company::{CompanyFilter, CompanyState},
    contact::ContactFilter,
    import::ImportFilter,
};
use sqlx::PgPool;

use super::{
    refusal,
    support::{Process, answers, drain, engine, insert, operator},
};

/// The companies of which an event is cancelled.
async fn cancelled(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT DISTINCT payload ->> 'record_id' FROM marketing.pipeline_events WHERE status = 'cancelled' ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

fn cancel(selection: EventSelection) -> BulkRequest {
    BulkRequest {
        act: EventAct::Cancel,
        selection,
        reason: None,
        up_to: None,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn events_of_named_companies_are_cancelled_and_given_back(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 5).await;
    let rows = engine
        .companies(&CompanyFilter::default())
        .await
        .unwrap()
        .rows;
    let mut keys: Vec<String> = rows[..2].iter().map(|row| row.key.clone()).collect();
    keys.sort();
    let request = cancel(EventSelection::Of(Records::Companies(keys.clone())));
    let preview = engine.preview_action(&request).await.unwrap();
    assert_eq!((preview.count, preview.sample.len()), (2, 2));
    let action = engine.start_action(&request, &operator()).await.unwrap();
    assert_eq!(
        (action.state, action.done, action.title.as_str()),
        (ActionState::Done, 2, "Cancel: 2 events of 2 companies")
    );
    assert_eq!(cancelled(&pool).await, keys);
    engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!(cancelled(&pool).await, [] as [String; 0]);
    assert_eq!(
        refusal(
            &engine,
            &cancel(EventSelection::Of(Records::Companies(Vec::new())))
        )
        .await,
        "No company is selected"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn events_of_companies_that_match_are_those_of_the_list(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 5).await;
    // One that is known to the master table alone, with an event of its own.
    sqlx::raw_sql(
        "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, correlation_id)
         VALUES ('04.04.01.84.00001.001', 'Elsewhere', 'https://elsewhere.example', 'test', gen_random_uuid())",
    )
    .execute(&pool)
    .await
    .unwrap();
    for (filter, companies) in [
        (CompanyFilter::default(), 6),
        (
            CompanyFilter {
                state: Some(CompanyState::Imported),
                ..CompanyFilter::default()
            },
            5,
        ),
        (
            CompanyFilter {
                search: Some("elsewhere".into()),
                ..CompanyFilter::default()
            },
            1,
        ),
        (
            CompanyFilter {
                search: Some("x' OR '1'='1".into()),
                ..CompanyFilter::default()
            },
            0,
        ),
    ] {
        let listed = engine.companies(&filter).await.unwrap().count.n;
        let request = cancel(EventSelection::Of(Records::CompaniesThatMatch(filter)));
        let found = engine.preview_action(&request).await.unwrap().count;
        assert_eq!((found, listed), (companies, companies), "{request:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn events_of_contacts_are_the_search_and_the_check_of_the_address(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 3).await;
    let process = Process::start(&engine, answers(0.0, 0.0)).await;
    drain(&pool).await;
    process.stop().await;
    sqlx::query("UPDATE marketing.pipeline_events SET status = 'failed' WHERE event_type IN ('slots_created', 'contact_enriched', 'company_created')")
        .execute(&pool)
        .await
        .unwrap();
    let retry = |records| BulkRequest {
        act: EventAct::Retry,
        ..cancel(EventSelection::Of(records))
    };
    let rows = engine
        .contacts(&ContactFilter::default())
        .await
        .unwrap()
        .rows;
    let ids: Vec<i64> = rows[..2].iter().map(|row| row.id).collect();
    let ceos = ContactFilter {
        role: Some("CEO".into()),
        batch: Some("b1".into()),
        ..ContactFilter::default()
    };
    let nobody = ContactFilter {
        search: Some("nobody is called this".into()),
        ..ContactFilter::default()
    };
    for (records, events) in [
        (Records::Contacts(ids), 4),
        (Records::ContactsThatMatch(ContactFilter::default()), 18),
        (Records::ContactsThatMatch(ceos), 6),
        (Records::ContactsThatMatch(nobody), 0),
    ] {
        let preview = engine.preview_action(&retry(records.clone())).await;
        assert_eq!(preview.unwrap().count, events, "{records:?}");
    }
    let of_file = ImportFilter {
        search: Some("b1".into()),
        ..ImportFilter::default()
    };
    sqlx::query("INSERT INTO intake.import_batches (import_batch_id, importer) VALUES ('b1', 'ada'), ('b2', 'ada')")
        .execute(&pool)
        .await
        .unwrap();
    for (records, events) in [
        (Records::Batches(vec!["b1".into()]), 21),
        (Records::Batches(vec!["b2".into()]), 0),
        (Records::BatchesThatMatch(of_file), 21),
    ] {
        let preview = engine.preview_action(&retry(records.clone())).await;
        assert_eq!(preview.unwrap().count, events, "{records:?}");
    }
}
