//! Which filters of a list can be read from the URL, and what is said where one cannot.

use domain::{payload_match::PayloadMatch, span::Span};

use super::{
    Params,
    window::{WindowKeys, moment_of},
};

/// A key of the URL and whether a value of it can be read.
pub(super) type Reader = (&'static str, fn(&str) -> bool);

/// The keys of one list whose values are more than text.
#[derive(Debug)]
pub struct Readers {
    own: &'static [Reader],
    window: Option<&'static WindowKeys>,
}

impl Readers {
    pub(super) const fn of(own: &'static [Reader]) -> Self {
        Self { own, window: None }
    }

    /// Of a list that has a time range, too.
    pub(super) const fn within(window: &'static WindowKeys, own: &'static [Reader]) -> Self {
        let window = Some(window);
        Self { own, window }
    }

    /// The first part of the filter that cannot be read, for the person who wrote it: the list is then wider than they
    /// meant, and nothing may be done to all of it.
    pub fn unread(&self, params: &Params) -> Option<String> {
        let cannot = |(key, value): &(&str, &str)| {
            !value.trim().is_empty() && !self.reads(key, value.trim())
        };
        let (key, value) = params.iter().find(cannot)?;
        let why = match key {
            "payload" => value
                .parse::<PayloadMatch>()
                .err()
                .map(|error| error.to_string()),
            _ => None,
        };
        let why = why.unwrap_or_else(|| format!("“{value}” is none that is known"));
        Some(format!("The filter “{key}” is left out: {why}."))
    }

    fn reads(&self, key: &str, value: &str) -> bool {
        if let Some((_, reads)) = self.own.iter().find(|(name, _)| *name == key) {
            return reads(value);
        }
        match self.window {
            Some(keys) if key == keys.newer => is_span(value),
            Some(keys) if key == keys.from => moment_of(value, 0).is_some(),
            Some(keys) if key == keys.until => moment_of(value, 1).is_some(),
            _ => true,
        }
    }
}

pub(super) fn is_span(text: &str) -> bool {
    text.parse::<Span>().is_ok()
}

/// Of a list whose filters are all text.
pub static TEXT_READERS: Readers = Readers::of(&[]);
