//! Executive slots: three roles at every company, and who fills them.

use serde::{Deserialize, Serialize};

use crate::enrichment::FoundPerson;

/// The role that a slot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutiveRole {
    Ceo,
    Cfo,
    HrDirector,
}

impl ExecutiveRole {
    pub const ALL: [Self; 3] = [Self::Ceo, Self::Cfo, Self::HrDirector];

    /// The slot's place within its company, 1 to 3; it is part of the slot's Barton ID.
    pub const fn position(self) -> u8 {
        match self {
            Self::Ceo => 1,
            Self::Cfo => 2,
            Self::HrDirector => 3,
        }
    }

    /// The text in `company_slots.slot_label`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ceo => "CEO",
            Self::Cfo => "CFO",
            Self::HrDirector => "HR Director",
        }
    }

    /// The role behind a label, whatever its case; the older "HR" is the HR Director.
    pub fn from_label(label: &str) -> Option<Self> {
        let label = label.trim();
        let is = |text: &str| label.eq_ignore_ascii_case(text);
        Self::ALL
            .into_iter()
            .find(|role| is(role.label()))
            .or_else(|| is("HR").then_some(Self::HrDirector))
    }

    /// Whether a person with this title may fill the role's slot.
    pub fn matches_title(self, title: &str) -> bool {
        let title = Title::read(title);
        if title.has_any(&[
            "assistant",
            "former",
            "deputy",
            "advisor",
            "adviser",
            "ex",
            "intern",
        ]) {
            return false;
        }
        match self {
            Self::Ceo => {
                title.has_any(&["ceo", "chief executive", "managing director", "owner"])
                    || (title.has("president") && !title.has("vice president"))
            }
            Self::Cfo => {
                title.has_any(&["cfo", "chief financial", "chief finance"])
                    || (title.has_any(&["finance", "financial"]) && title.leads())
            }
            Self::HrDirector => {
                title.has_any(&["chro", "chief people", "chief human", "chief hr"])
                    || (title.has_any(&["hr", "human resources", "people"]) && title.leads())
            }
        }
    }
}

/// A title as lower-case words, each between single spaces, so that phrases match at word limits only.
struct Title(String);

impl Title {
    fn read(title: &str) -> Self {
        // Dots vanish instead of dividing, so that "C.E.O." reads as "ceo".
        let lower = title.to_lowercase().replace('.', "");
        let mut words = String::from(" ");
        for word in lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            words.push_str(word);
            words.push(' ');
        }
        Self(words)
    }

    fn has(&self, phrase: &str) -> bool {
        self.0.contains(&format!(" {phrase} "))
    }

    fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    /// Whether the title says that its holder leads something.
    fn leads(&self) -> bool {
        self.has_any(&[
            "head",
            "director",
            "vp",
            "svp",
            "evp",
            "vice president",
            "chief",
        ])
    }
}

/// Gives each role at most one of the people, and each person at most one role, in the order of `roles`.
///
/// One provider call brings the people of a whole company. A person whose title fits fewer roles is taken
/// first: with a "CEO & CFO" and a "CEO" at hand, the second becomes the CEO and both slots are filled.
pub fn assign<'a>(
    roles: &[ExecutiveRole],
    people: &'a [FoundPerson],
) -> Vec<Option<&'a FoundPerson>> {
    let breadth = |person: &FoundPerson| {
        roles
            .iter()
            .filter(|role| role.matches_title(&person.title))
            .count()
    };
    let mut free: Vec<&FoundPerson> = people.iter().collect();
    roles
        .iter()
        .map(|role| {
            let (index, _) = free
                .iter()
                .enumerate()
                .filter(|(_, person)| role.matches_title(&person.title))
                .min_by_key(|(_, person)| breadth(person))?;
            Some(free.remove(index))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ExecutiveRole::{Ceo, Cfo, HrDirector};

    use super::*;

    #[test]
    fn labels_and_positions() {
        let table = [
            ("CEO", Ceo, 1),
            ("cfo", Cfo, 2),
            ("HR Director", HrDirector, 3),
            (" hr ", HrDirector, 3),
        ];
        for (label, role, position) in table {
            assert_eq!(ExecutiveRole::from_label(label), Some(role), "{label}");
            assert_eq!(role.position(), position);
        }
        assert_eq!(ExecutiveRole::from_label("Primary Slot"), None);
    }

    #[test]
    fn titles_match_the_roles_they_name() {
        let table: [(&str, &[ExecutiveRole]); 24] = [
            ("Chief Executive Officer", &[Ceo]),
            ("CEO & Founder", &[Ceo]),
            ("Co-founder and C.E.O.", &[Ceo]),
            ("President", &[Ceo]),
            ("Vice President, Sales", &[]),
            ("Managing Director", &[Ceo]),
            ("Chief Financial Officer", &[Cfo]),
            ("VP Finance & CFO", &[Cfo]),
            ("Director of Finance", &[Cfo]),
            ("Head of Finance", &[Cfo]),
            ("Finance Analyst", &[]),
            ("CEO/CFO", &[Ceo, Cfo]),
            ("HR Director", &[HrDirector]),
            ("Head of People", &[HrDirector]),
            ("Chief People Officer", &[HrDirector]),
            ("Vice President Human Resources", &[HrDirector]),
            ("CHRO", &[HrDirector]),
            ("HR Business Partner", &[]),
            ("Assistant to the CEO", &[]),
            ("Former CFO", &[]),
            ("Chief Technology Officer", &[]),
            ("Oceographer", &[]),
            ("", &[]),
            ("首席执行官", &[]),
        ];
        for (title, expected) in table {
            let roles: Vec<_> = ExecutiveRole::ALL
                .into_iter()
                .filter(|r| r.matches_title(title))
                .collect();
            assert_eq!(roles, expected, "{title}");
        }
    }

    #[test]
    fn each_person_fills_one_slot() {
        let table: [(&[&str], [Option<usize>; 3]); 6] = [
            (&["CEO", "CFO", "HR Director"], [Some(0), Some(1), Some(2)]),
            (
                &["Head of People", "CFO", "CEO"],
                [Some(2), Some(1), Some(0)],
            ),
            (&["CEO & CFO", "CEO"], [Some(1), Some(0), None]),
            (&["CEO & CFO"], [Some(0), None, None]),
            (&["CEO", "CEO"], [Some(0), None, None]),
            (&[], [None, None, None]),
        ];
        for (titles, expected) in table {
            let people: Vec<_> = titles
                .iter()
                .enumerate()
                .map(|(n, title)| person(n, title))
                .collect();
            let found = assign(&ExecutiveRole::ALL, &people);
            let names: Vec<_> = found.iter().map(|p| p.map(|p| p.name.clone())).collect();
            assert_eq!(
                names,
                expected.map(|n| n.map(|n| n.to_string())),
                "{titles:?}"
            );
        }
    }

    fn person(number: usize, title: &str) -> FoundPerson {
        let title = title.to_string();
        FoundPerson {
            name: number.to_string(),
            title,
            email: None,
            phone: None,
            linkedin_url: None,
        }
    }
}
