//! Figures and times as people read them.

use chrono::{DateTime, Utc};

/// A count with grouping commas: `12,480`.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Percent, 0 to 100, with one decimal unless it is whole: `1.7 %`, `88 %`.
pub fn percent(percent: f64) -> String {
    // A share that is not nothing never reads as nothing, nor one that is not all as all.
    match percent {
        p if p > 0.0 && p < 0.05 => "< 0.1 %".to_string(),
        p if p > 99.95 && p < 100.0 => "> 99.9 %".to_string(),
        p => format!("{} %", one_decimal(p)),
    }
}

/// Seconds in the unit that reads best: `2 ms`, `0.8 s`, `3 min`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 0.001 => "< 1 ms".to_string(),
        s if s < 0.0995 => format!("{:.0} ms", s * 1000.0),
        s if s < 59.95 => format!("{} s", one_decimal(s)),
        s => age(s / 60.0),
    }
}

/// Seconds as far as an estimate of them can be trusted: `less than a minute`, `about 12 min`, `about 2 h 10 min`.
pub fn about(seconds: f64) -> String {
    let minutes = seconds.max(0.0) / 60.0;
    let step = match minutes {
        m if m < 1.0 => return "less than a minute".to_string(),
        m if m < 59.5 => 1.0,
        m if m < 23.5 * 60.0 => 10.0,
        _ => 60.0,
    };
    format!("about {}", age((minutes / step).round() * step))
}

/// Minutes as an age: `< 1 min`, `11 min`, `2 h 5 min`, `3 d 4 h`.
pub fn age(minutes: f64) -> String {
    let seconds = minutes.max(0.0) * 60.0;
    if seconds < 1.0 {
        return "0 s".to_string();
    }
    if seconds < 60.0 {
        return format!("{:.0} s", seconds.floor());
    }
    let whole = minutes as i64;
    match (whole / 1440, whole / 60 % 24, whole % 60) {
        (0, 0, min) => format!("{min} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, min) => format!("{h} h {min} min"),
        (d, 0, _) => format!("{} d", count(d)),
        (d, h, _) if d < 10 => format!("{d} d {h} h"),
        (d, _, _) => format!("{} d", count(d)),
    }
}

/// A size in decimal units: `512 B`, `13.8 MB`, `1 GB`.
pub fn bytes(n: i64) -> String {
    let mut size = n.max(0) as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 999.5 {
            return format!("{} {unit}", one_decimal(size));
        }
        size /= 1000.0;
    }
    format!("{} TB", one_decimal(size))
}

/// How long before `now` something was: `just now`, `5 min ago`; what lies ahead reads `in 5 min`.
pub fn relative(now: DateTime<Utc>, then: DateTime<Utc>) -> String {
    let seconds = (now - then).num_milliseconds() as f64 / 1000.0;
    match seconds {
        s if s.abs() < 5.0 => "just now".to_string(),
        s if s < 0.0 => format!("in {}", age(-s / 60.0)),
        s => format!("{} ago", age(s / 60.0)),
    }
}

fn one_decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_string(),
        Some(whole) => whole.to_string(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn counts() {
        let table = [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (12_480, "12,480"),
            (1_000_000, "1,000,000"),
            (-1_234, "-1,234"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ];
        for (n, expected) in table {
            assert_eq!(count(n), expected);
        }
    }

    #[test]
    fn shares() {
        let table = [
            (0.0, "0 %"),
            (0.01, "< 0.1 %"),
            (1.7, "1.7 %"),
            (5.04, "5 %"),
            (88.0, "88 %"),
            (99.99, "> 99.9 %"),
            (100.0, "100 %"),
            (-0.01, "0 %"),
        ];
        for (share, expected) in table {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn durations() {
        let table = [
            (0.0, "< 1 ms"),
            (-3.0, "< 1 ms"),
            (0.0004, "< 1 ms"),
            (0.002, "2 ms"),
            (0.0994, "99 ms"),
            (0.1, "0.1 s"),
            (0.8, "0.8 s"),
            (1.94, "1.9 s"),
            (59.9, "59.9 s"),
            (59.99, "59 s"),
            (60.0, "1 min"),
            (180.0, "3 min"),
            (7_500.0, "2 h 5 min"),
        ];
        for (seconds, expected) in table {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn estimates() {
        let table = [
            (-1.0, "less than a minute"),
            (59.0, "less than a minute"),
            (61.0, "about 1 min"),
            (700.0, "about 12 min"),
            (3_580.0, "about 1 h"),
            (7_700.0, "about 2 h 10 min"),
            (100_000.0, "about 1 d 4 h"),
        ];
        for (seconds, expected) in table {
            assert_eq!(about(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn ages() {
        let table = [
            (0.0, "0 s"),
            (0.07, "4 s"),
            (0.99, "59 s"),
            (1.0, "1 min"),
            (11.4, "11 min"),
            (60.0, "1 h"),
            (125.0, "2 h 5 min"),
            (1_440.0, "1 d"),
            (4_560.0, "3 d 4 h"),
            (20_000.0, "13 d"),
            (-5.0, "0 s"),
        ];
        for (minutes, expected) in table {
            assert_eq!(age(minutes), expected, "{minutes}");
        }
    }

    #[test]
    fn sizes() {
        let table = [
            (0, "0 B"),
            (512, "512 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (13_800_000, "13.8 MB"),
            (999_999_999, "1 GB"),
            (5_000_000_000_000, "5 TB"),
            (-1, "0 B"),
        ];
        for (n, expected) in table {
            assert_eq!(bytes(n), expected);
        }
    }

    #[test]
    fn times() {
        let now = DateTime::from_timestamp(1_763_649_127, 0).unwrap();
        let table = [
            (0, "just now"),
            (4, "just now"),
            (-4, "just now"),
            (30, "30 s ago"),
            (300, "5 min ago"),
            (-300, "in 5 min"),
            (90_000, "1 d 1 h ago"),
        ];
        for (seconds, expected) in table {
            assert_eq!(relative(now, now - TimeDelta::seconds(seconds)), expected);
        }
    }
}
