//! What this server shows beside its work, known at the first paint and to every component without waiting.

use leptos::prelude::*;

/// In the context of a page when its server shows the style guide: in the demo, and when it is built for development.
#[derive(Clone, Copy, Debug)]
pub struct StyleGuide;

/// In the context of a page whose server invents people and addresses.
#[derive(Clone, Copy, Debug)]
pub struct Demo;

#[derive(Clone, Copy)]
struct Mode {
    style_guide: bool,
    demo: bool,
}

/// Reads what the server put into the context, and hands the same to the browser.
pub(crate) fn provide() {
    let style_guide = SharedValue::new(|| use_context::<StyleGuide>().is_some());
    let demo = SharedValue::new(|| use_context::<Demo>().is_some());
    provide_context(Mode {
        style_guide: style_guide.into_inner(),
        demo: demo.into_inner(),
    });
}

pub(crate) fn has_style_guide() -> bool {
    use_context::<Mode>().is_some_and(|mode| mode.style_guide)
}

pub(crate) fn is_demo() -> bool {
    use_context::<Mode>().is_some_and(|mode| mode.demo)
}
