//! The five stages between an imported row and a verified contact.

use serde::{Deserialize, Serialize};

use crate::phase::Phase;

/// A pipeline stage, in the order in which a company passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    Validate,
    Promote,
    Slots,
    Enrich,
    Verify,
}

impl StageName {
    pub const ALL: [Self; 5] = [
        Self::Validate,
        Self::Promote,
        Self::Slots,
        Self::Enrich,
        Self::Verify,
    ];

    /// The name used in URLs and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Promote => "promote",
            Self::Slots => "slots",
            Self::Enrich => "enrich",
            Self::Verify => "verify",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Validate => "Validate",
            Self::Promote => "Promote",
            Self::Slots => "Slots",
            Self::Enrich => "Enrich",
            Self::Verify => "Verify",
        }
    }

    /// The workflow name under which runs are written to `marketing.workflow_stats`.
    pub const fn workflow(self) -> &'static str {
        match self {
            Self::Validate => "WF_Validate_Company",
            Self::Promote => "WF_Promote_Company",
            Self::Slots => "WF_Create_Slots",
            Self::Enrich => "WF_Enrich_Contacts",
            Self::Verify => "WF_Verify_Emails",
        }
    }

    /// The event type that the stage works on.
    pub const fn consumes(self) -> &'static str {
        self.event_types()[0]
    }

    /// The event types that the stage works on, aliases last.
    pub const fn event_types(self) -> &'static [&'static str] {
        match self {
            Self::Validate => &["company_created"],
            Self::Promote => &["company_validated"],
            Self::Slots => &["company_promoted"],
            Self::Enrich => &["slots_created", "slot_created"],
            Self::Verify => &["contact_enriched"],
        }
    }

    /// Every event type that some stage works on.
    pub fn consumed_types() -> impl Iterator<Item = &'static str> {
        Self::ALL
            .into_iter()
            .flat_map(|stage| stage.event_types().iter().copied())
    }

    /// The stage asks somebody outside: without a provider at hand its events wait for a workflow that has one.
    pub const fn calls_out(self) -> bool {
        matches!(self, Self::Enrich | Self::Verify)
    }

    pub const fn phase(self) -> Phase {
        Phase::Enrichment
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// The stage that works on events of this type.
    pub fn of_event(event_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.event_types().contains(&event_type))
    }

    /// The stage behind a workflow name.
    pub fn of_workflow(workflow: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.workflow() == workflow)
    }
}
