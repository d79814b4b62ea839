//! What is said of a page to whoever asks what it is for.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpTopic {
    /// The first part of the page's path; "overview" for `/`.
    pub page: String,
    pub title: String,
    /// Two to four sentences: what the page is for, and what to do when something looks wrong.
    pub short: String,
    /// Further paragraphs.
    pub more: Vec<String>,
}
