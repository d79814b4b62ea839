//! The sandbox providers' pure half: invented people and answers, the same for the same input on every run.
//!
//! Nothing here can reach anybody: mail domains end in the reserved `.example`, phone numbers are of the range
//! 555-0100 to 555-0199 that is set aside for fiction, profiles are on `linkedin.example`.

use crate::{
    enrichment::FoundPerson,
    hash::{stable_fraction, stable_hash},
};

/// Shares of sandbox answers, each 0 to 1. Together they should stay below 1; the rest is normal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    pub not_found: f64,
    pub failing: f64,
    pub slow: f64,
}

/// How the sandbox provider treats one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Normal,
    /// The provider answers, and knows nobody.
    NotFound,
    /// A normal answer after a delay.
    Slow,
    /// An error, as from a provider that is down.
    Failing,
}

/// Of the failing keys, this share never recovers, so that final failures appear.
const FAILING_FOR_EVER: f64 = 0.1;
/// As many recover only after the attempts that a stage makes by itself, so that a person's retry has something to win.
const FAILING_UNTIL_RETRIED: f64 = 0.1;
const ATTEMPTS_OF_A_STAGE: u64 = 3;
/// The other failing keys fail on their first one or two attempts.
const MOST_PASSING_FAILURES: u64 = 2;
/// One person in twenty-five has no known address, so that verification has something to skip.
const WITHOUT_EMAIL: f64 = 0.04;
/// A host label has at most 63 characters; room is left for the hash of a shortened one.
const LONGEST_LABEL: usize = 50;

/// First names, as shown and as written in an address.
const FIRST_NAMES: [(&str, &str); 32] = [
    ("Aisha", "aisha"),
    ("Alejandro", "alejandro"),
    ("Amara", "amara"),
    ("André", "andre"),
    ("Bronwen", "bronwen"),
    ("Chidi", "chidi"),
    ("Daniel", "daniel"),
    ("Elif", "elif"),
    ("Emma", "emma"),
    ("Fatima", "fatima"),
    ("Giulia", "giulia"),
    ("Hana", "hana"),
    ("Ines", "ines"),
    ("Jamal", "jamal"),
    ("Jörg", "joerg"),
    ("Kavya", "kavya"),
    ("Leilani", "leilani"),
    ("Liam", "liam"),
    ("Mateo", "mateo"),
    ("Mei", "mei"),
    ("Nadia", "nadia"),
    ("Olga", "olga"),
    ("Priya", "priya"),
    ("Ravi", "ravi"),
    ("Renée", "renee"),
    ("Samuel", "samuel"),
    ("Sofía", "sofia"),
    ("Tomasz", "tomasz"),
    ("Tunde", "tunde"),
    ("Wei", "wei"),
    ("Yuki", "yuki"),
    ("Zoë", "zoe"),
];

/// Last names, as shown and as written in an address.
const LAST_NAMES: [(&str, &str); 32] = [
    ("Abebe", "abebe"),
    ("Andersson", "andersson"),
    ("Banerjee", "banerjee"),
    ("Begum", "begum"),
    ("Carter", "carter"),
    ("Castillo", "castillo"),
    ("Chen", "chen"),
    ("Dubois", "dubois"),
    ("Eze", "eze"),
    ("Ferrari", "ferrari"),
    ("García", "garcia"),
    ("Haddad", "haddad"),
    ("Ito", "ito"),
    ("Johnson", "johnson"),
    ("Kamau", "kamau"),
    ("Kaya", "kaya"),
    ("Kowalski", "kowalski"),
    ("Lindqvist", "lindqvist"),
    ("Müller", "mueller"),
    ("Nguyen", "nguyen"),
    ("Novák", "novak"),
    ("O'Brien", "obrien"),
    ("Okafor", "okafor"),
    ("Park", "park"),
    ("Patel", "patel"),
    ("Rossi", "rossi"),
    ("Santos", "santos"),
    ("Silva", "silva"),
    ("Smith", "smith"),
    ("Takahashi", "takahashi"),
    ("Williams", "williams"),
    ("Zhang", "zhang"),
];

/// For each person of a company, the titles that one may hold; they fit the CEO, CFO and HR Director slots.
const TITLES: [[&str; 4]; 3] = [
    [
        "Chief Executive Officer",
        "CEO & Founder",
        "President & CEO",
        "Managing Director",
    ],
    [
        "Chief Financial Officer",
        "VP Finance & CFO",
        "Head of Finance",
        "CFO",
    ],
    [
        "HR Director",
        "Head of People",
        "Chief People Officer",
        "Director of Human Resources",
    ],
];

/// Area codes of the United States and Canada; with 555-01xx behind them they reach nobody.
const AREA_CODES: [u32; 8] = [212, 303, 312, 415, 512, 604, 617, 647];

/// Three invented people of the company at `domain_name`.
pub fn people(domain_name: &str) -> Vec<FoundPerson> {
    let label = mail_label(domain_name);
    TITLES
        .iter()
        .enumerate()
        .map(|(index, titles)| person(domain_name, &label, index, titles))
        .collect()
}

fn person(domain_name: &str, label: &str, index: usize, titles: &[&str]) -> FoundPerson {
    let draw = |what: &str| stable_hash(&format!("{what}/{index}/{domain_name}"));
    let (first, first_ascii) = pick(&FIRST_NAMES, draw("first"));
    let (last, last_ascii) = pick(&LAST_NAMES, draw("last"));
    let has_email = stable_fraction(&format!("email/{index}/{domain_name}")) >= WITHOUT_EMAIL;
    let area = pick(&AREA_CODES, draw("area"));
    let line = 100 + draw("line") % 100;
    FoundPerson {
        name: format!("{first} {last}"),
        title: pick(titles, draw("title")).to_string(),
        email: has_email.then(|| format!("{first_ascii}.{last_ascii}@{label}.example")),
        phone: Some(format!("+1{area}5550{line}")),
        linkedin_url: Some(format!(
            "https://linkedin.example/in/{first_ascii}-{last_ascii}-{label}"
        )),
    }
}

fn pick<T: Copy>(list: &[T], hash: u64) -> T {
    list[(hash % list.len() as u64) as usize]
}

/// One ASCII host label per domain: `acme.com` becomes `acme-com`, `acme.example` becomes `acme`.
fn mail_label(domain_name: &str) -> String {
    let name = domain_name.to_lowercase();
    let name = name.strip_suffix(".example").unwrap_or(&name);
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let label: String = name.chars().map(safe).collect();
    let label = label.trim_matches('-');
    // What was cut or had no ASCII form keeps its identity by the hash.
    if label.is_empty() || label.len() > LONGEST_LABEL || !name.is_ascii() {
        let start = label
            .get(..LONGEST_LABEL.min(label.len()))
            .unwrap_or_default()
            .trim_end_matches('-');
        return format!("{start}x{:08x}", stable_hash(name) as u32);
    }
    label.to_string()
}

/// How the provider treats the `attempt`th call (from 1) about `key`.
pub fn behaviour(key: &str, attempt: u32, shares: &Shares) -> Behaviour {
    let drawn = stable_fraction(&format!("behaviour/{key}"));
    if drawn < shares.failing {
        if u64::from(attempt) <= failures_of(key) {
            Behaviour::Failing
        } else {
            Behaviour::Normal
        }
    } else if drawn < shares.failing + shares.not_found {
        Behaviour::NotFound
    } else if drawn < shares.failing + shares.not_found + shares.slow {
        Behaviour::Slow
    } else {
        Behaviour::Normal
    }
}

/// How many attempts about a failing key fail.
fn failures_of(key: &str) -> u64 {
    match stable_fraction(&format!("for ever/{key}")) {
        drawn if drawn < FAILING_FOR_EVER => u64::MAX,
        drawn if drawn < FAILING_FOR_EVER + FAILING_UNTIL_RETRIED => ATTEMPTS_OF_A_STAGE,
        _ => 1 + stable_hash(&format!("failures/{key}")) % MOST_PASSING_FAILURES,
    }
}

/// The verification provider's word for an address: `ok` for 82 %, the others for the rest.
pub fn verify(email: &str) -> &'static str {
    match stable_fraction(&format!("verify/{}", email.to_lowercase())) {
        drawn if drawn < 0.82 => "ok",
        drawn if drawn < 0.89 => "catch_all",
        drawn if drawn < 0.95 => "invalid",
        drawn if drawn < 0.97 => "disposable",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{email::EmailAddress, slot};

    #[test]
    fn people_fit_the_slots_and_can_be_reached_by_nobody() {
        for domain in [
            "acme.example",
            "acme.com",
            "a.b.co.uk",
            "xn--mller-kva.de",
            "",
            "müller.de",
            &"x".repeat(300),
        ] {
            let found = people(domain);
            assert_eq!(found, people(domain), "the same on every run");
            let assigned = slot::assign(&slot::ExecutiveRole::ALL, &found);
            assert!(
                assigned.iter().all(Option::is_some),
                "{domain}: {assigned:?}"
            );
            for person in found {
                if let Some(email) = person.email {
                    let address: EmailAddress = email.parse().unwrap();
                    assert!(
                        address.domain().ends_with(".example") && email.is_ascii(),
                        "{email}"
                    );
                }
                let phone = person.phone.unwrap();
                assert!(phone.len() == 12 && &phone[5..10] == "55501", "{phone}");
                assert!(
                    person
                        .linkedin_url
                        .unwrap()
                        .starts_with("https://linkedin.example/in/")
                );
            }
        }
    }

    #[test]
    fn companies_do_not_share_addresses() {
        let label = |domain| mail_label(domain);
        assert_eq!(label("acme.example"), "acme");
        assert_eq!(label("acme.com"), "acme-com");
        assert_ne!(label("müller.de"), label("möller.de"));
        assert_ne!(label(&"x".repeat(300)), label(&"x".repeat(301)));
    }

    #[test]
    fn shares_are_kept_and_repeat() {
        let shares = Shares {
            not_found: 0.1,
            failing: 0.2,
            slow: 0.05,
        };
        let count = |attempt| {
            let mut counts = HashMap::new();
            for n in 0..10_000 {
                *counts
                    .entry(format!(
                        "{:?}",
                        behaviour(&format!("acme{n}.example"), attempt, &shares)
                    ))
                    .or_insert(0) += 1;
            }
            move |name: &str| counts.get(name).copied().unwrap_or(0)
        };
        let (first, second, third, tenth) = (count(1), count(2), count(3), count(10));
        assert!(
            (1_850..2_150).contains(&first("Failing")),
            "{}",
            first("Failing")
        );
        assert!(
            (880..1_120).contains(&first("NotFound")),
            "{}",
            first("NotFound")
        );
        assert!((420..580).contains(&first("Slow")), "{}", first("Slow"));
        assert!(
            (1_050..1_350).contains(&second("Failing")),
            "some recover: {}",
            second("Failing")
        );
        assert!(
            (330..470).contains(&third("Failing")),
            "some not by themselves: {}",
            third("Failing")
        );
        assert!(
            (150..250).contains(&tenth("Failing")),
            "some never do: {}",
            tenth("Failing")
        );
        assert_eq!(tenth("NotFound"), first("NotFound"));
    }

    #[test]
    fn without_shares_all_is_normal() {
        for n in 0..100 {
            assert_eq!(
                behaviour(&n.to_string(), 1, &Shares::default()),
                Behaviour::Normal
            );
        }
    }

    #[test]
    fn most_addresses_are_ok() {
        let mut counts = HashMap::new();
        for n in 0..10_000 {
            *counts
                .entry(verify(&format!("p{n}@acme.example")))
                .or_insert(0) += 1;
        }
        assert!((8_050..8_350).contains(&counts["ok"]), "{counts:?}");
        assert_eq!(counts.len(), 5);
    }
}
