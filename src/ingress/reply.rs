//! Answers to sources that retry by themselves.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::outcome::{Ledger, Outcome, Reason, Summary, Verdict};

/// What becomes of rejected records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// They are written to the dead-letter queue, so they need not be sent again.
    LeaveToQueue,
    /// There is no such queue: the source keeps them, if it can.
    ReportAsFailures,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply<'u> {
    /// The report, for a caller who reads it.
    Report,
    /// What is to be sent again.
    Failures(BatchItemFailures<'u>),
}

/// The partial batch response of SQS and Kinesis.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchItemFailures<'u> {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure<'u>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Failure<'u> {
    #[serde(rename = "itemIdentifier")]
    identifier: Cow<'u, str>,
}

impl BatchItemFailures<'_> {
    /// The message ids or the sequence number.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().map(|failure| failure.identifier.as_ref())
    }
}

impl<'u> FromIterator<Cow<'u, str>> for BatchItemFailures<'u> {
    fn from_iter<I: IntoIterator<Item = Cow<'u, str>>>(identifiers: I) -> Self {
        Self { failures: identifiers.into_iter().map(|identifier| Failure { identifier }).collect() }
    }
}

/// An invocation that has to fail, so that its source sends everything again.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// Something may succeed later.
    #[error(transparent)]
    Retryable(Retryable),
    /// Rows of a list may succeed later.
    #[error(
        "{} of {} rows may succeed later{} (delivered {}, duplicates {}, skipped {}, rejected {})",
        .summary.count(Outcome::Retryable),
        .summary.received,
        .code.map(|code| format!(": {code}")).unwrap_or_default(),
        .summary.count(Outcome::Delivered),
        .summary.count(Outcome::Superseded),
        .summary.count(Outcome::Skipped),
        .summary.count(Outcome::Rejected)
    )]
    Rows {
        /// The counts.
        summary: Summary,
        /// The first reason.
        code: Option<&'static str>,
    },
    /// Rejected events can be kept nowhere, and their source reads no report.
    #[error(
        "{rejected} of {received} events are rejected and can't be kept: set REJECTED_QUEUE_URL, since neither a \
         stream nor a bus nor a topic keeps single events"
    )]
    NoRejectedQueue {
        /// Events that will never succeed.
        rejected: usize,
        /// Events in the invocation.
        received: usize,
    },
}

impl InvocationError {
    /// Something may succeed later.
    pub fn retryable(ledger: &Ledger) -> Self {
        let indexes = ledger.retryable().take(Retryable::MAX_INDEXES).collect();
        Self::Retryable(Retryable { summary: *ledger.summary(), indexes })
    }

    /// Rows of a list may succeed later.
    pub fn rows(ledger: &Ledger) -> Self {
        let mut reasons = ledger.entries().iter().filter_map(|entry| match &entry.verdict {
            Verdict::Because(explanation) => Some(explanation.reason),
            Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => None,
        });
        let code = reasons.find(|reason| reason.outcome() == Outcome::Retryable).map(Reason::code);
        Self::Rows { summary: *ledger.summary(), code }
    }

    pub(super) fn no_rejected_queue(ledger: &Ledger) -> Self {
        let summary = ledger.summary();
        Self::NoRejectedQueue { rejected: summary.count(Outcome::Rejected), received: summary.received }
    }

    /// The word that an operator can alarm on.
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Retryable(_) | Self::Rows { .. } => "Retryable",
            Self::NoRejectedQueue { .. } => "NoRejectedQueue",
        }
    }
}

/// The counts of an invocation and the events that may succeed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retryable {
    summary: Summary,
    indexes: Vec<usize>,
}

impl Retryable {
    /// The most indexes that the message lists.
    const MAX_INDEXES: usize = 100;
}

impl std::error::Error for Retryable {}

impl fmt::Display for Retryable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retryable = self.summary.count(Outcome::Retryable);
        write!(f, "{retryable} of {} events may succeed later:", self.summary.received)?;
        for (number, index) in self.indexes.iter().enumerate() {
            let separator = if number == 0 { "" } else { "," };
            write!(f, "{separator} {index}")?;
        }
        if self.indexes.len() < retryable {
            f.write_str(", …")?;
        }
        for (number, &outcome) in Outcome::ALL.iter().enumerate() {
            let separator = if number == 0 { " (" } else { ", " };
            write!(f, "{separator}{} {}", outcome.as_str(), self.summary.count(outcome))?;
        }
        f.write_str(")")
    }
}

/// Whether a record is to be sent again: one of its events may succeed later, or will never and nobody else keeps it.
pub(super) fn fails(ledger: &Ledger, event_indexes: &Range<u32>, rejected: Rejected) -> bool {
    outcomes(ledger, event_indexes).iter().any(|outcome| match outcome {
        Outcome::Retryable => true,
        Outcome::Rejected => rejected == Rejected::ReportAsFailures,
        Outcome::Delivered | Outcome::Accepted | Outcome::Superseded | Outcome::Skipped => false,
    })
}

/// Whether every record of a batch has an event that may succeed later.
pub(super) fn all_retryable<'s>(ledger: &Ledger, records: impl IntoIterator<Item = &'s Range<u32>>) -> bool {
    let mut records = records.into_iter().peekable();
    records.peek().is_some()
        && records.all(|event_indexes| outcomes(ledger, event_indexes).contains(&Outcome::Retryable))
}

fn outcomes<'l>(ledger: &'l Ledger, event_indexes: &Range<u32>) -> &'l [Outcome] {
    ledger.outcomes().get(event_indexes.start as usize..event_indexes.end as usize).unwrap_or(&[Outcome::Retryable])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Entry, Reason, Verdict};

    fn ledger(events: u32, is_retryable: impl Fn(u32) -> bool) -> Ledger {
        let verdict =
            |event_index| if is_retryable(event_index) { Reason::OutOfTime.into() } else { Verdict::Delivered };
        let entries = (0..events).map(|event_index| Entry::new(event_index, None, verdict(event_index))).collect();
        Ledger::close(events as usize, entries, Vec::new())
    }

    #[test]
    fn the_message_has_the_counts_and_the_first_hundred_indexes() {
        let refusal = InvocationError::retryable(&ledger(3, |event_index| event_index != 1));
        assert_eq!(refusal.error_type(), "Retryable");
        assert_eq!(
            refusal.to_string(),
            "2 of 3 events may succeed later: 0, 2 (delivered 1, accepted 0, superseded 0, skipped 0, rejected 0, retryable 2)"
        );
        let message = InvocationError::retryable(&ledger(300, |_| true)).to_string();
        assert!(message.starts_with("300 of 300 events may succeed later: 0, 1, ") && message.contains(" 99, … ("));
        assert!(!message.contains(" 100,"), "{message}");
    }

    #[test]
    fn a_ledger_that_is_too_short_fails_the_record() {
        assert!(fails(&ledger(1, |_| false), &(0..2), Rejected::LeaveToQueue));
    }
}
