//! The replies to a list's batches, added up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::objects::not_a_result;
use crate::control::error::OperationError;
use crate::outcome::{Outcome, Reason};

/// Rejected rows that a summary names.
const MOST_NAMED: usize = 100;
/// Rejected rows that are written to a file of their own.
const MOST_LISTED: usize = 100_000;
/// Different reasons; a reply has fewer.
const MOST_REASONS: usize = 200;

/// The reply to a batch, as far as it is added up.
#[derive(Debug, Deserialize)]
struct Reply<'r> {
    rows: u64,
    delivered: u64,
    usable: Option<u64>,
    duplicates: u64,
    skipped: u64,
    rejected: u64,
    #[serde(borrow)]
    reasons: BTreeMap<Cow<'r, str>, u64>,
    #[serde(borrow)]
    left_out: BTreeMap<Cow<'r, str>, u64>,
    ignored_columns: u64,
    rejected_rows: Vec<RejectedRow>,
    truncated: bool,
}

/// A rejected row.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RejectedRow {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    code: String,
}

/// What became of the rows of a list.
#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    pub(super) batches: u64,
    pub(super) rows: u64,
    pub(super) delivered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usable: Option<u64>,
    duplicates: u64,
    pub(super) skipped: u64,
    pub(super) rejected: u64,
    reasons: BTreeMap<String, u64>,
    left_out: BTreeMap<String, u64>,
    ignored_columns: u64,
    /// The first of them.
    rejected_rows: Vec<RejectedRow>,
    truncated: bool,
    #[serde(skip)]
    listed: String,
    #[serde(skip)]
    listed_rows: usize,
}

impl Totals {
    /// Adds the reply to a batch.
    ///
    /// # Errors
    /// It is no such reply.
    pub(super) fn add(&mut self, line: &str) -> Result<(), OperationError> {
        let reply: Reply<'_> = serde_json::from_str(line).map_err(|_no_reply| not_a_result())?;
        self.batches += 1;
        self.rows += reply.rows;
        self.delivered += reply.delivered;
        if let Some(usable) = reply.usable {
            *self.usable.get_or_insert(0) += usable;
        }
        self.duplicates += reply.duplicates;
        self.skipped += reply.skipped;
        self.rejected += reply.rejected;
        self.ignored_columns = self.ignored_columns.max(reply.ignored_columns);
        self.truncated |= reply.truncated;
        add(&mut self.reasons, reply.reasons);
        add(&mut self.left_out, reply.left_out);
        for row in reply.rejected_rows {
            self.list(row);
        }
        Ok(())
    }

    fn list(&mut self, row: RejectedRow) {
        if self.listed_rows == MOST_LISTED {
            self.truncated = true;
            return;
        }
        self.listed_rows += 1;
        let source = row.source.as_deref().unwrap_or_default().replace('"', "\"\"");
        // Writing to a string can't fail.
        let _written = writeln!(self.listed, "{},{},\"{source}\"", row.row, row.code);
        if self.rejected_rows.len() < MOST_NAMED {
            self.rejected_rows.push(row);
        }
    }

    /// The rejected rows as a file; none where no row was rejected.
    pub(super) fn listed(&self) -> Option<String> {
        (!self.listed.is_empty()).then(|| format!("row,code,source\n{}", self.listed))
    }

    /// Percent of the rows that nothing can be done with.
    pub(super) fn unusable_percent(&self) -> f64 {
        let unusable = self.skipped + self.rejected;
        if self.rows == 0 { 100.0 } else { 100.0 * ratio(unusable, self.rows) }
    }

    /// Rows that were rejected for another reason than a person's own data.
    pub(super) fn refused(&self) -> u64 {
        let own = self.reasons.iter().filter(|(code, _)| is_of_person(code)).map(|(_, count)| count);
        self.rejected.saturating_sub(own.sum())
    }

    /// Percent of the rows that were refused.
    pub(super) fn refused_percent(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { 100.0 * ratio(self.refused(), self.rows) }
    }

    /// Whether a delivery was none: more rows were refused than may be, or some were and nobody arrived. In shadow nobody
    /// is meant to.
    pub(super) fn is_refused(&self, limit: f64) -> bool {
        let is_shadow = self.reasons.contains_key(Reason::Shadow.code());
        self.refused_percent() > limit || self.delivered == 0 && self.refused() > 0 && !is_shadow
    }

    /// The reasons of the refused rows, with their counts.
    pub(super) fn why_refused(&self) -> String {
        let is_rejection = |code: &str| {
            let known = Reason::ALL.iter().find(|known| known.code() == code);
            known.is_some_and(|known| known.outcome() == Outcome::Rejected) && !is_of_person(code)
        };
        let refused = self.reasons.iter().filter(|(code, _)| is_rejection(code));
        refused.map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a row is rejected so for a person's own data.
fn is_of_person(code: &str) -> bool {
    code == Reason::NoUsableIdentifier.code()
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of at most 100 million rows")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn add(sums: &mut BTreeMap<String, u64>, more: BTreeMap<Cow<'_, str>, u64>) {
    for (key, count) in more {
        if let Some(sum) = sums.get_mut(key.as_ref()) {
            *sum += count;
        } else if sums.len() < MOST_REASONS {
            sums.insert(key.into_owned(), count);
        }
    }
}
