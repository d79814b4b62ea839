//! The tables that can be taken away: what filters them, and where their rows come from.

use app::query::{
    Params, action_filter, audit_query, company_filter, contact_filter, dead_letter_query,
    delivery_filter, error_query, event_filter, group_query, import_filter, unread_of_actions,
    unread_of_audit, unread_of_companies, unread_of_contacts, unread_of_dead_letters,
    unread_of_deliveries, unread_of_errors, unread_of_events, unread_of_groups, unread_of_imports,
};
use domain::model::{
    audit::{AuditEntry, AuditQuery},
    bulk::{ActionFilter, BulkAction},
    company::{CompanyFilter, CompanyRow},
    contact::{ContactFilter, ContactRow},
    dead_letter::{DeadLetter, DeadLetterQuery},
    error::{ErrorQuery, ErrorRow},
    error_group::{GroupQuery, GroupRow},
    event::{EventFilter, EventRow},
    import::{ImportBatch, ImportFilter},
    overview::{DailyThroughput, PhaseCard, QueueRow, SniperTarget, WorkflowHealth},
    schedule::Schedule,
    stage::StageFigures,
    webhook::{DeliveryQuery, DeliveryRow},
    worker::WorkerRow,
};
use engine::{Engine, store::Piece};

use super::{Problem, Table};

/// Sniper targets in a file; the page shows 50.
const SNIPERS: i64 = 10_000;

fn refuse(unread: Option<String>) -> Result<(), Problem> {
    unread.map_or(Ok(()), |text| Err(Problem::invalid(text)))
}

pub(crate) struct Events;

impl Table for Events {
    type Query = EventFilter;
    type Row = EventRow;
    const NAME: &'static str = "pipeline_events";
    const FILTERS: &'static [&'static str] = &[
        "type", "status", "batch", "record", "older", "newer", "from", "until", "attempts",
        "worker", "q", "dead", "payload",
    ];

    fn query(params: &Params) -> Result<EventFilter, Problem> {
        refuse(unread_of_events(params))?;
        Ok(EventFilter {
            cursor: None,
            ..event_filter(params)
        })
    }

    fn go_on(query: &mut EventFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &EventFilter) -> engine::Result<Piece<EventRow>> {
        engine.events_piece(query).await
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

    fn query(params: &Params) -> Result<CompanyFilter, Problem> {
        refuse(unread_of_companies(params))?;
        Ok(CompanyFilter {
            cursor: None,
            ..company_filter(params)
        })
    }

    fn go_on(query: &mut CompanyFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &CompanyFilter) -> engine::Result<Piece<CompanyRow>> {
        engine.companies_piece(query).await
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

    fn query(params: &Params) -> Result<ContactFilter, Problem> {
        refuse(unread_of_contacts(params))?;
        Ok(ContactFilter {
            cursor: None,
            ..contact_filter(params)
        })
    }

    fn go_on(query: &mut ContactFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &ContactFilter) -> engine::Result<Piece<ContactRow>> {
        engine.contacts_piece(query).await
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

    fn query(params: &Params) -> Result<ErrorQuery, Problem> {
        refuse(unread_of_errors(params))?;
        Ok(ErrorQuery {
            cursor: None,
            ..error_query(params)
        })
    }

    fn go_on(query: &mut ErrorQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &ErrorQuery) -> engine::Result<Piece<ErrorRow>> {
        engine.errors_piece(query).await
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

    fn query(params: &Params) -> Result<GroupQuery, Problem> {
        refuse(unread_of_groups(params))?;
        Ok(GroupQuery {
            cursor: None,
            ..group_query(params)
        })
    }

    fn go_on(query: &mut GroupQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &GroupQuery) -> engine::Result<Piece<GroupRow>> {
        engine.error_groups_piece(query).await
    }
}

pub(crate) struct DeadLetters;

impl Table for DeadLetters {
    type Query = DeadLetterQuery;
    type Row = DeadLetter;
    const NAME: &'static str = "dead_letters";
    const FILTERS: &'static [&'static str] =
        &["kind", "type", "batch", "q", "newer", "from", "until"];

    fn query(params: &Params) -> Result<DeadLetterQuery, Problem> {
        refuse(unread_of_dead_letters(params))?;
        Ok(DeadLetterQuery {
            cursor: None,
            ..dead_letter_query(params)
        })
    }

    fn go_on(query: &mut DeadLetterQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &DeadLetterQuery) -> engine::Result<Piece<DeadLetter>> {
        engine.dead_letters_piece(query).await
    }
}

pub(crate) struct Actions;

impl Table for Actions {
    type Query = ActionFilter;
    type Row = BulkAction;
    const NAME: &'static str = "pipeline_actions";
    const FILTERS: &'static [&'static str] = &["kind", "state", "by", "newer", "from", "until"];

    fn query(params: &Params) -> Result<ActionFilter, Problem> {
        refuse(unread_of_actions(params))?;
        Ok(ActionFilter {
            cursor: None,
            ..action_filter(params)
        })
    }

    fn go_on(query: &mut ActionFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &ActionFilter) -> engine::Result<Piece<BulkAction>> {
        engine.actions_piece(query).await
    }
}

pub(crate) struct Audit;

impl Table for Audit {
    type Query = AuditQuery;
    type Row = AuditEntry;
    const NAME: &'static str = "audit_log";
    const FILTERS: &'static [&'static str] = &[
        "actor",
        "action",
        "target_kind",
        "target",
        "newer",
        "from",
        "until",
    ];

    fn query(params: &Params) -> Result<AuditQuery, Problem> {
        refuse(unread_of_audit(params))?;
        Ok(AuditQuery {
            cursor: None,
            ..audit_query(params)
        })
    }

    fn go_on(query: &mut AuditQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &AuditQuery) -> engine::Result<Piece<AuditEntry>> {
        engine.audit_piece(query).await
    }
}

pub(crate) struct Deliveries;

impl Table for Deliveries {
    type Query = DeliveryQuery;
    type Row = DeliveryRow;
    const NAME: &'static str = "webhook_deliveries";
    const FILTERS: &'static [&'static str] = &["webhook", "status", "type", "newer"];

    fn query(params: &Params) -> Result<DeliveryQuery, Problem> {
        refuse(unread_of_deliveries(params))?;
        let webhook = params.get_str("webhook").and_then(|id| id.parse().ok());
        let none = || Problem::invalid("Say of which webhook: webhook=1");
        Ok(DeliveryQuery {
            webhook: webhook.ok_or_else(none)?,
            filter: delivery_filter(params),
            cursor: None,
        })
    }

    fn go_on(query: &mut DeliveryQuery, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &DeliveryQuery) -> engine::Result<Piece<DeliveryRow>> {
        engine.webhook_deliveries_piece(query).await
    }
}

pub(crate) struct Imports;

impl Table for Imports {
    type Query = ImportFilter;
    type Row = ImportBatch;
    const NAME: &'static str = "import_batches";
    const FILTERS: &'static [&'static str] = &["q", "status", "newer", "from", "until", "sort"];

    fn query(params: &Params) -> Result<ImportFilter, Problem> {
        refuse(unread_of_imports(params))?;
        Ok(ImportFilter {
            cursor: None,
            ..import_filter(params)
        })
    }

    fn go_on(query: &mut ImportFilter, cursor: String) {
        query.cursor = Some(cursor);
    }

    async fn piece(engine: &Engine, query: &ImportFilter) -> engine::Result<Piece<ImportBatch>> {
        engine.import_batches_piece(query).await
    }
}

pub(crate) struct Schedules;

impl Table for Schedules {
    type Query = ();
    type Row = Schedule;
    const NAME: &'static str = "schedules";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<Schedule>> {
        Ok((engine.schedules().await?, None))
    }
}

pub(crate) struct Workers;

impl Table for Workers {
    type Query = ();
    type Row = WorkerRow;
    const NAME: &'static str = "pipeline_workers";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<WorkerRow>> {
        Ok((engine.workers().await?.rows, None))
    }
}

pub(crate) struct Stages;

impl Table for Stages {
    type Query = ();
    type Row = StageFigures;
    const NAME: &'static str = "stages";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<StageFigures>> {
        Ok((engine.stage_figures().await?, None))
    }
}

pub(crate) struct Snipers;

impl Table for Snipers {
    type Query = ();
    type Row = SniperTarget;
    const NAME: &'static str = "sniper_targets";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<SniperTarget>> {
        Ok((engine.sniper_targets(SNIPERS).await?, None))
    }
}

pub(crate) struct Phases;

impl Table for Phases {
    type Query = ();
    type Row = PhaseCard;
    const NAME: &'static str = "phase_stats";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<PhaseCard>> {
        Ok((engine.phase_cards().await?, None))
    }
}

pub(crate) struct Queue;

impl Table for Queue {
    type Query = ();
    type Row = QueueRow;
    const NAME: &'static str = "event_queue";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<QueueRow>> {
        Ok((engine.queue_rows().await?, None))
    }
}

pub(crate) struct Health;

impl Table for Health {
    type Query = ();
    type Row = WorkflowHealth;
    const NAME: &'static str = "workflow_health";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<WorkflowHealth>> {
        Ok((engine.workflow_health().await?, None))
    }
}

pub(crate) struct Throughput;

impl Table for Throughput {
    type Query = ();
    type Row = DailyThroughput;
    const NAME: &'static str = "daily_throughput";
    const FILTERS: &'static [&'static str] = &[];

    fn query(_: &Params) -> Result<(), Problem> {
        Ok(())
    }

    fn go_on((): &mut (), _: String) {}

    async fn piece(engine: &Engine, (): &()) -> engine::Result<Piece<DailyThroughput>> {
        Ok((engine.daily_throughput().await?, None))
    }
}
