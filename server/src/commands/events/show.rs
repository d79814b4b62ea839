//! One event, from who made it to what came of it.

use domain::{
    format::duration,
    model::event_detail::{EventDetail, EventLink, EventOrigin},
};

use crate::commands::table::{self, plain, time};

pub(super) fn print(detail: &EventDetail, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(detail)?);
        return Ok(());
    }
    head(detail);
    println!("\nPayload\n  {}", plain(&detail.payload.to_string()));
    attempts(detail);
    troubles(detail);
    wrote(detail);
    links("Events that it made", &detail.made);
    links("Made by the work on", detail.caused_by.as_slice());
    links("Repeats", detail.repeats.as_slice());
    links("Repeated by", &detail.repeated_by);
    println!("\nThe whole chain: server lineage event:{}", detail.row.id);
    Ok(())
}

fn head(detail: &EventDetail) {
    let row = &detail.row;
    println!(
        "Event {}: {}, {}",
        row.id,
        plain(&row.event_type),
        row.status.name()
    );
    let next = row.next_attempt_at.map(time);
    let done = row.processed_at.map(time);
    let failed = (row.retry_count > 0).then(|| row.retry_count.to_string());
    let lease = detail.lease.as_ref().map(|lease| {
        let worker = lease
            .worker
            .as_deref()
            .unwrap_or("nobody's worker: a person or n8n");
        match lease.heartbeat_at {
            Some(at) => format!("{worker}, last sign of life {}", time(at)),
            None => worker.to_owned(),
        }
    });
    let letter = detail.dead_letter.as_ref().map(|letter| {
        format!(
            "{} ({}), since {}, by {}",
            letter.reason,
            letter.kind,
            time(letter.moved_at),
            letter.moved_by
        )
    });
    let action = detail
        .action
        .as_ref()
        .map(|action| format!("{} by {}", action.title, action.requested_by));
    for (label, value) in [
        ("Record", row.record_id.clone()),
        ("Company", row.company_name.clone()),
        ("Batch", row.batch_id.clone()),
        (
            "Made",
            Some(format!(
                "{} UTC, {}",
                time(row.created_at),
                made_by(&detail.origin)
            )),
        ),
        ("Done", done),
        ("Next attempt", next),
        ("Failed attempts", failed),
        ("Message", row.error_message.clone()),
        ("Held by", lease),
        ("Dead letter", letter),
        ("Action", action),
        ("Correlation", detail.correlation_id.clone()),
    ] {
        if let Some(value) = value {
            println!("  {label:<16} {}", plain(&value));
        }
    }
}

fn made_by(origin: &EventOrigin) -> String {
    let table = origin.source_table.as_deref().unwrap_or("no table");
    match &origin.trigger {
        Some(trigger) => format!("by {trigger} of {table}"),
        None => format!("by hand, about {table}"),
    }
}

fn attempts(detail: &EventDetail) {
    println!("\nAttempts");
    if detail.attempts.is_empty() {
        println!("  none");
        return;
    }
    let rows: Vec<[String; 7]> = detail
        .attempts
        .iter()
        .map(|attempt| {
            [
                format!(
                    "  {}",
                    attempt.number.map(|n| n.to_string()).unwrap_or_default()
                ),
                time(attempt.started_at),
                attempt.duration_seconds.map(duration).unwrap_or_default(),
                attempt.outcome.clone(),
                attempt.worker.clone().unwrap_or_default(),
                attempt.next_attempt_at.map(time).unwrap_or_default(),
                attempt.error_message.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::print(
        [
            ("  #", 0),
            ("BEGUN (UTC)", 0),
            ("TOOK", 0),
            ("OUTCOME", 0),
            ("WORKER", 36),
            ("NEXT", 0),
            ("ERROR", 60),
        ],
        &rows,
    );
}

fn troubles(detail: &EventDetail) {
    for refused in &detail.refused {
        println!(
            "Refused: a second effect of {} by {}, {}",
            refused.stage,
            plain(&refused.worker),
            time(refused.at)
        );
    }
    for call in &detail.calls {
        println!(
            "Call {}: {}, attempt {}, {}",
            plain(&call.idempotency_key),
            call.state,
            call.attempt,
            time(call.intended_at)
        );
    }
    for error in &detail.errors {
        let state = match (&error.resolved_by, error.resolved) {
            (Some(by), true) => format!("resolved by {by}"),
            (None, true) => "resolved".to_owned(),
            (_, false) => "open".to_owned(),
        };
        println!(
            "Error {}: {} ({})",
            error.id,
            plain(&error.message),
            plain(&state)
        );
    }
}

fn wrote(detail: &EventDetail) {
    if detail.wrote.is_empty() {
        return;
    }
    println!("\nRows");
    for row in &detail.wrote {
        let status = row
            .status
            .as_ref()
            .map(|status| format!(", {status}"))
            .unwrap_or_default();
        let by = if row.by_this {
            ""
        } else {
            " (as written before or since)"
        };
        println!(
            "  {}  {}  {}{status}{by}",
            row.table,
            row.key,
            plain(&row.title)
        );
    }
}

fn links(title: &str, events: &[EventLink]) {
    if events.is_empty() {
        return;
    }
    println!("\n{title}");
    for event in events {
        let record = event.record_id.as_deref().unwrap_or_default();
        println!(
            "  {}  {}  {}  {}",
            event.id,
            plain(&event.event_type),
            plain(record),
            event.status.name()
        );
    }
}
