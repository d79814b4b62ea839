//! Actions on the events of companies: of those that are named, of those that match.

use domain::model::{
    bulk::{ActionState, BulkRequest, EventAct, EventSelection},
    company::{CompanyFilter, CompanyState},
};
use sqlx::PgPool;

use super::{
    refusal,
    support::{engine, insert, operator},
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
    let request = cancel(EventSelection::OfCompanies(keys.clone()));
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
        refusal(&engine, &cancel(EventSelection::OfCompanies(Vec::new()))).await,
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
        let request = cancel(EventSelection::Companies(filter));
        let found = engine.preview_action(&request).await.unwrap().count;
        assert_eq!((found, listed), (companies, companies), "{request:?}");
    }
}
