//! The time that a page looks at, to the query string and back.

use chrono::NaiveDate;
use domain::{model::trends::TimeRange, span::Span};

use super::{
    Params,
    lists::{Reader, parsed, unread},
};

const TREND_READERS: [Reader; 3] = [
    ("range", |text| text.parse::<Span>().is_ok()),
    ("from", |text| text.parse::<NaiveDate>().is_ok()),
    ("until", |text| text.parse::<NaiveDate>().is_ok()),
];

pub fn unread_of_trends(params: &Params) -> Option<String> {
    unread(params, &TREND_READERS)
}

/// Days where one is named, the other end being the same day; else the last week or what the URL says.
pub fn time_range(params: &Params) -> TimeRange {
    let (from, until) = (parsed(params, "from"), parsed(params, "until"));
    if let Some(day) = from.or(until) {
        return TimeRange::Days(day, until.unwrap_or(day));
    }
    TimeRange::Last(parsed(params, "range").unwrap_or(Span::WEEK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(path: &str) -> Params {
        Params::parse(path.split_once('?').map_or("", |(_, query)| query))
    }

    #[test]
    fn times_are_read_from_the_url() {
        let of = |path| time_range(&params(path));
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        for (path, range) in [
            ("/trends", TimeRange::Last(Span::WEEK)),
            ("/trends?range=soon", TimeRange::Last(Span::WEEK)),
            ("/trends?range=24h", TimeRange::Last("1d".parse().unwrap())),
            (
                "/trends?from=2026-03-02&range=24h",
                TimeRange::Days(day(2), day(2)),
            ),
            ("/trends?until=2026-03-02", TimeRange::Days(day(2), day(2))),
            (
                "/trends?from=2026-03-02&until=2026-03-05",
                TimeRange::Days(day(2), day(5)),
            ),
        ] {
            assert_eq!(of(path), range, "{path}");
        }
        assert!(unread_of_trends(&params("/trends?range=soon")).is_some());
    }
}
