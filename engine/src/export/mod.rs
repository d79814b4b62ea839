//! Tables as CSV, for people who open them in a spreadsheet and for programs that read them.

mod contacts;
mod people;
mod rows;
mod runs;
mod system;
mod webhooks;

use domain::csv_safe::defuse;

/// A row of a table that can be taken away.
pub trait Exported {
    /// Names as in the database, so that a file can be compared with a view.
    const COLUMNS: &'static [&'static str];
    /// One cell for each column: times in RFC 3339, absent values empty.
    fn cells(&self) -> Vec<String>;
}

/// The rows as CSV, after a line of the column names where `header` says so. No cell becomes a formula.
///
/// # Errors
/// None in practice: nothing but memory is written to.
pub fn csv<T: Exported>(rows: &[T], header: bool) -> std::io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    if header {
        csv.write_record(T::COLUMNS)?;
    }
    for row in rows {
        csv.write_record(row.cells().iter().map(|cell| defuse(cell).into_owned()))?;
    }
    csv.into_inner().map_err(|error| error.into_error())
}
