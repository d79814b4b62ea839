//! A page of events as a table.

use domain::{
    format::count,
    model::{Page, event::EventRow},
};

use crate::commands::table::{self, time};

pub(super) fn print(page: &Page<EventRow>, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(page)?);
        return Ok(());
    }
    if page.rows.is_empty() {
        println!("No event matches.");
        return Ok(());
    }
    let rows: Vec<[String; 8]> = page.rows.iter().map(row).collect();
    table::print(
        [
            ("EVENT", 0),
            ("MADE (UTC)", 0),
            ("TYPE", 0),
            ("RECORD", 40),
            ("COMPANY", 28),
            ("STATUS", 0),
            ("FAILED", 0),
            ("MESSAGE", 60),
        ],
        &rows,
    );
    let more = if page.count.capped { " or more" } else { "" };
    let noun = if page.count.n == 1 { "event" } else { "events" };
    println!("\n{}{more} {noun} in all.", count(page.count.n));
    if let Some(next) = &page.next {
        println!("The next page: the same with --after {next}");
    }
    Ok(())
}

fn row(event: &EventRow) -> [String; 8] {
    [
        event.id.to_string(),
        time(event.created_at),
        event.event_type.clone(),
        event.record_id.clone().unwrap_or_default(),
        event.company_name.clone().unwrap_or_default(),
        event.status.name().to_owned(),
        event.retry_count.to_string(),
        event.error_message.clone().unwrap_or_default(),
    ]
}
