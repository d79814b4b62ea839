//! How a text is looked for in a list: along the list where it is frequent, by its trigrams where it is rare.
//!
//! A page of a frequent text is full after a few rows of the list's own order, and reading all that match, to sort them, would
//! take long. With a rare text it is the other way round. PostgreSQL cannot tell, for it guesses how frequent a text is from a
//! hundred rows; so the next rows of the list are looked at first.

use sqlx::FromRow;

/// Rows of a list that are looked at before.
pub(crate) const SAMPLE: i64 = 1_000;
/// Matches among these with which a page is soon full: it then takes 10,000 rows at most, as likely as not.
const FULL_SOON: i64 = 5;
/// The same where each match is a look at slots and contacts before it can be sorted.
const FULL_SOON_AT_ONCE: i64 = 2;
/// Matches among these with which a count reaches its end sooner along the list.
const COUNTED_SOON: i64 = 200;

/// What leads to the rows with a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lead {
    /// The list's own order, row by row.
    Order,
    /// The index of trigrams; what it finds is sorted.
    Trigrams,
}

/// How frequent a text is in a list, as far as that is known. Without trigrams nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, FromRow)]
pub(crate) struct Frequency {
    /// Whether the index of trigrams leads to the text.
    indexed: bool,
    /// Of the next [`SAMPLE`] rows of the list, how many have it; none where fewer are left.
    matching: Option<i64>,
}

impl Frequency {
    /// For a page. `heavy` where sorting a match takes more than its row.
    pub(crate) fn page(self, heavy: bool) -> Lead {
        let enough = if heavy { FULL_SOON_AT_ONCE } else { FULL_SOON };
        match self.matching {
            Some(matching) if self.indexed && matching < enough => Lead::Trigrams,
            _ => Lead::Order,
        }
    }

    /// For a count, which is of all pages: that this one is near the end says nothing.
    pub(crate) fn count(self) -> Lead {
        if self.indexed && self.matching.is_none_or(|matching| matching < COUNTED_SOON) {
            Lead::Trigrams
        } else {
            Lead::Order
        }
    }

    /// Whether a page is soon full along the list, so that PostgreSQL need not choose.
    pub(crate) fn is_known(self) -> bool {
        self.indexed && self.matching.is_some()
    }
}

/// What a person typed, without the blanks around it; none for blanks.
pub(crate) fn typed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The pattern for LIKE and ILIKE that finds what a person typed as it stands; none for blanks.
pub(crate) fn contains(text: Option<&str>) -> Option<String> {
    let escaped = typed(text)?
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Some(format!("%{escaped}%"))
}

/// Whether the text has a trigram: three letters or digits in a row. Where the index sees none, it is read as a whole, which
/// is slow and right.
pub(crate) fn has_trigram(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| word.chars().nth(2).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_three_letters_in_a_row_have_trigrams() {
        for text in ["abc", "x abc", "Ü-äöü", "042", "日本語", "a_bcd%"] {
            assert!(has_trigram(text), "{text}");
        }
        for text in ["", "ab", "a b c", "ab-cd", "%%%", "04.04.0", "é é"] {
            assert!(!has_trigram(text), "{text}");
        }
    }

    #[test]
    fn rare_text_is_led_by_trigrams_and_frequent_text_by_the_order() {
        let leads = |indexed, matching| {
            let frequency = Frequency { indexed, matching };
            [
                frequency.page(false),
                frequency.page(true),
                frequency.count(),
            ]
        };
        use Lead::{Order, Trigrams};
        assert_eq!(leads(false, Some(0)), [Order, Order, Order]);
        assert_eq!(leads(true, None), [Order, Order, Trigrams]);
        assert_eq!(leads(true, Some(0)), [Trigrams, Trigrams, Trigrams]);
        assert_eq!(leads(true, Some(4)), [Trigrams, Order, Trigrams]);
        assert_eq!(leads(true, Some(5)), [Order, Order, Trigrams]);
        assert_eq!(leads(true, Some(300)), [Order, Order, Order]);
    }
}
