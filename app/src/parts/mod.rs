//! Building blocks that more than one page uses.

pub(crate) mod announce;
pub(crate) mod badge;
pub(crate) mod dialog;
pub(crate) mod filter;
pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod icon;
pub(crate) mod import_link;
pub(crate) mod loaded;
pub(crate) mod new_version;
pub(crate) mod notice;
pub(crate) mod pager;
pub(crate) mod process_now;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod shortcuts;
pub(crate) mod time;
pub(crate) mod upload;
