//! Which encoding a file is in, from its first bytes.

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

    /// Looks at the beginning of a file; a character cut at the end of `head` does not matter.
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

#[cfg(test)]
mod tests {
    use super::*;

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
