//! What old bulk actions changed, which only their undo asks for.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_action_items",
    kept: Kept::ActionItems,
    statement: include_str!("../../../sql/retention/action_items.sql"),
};
