//! The jobs that schedules may name, one file each.

mod prune_action_items;
mod prune_api_tokens;
mod prune_audit;
mod prune_dead_letters;
mod prune_errors;
mod prune_events;
mod prune_runs;
mod prune_schedule_runs;
mod prune_webhook_deliveries;
mod vacuum_queue;

use super::Job;

/// Every job. A schedule whose job is not here is left to processes of another version.
pub(super) fn all() -> [&'static dyn Job; 10] {
    [
        &prune_events::PRUNE,
        &prune_dead_letters::PRUNE,
        &prune_errors::PRUNE,
        &prune_runs::PRUNE,
        &prune_audit::PruneAudit,
        &prune_schedule_runs::PRUNE,
        &prune_action_items::PRUNE,
        &prune_webhook_deliveries::PRUNE,
        &prune_api_tokens::PRUNE,
        &vacuum_queue::VacuumQueue,
    ]
}
