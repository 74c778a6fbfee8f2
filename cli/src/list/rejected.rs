//! The numbers of rejected rows: a file beside the list, left there only where there are any.

use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::totals::Totals;
use crate::error::SandboxError;

/// How it begins. What begins otherwise is another file, and not written over.
const HEADER: &str = "row,code";

/// The file while a list is delivered.
pub(super) struct RejectedFile {
    path: PathBuf,
    file: BufWriter<File>,
    /// How much of it is of batches that are done.
    bytes: u64,
    /// Whether it can be cut and removed, unlike a device or a pipe.
    is_file: bool,
}

impl RejectedFile {
    /// Refuses a path at which the list itself or another file stands.
    pub(super) fn refuse_other(path: &Path, list: &Path) -> Result<(), SandboxError> {
        let Some(metadata) = std::fs::metadata(path).ok().filter(Metadata::is_file) else { return Ok(()) };
        let wrong = |what: &str| SandboxError::Usage(format!("{}: {what}", path.display()));
        if std::fs::metadata(list).is_ok_and(|list| is_same(&list, &metadata)) {
            return Err(wrong("the rejected rows would be written over the list itself"));
        }
        let mut start = Vec::new();
        let read = File::open(path).and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut start));
        read.map_err(|source| SandboxError::File { path: path.to_owned(), source })?;
        if !start.is_empty() && start != HEADER.as_bytes() {
            return Err(wrong("it has no rejected rows in it, and is not written over; --rejected names another file"));
        }
        Ok(())
    }

    /// Opens it before the first row; `kept` is how much an earlier run had written by the row at which it is gone on.
    pub(super) fn open(path: PathBuf, kept: u64) -> Result<Self, SandboxError> {
        let failed = |source| SandboxError::File { path: path.clone(), source };
        let mut file = File::options().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let (is_file, mut bytes) = (metadata.is_file(), kept);
        if is_file {
            bytes = kept.min(metadata.len());
            file.set_len(bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        }
        let mut opened = Self { path, file: BufWriter::new(file), bytes, is_file };
        if bytes == 0 {
            opened.write(&format!("{HEADER}\n"))?;
        }
        Ok(opened)
    }

    /// Adds those of a batch.
    pub(super) fn add(&mut self, reply: &Totals) -> Result<(), SandboxError> {
        let mut lines = String::new();
        for row in &reply.rejected_rows {
            // Writing to a string can't fail.
            let _infallible = writeln!(lines, "{},{}", row.row, row.code);
        }
        self.write(&lines)
    }

    fn write(&mut self, text: &str) -> Result<(), SandboxError> {
        self.file.write_all(text.as_bytes()).map_err(|source| self.failed(source))?;
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Writes out what was added; how long the file is.
    pub(super) fn flush(&mut self) -> Result<u64, SandboxError> {
        self.file.flush().map_err(|source| self.failed(source))?;
        Ok(self.bytes)
    }

    /// Where they are; without any, nothing is left.
    pub(super) fn finish(mut self) -> Result<Option<PathBuf>, SandboxError> {
        if self.flush()? > HEADER.len() as u64 + 1 {
            return Ok(Some(self.path));
        }
        if self.is_file {
            std::fs::remove_file(&self.path).map_err(|source| self.failed(source))?;
        }
        Ok(None)
    }

    fn failed(&self, source: std::io::Error) -> SandboxError {
        SandboxError::File { path: self.path.clone(), source }
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
