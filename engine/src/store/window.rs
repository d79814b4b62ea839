//! The predicate of a part of time.

use domain::model::window::Window;
use sqlx::{Postgres, QueryBuilder};

/// Appends ` AND …` for what is set, over the time in `column`.
pub(crate) fn push_window(query: &mut QueryBuilder<Postgres>, column: &str, window: &Window) {
    push_overlap(query, column, column, window);
}

/// As [`push_window`], of what went on from the time in `first` to the one in `last`.
pub(super) fn push_overlap(
    query: &mut QueryBuilder<Postgres>,
    first: &str,
    last: &str,
    window: &Window,
) {
    if let Some(span) = window.newer_than {
        query.push(format!(" AND {last} >= now() - "));
        push_seconds(query, span.seconds());
    }
    if let Some(from) = window.from {
        query.push(format!(" AND {last} >= ")).push_bind(from);
    }
    if let Some(until) = window.until {
        query.push(format!(" AND {first} < ")).push_bind(until);
    }
}

pub(super) fn push_seconds(query: &mut QueryBuilder<Postgres>, seconds: u32) {
    query
        .push("make_interval(secs => ")
        .push_bind(f64::from(seconds))
        .push(")");
}
