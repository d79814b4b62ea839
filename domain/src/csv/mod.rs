//! Reading company files: what the bytes are, what the columns mean, what a row becomes.

mod delimiter;
mod encoding;
mod header;
mod mapping;
mod number;
mod row;

pub use delimiter::Delimiter;
pub use encoding::{Encoding, Utf8Part, Utf8Pieces, Utf8Tally};
pub use header::{guess_mapping, looks_like_header, name_columns};
pub use mapping::check_mapping;
pub use row::{NOTE, NewCompany, read_row};
