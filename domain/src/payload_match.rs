//! A value somewhere in a payload, as people type it: `payload.company_name = Acme`.

use std::{fmt, iter::Peekable, str::Chars, str::FromStr};

use serde::{Deserialize, Serialize};

/// Keys from the outside in, and the text that stands there. A number in the path may also be a place in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PayloadMatch {
    path: Vec<String>,
    value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadMatchError {
    #[error(
        "“{0}” names no value: write a path, = and the value, such as payload.company_name = Acme"
    )]
    NoValue(String),
    #[error("“{0}” has an empty place in its path: write the names with one dot between them")]
    EmptyName(String),
    #[error(
        "“{1}” cannot stand in the path “{0}”: put that name in quotation marks, such as payload.\"odd name\" = x"
    )]
    Character(String, char),
    #[error("a quotation mark in “{0}” is not closed")]
    Quotation(String),
    #[error("the path “{0}” is deeper than {DEEPEST} names")]
    TooDeep(String),
    #[error("a text of the database cannot hold the character with the number 0")]
    Nul,
}

/// Payloads are flat, or hold what n8n nested; a path beyond this is a mistake.
const DEEPEST: usize = 10;
/// What people may write before the path.
const ROOT: &str = "payload";

impl PayloadMatch {
    pub fn path(&self) -> &[String] {
        &self.path
    }

    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the path is this one name.
    pub fn is_at(&self, name: &str) -> bool {
        self.path == [name]
    }
}

impl FromStr for PayloadMatch {
    type Err = PayloadMatchError;

    fn from_str(text: &str) -> Result<Self, PayloadMatchError> {
        if text.contains('\0') {
            return Err(PayloadMatchError::Nul);
        }
        let (mut path, rest) = path(text)?;
        // A key that is itself called payload is written payload.payload.
        if path.len() > 1 && path[0] == ROOT {
            path.remove(0);
        }
        if path.len() > DEEPEST {
            return Err(PayloadMatchError::TooDeep(text.to_owned()));
        }
        Ok(Self {
            path,
            value: unquoted(rest.trim()).to_owned(),
        })
    }
}

/// The names up to the equals sign, and what follows it.
fn path(text: &str) -> Result<(Vec<String>, &str), PayloadMatchError> {
    let mut names = Vec::new();
    let mut letters = text.trim_start().chars().peekable();
    loop {
        names.push(name(text, &mut letters)?);
        while letters.next_if(|c| c.is_whitespace()).is_some() {}
        match letters.next() {
            Some('.') => while letters.next_if(|c| c.is_whitespace()).is_some() {},
            Some('=') => {
                let rest = letters.collect::<String>().len();
                return Ok((names, &text[text.len() - rest..]));
            }
            Some(other) => return Err(PayloadMatchError::Character(text.to_owned(), other)),
            None => return Err(PayloadMatchError::NoValue(text.to_owned())),
        }
    }
}

fn name(text: &str, letters: &mut Peekable<Chars>) -> Result<String, PayloadMatchError> {
    let mut name = String::new();
    if letters.next_if_eq(&'"').is_some() {
        loop {
            match letters.next() {
                Some('"') => break,
                Some(letter) => name.push(letter),
                None => return Err(PayloadMatchError::Quotation(text.to_owned())),
            }
        }
    } else {
        while let Some(letter) = letters.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        {
            name.push(letter);
        }
        match letters.peek() {
            None if name.is_empty() && names_nothing(text) => {
                return Err(PayloadMatchError::NoValue(text.to_owned()));
            }
            Some('.' | '=') | None => {}
            Some(letter) if letter.is_whitespace() => {}
            Some(letter) => return Err(PayloadMatchError::Character(text.to_owned(), *letter)),
        }
    }
    if name.is_empty() {
        return Err(PayloadMatchError::EmptyName(text.to_owned()));
    }
    Ok(name)
}

fn names_nothing(text: &str) -> bool {
    text.trim().is_empty()
}

/// Quotation marks around the whole value keep blanks at its ends.
fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value)
}

impl fmt::Display for PayloadMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}")?;
        for name in &self.path {
            if name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
            {
                write!(f, ".{name}")?;
            } else {
                write!(f, ".\"{name}\"")?;
            }
        }
        let plain = self.value.trim() == self.value && unquoted(&self.value) == self.value;
        if plain {
            write!(f, " = {}", self.value)
        } else {
            write!(f, " = \"{}\"", self.value)
        }
    }
}

impl From<PayloadMatch> for String {
    fn from(wanted: PayloadMatch) -> Self {
        wanted.to_string()
    }
}

impl TryFrom<String> for PayloadMatch {
    type Error = PayloadMatchError;

    fn try_from(text: String) -> Result<Self, PayloadMatchError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_and_values() {
        let table: [(&str, &[&str], &str); 11] = [
            ("payload.company_name = Acme", &["company_name"], "Acme"),
            ("company_name=Acme", &["company_name"], "Acme"),
            (
                " payload . a . b =  Acme & Sons = one ",
                &["a", "b"],
                "Acme & Sons = one",
            ),
            ("payload.a.0.b=1", &["a", "0", "b"], "1"),
            ("payload=x", &["payload"], "x"),
            ("payload.payload=x", &["payload"], "x"),
            ("payload.\"odd. name\".x = y", &["odd. name", "x"], "y"),
            ("name = \" two blanks \"", &["name"], " two blanks "),
            ("name =", &["name"], ""),
            ("name = \"", &["name"], "\""),
            ("größe = 5 m²", &["größe"], "5 m²"),
        ];
        for (typed, path, value) in table {
            let read: PayloadMatch = typed.parse().expect(typed);
            assert_eq!(
                (read.path(), read.value()),
                (
                    &path.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                    value
                ),
                "{typed}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        use PayloadMatchError as E;
        let check = |typed: &str, expected: fn(String) -> E| {
            assert_eq!(
                typed.parse::<PayloadMatch>(),
                Err(expected(typed.to_owned())),
                "{typed}"
            );
        };
        check("", E::NoValue);
        check("payload.company_name", E::NoValue);
        check(".a = 1", E::EmptyName);
        check("a..b = 1", E::EmptyName);
        check("a. = 1", E::EmptyName);
        check("= 1", E::EmptyName);
        check("payload.\"a = 1", E::Quotation);
        check("a'; DROP TABLE x = 1", |typed| E::Character(typed, '\''));
        check("a b = 1", |typed| E::Character(typed, 'b'));
        check("a->>b = 1", |typed| E::Character(typed, '>'));
        check("a.b.c.d.e.f.g.h.i.j.k = 1", E::TooDeep);
        assert_eq!("a = \0".parse::<PayloadMatch>(), Err(E::Nul));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_so_that_it_reads_the_same(typed in "[a-z.\" =_0-9]{0,24}") {
            if let Ok(read) = typed.parse::<PayloadMatch>() {
                prop_assert_eq!(read.to_string().parse::<PayloadMatch>(), Ok(read));
            }
        }
    }
}
