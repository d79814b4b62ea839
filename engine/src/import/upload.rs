//! Receiving a file.

use std::path::{Path, PathBuf};

use domain::{
    csv::{guess_mapping, looks_like_header, name_columns},
    model::import::Preview,
    role::Actor,
};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{
    Format,
    reader::{self, Record},
};
use crate::{Engine, EngineError, Result};

/// The largest file that is taken: 1 GB, some five million companies.
const LARGEST_FILE: u64 = 1 << 30;

/// A file that is being received. Dropping it before `finish` removes what was written.
pub struct Upload {
    engine: Engine,
    file: tokio::fs::File,
    path: PathBuf,
    batch_id: String,
    file_name: String,
    importer: String,
    hash: Sha256,
    size: u64,
    finished: bool,
}

impl Engine {
    /// Opens a file of this name for writing.
    ///
    /// # Errors
    /// [`EngineError::File`] when the upload folder cannot be written.
    pub async fn open_upload(&self, file_name: &str, actor: &Actor) -> Result<Upload> {
        tokio::fs::create_dir_all(&self.config.upload_dir).await?;
        let file_name = clean_name(file_name);
        let batch_id = batch_id(&file_name);
        let path = self.config.upload_dir.join(&batch_id);
        let file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .await?;
        Ok(Upload {
            engine: self.clone(),
            file,
            path,
            batch_id,
            file_name,
            importer: actor.name.clone(),
            hash: Sha256::new(),
            size: 0,
            finished: false,
        })
    }

    /// What an uploaded file looks like.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown batch, [`EngineError::File`] when its file is gone.
    pub async fn import_preview(&self, batch_id: &str) -> Result<Preview> {
        let batch = self.import_batch(batch_id).await?;
        let path = self.upload_path(&batch.batch_id);
        if !path.is_file() {
            return Err(EngineError::Invalid(format!(
                "The file of import {batch_id} is no longer kept; upload it again"
            )));
        }
        let (encoding, delimiter): (Option<String>, Option<String>) = sqlx::query_as(
            "SELECT encoding, delimiter FROM intake.import_batches WHERE import_batch_id = $1",
        )
        .bind(batch_id)
        .fetch_one(&self.pool)
        .await?;
        // Known since the upload: the whole file need not be read again.
        let format = encoding
            .zip(delimiter)
            .map(|(encoding, delimiter)| Format::named(&encoding, &delimiter));
        preview(
            &path,
            &batch.batch_id,
            batch.file_name.as_deref().unwrap_or_default(),
            batch.size_bytes,
            format,
        )
        .await
    }

    pub(super) async fn record_upload(
        &self,
        preview: &Preview,
        sha256: &str,
        importer: &str,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO intake.import_batches
                 (import_batch_id, file_name, file_sha256, size_bytes, importer, encoding, delimiter, has_header, headers, mapping)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&preview.batch_id)
        .bind(&preview.file_name)
        .bind(sha256)
        .bind(preview.size_bytes)
        .bind(importer)
        .bind(&preview.encoding)
        .bind(&preview.delimiter)
        .bind(preview.has_header)
        .bind(&preview.headers)
        .bind(serde_json::json!(preview.mapping))
        .execute(&self.pool)
        .await?;
        self.announce_import(&preview.batch_id).await
    }
}

impl Upload {
    /// Appends a piece.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] past the limit of 1 GB.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > LARGEST_FILE {
            return Err(EngineError::Invalid(
                "The file is larger than 1 GB; split it and import the parts".into(),
            ));
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await?;
        Ok(())
    }

    /// Closes the file, records the batch as `uploaded` and returns its preview.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for an empty file.
    pub async fn finish(mut self) -> Result<Preview> {
        if self.size == 0 {
            return Err(EngineError::Invalid(format!(
                "{} is empty; choose a CSV file with rows",
                self.file_name
            )));
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        let preview = preview(
            &self.path,
            &self.batch_id,
            &self.file_name,
            self.size as i64,
            None,
        )
        .await?;
        let sha256 = hex(&std::mem::take(&mut self.hash).finalize());
        self.engine
            .record_upload(&preview, &sha256, &self.importer)
            .await?;
        self.finished = true;
        Ok(preview)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is only disk space; nothing refers to it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(super) async fn preview(
    path: &Path,
    batch_id: &str,
    file_name: &str,
    size_bytes: i64,
    format: Option<Format>,
) -> Result<Preview> {
    let (format, records) = match format {
        Some(format) => {
            let records = reader::first_records(path, &format).await?;
            (format, records)
        }
        None => {
            let path = path.to_owned();
            tokio::task::spawn_blocking(move || reader::sniff(&path))
                .await
                .map_err(|error| EngineError::Invalid(error.to_string()))??
        }
    };
    let first_row = records
        .first()
        .map(|record| record.fields.clone())
        .unwrap_or_default();
    let has_header = looks_like_header(&first_row);
    let headers = columns(&records, has_header);
    Ok(Preview {
        batch_id: batch_id.to_owned(),
        file_name: file_name.to_owned(),
        size_bytes,
        encoding: format.encoding.name().to_owned(),
        delimiter: format.delimiter.name().to_owned(),
        mapping: guess_mapping(&headers),
        headers,
        has_header,
        first_row,
        rows: records
            .into_iter()
            .skip(usize::from(has_header))
            .take(10)
            .map(|record| record.fields)
            .collect(),
    })
}

/// The names of the columns: those of the first record, or numbers for as many as the widest of the first has.
pub(super) fn columns(records: &[Record], has_header: bool) -> Vec<String> {
    let widths = records.iter().map(|record| record.fields.len());
    let widest = widths.max().unwrap_or(0);
    let mut first = records
        .first()
        .map(|record| record.fields.clone())
        .unwrap_or_default();
    if !has_header {
        first.resize(widest, String::new());
    }
    name_columns(&first, has_header)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The last part of whatever path a browser sends, without control characters, at most 200 characters.
pub(super) fn clean_name(file_name: &str) -> String {
    let last = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if clean.trim().is_empty() {
        "upload.csv".to_owned()
    } else {
        clean.trim().to_owned()
    }
}

/// Date, name and four random characters: readable, and safe as a file name and in a URL.
pub(super) fn batch_id(file_name: &str) -> String {
    let stem = file_name
        .rsplit_once('.')
        .map_or(file_name, |(stem, _)| stem);
    let slug: String = stem
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .take(40)
        .collect();
    let slug = slug
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let random = &uuid::Uuid::new_v4().simple().to_string()[..4];
    format!(
        "{}-{}-{random}",
        chrono::Utc::now().format("%Y%m%d"),
        if slug.is_empty() { "file" } else { &slug }
    )
}
