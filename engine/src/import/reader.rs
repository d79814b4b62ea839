//! Reading a file as a stream of records: any size, one chunk in memory.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::csv::{Delimiter, Encoding};
use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use tokio::sync::mpsc;

use super::{CHUNK, Format, HEAD};
use crate::Result;

/// No list of companies has rows of this size.
const RECORD_BYTES: usize = 1 << 20;

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
        records.push(record?);
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
            let mut chunk = Vec::new();
            let mut failure = None;
            for record in records.by_ref().take(CHUNK) {
                match record {
                    Ok(record) => chunk.push(record),
                    Err(error) => failure = Some(error),
                }
                if failure.is_some() {
                    break;
                }
            }
            let last = failure.is_some() || chunk.is_empty();
            // What was read before a failure is whole, and is kept.
            if !chunk.is_empty() {
                let chunk = Chunk {
                    records: chunk,
                    bytes_read: i64::try_from(bytes.load(Ordering::Relaxed)).unwrap_or(i64::MAX),
                };
                if sender.blocking_send(Ok(chunk)).is_err() {
                    return;
                }
            }
            if let Some(error) = failure {
                drop(sender.blocking_send(Err(error.into())));
            }
            if last {
                return;
            }
        }
    });
    receiver
}

fn records_of<R: Read>(input: R, delimiter: Delimiter) -> impl Iterator<Item = io::Result<Record>> {
    let since = Rc::<Cell<usize>>::default();
    let input = Bounded {
        input,
        since: Rc::clone(&since),
    };
    let mut last_line = 0;
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(input)
        .into_records()
        .map(move |record| {
            let record = record.map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    io::Error::new(
                        error.kind(),
                        format!("the row after line {last_line} is larger than 1 MiB; probably a quotation mark there has no partner"),
                    )
                }
                kind => io::Error::other(format!("{kind:?}")),
            })?;
            since.set(0);
            last_line = record.position().map_or(0, csv::Position::line);
            Ok(Record {
                line: i64::try_from(last_line).unwrap_or(i64::MAX),
                fields: record.iter().map(str::to_owned).collect(),
            })
        })
}

/// Ends the reading where a record does not: a quoted cell without an end would take in the rest of the file.
struct Bounded<R> {
    input: R,
    /// Bytes since the last whole record, and up to one buffer of the reader's more.
    since: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > RECORD_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.input.read(buffer)?;
        self.since.set(self.since.get() + n);
        Ok(n)
    }
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
