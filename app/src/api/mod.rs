//! Server functions, one file per subject: permission first, one engine call, the answer.

pub mod actions;
pub mod audit;
pub mod bulk;
pub mod companies;
pub mod contacts;
pub mod dead_letters;
pub mod error_groups;
pub mod errors;
pub mod events;
pub mod help;
pub mod imports;
pub mod json;
pub mod lineage;
pub mod n8n;
pub mod news;
pub mod overview;
pub mod replay;
pub mod runs;
pub mod saved_views;
pub mod schedules;
pub mod search;
pub mod session;
pub mod stages;
pub mod system;
pub mod tokens;
pub mod trends;
pub mod upkeep;
pub mod users;
pub mod webhooks;
pub mod workers;

use domain::role::Permission;

pub const API_PREFIX: &str = "/api/fn";

/// Every server function's path and the permission that it asks for.
///
/// The matrix of the permission tests is made from this list; a test compares it with what is registered.
pub const ACCESS: &[(&str, Permission)] = &[
    ("/api/fn/current_user", Permission::View),
    ("/api/fn/sessions", Permission::View),
    ("/api/fn/own_sign_in", Permission::View),
    ("/api/fn/time_zones", Permission::View),
    ("/api/fn/news_since", Permission::View),
    ("/api/fn/news_choices", Permission::View),
    ("/api/fn/overview", Permission::View),
    ("/api/fn/event_counts", Permission::View),
    ("/api/fn/trends", Permission::View),
    ("/api/fn/phase_report", Permission::View),
    ("/api/fn/throughput_chart", Permission::View),
    ("/api/fn/search", Permission::View),
    ("/api/fn/help", Permission::View),
    ("/api/fn/saved_views", Permission::View),
    // A view for everybody needs Resolve; the function asks for it.
    ("/api/fn/save_view", Permission::View),
    ("/api/fn/delete_view", Permission::View),
    ("/api/fn/set_default_view", Permission::View),
    ("/api/fn/users", Permission::Edit),
    ("/api/fn/invite_user", Permission::Edit),
    ("/api/fn/reset_password", Permission::Edit),
    ("/api/fn/change_role", Permission::Edit),
    ("/api/fn/disable_user", Permission::Edit),
    ("/api/fn/enable_user", Permission::Edit),
    ("/api/fn/api_tokens", Permission::Edit),
    ("/api/fn/create_api_token", Permission::Edit),
    ("/api/fn/revoke_api_token", Permission::Edit),
    ("/api/fn/webhooks", Permission::Edit),
    ("/api/fn/webhook", Permission::Edit),
    ("/api/fn/webhook_deliveries", Permission::Edit),
    ("/api/fn/make_webhook", Permission::Edit),
    ("/api/fn/change_webhook", Permission::Edit),
    ("/api/fn/switch_webhook", Permission::Edit),
    ("/api/fn/rotate_webhook_secret", Permission::Edit),
    ("/api/fn/test_webhook", Permission::Edit),
    ("/api/fn/delete_webhook", Permission::Edit),
    ("/api/fn/deliver_again", Permission::Edit),
    ("/api/fn/sniper_targets", Permission::View),
    ("/api/fn/errors", Permission::View),
    ("/api/fn/error_event_types", Permission::View),
    ("/api/fn/error_detail", Permission::View),
    ("/api/fn/error_groups", Permission::View),
    ("/api/fn/error_group", Permission::View),
    ("/api/fn/assignees", Permission::Resolve),
    ("/api/fn/assign_error_group", Permission::Resolve),
    ("/api/fn/note_error_group", Permission::Resolve),
    ("/api/fn/ignore_error_group", Permission::Resolve),
    ("/api/fn/heed_error_group", Permission::Resolve),
    ("/api/fn/resolve_errors", Permission::Resolve),
    ("/api/fn/reopen_error", Permission::Resolve),
    ("/api/fn/reopen_resolution", Permission::Resolve),
    ("/api/fn/preview_errors", Permission::Retry),
    ("/api/fn/retry_errors", Permission::Retry),
    ("/api/fn/preview_process_now", Permission::Retry),
    ("/api/fn/process_now", Permission::Retry),
    ("/api/fn/action_progress", Permission::View),
    ("/api/fn/events", Permission::View),
    ("/api/fn/events_count", Permission::View),
    ("/api/fn/event_types", Permission::View),
    ("/api/fn/event_detail", Permission::View),
    ("/api/fn/runs", Permission::View),
    ("/api/fn/run_workflows", Permission::View),
    ("/api/fn/lineage", Permission::View),
    ("/api/fn/n8n_errors", Permission::View),
    ("/api/fn/companies", Permission::View),
    ("/api/fn/company", Permission::View),
    ("/api/fn/contacts", Permission::View),
    ("/api/fn/import_preview", Permission::View),
    ("/api/fn/start_import", Permission::Import),
    ("/api/fn/cancel_import", Permission::Import),
    ("/api/fn/import_batches", Permission::View),
    ("/api/fn/batch_progress", Permission::View),
    ("/api/fn/import_batch", Permission::View),
    ("/api/fn/import_rejects", Permission::View),
    ("/api/fn/load_samples", Permission::Import),
    ("/api/fn/schedules", Permission::View),
    ("/api/fn/schedule_runs", Permission::View),
    ("/api/fn/run_schedule", Permission::Retry),
    ("/api/fn/pause_schedule", Permission::Retry),
    ("/api/fn/resume_schedule", Permission::Retry),
    ("/api/fn/preview_cron", Permission::View),
    ("/api/fn/change_schedule", Permission::Edit),
    ("/api/fn/retention", Permission::View),
    ("/api/fn/set_retention", Permission::Edit),
    ("/api/fn/preview_retention", Permission::Edit),
    ("/api/fn/examine", Permission::Edit),
    ("/api/fn/system", Permission::Edit),
    ("/api/fn/preview_action", Permission::Retry),
    // A purge needs Delete on top; the function asks for it.
    ("/api/fn/start_action", Permission::Retry),
    ("/api/fn/cancel_action", Permission::Retry),
    ("/api/fn/undo_action", Permission::Retry),
    ("/api/fn/settle_unknown_call", Permission::Retry),
    ("/api/fn/actions", Permission::View),
    ("/api/fn/action", Permission::View),
    ("/api/fn/dead_letters", Permission::View),
    ("/api/fn/dead_letter", Permission::View),
    ("/api/fn/stage_settings", Permission::View),
    ("/api/fn/update_stage_settings", Permission::Edit),
    ("/api/fn/pause_stage", Permission::Retry),
    ("/api/fn/resume_stage", Permission::Retry),
    ("/api/fn/stage_figures", Permission::View),
    ("/api/fn/pauses", Permission::View),
    ("/api/fn/workers", Permission::View),
    ("/api/fn/paused_batches", Permission::View),
    ("/api/fn/pause_batch", Permission::Retry),
    ("/api/fn/resume_batch", Permission::Retry),
    ("/api/fn/replay_preview", Permission::View),
    ("/api/fn/replay", Permission::Retry),
    ("/api/fn/audit_log", Permission::Edit),
];

/// Server functions that no program may call, whatever its token's role: all that is about people, their passwords and
/// sessions, about tokens, and about webhooks. A program could otherwise let others in, stay when its token has ended, or
/// have everything sent elsewhere.
pub const PEOPLE_ONLY: &[&str] = &[
    "/api/fn/sessions",
    "/api/fn/own_sign_in",
    "/api/fn/users",
    "/api/fn/invite_user",
    "/api/fn/reset_password",
    "/api/fn/change_role",
    "/api/fn/disable_user",
    "/api/fn/enable_user",
    "/api/fn/api_tokens",
    "/api/fn/create_api_token",
    "/api/fn/revoke_api_token",
    "/api/fn/webhooks",
    "/api/fn/webhook",
    "/api/fn/webhook_deliveries",
    "/api/fn/make_webhook",
    "/api/fn/change_webhook",
    "/api/fn/switch_webhook",
    "/api/fn/rotate_webhook_secret",
    "/api/fn/test_webhook",
    "/api/fn/delete_webhook",
    "/api/fn/deliver_again",
];
