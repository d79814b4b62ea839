//! The chain from an import file to the last thing made of one of its lines, as a graph.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Import,
    Intake,
    Company,
    Slot,
    Contact,
    Person,
    Verification,
    Event,
}

impl NodeKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Intake => "intake",
            Self::Company => "company",
            Self::Slot => "slot",
            Self::Contact => "contact",
            Self::Person => "person",
            Self::Verification => "verification",
            Self::Event => "event",
        }
    }
}

/// A record or an event. Its key is `KIND:ID`, which leads here again when a lineage is asked for it; not that of a file,
/// of which many companies come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineageNode {
    pub key: String,
    pub kind: NodeKind,
    pub id: String,
    pub title: String,
    /// Keys of the nodes that it was made from.
    pub input: Vec<String>,
    /// Keys of the nodes that were made from it.
    pub output: Vec<String>,
    /// State of an event, verdict or state of a row.
    pub status: Option<String>,
    /// What is worth knowing of it, label and value.
    pub facts: Vec<(String, String)>,
    /// How often an event was tried; absent in rows.
    pub attempts: Option<i64>,
    pub at: Option<DateTime<Utc>>,
    /// When an event was done with, or a row got its verdict.
    pub done_at: Option<DateTime<Utc>>,
    /// Time that the attempts took, together.
    pub duration_seconds: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    pub correlation_id: String,
    /// Key of the node that was asked for.
    pub asked: String,
    /// Every node after those that it was made from.
    pub nodes: Vec<LineageNode>,
    /// True when there are more events than are shown.
    pub truncated: bool,
}

impl Lineage {
    pub fn node(&self, key: &str) -> Option<&LineageNode> {
        self.nodes.iter().find(|node| node.key == key)
    }

    /// From the node that was asked for back to where it came from, step by step.
    pub fn back(&self) -> Vec<&LineageNode> {
        let mut path: Vec<&LineageNode> = Vec::new();
        let mut next = self.node(&self.asked);
        while let Some(node) = next {
            // Repeats of repeats by hand might lead in a circle.
            if path.iter().any(|passed| passed.key == node.key) {
                break;
            }
            path.push(node);
            next = node.input.first().and_then(|key| self.node(key));
        }
        path
    }
}
