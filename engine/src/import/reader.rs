//! Reading a file as a stream of records: any size, one chunk in memory.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::csv::{Delimiter, Encoding, Utf8Tally};
use tokio::sync::mpsc;

use super::{CHUNK_BYTES, CHUNK_ROWS, Format, HEAD, decode::Decode};
use crate::Result;

/// No list of companies has rows of this size.
const RECORD_BYTES: usize = 1 << 20;

/// A record and the line that it begins on, counted from 1.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) line: i64,
    pub(super) fields: Vec<String>,
}

/// Records that were read together, at least one, and how far the file was read by then.
pub(super) struct Chunk {
    pub(super) records: Vec<Record>,
    pub(super) bytes_read: i64,
}

/// Looks at a file: the encoding shows in the whole of it, the rest at its beginning.
pub(super) fn sniff(path: &Path) -> io::Result<(Format, Vec<Record>)> {
    let head = head(path)?;
    let mut encoding = Encoding::detect(&head);
    if matches!(encoding, Encoding::Utf8 | Encoding::Latin1) {
        encoding = tally(path)?;
    }
    let delimiter = Delimiter::detect(&text(&head, encoding)?);
    let format = Format {
        encoding,
        delimiter,
    };
    let records = first_of(&head, &format)?;
    Ok((format, records))
}

/// The first records of a file whose format is known.
pub(super) async fn first_records(path: &Path, format: &Format) -> Result<Vec<Record>> {
    let (path, format) = (path.to_owned(), format.clone());
    let read = tokio::task::spawn_blocking(move || first_of(&head(&path)?, &format)).await;
    Ok(read.map_err(io::Error::other)??)
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn tally(path: &Path) -> io::Result<Encoding> {
    let mut file = File::open(path)?;
    let mut tally = Utf8Tally::default();
    let mut piece = vec![0; HEAD];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(tally.finish()),
            n => tally.push(&piece[..n]),
        }
    }
}

/// A character that is cut at the end of the head is replaced; only detection and preview see it.
fn text(head: &[u8], encoding: Encoding) -> io::Result<String> {
    let mut text = String::new();
    Decode::new(head, encoding, Arc::default()).read_to_string(&mut text)?;
    Ok(text)
}

/// The header, and ten rows to look at.
fn first_of(head: &[u8], format: &Format) -> io::Result<Vec<Record>> {
    let text = text(head, format.encoding)?;
    records_of(text.as_bytes(), format.delimiter)
        .take(11)
        .collect()
}

/// Reads on a thread of its own; the channel holds one chunk, so the reader waits for the database. `None` is the end of
/// the file: a channel that closes without it means that the thread broke off.
pub(super) fn stream(path: PathBuf, format: Format) -> mpsc::Receiver<Result<Option<Chunk>>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let bytes = Arc::<AtomicU64>::default();
        let mut records = match File::open(&path) {
            Ok(file) => {
                let input = BufReader::with_capacity(HEAD, file);
                let decoded = Decode::new(input, format.encoding, bytes.clone());
                records_of(decoded, format.delimiter)
            }
            // The receiver is gone only when the import was given up.
            Err(error) => return drop(sender.blocking_send(Err(error.into()))),
        };
        loop {
            let (chunk, ended) = next_chunk(&mut records);
            // What was read before a failure is whole, and is kept.
            if !chunk.is_empty() {
                let chunk = Chunk {
                    records: chunk,
                    bytes_read: i64::try_from(bytes.load(Ordering::Relaxed)).unwrap_or(i64::MAX),
                };
                if sender.blocking_send(Ok(Some(chunk))).is_err() {
                    return;
                }
            }
            if let Some(end) = ended {
                return drop(sender.blocking_send(end.map(|()| None).map_err(Into::into)));
            }
        }
    });
    receiver
}

/// As many records as one transaction takes in, and how the file ended when it did.
fn next_chunk(
    records: &mut impl Iterator<Item = io::Result<Record>>,
) -> (Vec<Record>, Option<io::Result<()>>) {
    let (mut chunk, mut size) = (Vec::new(), 0);
    while chunk.len() < CHUNK_ROWS && size < CHUNK_BYTES {
        match records.next() {
            Some(Ok(record)) => {
                size += record.fields.iter().map(String::len).sum::<usize>();
                chunk.push(record);
            }
            Some(Err(error)) => return (chunk, Some(Err(error))),
            None => return (chunk, Some(Ok(()))),
        }
    }
    (chunk, None)
}

fn records_of<R: Read>(input: R, delimiter: Delimiter) -> impl Iterator<Item = io::Result<Record>> {
    let seen = Rc::<RefCell<Seen>>::default();
    let input = Watched {
        input,
        seen: Rc::clone(&seen),
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
                csv::ErrorKind::Io(error) => error,
                kind => io::Error::other(format!("{kind:?}")),
            })?;
            let begin = record.position().map_or(0, csv::Position::byte);
            last_line = seen.borrow_mut().line_of_record(begin);
            Ok(Record {
                line: last_line,
                fields: record.iter().map(str::to_owned).collect(),
            })
        })
}

/// What the reader of records took in: its own line numbers know LF only, and a quoted cell without an end would take in
/// the rest of the file.
struct Seen {
    /// Bytes since the last whole record, and up to one buffer of the reader's more.
    since: usize,
    offset: u64,
    line: i64,
    /// Offset and number of the lines that are not blank, from the last record on.
    lines: VecDeque<(u64, i64)>,
    at_begin: bool,
    after_cr: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            since: 0,
            offset: 0,
            line: 1,
            lines: VecDeque::new(),
            at_begin: true,
            after_cr: false,
        }
    }
}

impl Seen {
    /// CR, LF and CR LF end a line, whatever the file mixes.
    fn take_in(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => {
                    self.line += 1;
                    self.at_begin = true;
                }
                _ if self.at_begin => {
                    self.lines.push_back((self.offset, self.line));
                    self.at_begin = false;
                }
                _ => {}
            }
            self.after_cr = *byte == b'\r';
            self.offset += 1;
        }
        self.since += bytes.len();
    }

    /// The first line of the record that was looked for from this offset on; blank lines before it are none of it.
    fn line_of_record(&mut self, begin: u64) -> i64 {
        self.since = 0;
        while self
            .lines
            .front()
            .is_some_and(|(offset, _)| *offset < begin)
        {
            self.lines.pop_front();
        }
        self.lines.front().map_or(self.line, |(_, line)| *line)
    }
}

struct Watched<R> {
    input: R,
    seen: Rc<RefCell<Seen>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut seen = self.seen.borrow_mut();
        if seen.since > RECORD_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.input.read(buffer)?;
        seen.take_in(&buffer[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_ends_after_so_many_rows_or_bytes() {
        let wide = format!("{},x\n", "w".repeat(300_000)).repeat(40);
        let short = "a,b\n".repeat(4_500);
        for (text, sizes) in [
            (wide, vec![14, 14, 12]),
            (short, vec![2_000, 2_000, 500]),
            (String::new(), vec![0]),
        ] {
            let mut records = records_of(text.as_bytes(), Delimiter::Comma);
            let mut seen = Vec::new();
            loop {
                let (chunk, end) = next_chunk(&mut records);
                seen.push(chunk.len());
                if let Some(end) = end {
                    assert!(end.is_ok());
                    break;
                }
            }
            assert_eq!(seen, sizes);
        }
    }

    #[test]
    fn a_record_has_the_line_that_it_begins_on() {
        // Longer than the reader's buffer, so that lines are seen long before their records.
        let filler = "x".repeat(5_000);
        for end in ["\n", "\r", "\r\n"] {
            let lines = [
                "", "", "a", "\"b", "", "b\"", "", &filler, &filler, "\"c", "c\"", " ", "d",
            ];
            let text = lines.join(end);
            let found: Vec<i64> = records_of(text.as_bytes(), Delimiter::Comma)
                .map(|record| record.unwrap().line)
                .collect();
            assert_eq!(found, [3, 4, 8, 9, 10, 12, 13], "{end:?}");
        }
    }
}
