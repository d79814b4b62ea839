//! What may be asked for, and what it would touch.

use chrono::{DateTime, Utc};
use domain::model::bulk::{
    BulkPreview, BulkRequest, EventAct, EventSelection, PayloadEdit, SampleEvent,
};
use sqlx::{FromRow, PgConnection, QueryBuilder};

use super::selection;
use crate::{
    Engine, EngineError, Result,
    store::event::{begin_counting, explain_count},
};

/// Ids of one selection: what fits on pages; for more there is the filter.
const MOST_IDS: usize = 10_000;
const SAMPLE: i64 = 5;

impl Engine {
    /// What a bulk action would touch: counted to the end, with the first five and the last one's id.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a request that makes no sense, [`EngineError::Database`].
    pub async fn preview_action(&self, request: &BulkRequest) -> Result<BulkPreview> {
        check(request)?;
        let mut transaction = begin_counting(&self.pool).await?;
        preview(&mut transaction, request)
            .await
            .map_err(explain_count)
    }
}

async fn preview(
    connection: &mut PgConnection,
    request: &BulkRequest,
) -> sqlx::Result<BulkPreview> {
    let mut count = QueryBuilder::new(
        "SELECT count(*), coalesce(max(e.id), 0) FROM marketing.pipeline_events e",
    );
    selection::push(&mut count, &request.act, &request.selection, request.up_to);
    let (count, up_to): (i64, i64) = count.build_query_as().fetch_one(&mut *connection).await?;
    let mut sample = QueryBuilder::new(
        "SELECT e.id, e.event_type, e.status, e.payload ->> 'record_id' AS record_id,
                    e.payload ->> 'company_name' AS company_name, e.created_at
             FROM marketing.pipeline_events e",
    );
    selection::push(&mut sample, &request.act, &request.selection, Some(up_to));
    sample.push(" ORDER BY e.id LIMIT ").push_bind(SAMPLE);
    let sample: Vec<Row> = sample.build_query_as().fetch_all(&mut *connection).await?;
    Ok(BulkPreview {
        kind: request.act.kind(),
        count,
        withheld: withheld(connection, request).await?,
        up_to,
        sample: sample.into_iter().map(Row::into).collect(),
        undoable: request.act.kind().undoable(),
    })
}

async fn withheld(connection: &mut PgConnection, request: &BulkRequest) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM marketing.pipeline_events e");
    let some =
        selection::push_withheld(&mut query, &request.act, &request.selection, request.up_to);
    if !some {
        return Ok(0);
    }
    query.build_query_scalar().fetch_one(connection).await
}

/// Refuses what no run could do.
pub(super) fn check(request: &BulkRequest) -> Result<()> {
    let invalid = |text: String| Err(EngineError::Invalid(text));
    let named = match &request.selection {
        EventSelection::Ids(ids) => Some((ids.len(), "event")),
        EventSelection::Of(records) => records.named().map(|n| (n, records.nouns().0)),
        _ => None,
    };
    match named {
        Some((0, one)) => return invalid(format!("No {one} is selected")),
        Some((n, one)) if n > MOST_IDS => {
            return invalid(format!(
                "{n} are selected; at most {MOST_IDS} can be named {one} by {one}, so use a filter"
            ));
        }
        _ => {}
    }
    let one = named == Some((1, "event"));
    match &request.act {
        EventAct::Requeue(PayloadEdit::Replace(_)) if !one => invalid(
            "A whole payload belongs to one event; for several, name only the keys that change"
                .into(),
        ),
        EventAct::Requeue(PayloadEdit::Merge(keys)) if keys.is_empty() => {
            invalid("No key of the payload changes; to run the same again, retry or replay".into())
        }
        _ => Ok(()),
    }
}

/// Refuses what is only asked for when an action starts; a preview may still be without it.
pub(super) fn check_whole(request: &BulkRequest) -> Result<()> {
    let invalid = |text: &str| Err(EngineError::Invalid(text.into()));
    match &request.act {
        act if act.needs_reason() && reason(request).is_none() => {
            invalid("Say why: the reason is what people read beside a dead letter")
        }
        EventAct::Requeue(PayloadEdit::Replace(keys)) if !keys.contains_key("record_id") => {
            invalid("The payload has no record_id: no stage could tell which record is meant")
        }
        _ => Ok(()),
    }
}

/// The reason without blanks around it; none for blanks.
pub(super) fn reason(request: &BulkRequest) -> Option<&str> {
    request
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    event_type: String,
    status: String,
    record_id: Option<String>,
    company_name: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<Row> for SampleEvent {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            event_type: row.event_type,
            status: row.status,
            record_id: row.record_id,
            company_name: row.company_name,
            created_at: row.created_at,
        }
    }
}
