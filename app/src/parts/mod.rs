//! Building blocks that more than one page uses.

pub(crate) mod announce;
pub(crate) mod ask;
pub(crate) mod badge;
pub(crate) mod bulk;
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
pub(crate) mod paused;
pub(crate) mod process_now;
pub(crate) mod progress;
pub(crate) mod replay;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod selection;
pub(crate) mod shortcuts;
pub(crate) mod sparkline;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod upload;
