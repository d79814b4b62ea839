//! Reading a file as a stream of records: any size, one chunk in memory.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::csv::{Delimiter, Encoding};
use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use tokio::sync::mpsc;

use super::{CHUNK, Format, HEAD};
use crate::{EngineError, Result};

/// A record and the line that it begins on, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) line: i64,
    pub(super) fields: Vec<String>,
}

/// Records that were read together, and how far the file was read by then.
pub(super) struct Chunk {
    pub(super) records: Vec<Record>,
    pub(super) bytes_read: i64,
}

/// Looks at the beginning of a file.
pub(super) fn sniff(path: &Path) -> io::Result<(Format, Vec<Record>)> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    let encoding = Encoding::detect(&head);
    let mut text = String::new();
    // A character that is cut at the end of the head is replaced; only the detection sees it.
    Decode::new(head.as_slice(), encoding, Arc::default()).read_to_string(&mut text)?;
    let format = Format {
        encoding,
        delimiter: Delimiter::detect(&text),
    };
    let mut records = Vec::new();
    for record in records_of(text.as_bytes(), format.delimiter).take(11) {
        records.push(record.map_err(io::Error::other)?);
    }
    Ok((format, records))
}

/// Reads on a thread of its own; the channel holds one chunk, so the reader waits for the database.
pub(super) fn stream(path: PathBuf, format: Format) -> mpsc::Receiver<Result<Chunk>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let bytes = Arc::<AtomicU64>::default();
        let chunks = File::open(&path).map(|file| {
            let decoded = Decode::new(
                BufReader::with_capacity(HEAD, file),
                format.encoding,
                bytes.clone(),
            );
            records_of(decoded, format.delimiter)
        });
        let mut records = match chunks {
            Ok(records) => records,
            // The receiver is gone only when the import was given up.
            Err(error) => return drop(sender.blocking_send(Err(error.into()))),
        };
        loop {
            let chunk: std::result::Result<Vec<Record>, csv::Error> =
                records.by_ref().take(CHUNK).collect();
            let chunk = chunk.map_err(|error| EngineError::File(io::Error::other(error)));
            let last = !matches!(&chunk, Ok(records) if !records.is_empty());
            let bytes_read = i64::try_from(bytes.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
            if (chunk.is_err() || !last)
                && sender
                    .blocking_send(chunk.map(|records| Chunk {
                        records,
                        bytes_read,
                    }))
                    .is_err()
            {
                return;
            }
            if last {
                return;
            }
        }
    });
    receiver
}

fn records_of<R: Read>(
    input: R,
    delimiter: Delimiter,
) -> impl Iterator<Item = std::result::Result<Record, csv::Error>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(input)
        .into_records()
        .map(|record| {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok(Record {
                line: i64::try_from(line).unwrap_or(i64::MAX),
                fields: record.iter().map(str::to_owned).collect(),
            })
        })
}

/// Turns bytes of an encoding into UTF-8 as they are read, and counts them.
struct Decode<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: String,
    given: usize,
    ended: bool,
    count: Arc<AtomicU64>,
}

impl<R: Read> Decode<R> {
    fn new(input: R, encoding: Encoding, count: Arc<AtomicU64>) -> Self {
        let encoding = match encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => UTF_8,
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Latin1 => WINDOWS_1252,
        };
        let decoder = encoding.new_decoder_with_bom_removal();
        Self {
            input,
            decoder,
            raw: vec![0; HEAD],
            ready: String::new(),
            given: 0,
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
        // Three bytes of UTF-8 for each byte of input, and some for what the decoder still holds.
        self.ready.reserve(read * 3 + 16);
        let (_, consumed, _) =
            self.decoder
                .decode_to_string(&self.raw[..read], &mut self.ready, self.ended);
        debug_assert_eq!(consumed, read);
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
