//! The part of time that a page looks at, to the query string and back.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::{
    model::{trends::TimeRange, window::Window},
    span::Span,
};

use super::{
    Change, Params,
    lists::{parsed, text},
    readers::Readers,
    write,
};

/// The keys of a list's time in the URL, and of its place in the list.
#[derive(Debug)]
pub struct WindowKeys {
    pub newer: &'static str,
    pub from: &'static str,
    pub until: &'static str,
    pub cursor: &'static str,
}

pub const WINDOW: WindowKeys = WindowKeys {
    newer: "newer",
    from: "from",
    until: "until",
    cursor: "after",
};

/// Of the error console, which stands below other lists.
pub const CONSOLE_WINDOW: WindowKeys = WindowKeys {
    newer: "e_newer",
    from: "e_from",
    until: "e_until",
    cursor: "e_after",
};

pub const TREND_WINDOW: WindowKeys = WindowKeys {
    newer: "range",
    ..WINDOW
};

impl WindowKeys {
    /// What another time changes in the URL: it is up to now, as far back as told, or any at all.
    pub fn up_to_now(&self, newer: Option<&'static str>) -> [Change<'static>; 4] {
        [
            (self.newer, newer),
            (self.from, None),
            (self.until, None),
            (self.cursor, None),
        ]
    }
}

pub static TREND_READERS: Readers = Readers::within(&TREND_WINDOW, &[]);

pub fn window(params: &Params, keys: &WindowKeys) -> Window {
    Window {
        newer_than: parsed(params, keys.newer),
        from: moment(params, keys.from, 0),
        until: moment(params, keys.until, 1),
    }
}

/// A window as it stands in the URL.
pub(super) struct Written {
    keys: &'static WindowKeys,
    values: [Option<String>; 3],
}

impl Written {
    pub(super) fn of(window: Window, keys: &'static WindowKeys) -> Self {
        let values = [
            window.newer_than.map(|span| span.to_string()),
            window.from.map(written),
            window.until.map(written),
        ];
        Self { keys, values }
    }

    /// `path` with the pairs of a filter and the window.
    pub(super) fn path<'a>(
        &'a self,
        path: &str,
        pairs: impl IntoIterator<Item = Change<'a>>,
    ) -> String {
        let keys = [self.keys.newer, self.keys.from, self.keys.until];
        let values = self.values.each_ref().map(Option::as_deref);
        let pairs = pairs.into_iter().chain(keys.into_iter().zip(values));
        write(
            path,
            pairs.filter_map(|(key, value)| value.map(|value| (key, value))),
        )
    }
}

/// From and until where one is named, which may be days in UTC: the last one is whole, and one alone is both. Else the
/// last week or what the URL says.
pub fn time_range(params: &Params) -> TimeRange {
    let from = moment(params, "from", 0).or_else(|| moment(params, "until", 0));
    let until = moment(params, "until", 1).or_else(|| moment(params, "from", 1));
    match from.zip(until) {
        Some((from, until)) => TimeRange::Between(from, until),
        None => TimeRange::Last(parsed(params, "range").unwrap_or(Span::WEEK)),
    }
}

/// A moment as it stands in the URL, to the second.
pub fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A moment, or `days` after the beginning of a day.
fn moment(params: &Params, key: &str, days: u64) -> Option<DateTime<Utc>> {
    moment_of(&text(params, key)?, days)
}

pub(super) fn moment_of(text: &str, days: u64) -> Option<DateTime<Utc>> {
    let day = || {
        let day = text.parse::<NaiveDate>().ok()?;
        day.checked_add_days(Days::new(days))
    };
    let moment = text.parse().ok();
    moment.or_else(|| Some(day()?.and_time(NaiveTime::MIN).and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::params;

    #[test]
    fn windows_survive_the_url() {
        let window_of = |newer: &str, from: &str, until: &str| Window {
            newer_than: newer.parse().ok(),
            from: from.parse().ok(),
            until: until.parse().ok(),
        };
        for keys in [&WINDOW, &CONSOLE_WINDOW] {
            for window in [
                Window::default(),
                window_of("3d", "", ""),
                window_of("", "2026-03-02T13:00:00Z", "2026-03-02T14:30:05Z"),
            ] {
                let path = Written::of(window, keys).path("/x", []);
                assert_eq!(super::window(&params(&path), keys), window, "{path}");
            }
        }
        let days = window(&params("/x?from=2026-03-02&until=2026-03-02"), &WINDOW);
        let day = days.from.zip(days.until).map(|(from, until)| until - from);
        assert_eq!(day.map(|day| day.num_hours()), Some(24));
    }

    #[test]
    fn times_are_read_from_the_url() {
        let of = |path| time_range(&params(path));
        let days = |from, until| {
            let at = |day, hour| {
                format!("2026-03-{day:02}T{hour:02}:00:00Z")
                    .parse()
                    .unwrap()
            };
            TimeRange::Between(at(from, 0), at(until, 0))
        };
        for (path, range) in [
            ("/trends", TimeRange::Last(Span::WEEK)),
            ("/trends?range=soon", TimeRange::Last(Span::WEEK)),
            ("/trends?range=24h", TimeRange::Last("1d".parse().unwrap())),
            ("/trends?from=2026-03-02&range=24h", days(2, 3)),
            ("/trends?until=2026-03-02", days(2, 3)),
            ("/trends?from=2026-03-02&until=2026-03-05", days(2, 6)),
            (
                "/trends?from=2026-03-02T00%3A00%3A00Z&until=2026-03-05T00%3A00%3A00Z",
                days(2, 5),
            ),
            ("/trends?from=2026-03-02&until=soon", days(2, 3)),
        ] {
            assert_eq!(of(path), range, "{path}");
        }
        assert!(
            TREND_READERS
                .unread(&params("/trends?range=soon"))
                .is_some()
        );
    }
}
