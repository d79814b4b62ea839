//! Bulk actions on events: previewed, started, run in chunks by whichever process is there, cancelled, undone.
//!
//! An action is a row of `marketing.pipeline_actions`. A chunk locks it, changes the next events, and moves its cursor,
//! all in one transaction: a process that is killed loses the chunk in hand, and another takes the same one again.

mod apply;
mod ask;
mod list;
mod replay;
mod run;
mod selection;
mod start;
mod stop;
mod undo;

pub(crate) use run::run_actions;
pub(crate) use selection::push;
pub(crate) use start::open;
