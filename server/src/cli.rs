//! The command line. Its options are the settings of [`crate::config::SETTINGS`].

pub mod events;
mod filter;
pub mod operate;
mod token;
mod upkeep;

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use domain::{lineage::LineageKey, role::Role};

pub use token::TokenCommand;
pub use upkeep::{DoctorOptions, RetentionCommand, ScheduleCommand};

use crate::config::{Config, ConfigError, SETTINGS, Setting};

/// Outreach Command Center: from a CSV of companies to verified contacts, watched live in a browser.
///
/// Without a command it does everything in one process: web pages, pipeline, and, unless DATABASE_URL is set, a
/// private PostgreSQL of its own. The first start prints the address and how to sign in.
#[derive(Debug, Parser)]
#[command(name = "server", version, arg_required_else_help = false)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Default, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Web pages and pipeline in one process (the default)
    #[default]
    All,
    /// Web pages only; start a worker elsewhere
    Serve,
    /// Pipeline only; any number may run beside each other
    Worker,
    /// Bring the database's schema up to date, and end
    Migrate,
    /// Import a CSV file of companies, with its columns recognised by their names
    Import { file: PathBuf },
    /// People who may sign in
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Tokens with which programs act on behalf of a person
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Work by the clock: what runs when, how it went; run it now, pause it, change it
    Schedule {
        #[command(subcommand)]
        command: Option<ScheduleCommand>,
    },
    /// How long events, errors, dead letters, runs and the audit log are kept
    Retention {
        #[command(subcommand)]
        command: Option<RetentionCommand>,
    },
    /// Check the surroundings and the invariants of the database, and say what to do about each finding
    Doctor(DoctorOptions),
    #[command(flatten)]
    Operate(Box<operate::Operate>),
    /// Events of the queue: find them, and read one with its attempts and what came of it
    Events {
        #[command(subcommand)]
        command: events::EventsCommand,
    },
    /// Where a record came from, back to file and line, and everything made of it
    Lineage {
        /// A Barton ID, a correlation id, an intake id (17), event:17, contact:17 or verification:17
        of: LineageKey,
        /// Print the graph as JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Run a command with DATABASE_URL naming a private PostgreSQL that lives as long as the command
    WithPostgres {
        /// A new, empty one that is removed at the end, fast rather than safe: for tests
        #[arg(long)]
        fast: bool,
        #[arg(last = true, required = true, value_name = "CMD")]
        command: Vec<OsString>,
    },
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum UserCommand {
    /// Add a person, or give an existing one a new password and role
    Add {
        name: String,
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleName,
        /// Read the password from standard input; otherwise one is made up and printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Keep a person from signing in, and sign them out everywhere; `user add` lets them in again
    Disable { name: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Everything
    Admin,
    /// View, import, retry, resolve, export
    Operator,
    /// View
    Viewer,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Operator => Self::Operator,
            RoleName::Viewer => Self::Viewer,
        }
    }
}

/// Parses arguments into a command and its settings.
///
/// # Errors
/// Clap's, which also stand for `--help` and `--version`, or those of the settings.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(Command, Config), ParseError> {
    let matches = Cli::command()
        .args(SETTINGS.iter().map(option))
        .try_get_matches_from(arguments)?;
    let cli = Cli::from_arg_matches(&matches)?;
    let config = Config::parse(|name| value(&matches, name), environment)?;
    Ok((cli.command.unwrap_or_default(), config))
}

#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    #[error("{0}")]
    Arguments(#[from] clap::Error),
    #[error("{0}")]
    Settings(#[from] ConfigError),
}

fn option(setting: &'static Setting) -> Arg {
    let mut names = setting.name.to_owned();
    for alias in setting.aliases {
        names = format!("{names} or {alias}");
    }
    // Clap keeps names for good; there are as many as settings.
    let long: &'static str = setting.name.to_lowercase().replace('_', "-").leak();
    let option = Arg::new(setting.name)
        .long(long)
        .global(true)
        .action(ArgAction::Set)
        .help_heading("Settings, each also a variable of the environment")
        .help(format!(
            "{} [{names}; default: {}]",
            setting.help, setting.default
        ));
    if setting.flag {
        option
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
    } else {
        option.value_name("VALUE")
    }
}

fn value(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}
