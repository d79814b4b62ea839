//! What the columns of each table are.

use chrono::{DateTime, Utc};
use domain::model::{
    audit::AuditEntry,
    bulk::BulkAction,
    company::CompanyRow,
    dead_letter::DeadLetter,
    error::ErrorRow,
    error_group::GroupRow,
    event::EventRow,
    import::ImportBatch,
    overview::{DailyThroughput, PhaseCard, QueueRow, SniperTarget, WorkflowHealth},
    schedule::Schedule,
    stage::StageFigures,
    worker::WorkerRow,
};
use serde_json::Value;

use super::Exported;

pub(super) fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

pub(super) fn time(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339()).unwrap_or_default()
}

pub(super) fn number(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

pub(super) fn json(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default()
}

impl Exported for EventRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "event_type",
        "record_id",
        "company_name",
        "batch_id",
        "status",
        "retry_count",
        "error_message",
        "processed_at",
        "next_attempt_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.created_at.to_rfc3339(),
            self.event_type.clone(),
            text(&self.record_id),
            text(&self.company_name),
            text(&self.batch_id),
            self.status.name().to_owned(),
            self.retry_count.to_string(),
            text(&self.error_message),
            time(self.processed_at),
            time(self.next_attempt_at),
        ]
    }
}

impl Exported for GroupRow {
    const COLUMNS: &'static [&'static str] = &[
        "group_key",
        "event_type",
        "message",
        "state",
        "open",
        "total",
        "companies",
        "first_seen",
        "last_seen",
        "assigned_to",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.clone(),
            self.event_type.clone(),
            self.message.clone(),
            self.state.name().to_owned(),
            self.open.to_string(),
            self.total.to_string(),
            self.companies.n.to_string(),
            self.first_seen.to_rfc3339(),
            self.last_seen.to_rfc3339(),
            text(&self.assigned_to),
        ]
    }
}

impl Exported for CompanyRow {
    const COLUMNS: &'static [&'static str] = &[
        "key",
        "barton_id",
        "name",
        "website",
        "industry",
        "batch_id",
        "state",
        "slots",
        "contacts",
        "valid_emails",
        "open_errors",
        "created_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.clone(),
            text(&self.barton_id),
            text(&self.name),
            text(&self.website),
            text(&self.industry),
            text(&self.batch_id),
            self.state.name().to_owned(),
            self.slots.to_string(),
            self.contacts.to_string(),
            self.valid_emails.to_string(),
            self.open_errors.to_string(),
            self.created_at.to_rfc3339(),
        ]
    }
}

impl Exported for ErrorRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "severity",
        "event_type",
        "record_id",
        "error_message",
        "resolved",
        "workflow",
        "event_id",
        "event_status",
        "retried_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.created_at.to_rfc3339(),
            self.severity.name().to_owned(),
            self.event_type.clone(),
            text(&self.record_id),
            self.error_message.clone(),
            self.resolved.to_string(),
            text(&self.workflow),
            number(self.event_id),
            self.event_status
                .map_or_else(String::new, |status| status.name().to_owned()),
            time(self.retried_at),
        ]
    }
}

impl Exported for DeadLetter {
    const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "moved_at",
        "event_type",
        "record_id",
        "company_name",
        "batch_id",
        "kind",
        "reason",
        "moved_by",
        "retry_count",
        "created_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_id.to_string(),
            self.moved_at.to_rfc3339(),
            self.event_type.clone(),
            text(&self.record_id),
            text(&self.company_name),
            text(&self.batch_id),
            self.kind.name().to_owned(),
            self.reason.clone(),
            self.moved_by.clone(),
            self.retry_count.to_string(),
            self.created_at.to_rfc3339(),
        ]
    }
}

impl Exported for BulkAction {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "created_at",
        "kind",
        "title",
        "reason",
        "state",
        "requested_by",
        "origin",
        "total",
        "done",
        "skipped",
        "finished_at",
        "error",
        "undo_of",
        "undone_by",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.created_at.to_rfc3339(),
            self.kind.name().to_owned(),
            self.title.clone(),
            text(&self.reason),
            self.state.name().to_owned(),
            self.requested_by.clone(),
            self.origin.clone(),
            self.total.to_string(),
            self.done.to_string(),
            self.skipped.to_string(),
            time(self.finished_at),
            text(&self.error),
            number(self.undo_of),
            number(self.undone_by),
        ]
    }
}

impl Exported for AuditEntry {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "actor",
        "actor_id",
        "origin",
        "action",
        "target_kind",
        "target",
        "before",
        "after",
        "details",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.at.to_rfc3339(),
            self.actor.clone(),
            self.actor_id.to_string(),
            self.origin.clone(),
            self.action.clone(),
            self.target_kind.clone(),
            self.target.clone(),
            json(self.before.as_ref()),
            json(self.after.as_ref()),
            json(self.details.as_ref()),
        ]
    }
}

impl Exported for ImportBatch {
    const COLUMNS: &'static [&'static str] = &[
        "batch_id",
        "file_name",
        "size_bytes",
        "importer",
        "status",
        "total_rows",
        "accepted",
        "duplicates",
        "rejected",
        "created_at",
        "finished_at",
        "message",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.batch_id.clone(),
            text(&self.file_name),
            self.size_bytes.to_string(),
            self.importer.clone(),
            self.status.name().to_owned(),
            self.total_rows.to_string(),
            self.accepted.to_string(),
            self.duplicates.to_string(),
            self.rejected.to_string(),
            self.created_at.to_rfc3339(),
            time(self.finished_at),
            text(&self.message),
        ]
    }
}

impl Exported for Schedule {
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "title",
        "cron",
        "zone",
        "job",
        "paused",
        "pause_reason",
        "next_run_at",
        "last_run_at",
        "status",
        "last_result",
        "last_duration_ms",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.title.clone(),
            self.cron.clone(),
            self.zone.clone(),
            self.job.clone(),
            self.pause.is_some().to_string(),
            text(&self.pause.as_ref().map(|pause| pause.reason.clone())),
            time(self.next_run_at),
            time(self.last_run_at),
            self.status
                .map_or_else(String::new, |status| status.name().to_owned()),
            json(self.last_result.as_ref()),
            number(self.last_duration_ms),
        ]
    }
}

impl Exported for WorkerRow {
    const COLUMNS: &'static [&'static str] = &[
        "worker_id",
        "host",
        "pid",
        "started_at",
        "heartbeat_at",
        "alive",
        "leases",
        "oldest_lease",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.worker_id.clone(),
            text(&self.host),
            number(self.pid),
            self.started_at.to_rfc3339(),
            self.heartbeat_at.to_rfc3339(),
            self.alive.to_string(),
            self.leases.to_string(),
            time(self.oldest_lease),
        ]
    }
}

impl Exported for StageFigures {
    const COLUMNS: &'static [&'static str] = &[
        "stage",
        "paused",
        "done",
        "waiting",
        "processing",
        "failed",
        "runs_last_hour",
        "oldest_minutes",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.state.stage.name().to_owned(),
            self.state.pause.is_some().to_string(),
            self.step.done.to_string(),
            self.step.waiting.to_string(),
            self.step.processing.to_string(),
            self.step.failed.to_string(),
            self.runs_per_minute.iter().sum::<i64>().to_string(),
            number(self.step.oldest_minutes),
        ]
    }
}

impl Exported for SniperTarget {
    const COLUMNS: &'static [&'static str] = &[
        "company_id",
        "company_name",
        "ple_score",
        "bit_intent_score",
        "ple_updated_at",
        "last_signal_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.company_id.clone(),
            text(&self.company_name),
            number(self.ple_score),
            number(self.bit_intent_score),
            time(self.ple_updated_at),
            time(self.last_signal_at),
        ]
    }
}

impl Exported for PhaseCard {
    const COLUMNS: &'static [&'static str] = &[
        "phase",
        "total_runs",
        "errors",
        "error_rate",
        "avg_duration",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.phase.name().to_owned(),
            self.total_runs.to_string(),
            self.errors.to_string(),
            self.error_rate.to_string(),
            number(self.avg_duration),
        ]
    }
}

impl Exported for QueueRow {
    const COLUMNS: &'static [&'static str] = &[
        "event_type",
        "pending_count",
        "oldest_pending",
        "oldest_age_minutes",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event_type.clone(),
            self.pending_count.to_string(),
            time(self.oldest_pending),
            number(self.oldest_age_minutes),
        ]
    }
}

impl Exported for WorkflowHealth {
    const COLUMNS: &'static [&'static str] = &[
        "workflow_name",
        "total_runs",
        "error_count",
        "error_rate_pct",
        "avg_duration_sec",
        "last_run",
        "health_status",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.workflow_name.clone(),
            self.total_runs.to_string(),
            self.error_count.to_string(),
            self.error_rate_pct.to_string(),
            number(self.avg_duration_sec),
            time(self.last_run),
            self.health_status.clone(),
        ]
    }
}

impl Exported for DailyThroughput {
    const COLUMNS: &'static [&'static str] = &[
        "date",
        "total_events",
        "processed_events",
        "failed_events",
        "pending_events",
        "avg_processing_time_seconds",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.date.to_string(),
            self.total_events.to_string(),
            self.processed_events.to_string(),
            self.failed_events.to_string(),
            self.pending_events.to_string(),
            number(self.avg_processing_time_seconds),
        ]
    }
}
