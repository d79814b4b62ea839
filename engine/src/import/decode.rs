//! Bytes of any encoding become UTF-8 as they are read.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::csv::{Encoding, Utf8Part, Utf8Pieces};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::HEAD;

/// Reads UTF-8 from a file of an encoding, and counts the file's bytes.
pub(super) struct Decode<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: String,
    given: usize,
    begun: bool,
    ended: bool,
    count: Arc<AtomicU64>,
}

enum Decoder {
    /// What is no UTF-8 is read as Windows-1252: lists are put together from files of both, and nothing may be lost.
    Utf8(Utf8Pieces),
    Other(encoding_rs::Decoder),
}

impl<R: Read> Decode<R> {
    pub(super) fn new(input: R, encoding: Encoding, count: Arc<AtomicU64>) -> Self {
        let other = |encoding: &'static encoding_rs::Encoding| {
            Decoder::Other(encoding.new_decoder_without_bom_handling())
        };
        let decoder = match encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => Decoder::Utf8(Utf8Pieces::default()),
            Encoding::Utf16Le => other(UTF_16LE),
            Encoding::Utf16Be => other(UTF_16BE),
            Encoding::Latin1 => other(WINDOWS_1252),
        };
        Self {
            input,
            decoder,
            raw: vec![0; HEAD],
            ready: String::new(),
            given: 0,
            begun: false,
            ended: false,
            count,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let read = self.input.read(&mut self.raw)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        self.ended = read == 0;
        self.ready.clear();
        self.given = 0;
        let (raw, ready) = (&self.raw[..read], &mut self.ready);
        match &mut self.decoder {
            Decoder::Utf8(pieces) => pieces.push(raw, self.ended, |part| match part {
                Utf8Part::Text(text) => ready.push_str(text),
                Utf8Part::Invalid(bytes) => {
                    ready.push_str(&WINDOWS_1252.decode_without_bom_handling(bytes).0);
                }
            }),
            Decoder::Other(decoder) => {
                // Three bytes of UTF-8 for each byte of input, and some for what the decoder still holds.
                ready.reserve(read * 3 + 16);
                let (_, consumed, _) = decoder.decode_to_string(raw, ready, self.ended);
                debug_assert_eq!(consumed, read);
            }
        }
        if !self.begun && !self.ready.is_empty() {
            self.begun = true;
            // The mark that tells the encoding is no text.
            self.given = if self.ready.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            };
        }
        Ok(())
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.ended {
            self.refill()?;
        }
        let rest = &self.ready.as_bytes()[self.given..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}
