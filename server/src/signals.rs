//! Signals to stop: the first asks, the second insists.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The token that the first SIGINT or SIGTERM cancels. A second one ends the process at once.
///
/// # Errors
/// When the operating system refuses the handlers.
pub(crate) fn stop_token() -> io::Result<CancellationToken> {
    let mut signals = Signals::new()?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!(
            "stopping: work in hand is finished or handed back; a second signal quits at once"
        );
        stop.cancel();
        let code = signals.next().await;
        tracing::warn!("quitting at once");
        std::process::exit(128 + code);
    });
    Ok(token)
}

pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// # Errors
    /// When the operating system refuses the handlers.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal and returns its number.
    pub(crate) async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}
