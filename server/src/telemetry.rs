//! Logs on standard error, for people or for machines, never with a password in them.

use std::io::{self, Write};

use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    config::{Config, LogFormat},
    redact::redact,
};

/// sqlx says each statement at debug, hyper each byte; neither helps an operator.
const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn,tower_sessions=warn";

/// Starts logging; a second call changes nothing, so that tests may call it often.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(config.log_filter.as_deref().unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|error| {
            eprintln!("RUST_LOG is not understood and not used: {error}");
            EnvFilter::new(DEFAULT_FILTER)
        });
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(Redacting);
    let started = match config.log_format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        // Colours only for a terminal; a journal would show the escapes.
        LogFormat::Pretty => registry
            .with(
                layer
                    .with_target(false)
                    .with_ansi(io::IsTerminal::is_terminal(&io::stderr())),
            )
            .try_init(),
    };
    // An error means that somebody else listens to the events already.
    drop(started);
}

/// Writes each event, which arrives in one piece, without passwords.
struct Redacting;

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        Self
    }
}

impl Write for Redacting {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr()
            .lock()
            .write_all(redact(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
