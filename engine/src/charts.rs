//! Charts drawn on the server. Colours are CSS variables, so that one picture serves light and dark.

use charts_rs::{BarChart, Color, Series};
use domain::model::overview::DailyThroughput;

/// Colours that the chart is drawn with and the variables that they become.
const COLOURS: [(&str, &str); 4] = [
    ("#010203", "var(--enrichment-c)"),
    ("#040506", "var(--err)"),
    ("#070809", "var(--muted)"),
    ("#0A0B0C", "var(--line)"),
];

/// Events per day as stacked bars, oldest first; empty text when there is no day.
pub(crate) fn throughput(days: &[DailyThroughput]) -> String {
    if days.is_empty() {
        return String::new();
    }
    let oldest_first = || days.iter().rev();
    let labels = oldest_first()
        .map(|day| day.date.format("%-d %b").to_string())
        .collect();
    let values = |pick: fn(&DailyThroughput) -> i64| {
        oldest_first()
            .map(|day| pick(day) as f32)
            .collect::<Vec<_>>()
    };
    let series: Vec<Series> = vec![
        ("Processed", values(|day| day.processed_events)).into(),
        ("Failed", values(|day| day.failed_events)).into(),
        ("Waiting", values(|day| day.pending_events)).into(),
    ];
    let mut chart = BarChart::new(series.into_iter().map(stacked).collect(), labels);
    chart.width = 640.0;
    chart.height = 200.0;
    chart.font_family = "Inter".to_owned();
    chart.background_color = Color::transparent();
    chart.series.colors = COLOURS[..3]
        .iter()
        .map(|(colour, _)| (*colour).into())
        .collect();
    chart.legend.font.color = COLOURS[2].0.into();
    chart.x_axis.font.color = COLOURS[2].0.into();
    chart.x_axis.stroke_color = COLOURS[3].0.into();
    chart.grid.stroke_color = COLOURS[3].0.into();
    for axis in &mut chart.y_axis_configs {
        axis.font.color = COLOURS[2].0.into();
    }
    match chart.svg() {
        Ok(svg) => COLOURS.iter().fold(svg, |svg, (colour, variable)| {
            svg.replace(colour, variable)
                .replace(&colour.to_lowercase(), variable)
        }),
        Err(error) => {
            tracing::error!(%error, "the throughput chart was not drawn");
            String::new()
        }
    }
}

fn stacked(mut series: Series) -> Series {
    series.stack = Some("events".to_owned());
    series
}
