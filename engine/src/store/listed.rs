//! Lists that are read by key: a page for people, larger pieces for exports, and a count that ends somewhere.

use domain::model::{Count, Page};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder, postgres::PgRow};

/// Rows of one page of a list.
pub(crate) const PAGE: i64 = 50;
/// Where counting stops, so that no page waits for a large count.
pub(crate) const COUNT_LIMIT: i64 = 10_000;
/// Rows of a piece: an export is few statements, and no piece is more than a megabyte or two.
pub(crate) const PIECE: i64 = 1_000;

/// For a transaction that reads a list by what PostgreSQL cannot count beforehand, such as a company's state or a text: it
/// would look at all rows to sort the few that it expects. Going by time ends with the first page, unless what is looked
/// for is rare.
pub(crate) const BY_TIME: &str = "SELECT set_config('enable_sort', 'off', TRUE), set_config('enable_hashjoin', 'off', TRUE),
    set_config('enable_mergejoin', 'off', TRUE), set_config('max_parallel_workers_per_gather', '0', TRUE),
    set_config('jit', 'off', TRUE)";

/// The words for a list's order, and for what lies beyond a row of it.
pub(crate) const fn direction(ascending: bool) -> (&'static str, &'static str) {
    if ascending {
        ("ASC", ">")
    } else {
        ("DESC", "<")
    }
}

/// Rows of an export and the cursor of the next piece, absent after the last one.
pub type Piece<T> = (Vec<T>, Option<String>);

/// The first `limit` of the rows, which were read with one more, and the cursor of what follows them.
pub(crate) fn cut<R: Into<T>, T>(
    rows: Vec<R>,
    limit: i64,
    cursor: impl FnOnce(&T) -> String,
) -> Piece<T> {
    let more = rows.len() as i64 > limit;
    let rows: Vec<T> = rows
        .into_iter()
        .take(limit as usize)
        .map(Into::into)
        .collect();
    let next = rows.last().filter(|_| more).map(cursor);
    (rows, next)
}

/// Reads at most `limit` rows of a list that is complete but for its LIMIT.
pub(crate) async fn rows<R, T>(
    pool: &PgPool,
    mut list: QueryBuilder<Postgres>,
    limit: i64,
    cursor: impl FnOnce(&T) -> String,
) -> sqlx::Result<Piece<T>>
where
    R: for<'r> FromRow<'r, PgRow> + Into<T> + Send + Unpin,
{
    list.push(" LIMIT ").push_bind(limit + 1);
    let rows: Vec<R> = list.build_query_as().fetch_all(pool).await?;
    Ok(cut(rows, limit, cursor))
}

/// A page of a list, and how many match. `matching` begins a count of a subquery, `SELECT count(*) FROM (SELECT …`, and
/// leaves it open.
pub(crate) async fn page<R, T>(
    pool: &PgPool,
    list: QueryBuilder<Postgres>,
    mut matching: QueryBuilder<Postgres>,
    cursor: impl FnOnce(&T) -> String,
) -> sqlx::Result<Page<T>>
where
    R: for<'r> FromRow<'r, PgRow> + Into<T> + Send + Unpin,
{
    matching
        .push(" LIMIT ")
        .push_bind(COUNT_LIMIT + 1)
        .push(") AS matching");
    let ((rows, next), n) = tokio::try_join!(
        rows::<R, T>(pool, list, PAGE, cursor),
        matching.build_query_scalar().fetch_one(pool),
    )?;
    Ok(Page {
        rows,
        next,
        count: capped(n, COUNT_LIMIT),
    })
}

/// A count that was read with `LIMIT limit + 1`.
pub(crate) fn capped(n: i64, limit: i64) -> Count {
    Count {
        n: n.min(limit),
        capped: n > limit,
    }
}
