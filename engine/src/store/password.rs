//! Passwords that a person can read from one screen and type into another.

use rand::Rng;

const CONSONANTS: &[u8] = b"bdfghjkmnprstvz";
const VOWELS: &[u8] = b"aeiou";
/// Five groups of two syllables: 62 bits, far beyond what throttled guessing reaches.
const GROUPS: usize = 5;

/// Such as `tavo-kemi-sunu-rado-fibe`.
pub fn readable() -> String {
    let mut random = rand::rng();
    let mut pick = |letters: &[u8]| char::from(letters[random.random_range(0..letters.len())]);
    let groups: Vec<String> = (0..GROUPS)
        .map(|_| {
            [CONSONANTS, VOWELS, CONSONANTS, VOWELS]
                .into_iter()
                .map(&mut pick)
                .collect()
        })
        .collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_long_readable_and_new_each_time() {
        let one = super::readable();
        assert_eq!(one.len(), 24);
        assert!(
            one.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{one}"
        );
        assert_ne!(one, super::readable());
    }
}
