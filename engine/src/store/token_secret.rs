//! Secrets of API tokens: made here, told once, and kept as a hash only.

use rand::Rng;
use sha2::{Digest, Sha256};

/// Tells people and scanners of repositories what they have found.
const MARK: &str = "occ_";
/// 256 bits: nobody guesses one, and a plain hash gives nothing away.
const BYTES: usize = 32;
const LENGTH: usize = MARK.len() + 2 * BYTES;
/// Of the 256 bits, 32 are shown to recognise a token by.
const SHOWN: usize = MARK.len() + 8;

/// `occ_` and 64 hexadecimal digits. Without `Debug`, so that it gets into no log.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{MARK}{}", random_digits()))
    }

    /// What a program sent; `None` when no token looks like it, so that nothing long is ever hashed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(MARK).filter(|_| text.len() == LENGTH)?;
        digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            .then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The first characters, to recognise it by.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..SHOWN]
    }

    /// The secret itself, for the one answer that tells it.
    #[must_use]
    pub fn expose(self) -> String {
        self.0
    }
}

/// 64 hexadecimal digits that nobody guesses.
pub(crate) fn random_digits() -> String {
    let bytes: [u8; BYTES] = rand::rng().random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_long_marked_and_new_each_time() {
        let one = TokenSecret::random();
        let text = one.clone().expose();
        assert_eq!((text.len(), one.prefix().len()), (68, 12));
        assert!(text.starts_with(one.prefix()));
        let again = TokenSecret::parse(&text).unwrap();
        assert!(again == one && again.hash() == one.hash());
        let other = TokenSecret::random();
        assert!(other != one && other.hash() != one.hash());
    }

    #[test]
    fn what_is_no_token_is_not_looked_up() {
        let text = TokenSecret::random().expose();
        let table = [
            String::new(),
            "occ_".into(),
            text[..67].into(),
            format!("{text}0"),
            format!("{text} "),
            text.to_uppercase(),
            text.replace("occ_", "abc_"),
            format!("occ_{}", "é".repeat(32)),
            "occ_".repeat(100_000),
        ];
        for wrong in table {
            assert!(TokenSecret::parse(&wrong).is_none(), "{wrong:.80}");
        }
    }
}
