//! Tables for people, in columns as wide as what stands in them.

use chrono::{DateTime, Utc};

/// Prints a heading and rows; a cell that is longer than its column's limit ends in `…`. A limit of 0 is none.
pub(super) fn print<const N: usize>(columns: [(&str, usize); N], rows: &[[String; N]]) {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| {
            let mut cells = row.clone();
            for (cell, (_, limit)) in cells.iter_mut().zip(columns) {
                *cell = shortened(&plain(cell), limit);
            }
            cells
        })
        .collect();
    let titles = columns.map(|(title, _)| title.to_owned());
    let mut widths = [0; N];
    for row in std::iter::once(&titles).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in std::iter::once(&titles).chain(&rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

/// What a file or a provider wrote must not steer the terminal: control characters become blanks.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Day and time in UTC, to the second.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn shortened(text: &str, limit: usize) -> String {
    if limit == 0 || text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut start: String = text.chars().take(limit - 1).collect();
    start.push('…');
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_and_harmless() {
        assert_eq!(shortened("Zürich", 6), "Zürich");
        assert_eq!(shortened("Zürich AG", 6), "Züric…");
        assert_eq!(shortened("Zürich AG", 0), "Zürich AG");
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a [31mb c");
    }
}
