//! When a schedule is due: a cron line in a time zone. Pure arithmetic; the caller says what time it is.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// Five fields, read in a time zone. At the change to summer time an hour that is left out is made up for right after
/// it; at the change back a fixed time of day comes once.
#[derive(Clone, Debug)]
pub(crate) struct CronLine {
    cron: Cron,
    zone: Tz,
}

impl CronLine {
    /// # Errors
    /// What is wrong with the line or the zone, for the person who typed it. `now` serves to tell lines that never
    /// come, such as the 31st of February.
    pub(crate) fn parse(cron: &str, zone: &str, now: DateTime<Utc>) -> Result<Self, String> {
        let fields = cron.split_whitespace().count();
        if fields != 5 && !cron.trim_start().starts_with('@') {
            return Err(format!(
                "\"{cron}\" has {fields} instead of five fields: minute, hour, day of the month, month, day of the week; \
                 such as \"10 3 * * *\" for ten past three each night"
            ));
        }
        let zone: Tz = zone.trim().parse().map_err(|_| {
            format!("\"{zone}\" is no time zone; name one such as UTC or Europe/Berlin")
        })?;
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(cron)
            .map_err(|error| format!("\"{cron}\" is no cron line: {error}"))?;
        let line = Self { cron, zone };
        match line.next_after(now) {
            Some(_) => Ok(line),
            None => Err(format!("\"{}\" never comes", line.cron.as_str())),
        }
    }

    /// The first tick after a moment; none when there is none in sight.
    pub(crate) fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.cron
            .find_next_occurrence(&moment.with_timezone(&self.zone), false)
            .ok()
            .map(|next| next.with_timezone(&Utc))
    }

    /// The next ticks, at most `n`.
    pub(crate) fn next_times(&self, now: DateTime<Utc>, n: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(now), |last| self.next_after(*last))
            .take(n)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn ticks_follow_the_line_and_the_zone() {
        for (cron, zone, now, expected) in [
            (
                "10 3 * * *",
                "UTC",
                "2026-11-21T03:09:59Z",
                "2026-11-21T03:10:00Z",
            ),
            (
                "10 3 * * *",
                "UTC",
                "2026-11-21T03:10:00Z",
                "2026-11-22T03:10:00Z",
            ),
            (
                "10 3 * * *",
                "Europe/Berlin",
                "2026-11-21T00:00:00Z",
                "2026-11-21T02:10:00Z",
            ),
            (
                "*/15 * * * *",
                "UTC",
                "2026-11-21T03:50:00Z",
                "2026-11-21T04:00:00Z",
            ),
            (
                "0 9 * * MON-FRI",
                "America/New_York",
                "2026-11-21T12:00:00Z",
                "2026-11-23T14:00:00Z",
            ),
            (
                "@daily",
                "UTC",
                "2026-11-21T12:00:00Z",
                "2026-11-22T00:00:00Z",
            ),
            // Half past two does not exist on this night.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2026-03-29T00:00:00Z",
                "2026-03-29T01:00:00Z",
            ),
        ] {
            let line = CronLine::parse(cron, zone, at(now)).unwrap();
            assert_eq!(
                line.next_after(at(now)),
                Some(at(expected)),
                "{cron} {zone} {now}"
            );
        }
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_is_one_tick() {
        let now = at("2026-10-24T12:00:00Z");
        let line = CronLine::parse("30 2 * * *", "Europe/Berlin", now).unwrap();
        assert_eq!(
            line.next_times(now, 2),
            [at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z")]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let now = at("2026-11-21T03:00:00Z");
        for (cron, zone, expected) in [
            ("", "UTC", "has 0 instead of five fields"),
            ("0 0 3 * * *", "UTC", "has 6 instead of five fields"),
            ("61 3 * * *", "UTC", "is no cron line"),
            ("a b c d e", "UTC", "is no cron line"),
            ("0 0 31 2 *", "UTC", "never comes"),
            ("10 3 * * *", "Europe/Atlantis", "is no time zone"),
        ] {
            let error = CronLine::parse(cron, zone, now).unwrap_err();
            assert!(error.contains(expected), "{cron}: {error}");
        }
    }
}
