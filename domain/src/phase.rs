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
}
