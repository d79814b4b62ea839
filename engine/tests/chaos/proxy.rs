//! The network between the workers and PostgreSQL, which can be cut, slow or half-open.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code, reason = "each suite has weather of its own")]
pub(crate) enum Weather {
    Fair,
    /// Connections end, and new ones are closed at once.
    Cut,
    /// Every piece of data arrives this much later.
    Slow(Duration),
    /// Connections stay open, and nothing arrives; they end with the weather.
    HalfOpen,
    /// As half-open, and nobody is ever told that the connections are of no use.
    Lost,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (weather, seen) = watch::channel(Weather::Fair);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(join(client, to, seen.clone()));
            }
        });
        Self { port, weather }
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn join(client: TcpStream, to: u16, seen: watch::Receiver<Weather>) {
    if *seen.borrow() == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else {
        return;
    };
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let mut storm = seen.clone();
    tokio::select! {
        () = pass(client_in, server_out, seen.clone()) => {}
        () = pass(server_in, client_out, seen) => {}
        _ = storm.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut seen: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let weather = *seen.borrow();
        match weather {
            Weather::Slow(time) => sleep(time).await,
            Weather::HalfOpen => {
                // What was held back is gone for good, as is the connection.
                let _ = seen.wait_for(|weather| *weather != Weather::HalfOpen).await;
                return;
            }
            Weather::Lost => std::future::pending().await,
            Weather::Fair | Weather::Cut => {}
        }
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}
