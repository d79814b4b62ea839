//! Choosing a part of a chart's time by dragging over it. For keyboards the fields for days above the charts do the same.

use chrono::{DateTime, Utc};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{parts::filter::use_change, query::written};

/// Pixels below which a press is no choice.
const LEAST: f64 = 6.0;

/// Where the chart is drawn, in pixels of the window.
#[derive(Clone, Copy)]
struct Plot {
    /// Of what surrounds it.
    outer: f64,
    left: f64,
    width: f64,
}

impl Plot {
    /// The longest line of the chart goes from side to side; a picture that is not shown has lines without length.
    fn find(around: &Element) -> Option<Self> {
        let lines = around.query_selector_all("svg line").ok()?;
        let line = |at| lines.item(at)?.dyn_into::<Element>().ok();
        let rects = (0..lines.length()).filter_map(|at| Some(line(at)?.get_bounding_client_rect()));
        let longest = rects.max_by(|a, b| a.width().total_cmp(&b.width()))?;
        (longest.width() > 0.0).then(|| Self {
            outer: around.get_bounding_client_rect().left(),
            left: longest.left(),
            width: longest.width(),
        })
    }

    fn within(self, x: f64) -> f64 {
        x.clamp(self.left, self.left + self.width)
    }
}

/// A drag: where it began and where the pointer is.
#[derive(Clone, Copy)]
struct Drag {
    plot: Plot,
    from: f64,
    to: f64,
}

impl Drag {
    fn ends(self) -> (f64, f64) {
        (self.from.min(self.to), self.from.max(self.to))
    }
}

/// Lets people drag over a chart of which each bar begins at one of `times`, and goes to the chosen part with the
/// parameters `from` and `until`. The last bar ends at `until`.
#[component]
pub(crate) fn Brush(
    times: Vec<DateTime<Utc>>,
    until: DateTime<Utc>,
    children: Children,
) -> impl IntoView {
    let change = use_change();
    let node = NodeRef::<html::Div>::new();
    let drag = RwSignal::new(None::<Drag>);
    let press = move |event: ev::PointerEvent| {
        let Some(node) = node.get().filter(|_| event.button() == 0) else {
            return;
        };
        let x = f64::from(event.client_x());
        if let Some(plot) = Plot::find(&node) {
            let _ = node.set_pointer_capture(event.pointer_id());
            let x = plot.within(x);
            drag.set(Some(Drag {
                plot,
                from: x,
                to: x,
            }));
        }
    };
    let follow = move |event: ev::PointerEvent| {
        if drag.read_untracked().is_some() {
            let x = f64::from(event.client_x());
            drag.update(|drag| {
                if let Some(drag) = drag {
                    drag.to = drag.plot.within(x);
                }
            });
        }
    };
    let release = move |_| {
        let Some(done) = drag.get_untracked() else {
            return;
        };
        drag.set(None);
        let (left, right) = done.ends();
        if right - left < LEAST {
            return;
        }
        let part = |x: f64| (x - done.plot.left) / done.plot.width;
        if let Some((from, until)) = chosen(&times, until, part(left), part(right)) {
            change(&[
                ("from", Some(&written(from))),
                ("until", Some(&written(until))),
                ("range", None),
            ]);
        }
    };
    let shade = move || {
        let drag = drag.get()?;
        let (left, right) = drag.ends();
        let pixels = |n: f64| format!("{n}px");
        Some(view! {
            <div class="brush-shade" style:left=pixels(left - drag.plot.outer) style:width=pixels(right - left)></div>
        })
    };
    view! {
        <div
            class="brush"
            node_ref=node
            on:pointerdown=press
            on:pointermove=follow
            on:pointerup=release
            on:pointercancel=move |_| drag.set(None)
        >
            {children()}
            {shade}
        </div>
    }
}

/// The bars that a choice touches: from the beginning of the first to the end of the last one. Both ends are parts of
/// the whole, from 0 to 1.
fn chosen(
    times: &[DateTime<Utc>],
    until: DateTime<Utc>,
    left: f64,
    right: f64,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let bars = times.len() as f64;
    let first = (left * bars).floor().max(0.0) as usize;
    let after = (right * bars).ceil() as usize;
    let from = *times.get(first.min(times.len().checked_sub(1)?))?;
    Some((from, times.get(after).copied().unwrap_or(until)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_takes_the_bars_that_it_touches() {
        let hour = |n: i64| DateTime::from_timestamp(n * 3_600, 0).unwrap();
        let times: Vec<_> = (0..10).map(hour).collect();
        for (left, right, bars) in [
            (0.0, 1.0, Some((0, 10))),
            (0.21, 0.29, Some((2, 3))),
            (0.2, 0.45, Some((2, 5))),
            (1.0, 1.0, Some((9, 10))),
        ] {
            let expected = bars.map(|(from, until)| (hour(from), hour(until)));
            assert_eq!(chosen(&times, hour(10), left, right), expected);
        }
        assert_eq!(chosen(&[], hour(1), 0.0, 1.0), None);
    }
}
