//! Small coloured words: states and severities. The word carries the meaning, the colour only helps.

use domain::{
    event::{EventStatus, Severity},
    model::{
        company::CompanyState,
        import::ImportStatus,
        overview::{QUEUE_CRITICAL_MINUTES, QUEUE_WARNING_MINUTES},
    },
};
use leptos::prelude::*;

/// The tone of a badge, a style sheet class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Info,
    Warning,
    Bad,
    Quiet,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "badge ok",
            Self::Info => "badge info",
            Self::Warning => "badge warn",
            Self::Bad => "badge err",
            Self::Quiet => "badge idle",
        }
    }
}

pub(crate) fn badge(tone: Tone, text: impl Into<String>) -> AnyView {
    view! { <span class=tone.class()>{text.into()}</span> }.into_any()
}

pub(crate) fn severity(severity: Severity) -> AnyView {
    let tone = match severity {
        Severity::Warning => Tone::Warning,
        Severity::Error | Severity::Critical => Tone::Bad,
    };
    badge(tone, severity.name())
}

pub(crate) fn event_status(status: EventStatus) -> AnyView {
    let tone = match status {
        EventStatus::Pending | EventStatus::Cancelled => Tone::Quiet,
        EventStatus::Processing => Tone::Info,
        EventStatus::Processed => Tone::Good,
        EventStatus::Failed => Tone::Bad,
    };
    badge(tone, status.name())
}

pub(crate) fn company_state(state: CompanyState) -> AnyView {
    let tone = match state {
        CompanyState::Imported => Tone::Quiet,
        CompanyState::Rejected => Tone::Warning,
        CompanyState::Validated
        | CompanyState::Promoted
        | CompanyState::Slotted
        | CompanyState::Enriched => Tone::Info,
        CompanyState::Verified => Tone::Good,
    };
    badge(tone, state.name())
}

pub(crate) fn import_status(status: ImportStatus) -> AnyView {
    let tone = match status {
        ImportStatus::Uploaded => Tone::Warning,
        ImportStatus::Importing => Tone::Info,
        ImportStatus::Completed => Tone::Good,
        ImportStatus::Failed => Tone::Bad,
        ImportStatus::Cancelled => Tone::Quiet,
    };
    let text = match status {
        ImportStatus::Uploaded => "needs mapping",
        other => other.name(),
    };
    badge(tone, text)
}

/// The state words of verification and enrichment, which come as text.
pub(crate) fn outcome(word: &str) -> AnyView {
    let tone = match word {
        "valid" | "completed" | "ok" | "processed" => Tone::Good,
        "risky" | "unknown" | "warning" | "timeout" => Tone::Warning,
        "invalid" | "failed" | "error" | "critical" => Tone::Bad,
        "processing" => Tone::Info,
        _ => Tone::Quiet,
    };
    badge(tone, word)
}

/// How grave the age of the oldest waiting event is.
pub(crate) fn age_tone(minutes: Option<f64>) -> Tone {
    match minutes {
        Some(minutes) if minutes > QUEUE_CRITICAL_MINUTES => Tone::Bad,
        Some(minutes) if minutes > QUEUE_WARNING_MINUTES => Tone::Warning,
        _ => Tone::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_marked_past_ten_and_thirty_minutes() {
        let table = [
            (None, Tone::Good),
            (Some(10.0), Tone::Good),
            (Some(10.1), Tone::Warning),
            (Some(30.0), Tone::Warning),
            (Some(30.1), Tone::Bad),
        ];
        for (minutes, expected) in table {
            assert_eq!(age_tone(minutes), expected, "{minutes:?}");
        }
    }
}
