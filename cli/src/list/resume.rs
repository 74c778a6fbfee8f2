//! Where a list stopped, so that the next run goes on there: a small file beside the list.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::totals::Totals;

/// How far a list has come.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Progress {
    /// The file as it was, and what was to be done with it.
    list: String,
    /// The next row.
    pub(crate) next_row: u64,
    /// What became of the rows before it.
    pub(crate) totals: Totals,
}

/// The place of a list's progress.
#[derive(Debug)]
pub(crate) struct Bookmark {
    path: PathBuf,
    list: String,
}

impl Bookmark {
    /// Of a file that is delivered with these arguments to this function.
    pub(crate) fn of(file: &Path, input: &Map<String, Value>, function: &str) -> Self {
        let metadata = std::fs::metadata(file).ok();
        let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        let size = metadata.as_ref().map_or(0, std::fs::Metadata::len);
        let list = format!("{size} {:?} {} {function}", modified.unwrap_or_default(), Value::Object(input.clone()));
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
    pub(crate) fn keep(&self, next_row: u64, totals: &Totals) -> std::io::Result<()> {
        let progress = Progress { list: self.list.clone(), next_row, totals: totals.clone() };
        let part = self.path.with_extension("part");
        std::fs::write(&part, serde_json::to_string(&progress).unwrap_or_default())?;
        std::fs::rename(part, &self.path)
    }

    /// The list is done.
    pub(crate) fn forget(&self) {
        // Where there is none, nothing is to be forgotten.
        let _absent = std::fs::remove_file(&self.path);
    }
}
