//! Views of lists that people keep: a page and its query under a name.

use serde::{Deserialize, Serialize};

/// Pages whose state may be kept.
pub const VIEWED: [&str; 11] = [
    "/",
    "/trends",
    "/companies",
    "/contacts",
    "/imports",
    "/events",
    "/runs",
    "/errors",
    "/dead-letters",
    "/actions",
    "/audit",
];
/// Characters of a name.
pub const LONGEST_NAME: usize = 60;
/// Characters of a query.
pub const LONGEST_QUERY: usize = 2_000;
/// Views of one person.
pub const MOST_VIEWS: i64 = 100;

/// A view as one person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    pub id: i64,
    /// One of [`VIEWED`].
    pub path: String,
    pub name: String,
    /// The filters as in the URL, without `?`.
    pub query: String,
    pub owner: String,
    /// Whether it belongs to the one who looks.
    pub own: bool,
    /// Whether everybody sees it.
    pub shared: bool,
    /// Whether the menu leads the one who looks here.
    pub is_default: bool,
}

impl SavedView {
    /// Where it leads.
    pub fn target(&self) -> String {
        format!("{}?{}", self.path, self.query)
    }
}

/// What somebody wants to keep. A view of theirs with this name on this page is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewView {
    pub path: String,
    pub name: String,
    pub query: String,
    pub shared: bool,
}
