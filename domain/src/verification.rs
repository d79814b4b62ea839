//! E-mail verification: what a provider's word means for us.

use serde::{Deserialize, Serialize};

/// The outcome in `email_verification.verification_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationStatus {
    Valid,
    Invalid,
    Risky,
    Unknown,
}

impl VerificationStatus {
    pub const ALL: [Self; 4] = [Self::Valid, Self::Invalid, Self::Risky, Self::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Risky => "risky",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Reads a provider's result. Only `ok` counts as valid; what is not known stays unknown.
pub fn map_provider_result(result: &str) -> VerificationStatus {
    match result.trim().to_ascii_lowercase().as_str() {
        "ok" => VerificationStatus::Valid,
        "catch_all" | "accept_all" | "risky" | "role" => VerificationStatus::Risky,
        "invalid" | "disposable" => VerificationStatus::Invalid,
        _ => VerificationStatus::Unknown,
    }
}

/// How good an address with this provider result is, 0 to 100.
pub fn quality(result: &str) -> u8 {
    match result.trim().to_ascii_lowercase().as_str() {
        "ok" | "valid" => 90,
        "catch_all" | "accept_all" => 70,
        "role" | "risky" => 60,
        "disposable" => 20,
        "invalid" => 10,
        _ => 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_mapped_as_specified() {
        let table = [
            ("ok", VerificationStatus::Valid, 90),
            (" OK ", VerificationStatus::Valid, 90),
            ("catch_all", VerificationStatus::Risky, 70),
            ("accept_all", VerificationStatus::Risky, 70),
            ("risky", VerificationStatus::Risky, 60),
            ("role", VerificationStatus::Risky, 60),
            ("invalid", VerificationStatus::Invalid, 10),
            ("disposable", VerificationStatus::Invalid, 20),
            ("unknown", VerificationStatus::Unknown, 40),
            ("reverify", VerificationStatus::Unknown, 40),
            ("", VerificationStatus::Unknown, 40),
        ];
        for (result, status, points) in table {
            assert_eq!(map_provider_result(result), status, "{result}");
            assert_eq!(quality(result), points, "{result}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for status in VerificationStatus::ALL {
            assert_eq!(VerificationStatus::parse(status.name()), Some(status));
        }
        assert_eq!(VerificationStatus::parse("pending"), None);
    }
}
