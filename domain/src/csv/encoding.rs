//! Which encoding a file is in.

/// The encodings that company files come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    /// Windows-1252, of which Latin-1 is a part.
    Latin1,
}

impl Encoding {
    pub const ALL: [Self; 5] = [
        Self::Utf8,
        Self::Utf8Bom,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Latin1,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with BOM",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Latin1 => "Latin-1",
        }
    }

    /// Looks at the beginning of a file; a character cut at the end of `head` does not matter. Without a mark and without
    /// the zeros of UTF-16 only the whole file tells: see [`Utf8Tally`].
    pub fn detect(head: &[u8]) -> Self {
        if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
            return Self::Utf8Bom;
        }
        if head.starts_with(&[0xFF, 0xFE]) {
            return Self::Utf16Le;
        }
        if head.starts_with(&[0xFE, 0xFF]) {
            return Self::Utf16Be;
        }
        // Without a mark, UTF-16 of mostly Western text has a zero in every other byte.
        let zeros = |parity: usize| {
            head.iter()
                .skip(parity)
                .step_by(2)
                .filter(|byte| **byte == 0)
                .count()
        };
        let pairs = head.len() / 2;
        if pairs > 2 && zeros(1) * 10 > pairs * 6 && zeros(0) * 10 < pairs {
            return Self::Utf16Le;
        }
        if pairs > 2 && zeros(0) * 10 > pairs * 6 && zeros(1) * 10 < pairs {
            return Self::Utf16Be;
        }
        match std::str::from_utf8(head) {
            Ok(_) => Self::Utf8,
            Err(error) if error.error_len().is_none() => Self::Utf8,
            Err(_) => Self::Latin1,
        }
    }
}

/// A stretch of what should be UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf8Part<'a> {
    Text(&'a str),
    /// One to three bytes that are no character.
    Invalid(&'a [u8]),
}

/// UTF-8 that comes in pieces: a character cut between two of them is put together again.
#[derive(Debug, Default)]
pub struct Utf8Pieces {
    cut: Vec<u8>,
}

impl Utf8Pieces {
    /// Takes the next piece apart; with `ended` nothing follows that could complete a character.
    pub fn push(&mut self, piece: &[u8], ended: bool, mut each: impl FnMut(Utf8Part<'_>)) {
        let mut bytes = std::mem::take(&mut self.cut);
        bytes.extend_from_slice(piece);
        let mut rest = bytes.len();
        for chunk in bytes.utf8_chunks() {
            let invalid = chunk.invalid();
            rest -= chunk.valid().len() + invalid.len();
            if !chunk.valid().is_empty() {
                each(Utf8Part::Text(chunk.valid()));
            }
            let incomplete =
                || std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if rest == 0 && !ended && incomplete() {
                self.cut = invalid.to_vec();
            } else if !invalid.is_empty() {
                each(Utf8Part::Invalid(invalid));
            }
        }
    }
}

/// Goes through a whole file and tells UTF-8 from Windows-1252: a list may be plain ASCII for thousands of rows before
/// its first "Müller".
#[derive(Debug, Default)]
pub struct Utf8Tally {
    pieces: Utf8Pieces,
    characters: u64,
    invalid: u64,
}

impl Utf8Tally {
    pub fn push(&mut self, piece: &[u8]) {
        if self.pieces.cut.is_empty() && piece.is_ascii() {
            return;
        }
        self.count(piece, false);
    }

    /// UTF-8 when most of what is not ASCII is that: one broken byte does not spoil all the others.
    pub fn finish(mut self) -> Encoding {
        self.count(&[], true);
        if self.invalid > self.characters {
            Encoding::Latin1
        } else {
            Encoding::Utf8
        }
    }

    fn count(&mut self, piece: &[u8], ended: bool) {
        let (mut characters, mut invalid) = (0, 0);
        self.pieces.push(piece, ended, |part| match part {
            Utf8Part::Text(text) => {
                characters += text.bytes().filter(|byte| *byte >= 0xC0).count() as u64;
            }
            Utf8Part::Invalid(bytes) => invalid += bytes.len() as u64,
        });
        self.characters += characters;
        self.invalid += invalid;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_file_tells_utf8_from_latin1() {
        let ascii = b"Acme,acme.example\n".repeat(5_000);
        let after = |tail: &[u8]| [&ascii, tail].concat();
        for (file, expected) in [
            (ascii.clone(), Encoding::Utf8),
            (after("Müller".as_bytes()), Encoding::Utf8),
            (after(b"M\xFCller,Caf\xE9"), Encoding::Latin1),
            // The last two bytes happen to be a character of UTF-8.
            (
                after(b"M\xFCller,Caf\xE9,\xABCAF\xC9\xBB"),
                Encoding::Latin1,
            ),
            (after("Müller,Größe,\u{1F600}".as_bytes()), Encoding::Utf8),
            (
                [&after("Müller,Größe,".as_bytes())[..], b"M\xFCller"].concat(),
                Encoding::Utf8,
            ),
            (after(&"Müller".as_bytes()[..2]), Encoding::Latin1),
        ] {
            for size in [1, 7, 4_096] {
                let mut tally = Utf8Tally::default();
                file.chunks(size).for_each(|piece| tally.push(piece));
                let tail = String::from_utf8_lossy(&file[ascii.len()..]);
                assert_eq!(tally.finish(), expected, "{tail} in pieces of {size}");
            }
        }
    }

    #[test]
    fn pieces_of_utf8_lose_nothing() {
        let file = b"a\xFC\xE2\x82\xACb\xE2\x82".as_slice();
        for size in 1..=file.len() {
            let (mut pieces, mut text, mut invalid) =
                (Utf8Pieces::default(), String::new(), vec![]);
            let mut each = |part: Utf8Part<'_>| match part {
                Utf8Part::Text(part) => text.push_str(part),
                Utf8Part::Invalid(bytes) => invalid.extend_from_slice(bytes),
            };
            for piece in file.chunks(size) {
                pieces.push(piece, false, &mut each);
            }
            pieces.push(&[], true, &mut each);
            assert_eq!(
                (text.as_str(), &invalid[..]),
                ("a€b", &b"\xFC\xE2\x82"[..]),
                "{size}"
            );
        }
    }

    #[test]
    fn detects() {
        let utf16 = |text: &str, little: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| {
                    if little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect()
        };
        let table: [(Vec<u8>, Encoding); 9] = [
            (b"name,website\n".to_vec(), Encoding::Utf8),
            (Vec::new(), Encoding::Utf8),
            ("naïve,ü".as_bytes().to_vec(), Encoding::Utf8),
            ("naï".as_bytes()[..3].to_vec(), Encoding::Utf8),
            (b"\xEF\xBB\xBFname".to_vec(), Encoding::Utf8Bom),
            (b"\xFF\xFEn\0".to_vec(), Encoding::Utf16Le),
            (utf16("name,website\n", true), Encoding::Utf16Le),
            (utf16("name,website\n", false), Encoding::Utf16Be),
            (b"M\xFCller,x".to_vec(), Encoding::Latin1),
        ];
        for (head, expected) in table {
            assert_eq!(Encoding::detect(&head), expected, "{head:?}");
        }
    }
}
