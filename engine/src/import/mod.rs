//! From an uploaded file to rows of the intake table.
//!
//! Every row is kept: accepted in `intake.company_raw_intake`, the others in `intake.import_rejects` with a reason.

mod batch;
mod chunk;
mod reader;
mod report;
mod run;
mod sample;
mod upload;

use domain::csv::{Delimiter, Encoding};

pub use upload::Upload;

/// Bytes that encoding, delimiter, header and preview are read from.
const HEAD: usize = 64 * 1024;
/// Rows that one transaction takes in: a fraction of a second, and what memory an import needs.
const CHUNK: usize = 2_000;

/// How a file is to be read.
#[derive(Clone, Debug)]
struct Format {
    encoding: Encoding,
    delimiter: Delimiter,
}
