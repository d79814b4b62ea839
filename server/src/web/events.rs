//! `GET /ws/events?after=ID`: the live feed. It says what changed; pages then read the new state.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::Utc;
use domain::{model::live::LiveMessage, role::Actor};
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast::error::RecvError},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use super::{
    App,
    problem::Problem,
    visitor::{self, Credential},
};

/// Browsers have nothing to say here.
const MESSAGE_BYTES: usize = 4096;
/// It is filled once for each socket, whether anything is said or not; a pong has a few bytes.
const READ_BYTES: usize = 512;
/// Live messages are a few kilobytes; a browser that is this far behind is told to read everything again.
const UNSENT_BYTES: usize = 256 * 1024;
/// A browser answers each ping; so many without an answer, and nobody is there any more.
const UNANSWERED_PINGS: u32 = 3;

#[derive(Deserialize)]
pub(crate) struct Position {
    /// The last event id that the browser has seen.
    after: Option<i64>,
}

pub(crate) async fn events(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Extension(credential): Extension<Credential>,
    Query(position): Query<Position>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Response> {
    let upgrade = upgrade.map_err(IntoResponse::into_response)?;
    let place = app.sockets.clone().try_acquire_owned().map_err(|_| {
        let detail = "Too many pages are connected at the moment; this one reads anew every 30 seconds instead.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unreachable", "No live feed", detail).into_response()
    })?;
    let feed = Feed {
        app,
        actor,
        credential,
        after: position.after,
        _place: place,
    };
    Ok(upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(UNSENT_BYTES)
        .on_upgrade(|socket| feed.run(socket)))
}

struct Feed {
    app: App,
    actor: Actor,
    credential: Credential,
    after: Option<i64>,
    _place: OwnedSemaphorePermit,
}

/// Why a feed ends, as browsers are told.
enum End {
    /// The browser has gone, or is too slow: there is nobody to tell.
    Gone,
    /// The server stops; the browser connects again.
    Stopping,
    /// The session or the token has ended, or the role has changed.
    Session,
    /// The database does not answer; the browser connects again.
    Failed,
}

impl Feed {
    async fn run(self, mut socket: WebSocket) {
        let (code, reason) = match self.follow(&mut socket).await {
            End::Gone => return,
            End::Stopping => (close_code::AWAY, "the server stops"),
            End::Session => (close_code::POLICY, "the session has ended"),
            End::Failed => (close_code::ERROR, "the database does not answer"),
        };
        let close = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        drop(timeout(Duration::from_secs(1), socket.send(close)).await);
    }

    async fn follow(&self, socket: &mut WebSocket) -> End {
        match self.forward(socket).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    /// Subscribes first and replays then, so that nothing falls in between; the browser drops what comes twice.
    async fn forward(&self, socket: &mut WebSocket) -> Result<std::convert::Infallible, End> {
        let limits = &self.app.options.limits;
        let mut live = self.app.engine.live().subscribe();
        self.replay(socket, self.after, true).await?;

        let every = |period| {
            let mut ticks = interval_at(Instant::now() + period, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let mut pings = every(limits.socket_ping);
        let mut rechecks = every(limits.socket_recheck);
        let mut unanswered = 0;
        loop {
            tokio::select! {
                () = self.app.stop.cancelled() => return Err(End::Stopping),
                message = live.recv() => match message {
                    Ok(text) => self.send_text(socket, &text).await?,
                    Err(RecvError::Lagged(_)) => self.replay(socket, None, false).await?,
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                _ = pings.tick() => {
                    if unanswered == UNANSWERED_PINGS {
                        return Err(End::Gone);
                    }
                    unanswered += 1;
                    self.send_json(socket, &LiveMessage::Ping { at: Utc::now() }).await?;
                    self.send(socket, Message::Ping(axum::body::Bytes::new())).await?;
                }
                _ = rechecks.tick() => self.recheck().await?,
                received = socket.recv() => match received {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    Some(Ok(_)) => unanswered = 0,
                },
            }
        }
    }

    async fn replay(
        &self,
        socket: &mut WebSocket,
        after: Option<i64>,
        greet: bool,
    ) -> Result<(), End> {
        let replay = self.app.engine.live_replay(after).await.map_err(|error| {
            tracing::warn!(%error, "a live feed could not be replayed");
            End::Failed
        })?;
        if greet {
            let last_id = if let LiveMessage::Changed { last_id, .. } = &replay {
                *last_id
            } else {
                0
            };
            self.send_json(
                socket,
                &LiveMessage::Hello {
                    last_id,
                    at: Utc::now(),
                    build: self.app.site.build().map(str::to_owned),
                },
            )
            .await?;
        }
        self.send_json(socket, &replay).await
    }

    async fn recheck(&self) -> Result<(), End> {
        match visitor::still_signed_in(&self.app, self.credential, &self.actor).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(End::Session),
            Err(_) => Err(End::Failed),
        }
    }

    async fn send_json(&self, socket: &mut WebSocket, message: &LiveMessage) -> Result<(), End> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!(%error, "a live message could not be written");
            End::Failed
        })?;
        self.send_text(socket, &Arc::from(text)).await
    }

    async fn send_text(&self, socket: &mut WebSocket, text: &Arc<str>) -> Result<(), End> {
        self.send(socket, Message::text(&**text)).await
    }

    async fn send(&self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        match timeout(self.app.options.limits.socket_send, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}
