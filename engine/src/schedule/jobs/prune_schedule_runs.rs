//! The history of the schedules themselves.

use domain::model::retention::Kept;

use crate::schedule::prune::Prune;

pub(super) const PRUNE: Prune = Prune {
    name: "prune_schedule_runs",
    kept: Kept::ScheduleRuns,
    statement: include_str!("../../../sql/retention/schedule_runs.sql"),
};
