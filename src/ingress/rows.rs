//! A batch of Step Functions' Distributed Map: rows of a file under `Items`, and under `BatchInput` what is the same for
//! all of them.
//!
//! The state sends the batch again after an error, and keeps the reply; a result of more than 256 KB would fail it
//! after the work was done. So the reply has counts and the numbers of rejected rows, and is cut where it is too long.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::json::Value;
use crate::outcome::{Entry, Ledger, Outcome, Verdict};

/// The most bytes of rejected rows; with the counts before them a reply stays below 200 KB.
const MOST_ROW_BYTES: usize = 190_000;

/// The member of a row that says its number in the file.
const ROW: &str = "_row";
/// The member of a row that says its file, where there are several.
const SOURCE: &str = "_source";

/// A batch.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'d> {
    items: Value<'d>,
    /// What is the same for all rows.
    pub input: Value<'d>,
}

impl<'d> Batch<'d> {
    /// The batch in a payload that has `Items` and `BatchInput`.
    pub fn open(root: Value<'d>) -> Self {
        let member = |name| root.get(name).unwrap_or(root);
        Self { items: member("Items"), input: member("BatchInput") }
    }

    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = Value<'d>> + use<'d> {
        self.items.items()
    }
}

/// The reply to a batch.
#[derive(Debug, Serialize)]
pub struct RowsReply<'d> {
    rows: usize,
    delivered: usize,
    /// Of a dry run: rows with an identifier that can be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    usable: Option<usize>,
    /// Rows whose person a later row of the batch has too.
    duplicates: usize,
    skipped: usize,
    rejected: usize,
    reasons: BTreeMap<&'static str, usize>,
    left_out: BTreeMap<String, usize>,
    ignored_columns: usize,
    rejected_rows: Vec<RejectedRow<'d>>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
struct RejectedRow<'d> {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Cow<'d, str>>,
    code: &'static str,
}

impl<'d> RowsReply<'d> {
    /// What became of the rows of a batch. `first_row` is the number of the first one, for rows that carry none.
    pub fn new(batch: Batch<'d>, ledger: &Ledger, first_row: u64, ignored_columns: usize) -> Self {
        let count = |outcome| ledger.summary().count(outcome);
        let mut reply = Self {
            rows: ledger.summary().received,
            delivered: count(Outcome::Delivered),
            usable: None,
            duplicates: count(Outcome::Superseded),
            skipped: count(Outcome::Skipped),
            rejected: count(Outcome::Rejected),
            reasons: BTreeMap::new(),
            left_out: BTreeMap::new(),
            ignored_columns,
            rejected_rows: Vec::new(),
            truncated: false,
        };
        for left_out in ledger.entries().iter().flat_map(Entry::left_out) {
            *reply.left_out.entry(format!("{} {}", left_out.field, left_out.reason.code())).or_default() += 1;
        }
        let mut bytes = 0;
        for ((number, row), outcome) in (0_u32..).zip(batch.rows()).zip(ledger.outcomes()) {
            let entries = ledger.entries_of(number);
            let Some(code) = code(entries, *outcome) else { continue };
            *reply.reasons.entry(code).or_default() += 1;
            if *outcome == Outcome::Rejected && !reply.truncated {
                let rejected = RejectedRow::new(row, first_row + u64::from(number), code);
                bytes += rejected.bytes();
                reply.truncated = bytes > MOST_ROW_BYTES;
                if !reply.truncated {
                    reply.rejected_rows.push(rejected);
                }
            }
        }
        reply
    }

    /// The same of a dry run: what would be delivered is usable.
    #[must_use]
    pub fn of_dry_run(mut self) -> Self {
        self.usable = Some(self.delivered + self.duplicates);
        self.delivered = 0;
        self
    }
}

impl<'d> RejectedRow<'d> {
    fn new(row: Value<'d>, position: u64, code: &'static str) -> Self {
        let own = row.get(ROW).and_then(|number| number.as_text()?.parse().ok());
        Self { row: own.unwrap_or(position), source: row.get(SOURCE).and_then(Value::as_str), code }
    }

    /// What it takes in the reply, at most.
    fn bytes(&self) -> usize {
        let written = |byte: u8| match byte {
            b'"' | b'\\' => 2,
            0..b' ' => 6,
            _ => 1,
        };
        let source = self.source.as_ref().map_or(0, |source| 14 + source.bytes().map(written).sum::<usize>());
        40 + self.code.len() + source
    }
}

/// The first reason for a row's outcome.
fn code(entries: &[Entry], outcome: Outcome) -> Option<&'static str> {
    entries.iter().find_map(|entry| match &entry.verdict {
        Verdict::Because(explanation) if explanation.reason.outcome() == outcome => Some(explanation.reason.code()),
        Verdict::Because(_) | Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => None,
    })
}
