//! The words of `server token`.

use clap::Subcommand;
use domain::model::token::{LIFETIMES, TokenState};

use super::{RoleName, operate::named};

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum TokenCommand {
    /// Make a token for a program; it is printed only this once
    Create {
        /// What it is for, such as n8n
        name: String,
        /// The person on whose behalf it acts; it can never do more than they may
        #[arg(long, value_name = "NAME")]
        user: String,
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleName,
        /// How many days it works: 7, 30, 90 or 365
        #[arg(long, value_parser = lifetime)]
        days: i32,
    },
    /// Tokens with what they may do and their last use, the newest first
    List {
        /// live, expired or revoked
        #[arg(long, value_parser = named("state", TokenState::parse))]
        state: Option<TokenState>,
    },
    /// End a live token at once
    Revoke { name: String },
}

fn lifetime(text: &str) -> Result<i32, String> {
    let days = text.parse().ok().filter(|days| LIFETIMES.contains(days));
    days.ok_or_else(|| "choose 7, 30, 90 or 365 days".into())
}
