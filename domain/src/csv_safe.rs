//! CSV for people who open it in a spreadsheet: no cell may become a formula.

use std::borrow::Cow;

/// The cell with a leading apostrophe when a spreadsheet would take it for a formula.
///
/// Plain numbers such as `-12.5` and `+49` stay as they are: they calculate nothing.
pub fn defuse(cell: &str) -> Cow<'_, str> {
    let starts = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if starts && !is_number(cell) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// A sign, digits with grouping commas, and at most one point.
fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    whole.split(',').all(is_digits) && is_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_the_rest_is_left_alone() {
        let table = [
            ("Acme", "Acme"),
            ("", ""),
            ("-12.5", "-12.5"),
            ("+49", "+49"),
            ("-1,200", "-1,200"),
            ("=1+1", "'=1+1"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1-800-FLOWERS", "'+1-800-FLOWERS"),
            ("-", "'-"),
            ("-1+1", "'-1+1"),
            ("-1.2.3", "'-1.2.3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1+1", "'＝1+1"),
            ("a=b", "a=b"),
        ];
        for (cell, expected) in table {
            assert_eq!(defuse(cell), expected, "{cell:?}");
        }
    }
}
