//! What this server shows beside its work, known at the first paint and to every component without waiting.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// In the context of a page when its server shows the style guide: in the demo, and when it is built for development.
#[derive(Clone, Copy, Debug)]
pub struct StyleGuide;

/// In the context of a page whose server invents people and addresses.
#[derive(Clone, Copy, Debug)]
pub struct Demo;

/// In the context of a page when people may come from a provider of OpenID Connect: what the button there says.
#[derive(Clone, Debug)]
pub struct ProviderLabel(pub String);

/// In the context of the page at which a sign-in came to nothing: why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub title: String,
    pub detail: String,
}

#[derive(Clone)]
struct Mode {
    style_guide: bool,
    demo: bool,
    provider: Option<String>,
    refused: Option<Refused>,
}

/// Reads what the server put into the context, and hands the same to the browser.
pub(crate) fn provide() {
    let style_guide = SharedValue::new(|| use_context::<StyleGuide>().is_some());
    let demo = SharedValue::new(|| use_context::<Demo>().is_some());
    let provider =
        SharedValue::new(|| use_context::<ProviderLabel>().map(|ProviderLabel(label)| label));
    let refused = SharedValue::new(use_context::<Refused>);
    provide_context(Mode {
        style_guide: style_guide.into_inner(),
        demo: demo.into_inner(),
        provider: provider.into_inner(),
        refused: refused.into_inner(),
    });
}

pub(crate) fn has_style_guide() -> bool {
    use_context::<Mode>().is_some_and(|mode| mode.style_guide)
}

pub(crate) fn is_demo() -> bool {
    use_context::<Mode>().is_some_and(|mode| mode.demo)
}

/// What the button says that leads to the provider, where there is one.
pub(crate) fn provider_label() -> Option<String> {
    use_context::<Mode>()?.provider
}

pub(crate) fn refused() -> Option<Refused> {
    use_context::<Mode>()?.refused
}
