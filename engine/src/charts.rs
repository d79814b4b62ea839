//! Charts drawn on the server. Colours are CSS variables, so that one picture serves light and dark.

use charts_rs::{
    BarChart, ChartBase, Color, HorizontalBarChart, LegendCategory, LineChart, NIL_VALUE, Series,
    YAxisConfig,
};
use chrono::NaiveDate;
use domain::{
    model::{
        overview::{DailyThroughput, StripStep},
        trends::{Bucket, DepthAt, RunsAt, TrendCharts, WorkflowTrend},
    },
    stage::StageName,
};

/// Colours that the chart is drawn with and the variables that they become.
const COLOURS: [(&str, &str); 6] = [
    ("#010203", "var(--enrichment-c)"),
    ("#040506", "var(--err)"),
    ("#070809", "var(--muted)"),
    ("#0A0B0C", "var(--line)"),
    ("#0D0E0F", "var(--warning-c)"),
    // What the points of lines are filled with.
    ("#FFFFFF", "var(--surface)"),
];
const MAIN: usize = 0;
const BAD: usize = 1;
const TEXT: usize = 2;
const LINE: usize = 3;
const WARNING: usize = 4;

/// Days on the chart, as many as `v_daily_throughput` tells of.
const DAYS: usize = 30;
/// Class, width and height. A picture is scaled to the page, its letters with it: one for desks and one for phones, the
/// style sheet shows one.
type Sizes = [(&'static str, f32, f32); 2];
const SIZES: Sizes = [("chart-wide", 760.0, 220.0), ("chart-narrow", 360.0, 200.0)];
/// As wide as a page.
const WHOLE: Sizes = [("chart-wide", 1080.0, 240.0), SIZES[1]];
/// Half as wide as a page.
const HALF: f32 = 460.0;
/// Height of a bar that lies, with the space around it.
const LYING: f32 = 26.0;

/// A name, its values and its colour.
type Values = (&'static str, Vec<f32>, usize);

/// Events of the last 30 days as stacked bars, in two sizes; empty text when there was none.
pub(crate) fn throughput(days: &[DailyThroughput], today: NaiveDate) -> String {
    if days.is_empty() {
        return String::new();
    }
    let mut days = every_day(days, today);
    days.reverse();
    let labels: Vec<String> = days
        .iter()
        .map(|day| day.date.format("%-d %b").to_string())
        .collect();
    let values =
        |pick: fn(&DailyThroughput) -> i64| days.iter().map(|day| pick(day) as f32).collect();
    standing(
        SIZES,
        &labels,
        &[
            ("Processed", values(|day| day.processed_events), MAIN),
            ("Failed", values(|day| day.failed_events), BAD),
            ("Waiting", values(|day| day.pending_events), TEXT),
        ],
    )
}

/// The charts of a time; each empty where there is nothing to draw.
pub(crate) fn trends(
    runs: &[RunsAt],
    depths: &[DepthAt],
    bucket: Bucket,
    workflows: &[WorkflowTrend],
    funnel: &[StripStep],
) -> TrendCharts {
    let times = times(runs, bucket);
    let of_all = TrendCharts {
        funnel: stages(funnel),
        depths: depth(&times, depths),
        ..TrendCharts::default()
    };
    if workflows.is_empty() {
        return of_all;
    }
    let names: Vec<String> = workflows.iter().map(|one| one.workflow.clone()).collect();
    let of =
        |pick: fn(&WorkflowTrend) -> f64| workflows.iter().map(|one| pick(one) as f32).collect();
    TrendCharts {
        runs: outcomes(WHOLE, runs, bucket),
        error_rates: lying(
            &names,
            &[("Errors and time-outs, %", of(|one| one.error_rate), BAD)],
        ),
        durations: lying(
            &names,
            &[
                (
                    "p50, ms",
                    of(|one| 1_000.0 * one.p50.unwrap_or_default()),
                    MAIN,
                ),
                (
                    "p95, ms",
                    of(|one| 1_000.0 * one.p95.unwrap_or_default()),
                    WARNING,
                ),
            ],
        ),
        ..of_all
    }
}

/// How the runs of a phase ended by the hour, in two sizes; empty text when none did.
pub(crate) fn phase_runs(hours: &[RunsAt]) -> String {
    if hours
        .iter()
        .all(|runs| runs.ok + runs.errors + runs.timeouts == 0)
    {
        return String::new();
    }
    outcomes(SIZES, hours, Bucket::Hour)
}

fn outcomes(sizes: Sizes, runs: &[RunsAt], bucket: Bucket) -> String {
    let values = |pick: fn(&RunsAt) -> i64| runs.iter().map(|runs| pick(runs) as f32).collect();
    standing(
        sizes,
        &times(runs, bucket),
        &[
            ("OK", values(|runs| runs.ok), MAIN),
            ("Error", values(|runs| runs.errors), BAD),
            ("Time-out", values(|runs| runs.timeouts), WARNING),
        ],
    )
}

fn times(runs: &[RunsAt], bucket: Bucket) -> Vec<String> {
    let form = match bucket {
        Bucket::Hour => "%H:00",
        Bucket::Day => "%-d %b",
    };
    runs.iter()
        .map(|runs| runs.at.format(form).to_string())
        .collect()
}

/// How much waited: a line is broken where nobody looked.
fn depth(times: &[String], depths: &[DepthAt]) -> String {
    if depths.iter().all(|depth| depth.most.is_none()) {
        return String::new();
    }
    let values = |pick: fn(&DepthAt) -> Option<f64>| {
        let value = |depth: &DepthAt| pick(depth).map_or(NIL_VALUE, |value| value as f32);
        depths.iter().map(value).collect()
    };
    let lines: [Values; 2] = [
        (
            "Most",
            values(|depth| depth.most.map(|most| most as f64)),
            WARNING,
        ),
        ("Average", values(|depth| depth.average), MAIN),
    ];
    in_sizes(WHOLE, |width, height| {
        let series = lines
            .iter()
            .map(|(name, values, _)| (*name, values.clone()).into());
        let mut chart = LineChart::new(series.collect(), times.to_vec());
        dress(&mut chart.base, &lines, (width, height));
        let highest = highest(lines.iter().flat_map(|(_, values, _)| values));
        dress_axis(&mut chart.y_axis_configs, Ticks::of_counts(highest));
        chart.svg()
    })
}

fn stages(funnel: &[StripStep]) -> String {
    if funnel.iter().all(|step| step.done == 0) {
        return String::new();
    }
    let names: Vec<String> = funnel
        .iter()
        .map(|step| step.stage.map_or("Import", StageName::title).to_owned())
        .collect();
    let done = funnel.iter().map(|step| step.done as f32).collect();
    lying(&names, &[("Came so far", done, MAIN)])
}

/// Stacked bars over time, in two sizes.
fn standing(sizes: Sizes, labels: &[String], values: &[Values]) -> String {
    in_sizes(sizes, |width, height| {
        let series = values.iter().map(|(name, values, _)| {
            let mut series: Series = (*name, values.clone()).into();
            series.stack = Some("all".to_owned());
            series
        });
        let mut chart = BarChart::new(series.collect(), labels.to_vec());
        dress(&mut chart.base, values, (width, height));
        let sum = |at| values.iter().map(|(_, values, _)| values[at]).sum::<f32>();
        let sums: Vec<f32> = (0..labels.len()).map(sum).collect();
        dress_axis(&mut chart.y_axis_configs, Ticks::of_counts(highest(&sums)));
        chart.svg()
    })
}

/// A bar for each name from the top, side by side where there are several values, in two sizes.
fn lying(names: &[String], values: &[Values]) -> String {
    let names: Vec<String> = names.iter().rev().cloned().collect();
    let height = 60.0 + names.len() as f32 * LYING * (0.5 + 0.5 * values.len() as f32);
    let sizes = [
        ("chart-wide", HALF, height),
        ("chart-narrow", 360.0, height),
    ];
    in_sizes(sizes, |width, height| {
        // Drawn from below.
        let series = values.iter().map(|(name, values, _)| {
            let values: Vec<f32> = values.iter().rev().copied().collect();
            (*name, values).into()
        });
        let mut chart = HorizontalBarChart::new(series.collect(), names.clone());
        // The last figure of the axis is written around the end of its line.
        chart.margin.right += 16.0;
        dress(&mut chart.base, values, (width, height));
        let highest = highest(values.iter().flat_map(|(_, values, _)| values));
        dress_axis(&mut chart.y_axis_configs, Ticks::up_to(highest, false));
        chart.svg()
    })
}

fn dress(chart: &mut ChartBase, values: &[Values], (width, height): (f32, f32)) {
    (chart.width, chart.height) = (width, height);
    chart.font_family = "Inter".to_owned();
    chart.background_color = Color::transparent();
    chart.series.colors = values
        .iter()
        .map(|(_, _, colour)| COLOURS[*colour].0.into())
        .collect();
    chart.legend.category = LegendCategory::Rect;
    chart.legend.font.color = COLOURS[TEXT].0.into();
    chart.legend.font.size = 12.0;
    chart.x_axis.font.color = COLOURS[TEXT].0.into();
    chart.x_axis.font.size = 12.0;
    chart.x_axis.stroke_color = COLOURS[LINE].0.into();
    chart.grid.stroke_color = COLOURS[LINE].0.into();
}

fn dress_axis(axes: &mut [YAxisConfig], ticks: Ticks) {
    for axis in axes {
        axis.font.color = COLOURS[TEXT].0.into();
        axis.font.size = 12.0;
        axis.max = Some(ticks.top);
        axis.split_number = ticks.steps;
    }
}

fn highest<'a>(values: impl IntoIterator<Item = &'a f32>) -> f32 {
    let known = values.into_iter().filter(|value| **value != NIL_VALUE);
    known.fold(0.0, |highest, value| highest.max(*value))
}

/// The figures along an axis that begins with 0: steps of 1, 2, 2.5 or 5 times a power of ten, as people count.
#[derive(Debug, PartialEq)]
struct Ticks {
    top: f32,
    steps: usize,
}

impl Ticks {
    /// Without parts of one.
    fn of_counts(highest: f32) -> Self {
        Self::up_to(highest, true)
    }

    /// Five or fewer steps, the last at `highest` or above it.
    fn up_to(highest: f32, whole: bool) -> Self {
        if highest <= 0.0 {
            return Self { top: 1.0, steps: 1 };
        }
        let least = highest / 5.0;
        let power = 10_f32.powi(least.log10().floor() as i32);
        let mut steps = [1.0, 2.0, 2.5, 5.0, 10.0]
            .map(|step| step * power)
            .into_iter();
        let step = steps.find(|step| *step >= least && (!whole || step.fract() == 0.0));
        let step = step.unwrap_or(1.0);
        let steps = (highest / step).ceil();
        Self {
            top: step * steps,
            steps: steps as usize,
        }
    }
}

fn in_sizes<E: std::fmt::Display>(
    sizes: Sizes,
    draw: impl Fn(f32, f32) -> Result<String, E>,
) -> String {
    let pictures = sizes.map(|(class, width, height)| match draw(width, height) {
        Ok(svg) => {
            let svg = COLOURS.iter().fold(svg, |svg, (colour, variable)| {
                svg.replace(colour, variable)
                    .replace(&colour.to_lowercase(), variable)
            });
            format!("<div class=\"{class}\">{svg}</div>")
        }
        Err(error) => {
            tracing::error!(%error, "a chart was not drawn");
            String::new()
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_figures_as_people_count() {
        let ticks = |top, steps| Ticks { top, steps };
        for (highest, expected) in [
            (0.0, ticks(1.0, 1)),
            (1.0, ticks(1.0, 1)),
            (4.0, ticks(4.0, 4)),
            (7.0, ticks(8.0, 4)),
            (0.4, ticks(1.0, 1)),
            (12.0, ticks(15.0, 3)),
            (49_863.0, ticks(50_000.0, 5)),
            (50_001.0, ticks(60_000.0, 3)),
            (62_000.0, ticks(80_000.0, 4)),
        ] {
            assert_eq!(Ticks::of_counts(highest), expected, "{highest}");
        }
        let Ticks { top, steps } = Ticks::up_to(0.83, false);
        assert!((top - 1.0).abs() < 1e-6 && steps == 5, "{top} {steps}");
    }

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

    #[test]
    fn every_workflow_and_time_of_a_trend_is_drawn() {
        let runs = |hour: i64| RunsAt {
            at: chrono::DateTime::from_timestamp(hour * 3_600, 0).unwrap(),
            ok: 9,
            errors: 1,
            timeouts: hour,
        };
        let workflow = |name: &str| WorkflowTrend {
            workflow: name.into(),
            phase: None,
            runs: 10,
            errors: 1,
            error_rate: 10.0,
            average: Some(0.5),
            p50: Some(0.4),
            p95: Some(0.9),
        };
        let depth = |hour: i64, most| DepthAt {
            at: runs(hour).at,
            most,
            average: most.map(|most| most as f64 / 2.0),
        };
        let all = trends(
            &[runs(5), runs(6)],
            &[depth(5, None), depth(6, Some(40))],
            Bucket::Hour,
            &[workflow("WF_Validate_Company"), workflow("PLE Scoring")],
            &[],
        );
        for svg in [&all.runs, &all.error_rates, &all.durations, &all.depths] {
            assert_eq!(svg.matches("<svg").count(), 2);
            assert!(!svg.contains('#'), "a colour without a variable: {svg}");
        }
        assert!(all.runs.contains("05:00") && all.durations.contains("PLE Scoring"));
        assert_eq!(all.funnel, "");
        let none = RunsAt {
            ok: 0,
            errors: 0,
            timeouts: 0,
            ..runs(5)
        };
        assert_eq!(phase_runs(&[none, none]), "");
        let of_phase = phase_runs(&[none, runs(6)]);
        assert!(of_phase.contains("Time-out") && of_phase.contains("06:00"));
        assert_eq!(
            trends(&[runs(5)], &[depth(5, None)], Bucket::Day, &[], &[]),
            TrendCharts::default()
        );
    }
}
