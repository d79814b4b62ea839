//! `GET /export/…`: tables as CSV files, streamed piece by piece, with the filter of the page that they are taken from.

mod admin;
mod file;
mod tables;
mod whole;

use app::query::{Params, Readers, TEXT_READERS};
use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery, State},
    response::Response,
};
use domain::role::Actor;
use engine::{
    export::{Exported, csv},
    store::{Piece, session::SessionKey},
};
use futures::{StreamExt, stream};

use super::{App, problem::Problem};
pub(crate) use admin::{Audit, Deliveries, Settings, TableSizes, Tokens, Users, Webhooks};
use file::{comment, download, file_name};
pub(crate) use tables::{
    Actions, Companies, Contacts, DeadLetters, ErrorGroups, Errors, Events, Imports, Runs,
    ScheduleRuns, Schedules, Workers,
};
pub(crate) use whole::{Health, Phases, Queue, Snipers, Stages, Throughput};

/// A list as a file. The keys of the query string are those of its page.
pub(crate) trait Table: 'static {
    type Query: Send + 'static;
    type Row: Exported + Send + 'static;
    /// The file is called so, the filters and the time follow.
    const NAME: &'static str;
    /// The keys that filter.
    const FILTERS: &'static [&'static str];
    /// What cannot be read as a filter is refused: the file would hold more than was asked for.
    const READERS: &Readers = &TEXT_READERS;

    /// # Errors
    /// Where the table is not named.
    fn query(params: &Params) -> Result<Self::Query, Problem>;
    /// Where the next piece begins, of a table that has more than one.
    fn go_on(_: &mut Self::Query, _: String) {}
    fn piece(
        app: &App,
        query: &Self::Query,
    ) -> impl Future<Output = engine::Result<Piece<Self::Row>>> + Send;
}

/// The whole table, as its page lists it under the same query string.
pub(crate) async fn export<T: Table>(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.as_deref().unwrap_or_default());
    if let Some(text) = T::READERS.unread(&params) {
        return Err(Problem::invalid(text));
    }
    let query = T::query(&params)?;
    let filters: Vec<(&str, &str)> = params
        .iter()
        .filter(|(key, value)| T::FILTERS.contains(key) && !value.trim().is_empty())
        .collect();
    // The first piece now, so that a failure is an answer and not a broken file.
    let (rows, next) = T::piece(&app, &query).await?;
    let mut first = comment(T::NAME, &filters).into_bytes();
    first.extend(csv(&rows, true).map_err(engine::EngineError::from)?);
    let rest = stream::try_unfold((app, query, next), async |(app, mut query, next)| {
        let Some(cursor) = next else { return Ok(None) };
        T::go_on(&mut query, cursor);
        // The download breaks off, which the browser shows; the file is not taken for whole.
        let (rows, next) = T::piece(&app, &query)
            .await
            .map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(Some((csv(&rows, false)?, (app, query, next))))
    });
    let pieces = stream::once(async move { Ok(first) }).chain(rest);
    Ok(download(
        &file_name(T::NAME, &filters),
        Body::from_stream(pieces),
    ))
}

/// Where the caller is signed in.
pub(crate) async fn sessions(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Extension(present): Extension<SessionKey>,
) -> Result<Response, Problem> {
    let rows = app.engine.sessions(&actor, &present).await?;
    let mut text = comment("sessions", &[]).into_bytes();
    text.extend(csv(&rows, true).map_err(engine::EngineError::from)?);
    Ok(download(&file_name("sessions", &[]), Body::from(text)))
}

/// Every row of an imported file with what became of it; with `?rows=refused`, only those that were not accepted.
pub(crate) async fn import_report(
    State(app): State<App>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Some(batch_id) = file.strip_suffix(".csv").map(str::to_owned) else {
        return Err(Problem::not_found("This file"));
    };
    let refused = match Params::parse(&query.unwrap_or_default()).get_str("rows") {
        None => false,
        Some("refused") => true,
        Some(_) => return Err(Problem::not_found("This part of the report")),
    };
    let kind = if refused { "refused" } else { "import" };
    let name = format!("{kind}_{}.csv", file::plain(&batch_id));
    // The first piece now, so that an unknown batch is an answer and not a broken file.
    let first = app.engine.import_report(&batch_id, refused, None).await?;
    let pieces = stream::try_unfold(
        (app, batch_id, first),
        move |(app, batch_id, piece): (App, String, Option<(String, i64)>)| async move {
            let Some((text, line)) = piece else {
                return std::io::Result::Ok(None);
            };
            let next = app
                .engine
                .import_report(&batch_id, refused, Some(line))
                .await
                .map_err(std::io::Error::other)?;
            Ok(Some((text, (app, batch_id, next))))
        },
    );
    Ok(download(&name, Body::from_stream(pieces)))
}
