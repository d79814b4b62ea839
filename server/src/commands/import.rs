//! `server import FILE`.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use domain::model::import::{ImportBatch, ImportStatus};

use crate::{config::Config, database::Surroundings};

pub(super) async fn import(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    // Before a cluster is started for nothing.
    std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let surroundings = Surroundings::enter(config).await?;
    let imported = import_into(&surroundings, file).await;
    surroundings.leave().await?;
    let batch = imported?;
    println!("Batch {}: {}", batch.batch_id, batch.status.name());
    println!(
        "  {} rows: {} accepted, {} duplicates, {} rejected",
        batch.total_rows, batch.accepted, batch.duplicates, batch.rejected
    );
    if let Some(message) = &batch.message {
        println!("  {message}");
    }
    if batch.status == ImportStatus::Importing {
        println!("  It stopped before the end; run the same command again, and it goes on there.");
    }
    Ok(if batch.status == ImportStatus::Completed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn import_into(surroundings: &Surroundings, file: &Path) -> anyhow::Result<ImportBatch> {
    let engine = surroundings.start_engine().await?;
    let batch = engine.import_file(file, &super::actor()).await?;
    engine.close().await;
    Ok(batch)
}
