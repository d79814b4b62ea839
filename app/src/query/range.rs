//! The time that a page looks at, to the query string and back.

use domain::{model::trends::TimeRange, span::Span};

use super::{
    Params,
    lists::{FROM, Reader, UNTIL, moment, parsed, unread},
};

const TREND_READERS: [Reader; 3] = [("range", |text| text.parse::<Span>().is_ok()), FROM, UNTIL];

pub fn unread_of_trends(params: &Params) -> Option<String> {
    unread(params, &TREND_READERS)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::params;

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
        assert!(unread_of_trends(&params("/trends?range=soon")).is_some());
    }
}
