//! The words of `server schedule`, `server retention` and `server doctor`.

use clap::{Args, Subcommand};

#[derive(Debug, Default, PartialEq, Eq, Subcommand)]
pub enum ScheduleCommand {
    /// Every schedule with its last and next run (the default)
    #[default]
    List,
    /// The last runs of a schedule, the newest first
    History { name: String },
    /// Run a schedule now, here, and wait for its end; also one that is paused
    Run { name: String },
    /// Let the ticks of a schedule pass without a run
    Pause {
        name: String,
        /// Why, for whoever wonders later
        #[arg(long)]
        reason: String,
    },
    /// Run a paused schedule again from its next tick on
    Resume { name: String },
    /// Change when a schedule runs, and print the next five times
    Set {
        name: String,
        /// Minute, hour, day of the month, month, day of the week: "10 3 * * *" is ten past three each night
        cron: String,
        /// The time zone that the times are meant in, such as Europe/Berlin
        #[arg(long, default_value = "UTC")]
        zone: String,
        /// Print the next five times and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Default, PartialEq, Eq, Subcommand)]
pub enum RetentionCommand {
    /// How long what is kept (the default)
    #[default]
    Show,
    /// Keep things of a kind for so many days, counted by the next run of the schedule that deletes them
    Set {
        /// events, dead_letters, errors, runs, audit, schedule_runs, action_items, webhook_deliveries or api_tokens
        what: String,
        /// A number of days, or "forever"
        days: String,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct DoctorOptions {
    /// Count everything anew and correct the counts that pages show; writers wait meanwhile
    #[arg(long)]
    pub recount: bool,
    /// Do not ask before
    #[arg(long, requires = "recount")]
    pub yes: bool,
}
