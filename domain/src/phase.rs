//! The operational phases that the four cards stand for.

use serde::{Deserialize, Serialize};

/// A phase as `v_phase_stats` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Enrichment,
    Intelligence,
    Messaging,
    Delivery,
}

impl Phase {
    pub const ALL: [Self; 4] = [
        Self::Enrichment,
        Self::Intelligence,
        Self::Messaging,
        Self::Delivery,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrichment => "enrichment",
            Self::Intelligence => "intelligence",
            Self::Messaging => "messaging",
            Self::Delivery => "delivery",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Enrichment => "Enrichment",
            Self::Intelligence => "Intelligence",
            Self::Messaging => "Messaging",
            Self::Delivery => "Delivery",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    /// The types of the events that belong to the phase, in the order in which a record meets them, aliases last.
    ///
    /// The news of persons belong to no campaign: they bring up to date whom the intelligence knows in a company.
    pub const fn event_types(self) -> &'static [&'static str] {
        match self {
            Self::Enrichment => &[
                "company_created",
                "company_updated",
                "company_validated",
                "company_promoted",
                "company_master_updated",
                "slots_created",
                "slot_created",
                "slot_updated",
                "contact_created",
                "contact_updated",
                "contact_enriched",
                "email_verified",
                "email_failed",
            ],
            Self::Intelligence => &[
                "person.role_change",
                "person.company_change",
                "person.promotion",
                "person.department_change",
            ],
            Self::Messaging => &[
                "campaign_created",
                "segment_ready",
                "message_personalized",
                "message_queued",
                "message_sent",
                "message_delivered",
            ],
            Self::Delivery => &[
                "email_opened",
                "email_clicked",
                "reply_received",
                "lead_qualified",
                "follow_up_due",
            ],
        }
    }

    /// The event types of all phases. Other programs may write others, which belong to none.
    pub fn every_event_type() -> impl Iterator<Item = &'static str> {
        Self::ALL
            .into_iter()
            .flat_map(|phase| phase.event_types().iter().copied())
    }

    /// The phase to which events of this type belong.
    pub fn of_event(event_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.event_types().contains(&event_type))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::stage::StageName;

    #[test]
    fn every_event_type_is_of_one_phase() {
        for (event_type, phase) in [
            ("company_created", Some(Phase::Enrichment)),
            ("slot_created", Some(Phase::Enrichment)),
            ("email_verified", Some(Phase::Enrichment)),
            ("person.promotion", Some(Phase::Intelligence)),
            ("message_sent", Some(Phase::Messaging)),
            ("reply_received", Some(Phase::Delivery)),
            ("Message_Sent", None),
            ("invoice_paid", None),
            ("", None),
        ] {
            assert_eq!(Phase::of_event(event_type), phase, "{event_type}");
        }
        let all: Vec<_> = Phase::every_event_type().collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_stage_is_of_the_phase_of_its_events() {
        for stage in StageName::ALL {
            for event_type in stage.event_types() {
                assert_eq!(Phase::of_event(event_type), Some(stage.phase()));
            }
        }
    }
}
