//! Processed and cancelled events, with their attempts, calls and refusals.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_events",
    kept: Kept::Events,
    statement: include_str!("../../../sql/retention/events.sql"),
};
