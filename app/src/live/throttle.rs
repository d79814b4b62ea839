//! When to act on a stream of changes: at once when it was quiet, then at a steady pace, and always on the last one.

/// What to do with a change that just came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Turn {
    Now,
    /// Act after so many milliseconds, then call [`Throttle::fired`].
    After(f64),
    /// A timer runs already and will cover this change.
    Waiting,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Throttle {
    interval: f64,
    last: Option<f64>,
    waiting: bool,
}

impl Throttle {
    /// At most one turn in `interval` milliseconds.
    pub(super) const fn new(interval: f64) -> Self {
        Self {
            interval,
            last: None,
            waiting: false,
        }
    }

    pub(super) fn request(&mut self, now: f64) -> Turn {
        if self.waiting {
            return Turn::Waiting;
        }
        match self.last.map(|last| last + self.interval - now) {
            Some(rest) if rest > 0.0 => {
                self.waiting = true;
                Turn::After(rest)
            }
            _ => {
                self.last = Some(now);
                Turn::Now
            }
        }
    }

    pub(super) fn fired(&mut self, now: f64) {
        self.waiting = false;
        self.last = Some(now);
    }
}

/// Milliseconds before the next attempt to connect: doubling from a quarter of a second, at most ten seconds.
/// `spread`, 0 to 1, keeps many browsers from returning in the same instant after a restart.
pub(super) fn reconnect_delay(failures: u32, spread: f64) -> f64 {
    let full = 250.0 * f64::from(1_u32 << failures.min(6));
    full.min(10_000.0) * (0.75 + 0.25 * spread.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_stream_is_answered_at_once() {
        let mut throttle = Throttle::new(250.0);
        for now in [0.0, 1_000.0, 1_250.0, 9_000.0] {
            assert_eq!(throttle.request(now), Turn::Now, "{now}");
        }
    }

    #[test]
    fn a_busy_stream_is_paced_and_its_last_change_is_not_lost() {
        let mut throttle = Throttle::new(250.0);
        assert_eq!(throttle.request(0.0), Turn::Now);
        assert_eq!(throttle.request(50.0), Turn::After(200.0));
        assert_eq!(throttle.request(60.0), Turn::Waiting);
        assert_eq!(throttle.request(240.0), Turn::Waiting);
        throttle.fired(250.0);
        assert_eq!(throttle.request(260.0), Turn::After(240.0));
        throttle.fired(500.0);
        assert_eq!(throttle.request(800.0), Turn::Now);
    }

    #[test]
    fn a_busy_second_takes_about_four_turns() {
        let mut throttle = Throttle::new(250.0);
        let (mut turns, mut due) = (0, None::<f64>);
        for now in (0..1_000).step_by(10).map(f64::from) {
            if due.is_some_and(|at| at <= now) {
                throttle.fired(now);
                turns += 1;
                due = None;
            }
            match throttle.request(now) {
                Turn::Now => turns += 1,
                Turn::After(rest) => due = Some(now + rest),
                Turn::Waiting => {}
            }
        }
        assert_eq!(turns, 4);
    }

    #[test]
    fn reconnecting_backs_off_to_ten_seconds() {
        let table = [
            (0, 250.0),
            (1, 500.0),
            (3, 2_000.0),
            (5, 8_000.0),
            (6, 10_000.0),
            (60, 10_000.0),
        ];
        for (failures, expected) in table {
            assert_eq!(reconnect_delay(failures, 1.0), expected);
            assert!(reconnect_delay(failures, 0.0) < expected);
        }
    }
}
