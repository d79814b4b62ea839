//! What was accepted, written down outside of the system under test, line after line.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

#[derive(Clone)]
pub(crate) struct Ledger {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

/// The ledger as read back from its file.
#[derive(Default)]
pub(crate) struct Entries {
    /// Their commit was acknowledged.
    pub(crate) accepted: BTreeSet<String>,
    /// The connection was lost during commit: they may be there or not.
    pub(crate) unknown: BTreeSet<String>,
}

impl Ledger {
    pub(crate) fn create(path: PathBuf) -> Self {
        let file = Arc::new(Mutex::new(File::create(&path).unwrap()));
        Self { path, file }
    }

    pub(crate) fn accepted(&self, keys: &[String]) {
        self.write('+', keys);
    }

    pub(crate) fn unknown(&self, keys: &[String]) {
        self.write('?', keys);
    }

    fn write(&self, mark: char, keys: &[String]) {
        let lines: String = keys.iter().map(|key| format!("{mark}{key}\n")).collect();
        self.file
            .lock()
            .unwrap()
            .write_all(lines.as_bytes())
            .unwrap();
    }

    pub(crate) fn read(&self) -> Entries {
        let mut entries = Entries::default();
        for line in BufReader::new(File::open(&self.path).unwrap()).lines() {
            let line = line.unwrap();
            match line.split_at(1) {
                ("+", key) => entries.accepted.insert(key.into()),
                (_, key) => entries.unknown.insert(key.into()),
            };
        }
        entries
    }
}
