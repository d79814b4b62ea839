//! How long a failed attempt waits before the next one.

use std::time::Duration;

/// At most this share of the delay is added, so that failures of one moment do not all return in one moment.
const JITTER_SHARE: f64 = 0.3;

/// `base` doubled with every attempt after the first, at most `cap`, plus up to 30 % jitter.
///
/// `attempt` counts the failures so far, from 1. `jitter` is the caller's random number, 0 to 1.
pub fn delay(attempt: u32, base: Duration, cap: Duration, jitter: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let delay = base.saturating_mul(1 << doublings).min(cap);
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    delay.saturating_add(delay.mul_f64(JITTER_SHARE * jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_cap() {
        let table = [
            (0, 0.0, 1_000),
            (1, 0.0, 1_000),
            (2, 0.0, 2_000),
            (3, 0.0, 4_000),
            (7, 0.0, 60_000),
            (4_000_000_000, 0.0, 60_000),
            (1, 1.0, 1_300),
            (2, 0.5, 2_300),
            (9, 1.0, 78_000),
            (1, 7.0, 1_300),
            (1, -1.0, 1_000),
            (1, f64::NAN, 1_000),
        ];
        for (attempt, jitter, millis) in table {
            let waited = delay(
                attempt,
                Duration::from_secs(1),
                Duration::from_secs(60),
                jitter,
            );
            assert_eq!(
                waited,
                Duration::from_millis(millis),
                "attempt {attempt}, jitter {jitter}"
            );
        }
    }
}
