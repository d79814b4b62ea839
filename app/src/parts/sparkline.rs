//! Small charts beside a figure: a line over the full width, the highest value at the top.

use leptos::prelude::*;

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 32.0;

/// `text` says what is drawn to those who do not see it.
pub(crate) fn sparkline(values: &[i64], text: String) -> AnyView {
    view! {
        <svg class="sparkline" viewBox="0 0 240 34" preserveAspectRatio="none" role="img" aria-label=text>
            <path d=area(values) class="sparkline-area" />
            <path d=line(values) class="sparkline-line" fill="none" vector-effect="non-scaling-stroke" />
        </svg>
    }
    .into_any()
}

/// The path of the values over the full width, the highest at the top.
fn line(values: &[i64]) -> String {
    let highest = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 * step;
        let y = 1.0 + HEIGHT * (1.0 - *value as f64 / highest);
        path.push_str(&format!(
            "{}{x:.1} {y:.1}",
            if index == 0 { "M" } else { "L" }
        ));
    }
    path
}

fn area(values: &[i64]) -> String {
    format!("{}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z", line(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparklines_span_the_width_and_peak_at_the_top() {
        assert_eq!(line(&[0, 10, 5]), "M0.0 33.0L120.0 1.0L240.0 17.0");
        assert_eq!(line(&[0, 0]), "M0.0 33.0L240.0 33.0");
        assert_eq!(line(&[7]), "M0.0 1.0");
        assert_eq!(line(&[]), "");
    }
}
