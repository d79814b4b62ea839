//! Runs of workflows that belong to no event, or to one that somebody deleted.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_runs",
    kept: Kept::Runs,
    statement: include_str!("../../../sql/retention/runs.sql"),
};
