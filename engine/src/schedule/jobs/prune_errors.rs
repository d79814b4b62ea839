//! Resolved errors.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_errors",
    kept: Kept::Errors,
    statement: include_str!("../../../sql/retention/errors.sql"),
};
