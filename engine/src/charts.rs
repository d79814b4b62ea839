//! Charts drawn on the server. Colours are CSS variables, so that one picture serves light and dark.

use charts_rs::{BarChart, Color, LegendCategory, Series};
use chrono::NaiveDate;
use domain::model::overview::DailyThroughput;

/// Colours that the chart is drawn with and the variables that they become.
const COLOURS: [(&str, &str); 4] = [
    ("#010203", "var(--enrichment-c)"),
    ("#040506", "var(--err)"),
    ("#070809", "var(--muted)"),
    ("#0A0B0C", "var(--line)"),
];

/// Days on the chart, as many as `v_daily_throughput` tells of.
const DAYS: usize = 30;
/// A picture is scaled to the page, its letters with it: one for desks and one for phones, the style sheet shows one.
const SIZES: [(&str, f32, f32); 2] = [("chart-wide", 760.0, 220.0), ("chart-narrow", 360.0, 200.0)];

/// Events of the last 30 days as stacked bars, in two sizes; empty text when there was none.
pub(crate) fn throughput(days: &[DailyThroughput], today: NaiveDate) -> String {
    if days.is_empty() {
        return String::new();
    }
    let mut days = every_day(days, today);
    days.reverse();
    let pictures = SIZES.map(|(class, width, height)| {
        format!(
            "<div class=\"{class}\">{}</div>",
            draw(&days, width, height)
        )
    });
    pictures.concat()
}

/// Newest first, a day without events as zeros.
fn every_day(days: &[DailyThroughput], today: NaiveDate) -> Vec<DailyThroughput> {
    today
        .iter_days()
        .rev()
        .take(DAYS)
        .map(|date| {
            let found = days.iter().find(|day| day.date == date).cloned();
            found.unwrap_or(DailyThroughput {
                date,
                total_events: 0,
                processed_events: 0,
                failed_events: 0,
                pending_events: 0,
                avg_processing_time_seconds: None,
            })
        })
        .collect()
}

fn draw(days: &[DailyThroughput], width: f32, height: f32) -> String {
    let labels = days
        .iter()
        .map(|day| day.date.format("%-d %b").to_string())
        .collect();
    let values = |pick: fn(&DailyThroughput) -> i64| {
        days.iter().map(|day| pick(day) as f32).collect::<Vec<_>>()
    };
    let series: Vec<Series> = vec![
        ("Processed", values(|day| day.processed_events)).into(),
        ("Failed", values(|day| day.failed_events)).into(),
        ("Waiting", values(|day| day.pending_events)).into(),
    ];
    let mut chart = BarChart::new(series.into_iter().map(stacked).collect(), labels);
    chart.width = width;
    chart.height = height;
    chart.font_family = "Inter".to_owned();
    chart.background_color = Color::transparent();
    chart.series.colors = COLOURS[..3]
        .iter()
        .map(|(colour, _)| (*colour).into())
        .collect();
    chart.legend.category = LegendCategory::Rect;
    chart.legend.font.color = COLOURS[2].0.into();
    chart.legend.font.size = 12.0;
    chart.x_axis.font.color = COLOURS[2].0.into();
    chart.x_axis.font.size = 12.0;
    chart.x_axis.stroke_color = COLOURS[3].0.into();
    chart.grid.stroke_color = COLOURS[3].0.into();
    for axis in &mut chart.y_axis_configs {
        axis.font.color = COLOURS[2].0.into();
        axis.font.size = 12.0;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_events_are_drawn_too() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let day = DailyThroughput {
            date: today.pred_opt().unwrap(),
            total_events: 7,
            processed_events: 5,
            failed_events: 2,
            pending_events: 0,
            avg_processing_time_seconds: None,
        };
        let days = every_day(std::slice::from_ref(&day), today);
        assert_eq!(days.len(), 30);
        assert_eq!((days[0].total_events, days[1].clone()), (0, day.clone()));
        assert_eq!(days[29].date.to_string(), "2026-02-01");

        let svg = throughput(&[day], today);
        assert_eq!(svg.matches("<svg").count(), 2);
        assert!(
            svg.contains("var(--enrichment-c)") && svg.contains("2 Mar"),
            "{svg}"
        );
        assert!(!svg.contains('#'), "a colour without a variable: {svg}");
        assert_eq!(throughput(&[], today), "");
    }
}
