//! What one row of a file becomes.

use serde_json::{Map, Value};

use crate::{
    company_name::CompanyName,
    model::import::{Field, Mapping},
    website::Website,
};

/// A cell longer than this is no cell of a company list; it would only be in the way of everyone who reads it.
const LONGEST_CELL: usize = 1_000_000;

/// An accepted row: columns of the intake table as JSON, ready for one set-based insert.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCompany {
    /// Column name to value; numbers for `num_employees` and `founded_year`, text for the others.
    pub columns: Map<String, Value>,
    /// Header to text, for what has no column or did not fit it.
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
        return Err("Empty row".to_owned());
    }
    if fields.len() > headers.len() {
        return Err(format!(
            "Row has {} fields, the header has {}",
            fields.len(),
            headers.len()
        ));
    }
    let mut row = NewCompany {
        columns: Map::new(),
        extra: Map::new(),
        domain: None,
    };
    for (index, field) in fields.iter().enumerate() {
        if field.len() > LONGEST_CELL {
            return Err(format!(
                "The cell in column {} is longer than 1 MB",
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
            Some(target) => put(&mut row, target, text, &headers[index])?,
        }
    }
    Ok(row)
}

fn put(row: &mut NewCompany, field: Field, text: &str, header: &str) -> Result<(), String> {
    let column = field.column().to_owned();
    match field {
        Field::Company => {
            let name = CompanyName::parse(text).map_err(|error| error.to_string())?;
            row.columns
                .entry(Field::CompanyNameForEmails.column())
                .or_insert_with(|| name.for_emails().into());
            row.columns.insert(column, name.as_str().into());
        }
        Field::Website => {
            let website = Website::parse(text).map_err(|error| format!("The website {error}"))?;
            row.domain = Some(website.domain().to_owned());
            row.columns.insert(column, website.url().into());
        }
        Field::NumEmployees | Field::FoundedYear => match leading_number(text) {
            Some(number) => drop(row.columns.insert(column, number.into())),
            None => drop(row.extra.insert(header.to_owned(), text.into())),
        },
        _ => drop(row.columns.insert(column, text.into())),
    }
    Ok(())
}

/// The first number of "1,200", "51-200" or "about 40".
fn leading_number(text: &str) -> Option<i32> {
    let digits: String = text
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
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
        for (cells, reason) in [
            (&["", " "][..], "Empty row"),
            (
                &["a", "https://a.example", "1", "x", "y"][..],
                "Row has 5 fields, the header has 4",
            ),
        ] {
            assert_eq!(read(cells).unwrap_err(), reason);
        }
        assert!(read(&["a", "not a website"]).is_err());
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
        assert_eq!(leading_number("51-200"), Some(51));
        assert_eq!(leading_number("99999999999"), None);
    }
}
