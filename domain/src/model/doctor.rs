//! What an examination of the database found.

use serde::{Deserialize, Serialize};

/// How bad a finding is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Damage, or what the system's guarantees exclude.
    Fault,
    /// Waits for a person.
    Warning,
    /// Something to know; nothing to do.
    Information,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Fault, Self::Warning, Self::Information];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == name)
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// Name of the check, such as `stale_leases`.
    pub check: String,
    /// What is the matter with the record, for people.
    pub what: String,
    /// The row, such as "event 17".
    pub record: String,
    /// What to do about it.
    pub advice: String,
}

/// All checks and what they found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// Names of the checks that were made, in their order.
    pub checks: Vec<String>,
    /// By severity, then in the order of the checks.
    pub findings: Vec<Finding>,
}

impl Examination {
    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
