//! What became of the rows so far.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rejected rows that the document names; all are in the file.
const MOST_NAMED: usize = 100;

/// The function's reply to a batch, and the same summed over a file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Totals {
    pub(crate) rows: u64,
    pub(crate) delivered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usable: Option<u64>,
    pub(crate) duplicates: u64,
    pub(crate) skipped: u64,
    pub(crate) rejected: u64,
    pub(crate) reasons: BTreeMap<String, u64>,
    pub(crate) left_out: BTreeMap<String, u64>,
    pub(crate) ignored_columns: u64,
    pub(crate) rejected_rows: Vec<RejectedRow>,
    pub(crate) truncated: bool,
}

/// A row that is not delivered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RejectedRow {
    pub(crate) row: u64,
    pub(crate) code: String,
}

impl Totals {
    /// Of no row yet; so many columns of the file are ignored before the function sees its rows.
    pub(crate) fn starting(ignored_columns: usize) -> Self {
        Self { ignored_columns: u64::try_from(ignored_columns).unwrap_or(u64::MAX), ..Self::default() }
    }

    /// Adds what became of a batch.
    pub(crate) fn add(&mut self, batch: Self) {
        self.rows += batch.rows;
        self.delivered += batch.delivered;
        if let Some(usable) = batch.usable {
            *self.usable.get_or_insert(0) += usable;
        }
        self.duplicates += batch.duplicates;
        self.skipped += batch.skipped;
        self.rejected += batch.rejected;
        for (sums, more) in [(&mut self.reasons, batch.reasons), (&mut self.left_out, batch.left_out)] {
            for (key, count) in more {
                *sums.entry(key).or_default() += count;
            }
        }
        self.ignored_columns = self.ignored_columns.max(batch.ignored_columns);
        self.truncated |= batch.truncated;
        for row in batch.rejected_rows {
            if self.rejected_rows.len() == MOST_NAMED {
                self.truncated = true;
                break;
            }
            self.rejected_rows.push(row);
        }
    }

    /// Rows with which nothing can be done.
    pub(crate) const fn unusable(&self) -> u64 {
        self.skipped + self.rejected
    }
}
