//! From an uploaded file to rows of the intake table.
//!
//! Every row is kept: accepted in `intake.company_raw_intake`, the others in `intake.import_rejects` with a reason.

pub(crate) mod batch;
mod begin;
mod chunk;
mod claim;
mod decode;
mod patience;
mod reader;
mod report;
mod run;
mod sample;
mod tend;
mod upload;

use std::path::PathBuf;

use domain::csv::{Delimiter, Encoding};

pub use upload::Upload;

use crate::{Engine, Result};

/// Bytes that delimiter, header and preview are read from.
const HEAD: usize = 64 * 1024;
/// Rows that one transaction takes in: a fraction of a second.
const CHUNK_ROWS: usize = 2_000;
/// Bytes of cells after which a chunk ends sooner: what memory an import needs is a small multiple of it.
const CHUNK_BYTES: usize = 4 << 20;

/// How a file is to be read.
#[derive(Clone, Debug)]
struct Format {
    encoding: Encoding,
    delimiter: Delimiter,
}

impl Format {
    fn named(encoding: &str, delimiter: &str) -> Self {
        let named = |name: &str| Encoding::ALL.into_iter().find(|e| e.name() == name);
        let parted = |name: &str| Delimiter::ALL.into_iter().find(|d| d.name() == name);
        Self {
            encoding: named(encoding).unwrap_or(Encoding::Utf8),
            delimiter: parted(delimiter).unwrap_or(Delimiter::Comma),
        }
    }
}

impl Engine {
    /// Where an uploaded file is until its import has ended.
    fn upload_path(&self, batch_id: &str) -> PathBuf {
        self.config.upload_dir.join(batch_id)
    }

    /// Pages that show imports look again.
    async fn announce_import(&self, batch_id: &str) -> Result<()> {
        sqlx::query("SELECT pg_notify('import_event', $1)")
            .bind(batch_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
