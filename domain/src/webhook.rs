//! What becomes of an event that was sent to a webhook, by the answer.

use std::time::Duration;

use crate::backoff;

/// With [`FIRST_DELAY`] doubled each time, the last attempt comes about an hour after the first.
pub const ATTEMPTS: u32 = 8;
/// Between the first attempt and the second.
pub const FIRST_DELAY: Duration = Duration::from_secs(25);
/// So many dead deliveries in a row stop a webhook until a person has looked.
pub const DEAD_IN_A_ROW: i32 = 20;
/// However short or long a receiver wants to be left alone.
const SHORTEST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(3600);

const TOO_MANY_REQUESTS: u16 = 429;
const UNAVAILABLE: u16 = 503;
const GONE: u16 = 410;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// To be tried again after this time.
    Again(Duration),
    /// As [`Verdict::Again`], and nothing else is to be sent to the webhook before.
    Rest(Duration),
    /// Attempts are used up.
    Dead,
    /// The receiver says that it is there no more.
    Gone,
}

/// `status` is that of the answer, none where there was no answer; `attempt` counts from 1; `jitter` is the caller's random
/// number, 0 to 1.
pub fn judge(
    status: Option<u16>,
    retry_after: Option<Duration>,
    attempt: u32,
    first_delay: Duration,
    jitter: f64,
) -> Verdict {
    match status {
        Some(200..=299) => return Verdict::Delivered,
        Some(GONE) => return Verdict::Gone,
        _ if attempt >= ATTEMPTS => return Verdict::Dead,
        _ => {}
    }
    match (status, retry_after) {
        (Some(TOO_MANY_REQUESTS | UNAVAILABLE), Some(rest)) => {
            Verdict::Rest(rest.clamp(SHORTEST_REST, LONGEST_REST))
        }
        _ => Verdict::Again(backoff::delay(attempt, first_delay, LONGEST_REST, jitter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_decides() {
        let seconds = Duration::from_secs;
        let again = |n| Verdict::Again(seconds(n));
        let table = [
            (Some(200), None, 1, Verdict::Delivered),
            (Some(204), Some(9), 8, Verdict::Delivered),
            (Some(302), None, 1, again(25)),
            (Some(404), None, 2, again(50)),
            (Some(500), Some(9), 3, again(100)),
            (None, None, 7, again(1600)),
            (None, None, 8, Verdict::Dead),
            (Some(429), None, 1, again(25)),
            (Some(429), Some(9), 1, Verdict::Rest(seconds(9))),
            (Some(503), Some(9_999), 7, Verdict::Rest(seconds(3600))),
            (Some(503), Some(0), 1, Verdict::Rest(seconds(1))),
            (Some(503), Some(9), 8, Verdict::Dead),
            (Some(410), None, 1, Verdict::Gone),
        ];
        for (status, rest, attempt, expected) in table {
            let verdict = judge(status, rest.map(seconds), attempt, FIRST_DELAY, 0.0);
            assert_eq!(verdict, expected, "{status:?} at attempt {attempt}");
        }
    }

    #[test]
    fn the_last_attempt_comes_after_about_an_hour() {
        for (jitter, minutes) in [(0.0, 50..60), (1.0, 60..75)] {
            let waited: Duration = (1..ATTEMPTS)
                .map(
                    |attempt| match judge(None, None, attempt, FIRST_DELAY, jitter) {
                        Verdict::Again(after) => after,
                        other => panic!("{other:?}"),
                    },
                )
                .sum();
            assert!(minutes.contains(&(waited.as_secs() / 60)), "{waited:?}");
        }
    }
}
