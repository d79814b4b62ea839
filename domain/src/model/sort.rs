//! The order of a list: one of its columns, up or down. In the URL `name`, or `-name` for down.

use serde::{Deserialize, Serialize};

/// A column that a list may be sorted by.
pub trait Column: Copy + PartialEq + 'static {
    /// The first one is what the list is sorted by unasked, downwards.
    const ALL: &'static [Self];

    /// The name in the URL.
    fn name(self) -> &'static str;

    fn heading(self) -> &'static str;

    /// Whether the first click sorts upwards, as names are read; the newest or most come first otherwise.
    fn rises(self) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort<C> {
    pub by: C,
    pub ascending: bool,
}

impl<C: Column> Default for Sort<C> {
    fn default() -> Self {
        Self {
            by: C::ALL[0],
            ascending: false,
        }
    }
}

impl<C: Column> Sort<C> {
    pub fn parse(text: &str) -> Option<Self> {
        let (ascending, name) = match text.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, text),
        };
        let by = *C::ALL.iter().find(|column| column.name() == name)?;
        Some(Self { by, ascending })
    }

    /// What [`Sort::parse`] reads; none for the order that nobody asked for.
    pub fn text(self) -> Option<String> {
        let minus = if self.ascending { "" } else { "-" };
        (self != Self::default()).then(|| format!("{minus}{}", self.by.name()))
    }

    /// The order after a click on a column's heading: another column, or this one turned around.
    #[must_use]
    pub fn clicked(self, by: C) -> Self {
        let ascending = if self.by == by {
            !self.ascending
        } else {
            by.rises()
        };
        Self { by, ascending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::company::CompanyColumn;

    #[test]
    fn orders_are_read_back_and_turned() {
        for by in CompanyColumn::ALL.iter().copied() {
            for ascending in [false, true] {
                let sort = Sort { by, ascending };
                let read = sort.text().and_then(|text| Sort::parse(&text));
                assert_eq!(read.unwrap_or_default(), sort);
                assert_eq!(sort.clicked(by).clicked(by), sort);
            }
        }
        let by_name = Sort::<CompanyColumn>::default().clicked(CompanyColumn::Name);
        assert_eq!(by_name.text().as_deref(), Some("name"));
        assert_eq!(
            by_name.clicked(CompanyColumn::Name).text().as_deref(),
            Some("-name")
        );
        assert_eq!(by_name.clicked(CompanyColumn::Imported).text(), None);
        assert_eq!(Sort::<CompanyColumn>::parse("--name"), None);
    }
}
