//! What one row of a file becomes.

use serde_json::{Map, Value};

use super::number::{read_count, read_year};
use crate::{
    company_name::CompanyName,
    model::import::{Field, Mapping},
    website::{Website, WebsiteError},
};

/// A cell longer than this is no cell of a company list; it would only be in the way of everyone who reads it.
const LONGEST_CELL: usize = 1_000_000;

/// Where an accepted row's `extra` says what of it was not read.
pub const NOTE: &str = "Import note";

/// An accepted row: columns of the intake table as JSON, ready for one set-based insert.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCompany {
    /// Column name to value; numbers for `num_employees` and `founded_year`, text for the others.
    pub columns: Map<String, Value>,
    /// Header to text, for what has no column or did not fit it, and for a number that was written differently; with
    /// [`NOTE`] where a number could not be read.
    pub extra: Map<String, Value>,
    /// The website's domain, by which duplicates are found; absent without a website.
    pub domain: Option<String>,
}

/// Reads a row by its mapping.
///
/// # Errors
/// The reason, as a sentence, why the row cannot become a company. A missing name or website is no such reason: the
/// validation stage rejects those, visibly.
pub fn read_row(
    fields: &[String],
    headers: &[String],
    mapping: &Mapping,
) -> Result<NewCompany, String> {
    if fields.iter().all(|field| field.trim().is_empty()) {
        return Err("The row is empty".to_owned());
    }
    // Spreadsheets end rows with empty cells for columns that once were.
    let (fields, beyond) = fields.split_at(fields.len().min(headers.len()));
    if let Some(last) = beyond.iter().rposition(|field| !field.trim().is_empty()) {
        return Err(format!(
            "The row has {} cells, but the file has {} columns; probably a cell with a separator in it lacks its quotation marks",
            headers.len() + last + 1,
            headers.len()
        ));
    }
    let mut row = NewCompany {
        columns: Map::new(),
        extra: Map::new(),
        domain: None,
    };
    let mut notes = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if field.len() > LONGEST_CELL {
            return Err(format!(
                "The cell in column \"{}\" is longer than 1 MB",
                headers[index]
            ));
        }
        // PostgreSQL's text cannot hold NUL.
        let text = field.replace('\0', "");
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match mapping.get(index).copied().flatten() {
            None => drop(row.extra.insert(headers[index].clone(), text.into())),
            Some(target) => notes.extend(put(&mut row, target, text, &headers[index])?),
        }
    }
    if !notes.is_empty() {
        let note = notes.join("; ");
        // A column of that name keeps its cell.
        let note = match row.extra.get(NOTE).and_then(Value::as_str) {
            Some(cell) => format!("{cell}; {note}"),
            None => note,
        };
        row.extra.insert(NOTE.to_owned(), note.into());
    }
    Ok(row)
}

/// Puts a cell where it belongs; returns a note when it was kept as text only.
fn put(
    row: &mut NewCompany,
    field: Field,
    text: &str,
    header: &str,
) -> Result<Option<String>, String> {
    let column = field.column().to_owned();
    match field {
        Field::Company => {
            let name =
                CompanyName::parse(text).map_err(|error| format!("The company name {error}"))?;
            row.columns
                .entry(Field::CompanyNameForEmails.column())
                .or_insert_with(|| name.for_emails().into());
            row.columns.insert(column, name.as_str().into());
        }
        Field::Website => {
            let website = Website::parse(text)
                .map_err(|error| format!("The website {}", what_is_wrong(error)))?;
            row.domain = Some(website.domain().to_owned());
            row.columns.insert(column, website.url().into());
        }
        Field::NumEmployees => return Ok(put_number(row, column, read_count(text), text, header)),
        Field::FoundedYear => return Ok(put_number(row, column, read_year(text), text, header)),
        _ => drop(row.columns.insert(column, text.into())),
    }
    Ok(None)
}

/// Reads on from "The website", for a person who knows addresses but not their parts.
fn what_is_wrong(error: WebsiteError) -> String {
    match error {
        WebsiteError::Scheme => "begins with something other than http:// or https://".into(),
        WebsiteError::NoHost => "has no name such as example.com in it".into(),
        WebsiteError::NoDot => "has no ending such as .com".into(),
        WebsiteError::BadHost => "is not spelled as a web address can be".into(),
        WebsiteError::BadPort => "has a colon that no number from 1 to 65535 follows".into(),
        WebsiteError::IpAddress => "is an IP address; a name such as example.com is needed".into(),
        other => other.to_string(),
    }
}

/// The text is kept wherever the number alone would not show what the file says.
fn put_number(
    row: &mut NewCompany,
    column: String,
    number: Result<i32, &'static str>,
    text: &str,
    header: &str,
) -> Option<String> {
    if !number.is_ok_and(|number| number.to_string() == text) {
        row.extra.insert(header.to_owned(), text.into());
    }
    match number {
        Ok(number) => {
            row.columns.insert(column, number.into());
            None
        }
        Err(why) => {
            let shown: String = text.chars().take(40).collect();
            Some(format!("{header}: \"{shown}\" {why} and is kept as text"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[&str]) -> Result<NewCompany, String> {
        let headers = ["Name", "Website", "Employees", "Notes"].map(str::to_owned);
        let mapping = vec![
            Some(Field::Company),
            Some(Field::Website),
            Some(Field::NumEmployees),
            None,
        ];
        read_row(
            &cells
                .iter()
                .map(|cell| (*cell).to_owned())
                .collect::<Vec<_>>(),
            &headers,
            &mapping,
        )
    }

    #[test]
    fn reads_and_normalises() {
        let row = read(&[" Acme  Inc. ", "HTTP://WWW.Acme.example/", "1,200", "a\0b"]).unwrap();
        assert_eq!(row.columns["company"], "Acme Inc.");
        assert_eq!(row.columns["num_employees"], 1200);
        assert_eq!(row.domain.as_deref(), Some("acme.example"));
        assert_eq!(row.extra["Notes"], "ab");
    }

    #[test]
    fn says_why_a_row_is_refused() {
        let long = "x".repeat(501);
        let longer = format!("{}.example", "x/".repeat(1100));
        let huge = "x".repeat(LONGEST_CELL + 1);
        for (cells, reason) in [
            (&["", " "][..], "The row is empty"),
            (
                &["a", "", "1", "x", "y"],
                "The row has 5 cells, but the file has 4 columns; probably a cell with a separator in it lacks its quotation marks",
            ),
            (
                &["a", "", "", &huge],
                "The cell in column \"Notes\" is longer than 1 MB",
            ),
            (&["\u{200b}", "a.example"], "The company name is empty"),
            (
                &[&long],
                "The company name has 501 characters, at most 500 are kept",
            ),
            (&["a", "\u{200b}"], "The website is empty"),
            (
                &["a", &longer],
                "The website is longer than 2048 characters",
            ),
            (
                &["a", "a.example b.example"],
                "The website contains a space; only one address fits into the field",
            ),
            (&["a", "info@a.example"], "The website is an e-mail address"),
            (
                &["a", "ftp://a.example"],
                "The website begins with something other than http:// or https://",
            ),
            (
                &["a", "https://"],
                "The website has no name such as example.com in it",
            ),
            (&["a", "acme"], "The website has no ending such as .com"),
            (
                &["a", "127.0.0.1"],
                "The website is an IP address; a name such as example.com is needed",
            ),
            (
                &["a", "localhost"],
                "The website names this computer or a private network",
            ),
            (
                &["a", "a..com"],
                "The website is not spelled as a web address can be",
            ),
            (
                &["a", "a.example:x"],
                "The website has a colon that no number from 1 to 65535 follows",
            ),
        ] {
            assert_eq!(read(cells).unwrap_err(), reason);
            assert!(
                !reason.ends_with('.') && reason.starts_with("The "),
                "{reason}"
            );
        }
    }

    #[test]
    fn short_rows_and_missing_values_pass() {
        assert!(read(&["Acme"]).unwrap().domain.is_none());
        assert!(
            read(&["", "acme.example"])
                .unwrap()
                .columns
                .get("company")
                .is_none()
        );
        assert_eq!(
            read(&["Acme", "", "many"]).unwrap().extra["Employees"],
            "many"
        );
    }

    #[test]
    fn empty_cells_after_the_last_column_do_not_matter() {
        let row = read(&["Acme", "acme.example", "12", "x", "", " "]).unwrap();
        assert_eq!(
            (&row.columns["num_employees"], &row.extra["Notes"]),
            (&12.into(), &"x".into())
        );
    }

    #[test]
    fn a_number_that_can_be_read_in_two_ways_is_kept_as_text_and_noted() {
        for text in ["1.200", "10,5", "1.5k", "-5", "51-200"] {
            let row = read(&["Acme", "", text]).unwrap();
            assert!(!row.columns.contains_key("num_employees"), "{text}");
            assert_eq!(row.extra["Employees"], text);
            let note = row.extra[NOTE].as_str().unwrap();
            let begins = format!("Employees: \"{text}\" is ");
            assert!(
                note.starts_with(&begins) && note.ends_with(" and is kept as text"),
                "{note}"
            );
        }
        let row = read(&["Acme", "", "1,200"]).unwrap();
        assert_eq!(
            (&row.columns["num_employees"], &row.extra["Employees"]),
            (&1200.into(), &"1,200".into())
        );
        assert!(!row.extra.contains_key(NOTE));
        let row = read(&["Acme", "", "1200"]).unwrap();
        assert!(row.columns["num_employees"] == 1200 && row.extra.is_empty());
    }

    #[test]
    fn a_column_with_the_name_of_the_note_keeps_its_cell() {
        let headers = ["Employees", NOTE].map(str::to_owned);
        let cells = ["many", "call them"].map(str::to_owned);
        let row = read_row(&cells, &headers, &vec![Some(Field::NumEmployees), None]).unwrap();
        assert_eq!(
            row.extra[NOTE],
            "call them; Employees: \"many\" is not a plain whole number and is kept as text"
        );
    }
}
