//! Tokens that expired or were revoked long ago.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_api_tokens",
    kept: Kept::ApiTokens,
    statement: include_str!("../../../sql/retention/api_tokens.sql"),
};
