//! `server audit`.

use std::io::{self, Write};

use domain::model::{
    audit::{AuditFilter, AuditQuery},
    window::Window,
};
use engine::{Engine, export};

use super::shown;
use crate::cli::operate::AuditArgs;

pub(super) async fn show(engine: &Engine, audit: AuditArgs) -> anyhow::Result<()> {
    let filter = AuditFilter {
        actor: audit.actor,
        action: audit.action,
        target_kind: audit.target_kind,
        target: audit.target,
        window: Window {
            newer_than: None,
            from: audit.from,
            until: audit.until,
        },
    };
    let mut query = AuditQuery {
        filter,
        cursor: None,
    };
    if audit.csv {
        loop {
            let (rows, next) = engine.audit_piece(&query).await?;
            let header = query.cursor.is_none();
            io::stdout().write_all(&export::csv(&rows, header)?)?;
            query.cursor = next;
            if query.cursor.is_none() {
                return Ok(());
            }
        }
    }
    let page = engine.audit_log(&query).await?;
    for entry in &page.rows {
        println!(
            "{}  {:<22} {:<16} {:<18} {} {}",
            shown(entry.at),
            entry.actor,
            entry.origin,
            entry.action,
            entry.target_kind,
            entry.target
        );
        let values = [
            ("before", &entry.before),
            ("after", &entry.after),
            ("details", &entry.details),
        ];
        for (name, value) in values {
            if let Some(value) = value.as_ref().filter(|value| !value.is_null()) {
                println!("    {name:<8} {value}");
            }
        }
    }
    let more = if page.count.capped { "more than " } else { "" };
    println!("{more}{} entries", page.count.n);
    Ok(())
}
