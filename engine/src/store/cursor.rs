//! Where a page of a list begins, as it stands in the URL: `VALUE~ID` of the last row of the page before.

use chrono::{DateTime, Utc};

use crate::{EngineError, Result};

/// The id of a list that goes by nothing else.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn id(cursor: &str) -> Result<i64> {
    cursor.parse().map_err(|_| refused())
}

/// The value and the id; anybody may have typed them.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn value_and_id(cursor: &str) -> Result<(&str, i64)> {
    let (value, id) = cursor.rsplit_once('~').ok_or_else(refused)?;
    Ok((value, id.parse().map_err(|_| refused())?))
}

/// As [`value_and_id`], for lists in the order of a time.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn time_and_id(cursor: &str) -> Result<(DateTime<Utc>, i64)> {
    let (value, id) = value_and_id(cursor)?;
    Ok((time(value)?, id))
}

/// As [`time_and_id`], where ties go by a text.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn time_and_text(cursor: &str) -> Result<(DateTime<Utc>, &str)> {
    let (value, text) = cursor.split_once('~').ok_or_else(refused)?;
    Ok((time(value)?, text))
}

/// As [`time_and_text`], for lists in the order of a number.
///
/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn number_and_text(cursor: &str) -> Result<(i64, &str)> {
    let (value, text) = cursor.split_once('~').ok_or_else(refused)?;
    Ok((id(value)?, text))
}

/// # Errors
/// [`EngineError::Invalid`].
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| refused())?;
    Ok(at.to_utc())
}

fn refused() -> EngineError {
    EngineError::Invalid(
        "The address of this page is not valid; start again at the first page.".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_typed_is_refused() {
        assert!(time_and_id("2026-11-21T03:00:00.123456+00:00~17").is_ok());
        assert_eq!(value_and_id("a~b~3").unwrap(), ("a~b", 3));
        for cursor in [
            "",
            "x",
            "~",
            "yesterday~1",
            "2026-11-21T03:00:00Z~x",
            "2026-11-21T03:00:00Z",
        ] {
            assert!(
                matches!(time_and_id(cursor), Err(EngineError::Invalid(_))),
                "{cursor}"
            );
        }
    }
}
