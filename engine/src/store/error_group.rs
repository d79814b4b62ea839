//! `marketing.v_error_groups`: errors of one cause as one row.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::model::{
    Count, Page,
    error_group::{
        Affected, Decided, GroupDetail, GroupNote, GroupQuery, GroupRow, GroupSort, GroupState,
        GroupStates, Ignored,
    },
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{PAGE, PIECE, Piece, contains, cursor, page, rows, window::push_overlap};
use crate::{Engine, EngineError, Result};

/// Errors of a group that are looked through for companies, on its page and in each row of a list.
const LOOKED_AT: i64 = 1_000;
const LOOKED_AT_IN_LIST: i64 = 100;
const DAYS: usize = 14;
const AFFECTED: i64 = 20;

const COLUMNS: &str = "SELECT g.*, (SELECT count(DISTINCT coalesce(x.correlation_id::TEXT, x.record_id))
            FROM (SELECT e.correlation_id, e.record_id FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key
                  ORDER BY e.created_at DESC LIMIT ";
const LOOKED: &str = ") x) AS companies, ";
const FROM: &str = " < g.total AS companies_capped FROM marketing.v_error_groups g";

impl Engine {
    /// A page of 50 groups.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn error_groups(&self, query: &GroupQuery) -> Result<Page<GroupRow>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM marketing.v_error_groups g");
        push_filter(&mut count, query);
        let next = |row: &GroupRow| cursor_of(row, query.sort);
        let mut page = page::<Row, _>(&self.pool, list(query)?, count, next).await?;
        self.add_days(&mut page.rows).await?;
        Ok(page)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::error_groups`].
    pub async fn error_groups_piece(&self, query: &GroupQuery) -> Result<Piece<GroupRow>> {
        let next = |row: &GroupRow| cursor_of(row, query.sort);
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// One group with what people said of it and whom it is about.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn error_group(&self, key: &str) -> Result<GroupDetail> {
        let mut query = select(LOOKED_AT);
        query.push(" WHERE g.group_key = ").push_bind(key);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        let mut row = row.ok_or_else(|| EngineError::NotFound(format!("Error group {key}")))?;
        let (resolved, ignored) = (row.resolved(), row.ignored());
        let (affected, (notes, earlier_notes)) =
            tokio::try_join!(self.affected(key), self.group_notes(key))?;
        let mut rows = [GroupRow::from(row)];
        self.add_days(&mut rows).await?;
        let [row] = rows;
        Ok(GroupDetail {
            row,
            resolved,
            ignored,
            affected,
            notes,
            earlier_notes,
        })
    }

    /// The groups of these keys, in no order.
    pub(super) async fn error_groups_of(&self, keys: &[String]) -> Result<Vec<GroupRow>> {
        let mut query = select(LOOKED_AT_IN_LIST);
        query.push(" WHERE g.group_key = ANY(").push_bind(keys);
        let rows: Vec<Row> = query
            .push(")")
            .build_query_as()
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(GroupRow::from).collect())
    }

    async fn affected(&self, key: &str) -> Result<Vec<Affected>> {
        type Row = (
            Option<String>,
            Option<String>,
            Option<String>,
            i64,
            i64,
            DateTime<Utc>,
        );
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT coalesce(i.id::TEXT, m.company_unique_id), coalesce(i.company, m.company_name), a.any_record, a.errors, a.open, a.last_seen
             FROM (SELECT x.correlation_id, CASE WHEN x.correlation_id IS NULL THEN x.record_id END AS record_id,
                          max(x.record_id) AS any_record, count(*) AS errors, count(*) FILTER (WHERE NOT x.resolved) AS open, max(x.created_at) AS last_seen
                   FROM (SELECT e.correlation_id, e.record_id, e.resolved, e.created_at FROM marketing.pipeline_errors e
                         WHERE e.group_key = $1 ORDER BY e.created_at DESC LIMIT $2) x
                   GROUP BY 1, 2 ORDER BY last_seen DESC LIMIT $3) a
             LEFT JOIN LATERAL (SELECT id, company FROM intake.company_raw_intake
                                WHERE correlation_id = a.correlation_id LIMIT 1) i ON TRUE
             LEFT JOIN marketing.company_master m ON i.id IS NULL AND m.company_unique_id = a.any_record
             ORDER BY a.last_seen DESC",
        )
        .bind(key)
        .bind(LOOKED_AT)
        .bind(AFFECTED)
        .fetch_all(&self.pool)
        .await?;
        let affected = |(company_key, name, record, errors, open, last_seen): Row| Affected {
            name: name
                .or_else(|| record.map(|record| format!("record {record}")))
                .unwrap_or_else(|| "no record".to_owned()),
            company_key,
            errors,
            open,
            last_seen,
        };
        Ok(rows.into_iter().map(affected).collect())
    }

    /// The newest ones, oldest first, and how many there are before them.
    async fn group_notes(&self, key: &str) -> Result<(Vec<GroupNote>, i64)> {
        let rows: Vec<(i64, String, DateTime<Utc>, String, i64)> = sqlx::query_as(
            "SELECT id, author, at, body, total FROM (
                 SELECT *, count(*) OVER () AS total FROM marketing.error_group_notes
                 WHERE group_key = $1 ORDER BY id DESC LIMIT $2) n
             ORDER BY id",
        )
        .bind(key)
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?;
        let earlier = rows.first().map_or(0, |row| row.4) - rows.len() as i64;
        let note = |(id, author, at, body, _)| GroupNote {
            id,
            author,
            at,
            body,
        };
        Ok((rows.into_iter().map(note).collect(), earlier))
    }

    /// One reading of the counts for all rows.
    async fn add_days(&self, rows: &mut [GroupRow]) -> Result<()> {
        let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        let counts: Vec<(String, NaiveDate, NaiveDate, i64)> = sqlx::query_as(
            "SELECT label, (bucket AT TIME ZONE 'UTC')::DATE, (now() AT TIME ZONE 'UTC')::DATE, sum(n)::BIGINT
             FROM marketing.v_rollup
             WHERE metric = 'error' AND label = ANY($1)
               AND bucket > date_trunc('day', now(), 'UTC') - make_interval(days => $2)
             GROUP BY label, bucket",
        )
        .bind(keys)
        .bind(DAYS as i32)
        .fetch_all(&self.pool)
        .await?;
        let mut days: HashMap<String, Vec<i64>> = HashMap::new();
        for (key, day, today, n) in counts {
            let days = days.entry(key).or_insert_with(|| vec![0; DAYS]);
            // Clocks that run ahead make errors of tomorrow.
            let ago = usize::try_from((today - day).num_days()).unwrap_or_default();
            if let Some(count) = days.iter_mut().nth_back(ago) {
                *count += n;
            }
        }
        for row in rows {
            row.days = days.remove(&row.key).unwrap_or_else(|| vec![0; DAYS]);
        }
        Ok(())
    }
}

fn select(looked_at: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(COLUMNS);
    query.push_bind(looked_at).push(LOOKED);
    query.push_bind(looked_at).push(FROM);
    query
}

fn list(query: &GroupQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = select(LOOKED_AT_IN_LIST);
    push_filter(&mut list, query);
    let column = match query.sort {
        GroupSort::LastSeen => "g.last_seen",
        GroupSort::FirstSeen => "g.first_seen",
        GroupSort::Total => "g.total",
    };
    if let Some(cursor) = &query.cursor {
        list.push(format!(" AND ({column}, g.group_key) < ("));
        let key = if query.sort == GroupSort::Total {
            let (total, key) = cursor::number_and_text(cursor)?;
            list.push_bind(total);
            key
        } else {
            let (at, key) = cursor::time_and_text(cursor)?;
            list.push_bind(at);
            key
        };
        list.push(", ").push_bind(key.to_owned()).push(")");
    }
    list.push(format!(" ORDER BY {column} DESC, g.group_key DESC"));
    Ok(list)
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &GroupQuery) {
    match filter.states {
        GroupStates::ToDo => query.push(" WHERE g.state IN ('open', 'regressed')"),
        GroupStates::Any => query.push(" WHERE TRUE"),
        GroupStates::Only(state) => query.push(" WHERE g.state = ").push_bind(state.name()),
    };
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND g.event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(name) = &filter.assigned_to {
        query.push(" AND g.assigned_to = ").push_bind(name.clone());
    }
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query.push(" AND g.message ILIKE ").push_bind(pattern);
    }
    push_overlap(query, "g.first_seen", "g.last_seen", &filter.window);
}

fn cursor_of(row: &GroupRow, sort: GroupSort) -> String {
    let value = match sort {
        GroupSort::LastSeen => row.last_seen.to_rfc3339(),
        GroupSort::FirstSeen => row.first_seen.to_rfc3339(),
        GroupSort::Total => row.total.to_string(),
    };
    format!("{value}~{}", row.key)
}

#[derive(FromRow)]
struct Row {
    group_key: String,
    event_type: String,
    message: String,
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    total: i64,
    open: i64,
    state: String,
    assigned_to: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
    resolved_by: Option<String>,
    ignored_at: Option<DateTime<Utc>>,
    ignored_by: Option<String>,
    ignored_why: Option<String>,
    ignored_until: Option<DateTime<Utc>>,
    ignored_total: Option<i64>,
    ignored_rate: Option<i64>,
    companies: i64,
    companies_capped: bool,
}

impl Row {
    fn resolved(&mut self) -> Option<Decided> {
        self.resolved_at.map(|at| Decided {
            by: self.resolved_by.take().unwrap_or_default(),
            at,
        })
    }

    fn ignored(&mut self) -> Option<Ignored> {
        self.ignored_at.map(|at| Ignored {
            decided: Decided {
                by: self.ignored_by.take().unwrap_or_default(),
                at,
            },
            why: self.ignored_why.take().unwrap_or_default(),
            until: self.ignored_until,
            total: self.ignored_total,
            rate: self.ignored_rate,
        })
    }
}

impl From<Row> for GroupRow {
    fn from(row: Row) -> Self {
        Self {
            // The view names only these.
            state: GroupState::parse(&row.state).unwrap_or(GroupState::Open),
            companies: Count {
                n: row.companies,
                capped: row.companies_capped,
            },
            key: row.group_key,
            event_type: row.event_type,
            message: row.message,
            total: row.total,
            open: row.open,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            assigned_to: row.assigned_to,
            days: Vec::new(),
        }
    }
}
