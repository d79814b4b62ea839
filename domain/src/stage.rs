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
        match self {
            Self::Validate => "company_created",
            Self::Promote => "company_validated",
            Self::Slots => "company_promoted",
            Self::Enrich => "slots_created",
            Self::Verify => "contact_enriched",
        }
    }

    pub const fn phase(self) -> Phase {
        Phase::Enrichment
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// The stage that works on events of this type; `slot_created` is an alias of `slots_created`.
    pub fn of_event(event_type: &str) -> Option<Self> {
        let event_type = if event_type == "slot_created" {
            "slots_created"
        } else {
            event_type
        };
        Self::ALL
            .into_iter()
            .find(|stage| stage.consumes() == event_type)
    }

    /// The stage behind a workflow name.
    pub fn of_workflow(workflow: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.workflow() == workflow)
    }
}
