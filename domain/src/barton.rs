//! Barton IDs: the hierarchical keys of companies, slots and persons.
//!
//! Six segments: category, division, entity, subsection, sequence, version, as in `04.04.01.84.00001.001`.
//! The five-segment form was the original system's bug and is refused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Entity segment of a company.
const COMPANY: u8 = 1;
/// Entity segment of a person.
const PERSON: u8 = 2;
/// Entity segment of a slot.
const SLOT: u8 = 5;
/// Marketing, outreach, and the subsection that this pipeline fills.
const CATEGORY: u8 = 4;
const DIVISION: u8 = 4;
const SUBSECTION: u8 = 84;
/// The key of a company, as the table checks it, with any digit at each mark.
const COMPANY_KEY: &str = "04.04.01.##.#####.###";
/// Sequences have five digits; intake ids beyond them go on in the next version.
const SEQUENCES: i64 = 100_000;
/// A slot's last segment is `(version - 1) * 10 + position` in three digits, which holds up to version 100.
const LAST_VERSION: u16 = 100;
/// One digit is left for the position of a slot within its company.
const LAST_POSITION: u8 = 9;

/// A key of six numeric segments, always written with its leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BartonId {
    category: u8,
    division: u8,
    entity: u8,
    subsection: u8,
    sequence: u32,
    version: u16,
}

/// Why a Barton ID could not be read or made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BartonError {
    #[error(
        "“{0}” is no Barton ID: six numeric segments are needed, such as 04.04.01.84.00001.001"
    )]
    Malformed(String),
    #[error("intake ids start at 1, {0} has no Barton ID")]
    NotPositive(i64),
    #[error("intake id {0} is beyond the last Barton ID; ids up to 9999999 fit")]
    Exhausted(i64),
    #[error("{0} is not the key of a company, so it has no slots")]
    NotACompany(BartonId),
    #[error("{0} has a version outside 1 to 100, so its slots have no key")]
    Version(BartonId),
    #[error("slot position {0} is outside 1 to 9")]
    Position(u8),
}

impl BartonId {
    /// The key of the company that was imported as `intake_id`: the same on every attempt.
    ///
    /// # Errors
    /// Ids below 1, and ids whose version would pass 100.
    pub fn company(intake_id: i64) -> Result<Self, BartonError> {
        if intake_id < 1 {
            return Err(BartonError::NotPositive(intake_id));
        }
        let version = u16::try_from(1 + intake_id / SEQUENCES).unwrap_or(u16::MAX);
        if version > LAST_VERSION {
            return Err(BartonError::Exhausted(intake_id));
        }
        Ok(Self::company_version(intake_id, version))
    }

    /// Keys to try, in this order, when another source holds the regular one: the same sequence, from
    /// version 100 downwards, because high versions are the last that regular ids reach.
    pub fn company_alternatives(intake_id: i64) -> impl Iterator<Item = Self> {
        let regular = Self::company(intake_id).ok();
        let versions = if intake_id < 1 { 0 } else { LAST_VERSION };
        (1..=versions)
            .rev()
            .map(move |version| Self::company_version(intake_id, version))
            .filter(move |candidate| Some(*candidate) != regular)
    }

    fn company_version(intake_id: i64, version: u16) -> Self {
        Self {
            category: CATEGORY,
            division: DIVISION,
            entity: COMPANY,
            subsection: SUBSECTION,
            sequence: u32::try_from(intake_id.rem_euclid(SEQUENCES)).unwrap_or_default(),
            version,
        }
    }

    /// The key of a company's slot at `position`, 1 to 9.
    ///
    /// # Errors
    /// When `company` is no company, or position or version would not fit into the last segment.
    pub fn slot(company: &Self, position: u8) -> Result<Self, BartonError> {
        if company.entity != COMPANY {
            return Err(BartonError::NotACompany(*company));
        }
        if !(1..=LAST_VERSION).contains(&company.version) {
            return Err(BartonError::Version(*company));
        }
        if !(1..=LAST_POSITION).contains(&position) {
            return Err(BartonError::Position(position));
        }
        let version = (company.version - 1) * 10 + u16::from(position);
        Ok(Self {
            entity: SLOT,
            version,
            ..*company
        })
    }

    /// The key of the person who fills a slot.
    pub const fn person(slot: &Self) -> Self {
        Self {
            entity: PERSON,
            ..*slot
        }
    }

    pub const fn is_company(&self) -> bool {
        self.entity == COMPANY
    }

    pub const fn is_slot(&self) -> bool {
        self.entity == SLOT
    }

    pub const fn is_person(&self) -> bool {
        self.entity == PERSON
    }

    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    pub const fn version(&self) -> u16 {
        self.version
    }
}

/// Whether a text can be a piece of a company's key: digits and dots where the key has them.
pub fn is_piece_of_company(text: &str) -> bool {
    let fits = |piece: &[u8]| {
        piece
            .iter()
            .zip(text.bytes())
            .all(|(key, typed)| match key {
                b'#' => typed.is_ascii_digit(),
                _ => *key == typed,
            })
    };
    !text.is_empty() && COMPANY_KEY.as_bytes().windows(text.len()).any(fits)
}

impl fmt::Display for BartonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            category,
            division,
            entity,
            subsection,
            sequence,
            version,
        } = self;
        write!(
            f,
            "{category:02}.{division:02}.{entity:02}.{subsection:02}.{sequence:05}.{version:03}"
        )
    }
}

impl FromStr for BartonId {
    type Err = BartonError;

    fn from_str(text: &str) -> Result<Self, BartonError> {
        read_segments(text).ok_or_else(|| BartonError::Malformed(text.chars().take(40).collect()))
    }
}

/// The segments, when the text is exactly `dd.dd.dd.dd.ddddd.ddd`.
fn read_segments(text: &str) -> Option<BartonId> {
    let mut parts = text.split('.');
    let mut next = |digits: usize| -> Option<u32> {
        let part = parts.next()?;
        let right = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        if right { part.parse().ok() } else { None }
    };
    let id = BartonId {
        category: u8::try_from(next(2)?).ok()?,
        division: u8::try_from(next(2)?).ok()?,
        entity: u8::try_from(next(2)?).ok()?,
        subsection: u8::try_from(next(2)?).ok()?,
        sequence: next(5)?,
        version: u16::try_from(next(3)?).ok()?,
    };
    parts.next().is_none().then_some(id)
}

impl From<BartonId> for String {
    fn from(id: BartonId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for BartonId {
    type Error = BartonError;

    fn try_from(text: String) -> Result<Self, BartonError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_are_numbered_without_collisions() {
        let table = [
            (1, Some("04.04.01.84.00001.001")),
            (99_999, Some("04.04.01.84.99999.001")),
            (100_000, Some("04.04.01.84.00000.002")),
            (100_001, Some("04.04.01.84.00001.002")),
            (9_999_999, Some("04.04.01.84.99999.100")),
            (10_000_000, None),
            (i64::MAX, None),
            (0, None),
            (-7, None),
        ];
        for (intake_id, expected) in table {
            let made = BartonId::company(intake_id).ok().map(|id| id.to_string());
            assert_eq!(made.as_deref(), expected, "{intake_id}");
        }
    }

    #[test]
    fn slots_and_persons_follow_their_company() {
        let table = [
            ("04.04.01.84.00001.001", 1, Some("04.04.05.84.00001.001")),
            ("04.04.01.84.00412.002", 2, Some("04.04.05.84.00412.012")),
            ("04.04.01.84.99999.100", 3, Some("04.04.05.84.99999.993")),
            ("04.04.01.84.99999.100", 9, Some("04.04.05.84.99999.999")),
            ("04.04.01.84.00001.001", 0, None),
            ("04.04.01.84.00001.001", 10, None),
            ("04.04.01.84.00001.000", 1, None),
            ("04.04.01.84.00001.101", 1, None),
            ("04.04.05.84.00001.001", 1, None),
        ];
        for (company, position, expected) in table {
            let company: BartonId = company.parse().unwrap();
            let slot = BartonId::slot(&company, position).ok();
            assert_eq!(
                slot.map(|id| id.to_string()).as_deref(),
                expected,
                "{company} {position}"
            );
            if let Some(slot) = slot {
                let person = BartonId::person(&slot);
                assert!(slot.is_slot() && person.is_person());
                assert_eq!(
                    person.to_string(),
                    slot.to_string().replacen("04.04.05", "04.04.02", 1)
                );
            }
        }
    }

    #[test]
    fn alternatives_keep_the_sequence_and_never_repeat_the_regular_key() {
        let candidates: Vec<_> = BartonId::company_alternatives(412)
            .map(|id| id.to_string())
            .collect();
        assert_eq!(candidates.len(), 99);
        assert_eq!(candidates[0], "04.04.01.84.00412.100");
        assert_eq!(candidates[98], "04.04.01.84.00412.002");
        assert_eq!(BartonId::company_alternatives(10_000_412).count(), 100);
        assert_eq!(BartonId::company_alternatives(0).count(), 0);
    }

    #[test]
    fn only_six_full_segments_are_read() {
        for good in [
            "04.04.01.84.00001.001",
            "99.99.99.99.99999.999",
            "00.00.00.00.00000.000",
        ] {
            assert_eq!(good.parse::<BartonId>().unwrap().to_string(), good);
        }
        let bad = [
            "",
            "04.04.01.84.00001",
            "04.04.01.84.00001.001.01",
            "04.04.01.84.00001.01",
            "4.04.01.84.00001.001",
            "04.04.01.84.000001.001",
            "04.04.01.84.0000a.001",
            "04.04.01.84.+0001.001",
            " 04.04.01.84.00001.001",
            "04.04.01.84.00001.001\n",
            "٠٤.04.01.84.00001.001",
        ];
        for text in bad {
            assert!(text.parse::<BartonId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn pieces_of_a_company_s_key_are_told_from_other_texts() {
        let key = BartonId::company(42).unwrap().to_string();
        for start in 0..key.len() {
            for end in start + 1..=key.len() {
                assert!(is_piece_of_company(&key[start..end]), "{start} {end}");
            }
        }
        for text in ["2026", "1.84.99999.9", "0", ".", "99.12345.6"] {
            assert!(is_piece_of_company(text), "{text}");
        }
        let long = format!("{key}0");
        for text in ["", "a", "04.04.05", "123456", "1.2.3", "..", "٤", &long] {
            assert!(!is_piece_of_company(text), "{text}");
        }
    }

    #[test]
    fn serde_speaks_text() {
        let id = BartonId::company(7).unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"04.04.01.84.00007.001\"");
        assert_eq!(serde_json::from_str::<BartonId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<BartonId>("\"04.04.01.84.00007\"").is_err());
    }
}
