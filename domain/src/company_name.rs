//! Company names: cleaned for the table, and a short form for the body of an e-mail.

use serde::Serialize;

/// Longer than any registered name; what is longer is a description in the wrong column.
const LONGEST: usize = 500;

/// A name without control and invisible characters, with single spaces inside and none around.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct CompanyName(String);

/// Why a text is no company name; reads on from "the company name …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompanyNameError {
    #[error("is empty")]
    Empty,
    #[error("has {0} characters, at most 500 are kept")]
    TooLong(usize),
}

impl CompanyName {
    /// Cleans a name; its letters are kept as they are, in any script.
    ///
    /// # Errors
    /// When nothing visible is left, or more than 500 characters.
    pub fn parse(text: &str) -> Result<Self, CompanyNameError> {
        let visible: String = text
            .chars()
            .map(|c| {
                if c.is_whitespace() || c.is_control() {
                    ' '
                } else {
                    c
                }
            })
            .filter(|c| !is_invisible(*c))
            .collect();
        let name = visible.split_whitespace().collect::<Vec<_>>().join(" ");
        match name.chars().count() {
            0 => Err(CompanyNameError::Empty),
            length if length > LONGEST => Err(CompanyNameError::TooLong(length)),
            _ => Ok(Self(name)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as one would say it in a message: without legal form and share class.
    ///
    /// "Alphabet Inc. (Class A)" becomes "Alphabet". A name of nothing else stays whole.
    pub fn for_emails(&self) -> &str {
        let mut name = without_share_class(&self.0);
        while let Some(shorter) = without_closing_bracket(name).or_else(|| without_legal_form(name))
        {
            name = shorter;
        }
        name
    }
}

/// Zero-width and directional marks. The joiners stay: Persian, Hindi and emoji are spelled with them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// What follows the last " - " of a stock list when it names a kind of security.
fn without_share_class(name: &str) -> &str {
    const SECURITIES: [&str; 13] = [
        "stock",
        "share",
        "shares",
        "unit",
        "units",
        "warrant",
        "warrants",
        "right",
        "rights",
        "adss",
        "notes",
        "ads",
        "debentures",
    ];
    let Some((before, after)) = name.split_once(" - ") else {
        return name;
    };
    let lower = after.to_lowercase();
    let names_security = lower
        .split(|c: char| !c.is_alphabetic())
        .any(|word| SECURITIES.contains(&word));
    if names_security && !before.trim().is_empty() {
        before.trim_end()
    } else {
        name
    }
}

/// "(Class A)", "(The)", "(UK)" at the end.
fn without_closing_bracket(name: &str) -> Option<&str> {
    let open = name.strip_suffix(')')?.rfind('(')?;
    keep(&name[..open])
}

fn without_legal_form(name: &str) -> Option<&str> {
    if let Some(rest) = ["株式会社", "有限公司", "주식회사"]
        .iter()
        .find_map(|form| name.strip_suffix(form))
    {
        return keep(rest);
    }
    let (rest, last) = name.rsplit_once([' ', ','])?;
    is_legal_form(last).then(|| keep(rest)).flatten()
}

/// The rest without the comma or "&" that led to what was cut off; nothing when no letter is left.
fn keep(rest: &str) -> Option<&str> {
    let rest = rest.trim_end_matches([' ', ',', '&', '+', '-', '–']);
    rest.contains(char::is_alphanumeric).then_some(rest)
}

fn is_legal_form(word: &str) -> bool {
    const FORMS: [&str; 48] = [
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lllp",
        "pllc",
        "ltd",
        "limited",
        "corp",
        "corporation",
        "co",
        "plc",
        "gmbh",
        "ggmbh",
        "mbh",
        "kg",
        "kgaa",
        "ohg",
        "ev",
        "bv",
        "nv",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "sl",
        "slu",
        "sab",
        "pty",
        "pte",
        "pvt",
        "sdn",
        "bhd",
        "oy",
        "oyj",
        "aps",
        "asa",
        "kk",
        "kft",
        "zrt",
        "doo",
        "sro",
        "lda",
        "ltda",
        "tbk",
        "ooo",
        "cv",
    ];
    // These are words too, so they count only as they are registered: in capitals, or with dots.
    const CAPITALS: [&str; 12] = [
        "AG", "SE", "AB", "AS", "LP", "PC", "UG", "A/S", "PBC", "JSC", "PJSC", "OÜ",
    ];
    const DOTTED: [&str; 7] = ["l.p.", "p.c.", "a.s.", "a.g.", "s.e.", "a.b.", "e.k."];
    let bare: String = word.chars().filter(|c| *c != '.').collect();
    FORMS.contains(&bare.to_lowercase().as_str())
        || CAPITALS.contains(&bare.as_str())
        || DOTTED.contains(&word.to_lowercase().as_str())
}

impl From<CompanyName> for String {
    fn from(name: CompanyName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn names_are_cleaned_and_kept_in_their_script() {
        let table = [
            ("Acme", Some("Acme")),
            ("  Acme \t  Rockets\r\n", Some("Acme Rockets")),
            ("Ac\u{200b}me\u{feff}", Some("Acme")),
            ("Ac\0me", Some("Ac me")),
            ("\u{202e}Acme", Some("Acme")),
            ("株式会社 日立製作所", Some("株式会社 日立製作所")),
            ("👩‍🚀 Space", Some("👩‍🚀 Space")),
            ("می‌خواهم", Some("می‌خواهم")),
            ("", None),
            (" \u{200b}\u{a0}\0", None),
        ];
        for (text, expected) in table {
            let name = CompanyName::parse(text).ok();
            assert_eq!(name.as_ref().map(CompanyName::as_str), expected, "{text:?}");
        }
        assert!(CompanyName::parse(&"é".repeat(500)).is_ok());
        assert_eq!(
            CompanyName::parse(&"é".repeat(501)),
            Err(CompanyNameError::TooLong(501))
        );
    }

    #[test]
    fn messages_use_the_short_form() {
        let table = [
            ("Adobe Inc.", "Adobe"),
            ("Alphabet Inc. (Class A)", "Alphabet"),
            ("Coca-Cola Company (The)", "Coca-Cola Company"),
            ("Merck & Co.", "Merck"),
            ("Arthur J. Gallagher & Co.", "Arthur J. Gallagher"),
            ("A. O. Smith", "A. O. Smith"),
            ("W. R. Berkley Corporation", "W. R. Berkley"),
            ("Apple Inc. - Common Stock", "Apple"),
            ("Amazon.com, Inc. - Common Stock", "Amazon.com"),
            (
                "ATA Creativity Global - American Depositary Shares, each representing two common shares",
                "ATA Creativity Global",
            ),
            (
                "Armada Acquisition Corp. III - Units",
                "Armada Acquisition Corp. III",
            ),
            ("Müller Maschinenbau GmbH & Co. KG", "Müller Maschinenbau"),
            ("Siemens AG", "Siemens"),
            ("L'Oréal S.A.", "L'Oréal"),
            ("Ferrero S.p.A.", "Ferrero"),
            ("Toyota Motor Co., Ltd.", "Toyota Motor"),
            ("Acme Pty Ltd", "Acme"),
            ("Acme,Inc.", "Acme"),
            ("Acme Ltd. (UK)", "Acme"),
            ("Novo Nordisk A/S", "Novo Nordisk"),
            ("日立製作所株式会社", "日立製作所"),
            ("Rolls-Royce", "Rolls-Royce"),
            ("Such as", "Such as"),
            ("Smith - Jones", "Smith - Jones"),
            ("Inc.", "Inc."),
            ("Co. Ltd.", "Co."),
            ("(Class A)", "(Class A)"),
            ("🚀 Inc", "🚀 Inc"),
        ];
        for (text, expected) in table {
            assert_eq!(
                CompanyName::parse(text).unwrap().for_emails(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn real_lists_lose_their_legal_forms() {
        let lists = [
            ("nasdaq-listed.csv", 5_000),
            ("sp500_constituents.csv", 500),
        ];
        for (file, at_least) in lists {
            let path = format!(
                "{}/../../shared/data/companies/{file}",
                env!("CARGO_MANIFEST_DIR")
            );
            let Ok(text) = std::fs::read_to_string(&path) else {
                // Written past the test harness, which keeps what a test prints to itself.
                let note = format!("skipped: the test data {path} is not here\n");
                std::io::stderr().write_all(note.as_bytes()).unwrap();
                return;
            };
            let mut names = 0;
            for line in text.lines().skip(1) {
                // The second column, quoted where it holds a comma; good enough for these two files.
                let rest = line.split_once(',').map_or("", |(_, rest)| rest);
                let name = rest
                    .strip_prefix('"')
                    .map_or_else(|| rest.split(',').next(), |quoted| quoted.split('"').next());
                let Ok(name) = CompanyName::parse(name.unwrap_or_default()) else {
                    continue;
                };
                let short = name.for_emails();
                names += 1;
                assert!(
                    !short.is_empty() && name.as_str().starts_with(short),
                    "{}",
                    name.as_str()
                );
                for ending in [
                    " Inc.",
                    " Inc",
                    ", LLC",
                    " Ltd.",
                    "(Class A)",
                    " - Common Stock",
                    " Ordinary Shares",
                ] {
                    assert!(!short.ends_with(ending), "{} -> {short}", name.as_str());
                }
            }
            assert!(names > at_least, "{names} names in {file}");
        }
    }
}
