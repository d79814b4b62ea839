//! What arms measured, and how they compare round by round.

use std::{collections::BTreeMap, fmt};

/// A line of the table of results.
pub(crate) struct Figure {
    /// The arm's number in docs/benchmarks.md.
    pub(crate) arm: &'static str,
    /// What is compared with what.
    pub(crate) what: String,
    pub(crate) aim: &'static str,
    pub(crate) reached: String,
    /// The absolute values behind it.
    pub(crate) from: String,
}

pub(crate) fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| | What | Aim | Reached | From |\n|---|---|---|---|---|\n");
    for figure in figures {
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            figure.arm, figure.what, figure.aim, figure.reached, figure.from
        );
    }
    text
}

/// The value of each arm in each round.
#[derive(Default)]
pub(crate) struct Rounds(BTreeMap<&'static str, Vec<f64>>);

impl Rounds {
    pub(crate) fn add(&mut self, arm: &'static str, value: f64) {
        self.0.entry(arm).or_default().push(value);
    }

    pub(crate) fn of(&self, arm: &str) -> Spread {
        Spread::of(self.0[arm].clone())
    }

    /// Of the two values of each round.
    pub(crate) fn ratio(&self, ours: &str, theirs: &str) -> Spread {
        Spread::of(
            self.0[ours]
                .iter()
                .zip(&self.0[theirs])
                .map(|(ours, theirs)| ours / theirs)
                .collect(),
        )
    }
}

/// Median, least and most.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self {
            median: quantile(&values, 0.5),
            min: values[0],
            max: values[values.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: f64| match value {
            value if value.abs() >= 100.0 => format!("{value:.0}"),
            value if value.abs() >= 10.0 => format!("{value:.1}"),
            value => format!("{value:.2}"),
        };
        write!(
            f,
            "{} ({} to {})",
            number(self.median),
            number(self.min),
            number(self.max)
        )
    }
}

/// Of sorted values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}
