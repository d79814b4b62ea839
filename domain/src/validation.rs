//! The first stage's rule: a company needs a name and a website.

/// What validation says of an intake row, ready for its columns `validated` and `validation_notes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub valid: bool,
    pub notes: &'static str,
}

/// Both values must be present and not blank after trimming.
pub fn validate(company: Option<&str>, website: Option<&str>) -> Verdict {
    match (is_given(company), is_given(website)) {
        (true, true) => Verdict {
            valid: true,
            notes: "Passed validation",
        },
        (false, true) => Verdict {
            valid: false,
            notes: "Missing company name",
        },
        (true, false) => Verdict {
            valid: false,
            notes: "Missing website",
        },
        (false, false) => Verdict {
            valid: false,
            notes: "Missing company name and website",
        },
    }
}

fn is_given(value: Option<&str>) -> bool {
    value.is_some_and(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_missing() {
        let table = [
            (
                Some("Acme"),
                Some("https://acme.example"),
                true,
                "Passed validation",
            ),
            (Some(" Acme "), Some("x"), true, "Passed validation"),
            (
                None,
                Some("https://acme.example"),
                false,
                "Missing company name",
            ),
            (
                Some(" \t\u{a0}"),
                Some("https://acme.example"),
                false,
                "Missing company name",
            ),
            (Some("Acme"), None, false, "Missing website"),
            (Some("Acme"), Some("  "), false, "Missing website"),
            (None, Some(""), false, "Missing company name and website"),
            (None, None, false, "Missing company name and website"),
        ];
        for (company, website, valid, notes) in table {
            assert_eq!(
                validate(company, website),
                Verdict { valid, notes },
                "{company:?} {website:?}"
            );
        }
    }
}
