//! A hash that is the same in every process, version and machine.

/// FNV-1a over the bytes, then a finaliser (that of splitmix64), because FNV alone mixes the high bits of short
/// texts poorly. The standard library's hasher is seeded at random and of no use where answers must repeat.
pub(crate) fn stable_hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The hash as a number from 0 (inclusive) to 1 (exclusive).
pub(crate) fn stable_fraction(text: &str) -> f64 {
    // 53 bits are what an f64 holds exactly.
    (stable_hash(text) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_changes() {
        assert_eq!(stable_hash(""), 17_665_956_581_633_026_203);
        assert_eq!(stable_hash("acme.example"), stable_hash("acme.example"));
        assert_ne!(stable_hash("acme.example"), stable_hash("acme.examplf"));
    }

    #[test]
    fn fractions_spread_evenly() {
        let below = (0..10_000)
            .filter(|n| stable_fraction(&format!("key {n}")) < 0.25)
            .count();
        assert!(
            (2_300..2_700).contains(&below),
            "{below} of 10,000 below a quarter"
        );
    }
}
