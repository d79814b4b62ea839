//! Dead letters: moved there by a person, listed, retried, purged.

use domain::model::{
    bulk::{BulkRequest, EventAct, EventSelection},
    dead_letter::{DeadLetterFilter, DeadLetterKind, DeadLetterQuery},
};
use sqlx::PgPool;

use super::{
    events, of_ids, status,
    support::{count, engine, operator},
};

fn of_dead(act: EventAct, filter: &DeadLetterFilter) -> BulkRequest {
    BulkRequest {
        selection: EventSelection::DeadLetters(filter.clone()),
        ..of_ids(act, &[])
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn people_move_events_there_with_a_reason_and_out_again(pool: PgPool) {
    let engine = engine(&pool);
    let mut ids = events(&pool, 30, "pending").await;
    ids.extend(events(&pool, 30, "failed").await);
    let request = BulkRequest {
        reason: Some(" the provider is gone ".into()),
        ..of_ids(EventAct::DeadLetter, &ids)
    };
    engine.start_action(&request, &operator()).await.unwrap();
    let mut query = DeadLetterQuery::default();
    let page = engine.dead_letters(&query).await.unwrap();
    assert_eq!((page.rows.len(), page.count.n), (50, 60));
    let newest = &page.rows[0];
    assert_eq!(
        (
            newest.event_id,
            newest.kind,
            newest.reason.as_str(),
            newest.moved_by.as_str()
        ),
        (
            ids[59],
            DeadLetterKind::Person,
            "the provider is gone",
            "olga"
        )
    );
    query.cursor = page.next;
    assert_eq!(engine.dead_letters(&query).await.unwrap().rows.len(), 10);
    assert_eq!(
        engine
            .dead_letter(ids[0])
            .await
            .unwrap()
            .batch_id
            .as_deref(),
        Some("b1")
    );
    assert_eq!(status(&pool, ids[0]).await, "failed");

    for (filter, expected) in [
        (
            DeadLetterFilter {
                kind: Some(DeadLetterKind::Attempts),
                ..DeadLetterFilter::default()
            },
            0,
        ),
        (
            DeadLetterFilter {
                search: Some("PROVIDER".into()),
                ..DeadLetterFilter::default()
            },
            60,
        ),
        (
            DeadLetterFilter {
                batch: Some("b2".into()),
                ..DeadLetterFilter::default()
            },
            0,
        ),
        (
            DeadLetterFilter {
                event_type: Some("company_created".into()),
                ..DeadLetterFilter::default()
            },
            60,
        ),
    ] {
        let query = DeadLetterQuery {
            filter: filter.clone(),
            cursor: None,
        };
        assert_eq!(
            engine.dead_letters(&query).await.unwrap().count.n,
            expected,
            "{filter:?}"
        );
        let preview = engine
            .preview_action(&of_dead(EventAct::Retry, &filter))
            .await
            .unwrap();
        assert_eq!(
            preview.count, expected,
            "the list and the action mean the same: {filter:?}"
        );
    }
    engine
        .start_action(
            &of_dead(EventAct::Retry, &DeadLetterFilter::default()),
            &operator(),
        )
        .await
        .unwrap();
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.dead_letters").await,
        0
    );
    assert_eq!(status(&pool, ids[0]).await, "pending");
    assert!(engine.dead_letter(ids[0]).await.is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_purge_deletes_dead_letters_only_and_leaves_their_ids_in_the_log(pool: PgPool) {
    let engine = engine(&pool);
    let dead = events(&pool, 3, "failed").await;
    let alive = events(&pool, 2, "failed").await;
    sqlx::query("INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) SELECT id, 'attempts', 'x', 'w1' FROM unnest($1::BIGINT[]) AS id")
        .bind(&dead)
        .execute(&pool)
        .await
        .unwrap();
    let all: Vec<i64> = dead.iter().chain(&alive).copied().collect();
    let action = engine
        .start_action(&of_ids(EventAct::Purge, &all), &operator())
        .await
        .unwrap();
    assert_eq!((action.done, action.skipped), (3, 2));
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await,
        2
    );
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT jsonb_array_elements(details -> 'ids')::BIGINT FROM marketing.audit_log WHERE action = 'event.purged' ORDER BY 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(ids, dead);
}
