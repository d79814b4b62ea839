//! Dead letters, with their events and what belongs to these.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_dead_letters",
    kept: Kept::DeadLetters,
    statement: include_str!("../../../sql/retention/dead_letters.sql"),
};
