//! The verbs of operators: events, actions, pauses, settings, dead letters, replay, audit log.

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};
use domain::{
    model::{
        bulk::{ActionKind, ActionState},
        dead_letter::DeadLetterKind,
    },
    stage::StageName,
};

use super::filter::MatchingArgs;

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Operate {
    /// Retry, cancel, requeue, bury or release events: by id, or all that match a filter
    Event {
        #[command(subcommand)]
        command: EventCommand,
    },
    /// Bulk actions: what was started, how far it is; cancel and undo
    Action {
        #[command(subcommand)]
        command: ActionCommand,
    },
    /// Let a stage or a batch wait until it is resumed
    Pause {
        #[command(subcommand)]
        what: Paused,
        /// Why; shown to whoever finds it paused
        #[arg(long, global = true, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Let a paused stage or batch go on
    Resume {
        #[command(subcommand)]
        what: Paused,
        /// Why, for the audit log
        #[arg(long, global = true, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Show what the stages are told, or tell one of them something else; in force at once
    Settings(SettingsArgs),
    /// Failed events that nothing tries again by itself
    DeadLetter {
        #[command(subcommand)]
        command: DeadLetterCommand,
    },
    /// Run a record again from a stage on; what earlier stages did stays
    Replay(ReplayArgs),
    /// Who did what, when and from where
    Audit(AuditArgs),
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum EventCommand {
    /// Make failed and cancelled events due at once, with fresh attempts
    Retry(EventArgs),
    /// Say that waiting and failed events shall not be done
    Cancel(EventArgs),
    /// Make new events like these with another payload; the old ones are kept
    Requeue {
        #[command(flatten)]
        events: EventArgs,
        /// The whole new payload, for one event
        #[arg(
            long,
            value_name = "JSON",
            conflicts_with = "set",
            required_unless_present = "set"
        )]
        replace: Option<String>,
        /// A key that changes; may be given several times
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// Move waiting and failed events to the dead letters; needs --reason
    DeadLetter(EventArgs),
    /// Take events out of the hands of whoever works on them; their result will be refused
    Release(EventArgs),
    /// Say whether a call of unknown outcome happened: if it did, it is not made again, and else it is
    Settle {
        id: i64,
        #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
        happened: bool,
    },
}

#[derive(Debug, PartialEq, Eq, Args)]
pub struct EventArgs {
    /// Events by id
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    #[command(flatten)]
    pub filter: MatchingArgs,
    #[command(flatten)]
    pub consent: Consent,
}

/// What every bulk act takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub struct Consent {
    /// Why; it stands beside the action and in the audit log
    #[arg(long)]
    pub reason: Option<String>,
    /// Show what would be touched, and end
    #[arg(long)]
    pub preview: bool,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum ActionCommand {
    /// The last fifty, newest first
    List {
        #[arg(long, value_parser = named("kind", ActionKind::parse))]
        kind: Option<ActionKind>,
        /// running, done, cancelled or failed
        #[arg(long, value_parser = named("state", ActionState::parse))]
        state: Option<ActionState>,
    },
    /// One, with its progress
    Show { id: i64 },
    /// Stop it after the chunk in hand; what was done stays
    Cancel { id: i64 },
    /// Take it back; events that have moved on since are left alone
    Undo { id: i64 },
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Paused {
    /// validate, promote, slots, enrich or verify
    Stage {
        #[arg(value_parser = named("stage", StageName::parse))]
        stage: StageName,
    },
    /// An import batch, by its id
    Batch { batch: String },
}

#[derive(Debug, PartialEq, Eq, Args)]
pub struct SettingsArgs {
    /// The stage to tell; without one all are shown
    #[arg(value_parser = named("stage", StageName::parse))]
    pub stage: Option<StageName>,
    /// Calls under way at once, or `default`
    #[arg(long, value_name = "N", value_parser = number)]
    pub concurrency: Option<Number>,
    /// Events of one claim, or `default`
    #[arg(long, value_name = "N", value_parser = number)]
    pub batch_size: Option<Number>,
    /// Milliseconds between the beginnings of two batches, or `default`
    #[arg(long, value_name = "MS", value_parser = number)]
    pub min_delay_ms: Option<Number>,
    /// Attempts before an event is dead, or `default`
    #[arg(long, value_name = "N", value_parser = number)]
    pub attempts: Option<Number>,
    /// Milliseconds before the second attempt, or `default`
    #[arg(long, value_name = "MS", value_parser = number)]
    pub backoff_base_ms: Option<Number>,
    /// Milliseconds between two attempts at most, or `default`
    #[arg(long, value_name = "MS", value_parser = number)]
    pub backoff_cap_ms: Option<Number>,
    /// Milliseconds that one call may take, or `default`
    #[arg(long, value_name = "MS", value_parser = number)]
    pub time_out_ms: Option<Number>,
}

/// A number, or the stage's own default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub Option<i32>);

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum DeadLetterCommand {
    /// The last fifty, newest first
    List {
        #[command(flatten)]
        filter: DeadLetterFilterArgs,
    },
    /// Try them again, with fresh attempts
    Retry(DeadLetterArgs),
    /// Delete their events for good
    Purge(DeadLetterArgs),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub struct DeadLetterArgs {
    /// Events by id
    #[arg(value_name = "ID")]
    pub ids: Vec<i64>,
    #[command(flatten)]
    pub filter: DeadLetterFilterArgs,
    /// Every dead letter
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Default, PartialEq, Eq, Args)]
pub struct DeadLetterFilterArgs {
    /// attempts, permanent, unknown_outcome or person
    #[arg(long, value_parser = named("kind", DeadLetterKind::parse))]
    pub kind: Option<DeadLetterKind>,
    /// Exact event type
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Exact import batch
    #[arg(long)]
    pub batch: Option<String>,
    /// Text within the reason
    #[arg(long)]
    pub search: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub struct ReplayArgs {
    #[arg(value_enum)]
    pub kind: RecordKind,
    /// A company's intake id or Barton ID, a slot's Barton ID, or a contact's number
    pub id: String,
    /// validate, promote, slots, enrich or verify
    #[arg(long, value_name = "STAGE", value_parser = named("stage", StageName::parse))]
    pub from: StageName,
    /// Say exactly what would happen, and end
    #[arg(long)]
    pub dry_run: bool,
    /// Why; it stands beside the action and in the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RecordKind {
    Company,
    Slot,
    Contact,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub struct AuditArgs {
    /// Exact name, of a person also for what programs did for them
    #[arg(long)]
    pub actor: Option<String>,
    /// Such as event.retry; with a dot at the end, such as event., all that begin so
    #[arg(long)]
    pub action: Option<String>,
    /// Such as event, stage, batch, import or user
    #[arg(long)]
    pub target_kind: Option<String>,
    #[arg(long)]
    pub target: Option<String>,
    /// From this day or moment on, such as 2026-11-21 or 2026-11-21T14:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<DateTime<Utc>>,
    /// Before this day or moment
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<DateTime<Utc>>,
    /// All that match, as CSV, oldest last; otherwise the last fifty for reading
    #[arg(long)]
    pub csv: bool,
}

/// A parser of names that the domain knows.
pub(super) fn named<T>(
    what: &'static str,
    parse: fn(&str) -> Option<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: Clone + Send + Sync + 'static,
{
    move |name| parse(name).ok_or_else(|| format!("there is no {what} of this name"))
}

fn number(text: &str) -> Result<Number, String> {
    if text == "default" {
        return Ok(Number(None));
    }
    let number = text.parse().map_err(|_| "a number or `default`")?;
    Ok(Number(Some(number)))
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text.parse::<NaiveDate>().ok();
    day.and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|midnight| midnight.and_utc())
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(Into::into))
        .ok_or_else(|| "a day such as 2026-11-21, or a moment such as 2026-11-21T14:00:00Z".into())
}
