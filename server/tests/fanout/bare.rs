//! The rival: a websocket broadcaster with nothing around it. Each notification goes to each socket as it comes.

use futures::{SinkExt, StreamExt};
use sqlx::postgres::PgListener;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::broadcast,
};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{Message, Utf8Bytes},
};

/// Makes this program the broadcaster of that database.
pub(crate) const DATABASE: &str = "FANOUT_BARE_DATABASE";
/// Messages that a slow socket may lag behind, as many as with us.
const BACKLOG: usize = 256;

pub(crate) async fn serve(url: &str) {
    let sender = broadcast::Sender::new(BACKLOG);
    let mut notifications = PgListener::connect(url).await.unwrap();
    notifications.listen("pipeline_event").await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(accept(listener, sender.clone()));
    // It ends with whoever started it.
    tokio::spawn(async {
        let _ = tokio::io::stdin().read(&mut [0]).await;
        std::process::exit(0);
    });
    loop {
        let notification = notifications.recv().await.unwrap();
        let text: Utf8Bytes = notification.payload().into();
        drop(sender.send(text));
    }
}

async fn accept(listener: TcpListener, sender: broadcast::Sender<Utf8Bytes>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(tell(stream, sender.subscribe()));
    }
}

async fn tell(stream: TcpStream, mut messages: broadcast::Receiver<Utf8Bytes>) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Ok(text) => if socket.send(Message::Text(text)).await.is_err() { return },
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            said = socket.next() => if !matches!(said, Some(Ok(_))) { return },
        }
    }
}
