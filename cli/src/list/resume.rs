//! Where a list stopped, so that the next run goes on there: a small file beside the list.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::totals::Totals;
use crate::error::SandboxError;

/// What tells a file from the same one after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    size: u64,
    modified: Duration,
}

impl Version {
    /// That of a file as it is now.
    pub(crate) fn of(file: &Path) -> Self {
        let metadata = std::fs::metadata(file).ok();
        let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        Self { size: metadata.as_ref().map_or(0, std::fs::Metadata::len), modified: modified.unwrap_or_default() }
    }
}

/// How far a list has come.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Progress {
    /// The file as it was, and what was to be done with it.
    list: String,
    /// The next row.
    pub(crate) next_row: u64,
    /// What became of the rows before it.
    pub(crate) totals: Totals,
    /// How long the file of rejected rows was then.
    pub(crate) rejected_bytes: u64,
}

/// The place of a list's progress.
#[derive(Debug)]
pub(crate) struct Bookmark {
    path: PathBuf,
    list: String,
}

impl Bookmark {
    /// Of a file that is delivered with these arguments to this function.
    pub(crate) fn of(file: &Path, version: Version, input: &Map<String, Value>, function: &str) -> Self {
        let Version { size, modified } = version;
        let list = format!("{size} {modified:?} {} {function}", Value::Object(input.clone()));
        let mut name = file.file_name().unwrap_or_default().to_os_string();
        name.push(".tta-progress.json");
        Self { path: file.with_file_name(name), list }
    }

    /// What an earlier run of the same list left.
    pub(crate) fn read(&self) -> Option<Progress> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let progress: Progress = serde_json::from_str(&text).ok()?;
        (progress.list == self.list).then_some(progress)
    }

    /// Keeps how far the list has come; all of it or nothing.
    pub(crate) fn keep(&self, next_row: u64, totals: &Totals, rejected_bytes: u64) -> Result<(), SandboxError> {
        let progress = Progress { list: self.list.clone(), next_row, totals: totals.clone(), rejected_bytes };
        let part = self.path.with_extension("part");
        let kept = std::fs::write(&part, serde_json::to_string(&progress).unwrap_or_default());
        let kept = kept.and_then(|()| std::fs::rename(part, &self.path));
        kept.map_err(|source| SandboxError::File { path: self.path.clone(), source })
    }

    /// The list is done.
    pub(crate) fn forget(&self) {
        // Where there is none, nothing is to be forgotten.
        let _absent = std::fs::remove_file(&self.path);
    }
}
