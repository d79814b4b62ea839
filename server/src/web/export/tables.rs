//! The tables that can be taken away: what filters them, and where their rows come from.

use app::query::{
    ACTION_READERS, COMPANY_READERS, CONTACT_READERS, DEAD_LETTER_READERS, ERROR_READERS,
    EVENT_READERS, GROUP_READERS, IMPORT_READERS, Params, RUN_READERS, Readers, SCHEDULE_READERS,
    WORKER_READERS, action_filter, company_filter, contact_filter, dead_letter_query, error_query,
    event_filter, group_query, import_filter, run_query, schedule_state, worker_state,
};
use domain::model::{
    bulk::{ActionFilter, BulkAction},
    company::{CompanyFilter, CompanyRow},
    contact::{ContactFilter, ContactRow},
    dead_letter::{DeadLetter, DeadLetterQuery},
    error::{ErrorQuery, ErrorRow},
    error_group::{GroupQuery, GroupRow},
    event::{EventFilter, EventRow},
    import::{ImportBatch, ImportFilter},
    run::{RunQuery, RunRow},
    schedule::{Schedule, ScheduleRun, ScheduleState},
    worker::{WorkerRow, WorkerState},
};
use engine::store::Piece;

use super::{App, Problem, Table};

pub(crate) struct Events;

impl Table for Events {
    type Query = EventFilter;
    type Row = EventRow;
    const NAME: &'static str = "pipeline_events";
    const FILTERS: &'static [&'static str] = &[
        "type", "status", "batch", "record", "older", "newer", "from", "until", "attempts",
        "worker", "q", "dead", "payload",
    ];
    const READERS: &Readers = &EVENT_READERS;

    fn query(params: &Params) -> Result<EventFilter, Problem> {
        Ok(EventFilter {
            cursor: None,
            ..event_filter(params)
        })
    }

    fn go_on(query: &mut EventFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &EventFilter) -> engine::Result<Piece<EventRow>> {
        app.engine.events_piece(query).await
    }
}

pub(crate) struct Companies;

impl Table for Companies {
    type Query = CompanyFilter;
    type Row = CompanyRow;
    const NAME: &'static str = "companies";
    const FILTERS: &'static [&'static str] = &[
        "q",
        "batch",
        "state",
        "reached",
        "attention",
        "newer",
        "from",
        "until",
        "sort",
    ];
    const READERS: &Readers = &COMPANY_READERS;

    fn query(params: &Params) -> Result<CompanyFilter, Problem> {
        Ok(CompanyFilter {
            cursor: None,
            ..company_filter(params)
        })
    }

    fn go_on(query: &mut CompanyFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &CompanyFilter) -> engine::Result<Piece<CompanyRow>> {
        app.engine.companies_piece(query).await
    }
}

pub(crate) struct Contacts;

impl Table for Contacts {
    type Query = ContactFilter;
    type Row = ContactRow;
    const NAME: &'static str = "contacts";
    const FILTERS: &'static [&'static str] = &[
        "q", "email", "role", "status", "batch", "company", "newer", "from", "until", "sort",
    ];
    const READERS: &Readers = &CONTACT_READERS;

    fn query(params: &Params) -> Result<ContactFilter, Problem> {
        Ok(ContactFilter {
            cursor: None,
            ..contact_filter(params)
        })
    }

    fn go_on(query: &mut ContactFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &ContactFilter) -> engine::Result<Piece<ContactRow>> {
        app.engine.contacts_piece(query).await
    }
}

pub(crate) struct Errors;

impl Table for Errors {
    type Query = ErrorQuery;
    type Row = ErrorRow;
    const NAME: &'static str = "pipeline_errors";
    const FILTERS: &'static [&'static str] = &[
        "e_type",
        "e_group",
        "e_severity",
        "e_resolved",
        "e_q",
        "e_newer",
        "e_from",
        "e_until",
        "e_sort",
        "e_order",
    ];
    const READERS: &Readers = &ERROR_READERS;

    fn query(params: &Params) -> Result<ErrorQuery, Problem> {
        Ok(ErrorQuery {
            cursor: None,
            ..error_query(params)
        })
    }

    fn go_on(query: &mut ErrorQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &ErrorQuery) -> engine::Result<Piece<ErrorRow>> {
        app.engine.errors_piece(query).await
    }
}

pub(crate) struct ErrorGroups;

impl Table for ErrorGroups {
    type Query = GroupQuery;
    type Row = GroupRow;
    const NAME: &'static str = "error_groups";
    const FILTERS: &'static [&'static str] = &[
        "state", "type", "assigned", "q", "newer", "from", "until", "sort",
    ];
    const READERS: &Readers = &GROUP_READERS;

    fn query(params: &Params) -> Result<GroupQuery, Problem> {
        Ok(GroupQuery {
            cursor: None,
            ..group_query(params)
        })
    }

    fn go_on(query: &mut GroupQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &GroupQuery) -> engine::Result<Piece<GroupRow>> {
        app.engine.error_groups_piece(query).await
    }
}

pub(crate) struct Runs;

impl Table for Runs {
    type Query = RunQuery;
    type Row = RunRow;
    const NAME: &'static str = "workflow_stats";
    const FILTERS: &'static [&'static str] =
        &["workflow", "phase", "status", "newer", "from", "until"];
    const READERS: &Readers = &RUN_READERS;

    fn query(params: &Params) -> Result<RunQuery, Problem> {
        Ok(RunQuery {
            cursor: None,
            ..run_query(params)
        })
    }

    fn go_on(query: &mut RunQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &RunQuery) -> engine::Result<Piece<RunRow>> {
        app.engine.runs_piece(query).await
    }
}

pub(crate) struct DeadLetters;

impl Table for DeadLetters {
    type Query = DeadLetterQuery;
    type Row = DeadLetter;
    const NAME: &'static str = "dead_letters";
    const FILTERS: &'static [&'static str] =
        &["kind", "type", "batch", "q", "newer", "from", "until"];
    const READERS: &Readers = &DEAD_LETTER_READERS;

    fn query(params: &Params) -> Result<DeadLetterQuery, Problem> {
        Ok(DeadLetterQuery {
            cursor: None,
            ..dead_letter_query(params)
        })
    }

    fn go_on(query: &mut DeadLetterQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &DeadLetterQuery) -> engine::Result<Piece<DeadLetter>> {
        app.engine.dead_letters_piece(query).await
    }
}

pub(crate) struct Actions;

impl Table for Actions {
    type Query = ActionFilter;
    type Row = BulkAction;
    const NAME: &'static str = "pipeline_actions";
    const FILTERS: &'static [&'static str] = &["kind", "state", "by", "newer", "from", "until"];
    const READERS: &Readers = &ACTION_READERS;

    fn query(params: &Params) -> Result<ActionFilter, Problem> {
        Ok(ActionFilter {
            cursor: None,
            ..action_filter(params)
        })
    }

    fn go_on(query: &mut ActionFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &ActionFilter) -> engine::Result<Piece<BulkAction>> {
        app.engine.actions_piece(query).await
    }
}

pub(crate) struct Imports;

impl Table for Imports {
    type Query = ImportFilter;
    type Row = ImportBatch;
    const NAME: &'static str = "import_batches";
    const FILTERS: &'static [&'static str] = &["q", "status", "newer", "from", "until", "sort"];
    const READERS: &Readers = &IMPORT_READERS;

    fn query(params: &Params) -> Result<ImportFilter, Problem> {
        Ok(ImportFilter {
            cursor: None,
            ..import_filter(params)
        })
    }

    fn go_on(query: &mut ImportFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(app: &App, query: &ImportFilter) -> engine::Result<Piece<ImportBatch>> {
        app.engine.import_batches_piece(query).await
    }
}

pub(crate) struct Workers;

impl Table for Workers {
    type Query = Option<WorkerState>;
    type Row = WorkerRow;
    const NAME: &'static str = "pipeline_workers";
    const FILTERS: &'static [&'static str] = &["state"];
    const READERS: &Readers = &WORKER_READERS;

    fn query(params: &Params) -> Result<Option<WorkerState>, Problem> {
        Ok(worker_state(params))
    }

    async fn piece(app: &App, state: &Option<WorkerState>) -> engine::Result<Piece<WorkerRow>> {
        let mut rows = app.engine.workers().await?.rows;
        rows.retain(|row| state.is_none_or(|state| row.state() == state));
        Ok((rows, None))
    }
}

pub(crate) struct Schedules;

impl Table for Schedules {
    type Query = Option<ScheduleState>;
    type Row = Schedule;
    const NAME: &'static str = "schedules";
    const FILTERS: &'static [&'static str] = &["state"];
    const READERS: &Readers = &SCHEDULE_READERS;

    fn query(params: &Params) -> Result<Option<ScheduleState>, Problem> {
        Ok(schedule_state(params))
    }

    async fn piece(app: &App, state: &Option<ScheduleState>) -> engine::Result<Piece<Schedule>> {
        let mut rows = app.engine.schedules().await?;
        rows.retain(|row| state.is_none_or(|state| row.state() == state));
        Ok((rows, None))
    }
}

/// Of one schedule.
pub(crate) struct ScheduleRuns;

impl Table for ScheduleRuns {
    type Query = String;
    type Row = ScheduleRun;
    const NAME: &'static str = "schedule_runs";
    const FILTERS: &'static [&'static str] = &["name"];

    fn query(params: &Params) -> Result<String, Problem> {
        let none = || Problem::invalid("Say of which schedule: name=prune_events");
        params.get("name").ok_or_else(none)
    }

    async fn piece(app: &App, name: &String) -> engine::Result<Piece<ScheduleRun>> {
        Ok((app.engine.schedule_runs(name).await?, None))
    }
}
