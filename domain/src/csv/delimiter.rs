//! Which character parts the fields.

/// The delimiters that spreadsheets write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Delimiter {
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }

    /// The one that parts the most first lines into the same number of fields; comma when none does.
    pub fn detect(text: &str) -> Self {
        let mut best = (0, Self::Comma);
        for delimiter in Self::ALL {
            let counts = counts(text, delimiter.byte() as char);
            let Some(first) = counts.first().copied().filter(|n| *n > 0) else {
                continue;
            };
            let alike = counts.iter().filter(|n| **n == first).count();
            let score = alike * 1000 / counts.len() + first.min(100);
            if score > best.0 {
                best = (score, delimiter);
            }
        }
        best.1
    }
}

/// How often the character stands outside quotes in each of the first records.
fn counts(text: &str, delimiter: char) -> Vec<usize> {
    let (mut counts, mut n, mut quoted, mut any) = (Vec::new(), 0, false, false);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => {
                if any {
                    counts.push(n);
                }
                (n, any) = (0, false);
                if counts.len() == 20 {
                    return counts;
                }
                continue;
            }
            _ if character == delimiter && !quoted => n += 1,
            _ => {}
        }
        any = any || !character.is_whitespace() || character == delimiter;
    }
    if any {
        counts.push(n);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects() {
        for (text, expected) in [
            ("a,b,c\n1,2,3\n", Delimiter::Comma),
            ("a;b\n\"1;1\";2,5\n3;4,5\n", Delimiter::Semicolon),
            ("a\tb\n1,2\t3\n", Delimiter::Tab),
            ("a|b|c\n1|2|3", Delimiter::Pipe),
            ("name\nAcme, Inc.\nOther\n", Delimiter::Comma),
            ("name;web\rA, Inc.;1\rB, Inc.;2\r", Delimiter::Semicolon),
            ("a;b\r\n1,2,3;4\r\n", Delimiter::Semicolon),
            ("", Delimiter::Comma),
            ("a,\"x\ny;z\"\nb,c\n", Delimiter::Comma),
        ] {
            assert_eq!(Delimiter::detect(text), expected, "{text:?}");
        }
    }
}
