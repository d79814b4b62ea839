//! Whole numbers as people write them: taken only where there is one way to read them.

/// Earlier than the oldest company there is, and later than any that a list of today can hold.
const YEARS: std::ops::RangeInclusive<i32> = 500..=2100;

/// Reads a count such as "1200", "1,200", "1 200", "1.234.567" or "1200.0".
///
/// # Errors
/// Why it is not taken, to be read on from "… was not read as a number: it". "1.200" is one thousand and two hundred in one
/// country and one and a fifth in another, "51-200" is no number at all: a wrong one is worse than none.
pub(super) fn read_count(text: &str) -> Result<i32, &'static str> {
    let text = text.trim();
    if let Some(below) = text.strip_prefix(['-', '−'])
        && plain_digits(below).is_some()
    {
        return Err("is below zero");
    }
    let digits = plain_digits(text).ok_or("is not a plain whole number")?;
    digits.parse().map_err(|_| "is too large")
}

/// Reads a year such as "1998", or the year of a date such as "1998-03-31".
///
/// # Errors
/// As [`read_count`].
pub(super) fn read_year(text: &str) -> Result<i32, &'static str> {
    let text = text.trim();
    let year = read_count(year_of_date(text).unwrap_or(text))?;
    if YEARS.contains(&year) {
        Ok(year)
    } else {
        Err("is not a year")
    }
}

/// The digits of a number without its separators; `None` where it can be read in two ways or not at all.
fn plain_digits(text: &str) -> Option<String> {
    // What a program made of a column with gaps: 1200.0.
    let text = match text.split_once('.') {
        Some((whole, "0" | "00")) => whole,
        _ => text,
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if all_digits(text) {
        return Some(text.to_owned());
    }
    for separator in [',', '.', ' ', '\u{a0}', '\u{202f}', '\'', '’'] {
        let groups: Vec<&str> = text.split(separator).collect();
        let (first, rest) = groups.split_first()?;
        let grouped = all_digits(first)
            && first.len() <= 3
            && !first.starts_with('0')
            && rest
                .iter()
                .all(|group| group.len() == 3 && all_digits(group));
        // One dot with three digits after it is a decimal point to half of the world.
        let enough = if separator == '.' { 2 } else { 1 };
        if grouped && rest.len() >= enough {
            return Some(groups.concat());
        }
    }
    None
}

fn year_of_date(text: &str) -> Option<&str> {
    let date = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = date.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts
        .iter()
        .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    (lengths == [4, 2, 2] && digits).then(|| parts[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_where_there_is_one_way_to() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("1200", Ok(1200)),
            (" 12 ", Ok(12)),
            ("1,200", Ok(1200)),
            ("1 200", Ok(1200)),
            ("1\u{a0}200", Ok(1200)),
            ("1'200", Ok(1200)),
            ("1,234,567", Ok(1_234_567)),
            ("1.234.567", Ok(1_234_567)),
            ("1200.0", Ok(1200)),
            ("12.00", Ok(12)),
            ("2147483647", Ok(i32::MAX)),
            ("1.200", Err("is not a plain whole number")),
            ("10,5", Err("is not a plain whole number")),
            ("10.5", Err("is not a plain whole number")),
            ("1,20", Err("is not a plain whole number")),
            ("0,500", Err("is not a plain whole number")),
            ("12,34,567", Err("is not a plain whole number")),
            ("1.5k", Err("is not a plain whole number")),
            ("2k", Err("is not a plain whole number")),
            ("51-200", Err("is not a plain whole number")),
            ("10,001+", Err("is not a plain whole number")),
            ("about 40", Err("is not a plain whole number")),
            ("1e3", Err("is not a plain whole number")),
            ("(12)", Err("is not a plain whole number")),
            ("+5", Err("is not a plain whole number")),
            ("١٢", Err("is not a plain whole number")),
            ("-5", Err("is below zero")),
            ("−5", Err("is below zero")),
            ("-", Err("is not a plain whole number")),
            ("99999999999", Err("is too large")),
        ] {
            assert_eq!(read_count(text), expected, "{text:?}");
        }
    }

    #[test]
    fn years_are_read_where_there_is_one_way_to() {
        for (text, expected) in [
            ("1998", Ok(1998)),
            ("1998.0", Ok(1998)),
            ("1998-03-31", Ok(1998)),
            ("1998-03-31T00:00:00Z", Ok(1998)),
            ("98", Err("is not a year")),
            ("20155", Err("is not a year")),
            ("1998-2003", Err("is not a plain whole number")),
            ("03/1998", Err("is not a plain whole number")),
            ("-1998", Err("is below zero")),
        ] {
            assert_eq!(read_year(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-+.,0-9k ]{0,12}|.{0,20}") {
            if let Ok(number) = read_count(&text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                assert!(digits.trim_start_matches('0').starts_with(number.to_string().trim_start_matches('0')));
            }
        }
    }
}
