//! From the groups that a sign-in provider names to one of our roles.

use std::fmt;

use crate::role::Role;

/// Which role each group gives, and which one somebody without such a group gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMapping {
    by_group: Vec<(String, Role)>,
    otherwise: Option<Role>,
}

impl RoleMapping {
    /// Reads pairs such as `outreach-admins=admin outreach-team=operator`, separated by blanks, or by commas where there is
    /// one: then names may hold blanks.
    ///
    /// # Errors
    /// The pair that is none.
    pub fn parse(pairs: &str, otherwise: Option<Role>) -> Result<Self, String> {
        let pairs: Vec<&str> = if pairs.contains(',') {
            pairs.split(',').map(str::trim).collect()
        } else {
            pairs.split_whitespace().collect()
        };
        let by_group = pairs
            .into_iter()
            .filter(|pair| !pair.is_empty())
            .map(|pair| read(pair).ok_or_else(|| pair.to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            by_group,
            otherwise,
        })
    }

    /// Whether it gives nobody a role.
    pub fn is_empty(&self) -> bool {
        self.by_group.is_empty() && self.otherwise.is_none()
    }

    /// What somebody without a group of the mapping gets; nothing where they are refused.
    pub fn otherwise(&self) -> Option<Role> {
        self.otherwise
    }

    /// The role that may do most of those that the groups give. Names are compared to the letter.
    pub fn role_of(&self, groups: &[String]) -> Option<Role> {
        let gives = |role: &Role| {
            self.by_group
                .iter()
                .any(|(group, given)| given == role && groups.contains(group))
        };
        Role::ALL.into_iter().find(gives).or(self.otherwise)
    }
}

/// A group's name may hold an `=` itself.
fn read(pair: &str) -> Option<(String, Role)> {
    let (group, role) = pair.rsplit_once('=')?;
    let group = group.trim();
    (!group.is_empty()).then_some(())?;
    Some((group.to_owned(), Role::parse(role.trim())?))
}

impl fmt::Display for RoleMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (group, role)) in self.by_group.iter().enumerate() {
            let before = if place == 0 { "" } else { ", " };
            write!(f, "{before}{group}={}", role.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_gives_most_counts() {
        let team = "outreach-team=operator outreach-admins=admin all=viewer";
        let table: &[(&str, Option<Role>, &[&str], Option<Role>)] = &[
            (team, None, &["outreach-team"], Some(Role::Operator)),
            (team, None, &["all", "outreach-admins"], Some(Role::Admin)),
            (team, None, &["Outreach-Team"], None),
            (team, None, &[], None),
            (team, Some(Role::Viewer), &["x"], Some(Role::Viewer)),
            (team, Some(Role::Operator), &["all"], Some(Role::Viewer)),
            (
                "Domain Users = viewer, cn=a=admin,",
                None,
                &["Domain Users"],
                Some(Role::Viewer),
            ),
            ("x=viewer, cn=a=admin", None, &["cn=a"], Some(Role::Admin)),
            ("", Some(Role::Viewer), &[], Some(Role::Viewer)),
        ];
        for (pairs, otherwise, groups, expected) in table {
            let mapping = RoleMapping::parse(pairs, *otherwise).unwrap();
            let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
            assert_eq!(mapping.role_of(&groups), *expected, "{pairs} {groups:?}");
        }
    }

    #[test]
    fn what_is_no_pair_is_named_and_what_is_shown_can_be_read() {
        for pair in ["team", "team=owner", "=admin"] {
            let text = format!("a=viewer {pair}");
            assert_eq!(RoleMapping::parse(&text, None), Err(pair.to_owned()));
        }
        let mapping = RoleMapping::parse("Domain Users=viewer,b=admin", None).unwrap();
        assert_eq!(mapping.to_string(), "Domain Users=viewer, b=admin");
        assert_eq!(RoleMapping::parse(&mapping.to_string(), None), Ok(mapping));
        assert!(RoleMapping::parse(" ", None).unwrap().is_empty());
    }
}
