//! Those who listen: a thousand sockets that cost next to nothing, so that the servers are measured and not they.
//!
//! Frames are not taken apart: what is looked for is the mark that the speaker put into each event.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

/// What stands before an event's number, and how many digits that has.
pub(crate) const MARK: &[u8] = b"heard-";
pub(crate) const DIGITS: usize = 6;

/// One socket. It hears until it is told to end, and says when it heard each event first.
pub(crate) struct Listener {
    stalled: Arc<AtomicBool>,
    hearing: JoinHandle<Vec<Option<Instant>>>,
}

impl Listener {
    /// `host` is an address; the handshake is the same for both servers, which look at what they know.
    pub(crate) async fn connect(
        host: &str,
        cookie: &str,
        events: usize,
        end: Arc<AtomicBool>,
    ) -> Self {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!(
            "GET /ws/events HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let stalled = Arc::new(AtomicBool::new(false));
        let hearing = tokio::spawn(hear(stream, events, stalled.clone(), end));
        Self { stalled, hearing }
    }

    /// From now on it reads nothing, and its connection stays open.
    pub(crate) fn stall(&self) {
        self.stalled.store(true, Ordering::Relaxed);
    }

    /// When it heard each event, by number.
    pub(crate) async fn end(self) -> Vec<Option<Instant>> {
        self.hearing.await.unwrap()
    }
}

async fn hear(
    mut stream: TcpStream,
    events: usize,
    stalled: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
) -> Vec<Option<Instant>> {
    let mut heard = vec![None; events];
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    while !end.load(Ordering::Relaxed) {
        if stalled.load(Ordering::Relaxed) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        }
        let patience = tokio::time::timeout(
            std::time::Duration::from_secs(1),
            stream.read(&mut buffer[filled..]),
        );
        let Ok(read) = patience.await else { continue };
        // A server that hangs up leaves gaps, which are found in the end.
        let Ok(read @ 1..) = read else { break };
        let now = Instant::now();
        filled += read;
        filled = keep(&mut buffer, filled, |number| {
            if let Some(place) = heard.get_mut(number) {
                place.get_or_insert(now);
            }
        });
    }
    heard
}

/// Reports the numbers in the buffer, and moves an end that may be the beginning of a mark to its front.
fn keep(buffer: &mut [u8], filled: usize, mut found: impl FnMut(usize)) -> usize {
    let whole = MARK.len() + DIGITS;
    let mut at = 0;
    while at + whole <= filled {
        let Some(next) = buffer[at..filled].iter().position(|byte| *byte == MARK[0]) else {
            return 0;
        };
        at += next;
        if at + whole > filled {
            break;
        }
        if buffer[at..].starts_with(MARK) {
            let digits = std::str::from_utf8(&buffer[at + MARK.len()..at + whole]).unwrap();
            found(digits.parse().unwrap());
            at += whole;
        } else {
            at += 1;
        }
    }
    buffer.copy_within(at..filled, 0);
    filled - at
}
