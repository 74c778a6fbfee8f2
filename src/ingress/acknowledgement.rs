//! The acknowledgement scope of an invocation: which events are sent again together.

use std::ops::Range;

use super::reply::{InvocationError, Rejected, Reply};
use super::{kinesis, sqs};
use crate::outcome::{Ledger, Outcome};

/// The retry scope of an invocation.
#[derive(Debug)]
pub enum AcknowledgementScope<'p> {
    /// All events are sent again, or none: HTTP requests, direct events and arrays, failed invocations sent again.
    Whole,
    /// The same from a source that reads no report: EventBridge and SNS.
    Unread,
    /// Each event is on its own: the caller reads the report and retries by it.
    Each,
    /// Somebody waits over HTTP: what may succeed later is queued, and only where it can't be is all sent again.
    Waiting,
    /// Messages of a queue.
    Sqs(sqs::Batch<'p>),
    /// Records of a stream.
    Kinesis(kinesis::Batch<'p>),
}

impl AcknowledgementScope<'_> {
    /// The rejected events that will not be sent again, in their order: they have to be kept now or are lost.
    ///
    /// A rejected event beside a retryable one of the same scope is sent again with it, and is judged again then.
    pub fn settled(&self, ledger: &Ledger) -> impl Iterator<Item = u32> {
        let event_indexes = self.settled_indexes(ledger).into_iter().flatten();
        event_indexes.filter(|event_index| ledger.outcomes().get(*event_index as usize) == Some(&Outcome::Rejected))
    }

    /// The events that may succeed later and are better queued on their own than sent again: of a caller who has a report
    /// all of them; of a message those beside events that are done, which would be done once more, and by then be old. And
    /// the events that overruled these: in order.
    pub fn leftovers(&self, ledger: &Ledger) -> Vec<u32> {
        match self {
            Self::Each | Self::Waiting => {
                let retryable = ledger.retryable().filter_map(|event_index| u32::try_from(event_index).ok());
                ledger.with_overruling(retryable.collect())
            }
            Self::Sqs(batch) => batch.leftovers(ledger),
            Self::Whole | Self::Unread | Self::Kinesis(_) => Vec::new(),
        }
    }

    /// What is known of a record that is kept nowhere but in its source, as JSON.
    pub fn described(&self, event_index: u32, bytes: usize) -> String {
        let (stream, shard, sequence_number) = match self {
            Self::Kinesis(batch) => batch.place(event_index),
            Self::Whole | Self::Unread | Self::Each | Self::Waiting | Self::Sqs(_) => (None, None, None),
        };
        let too_large = serde_json::json!({
            "bytes": bytes, "stream": stream, "shard": shard, "sequence_number": sequence_number,
        });
        serde_json::json!({"too_large": too_large}).to_string()
    }

    fn settled_indexes(&self, ledger: &Ledger) -> Vec<Range<u32>> {
        let all = 0..u32::try_from(ledger.outcomes().len()).unwrap_or(u32::MAX);
        match self {
            Self::Whole | Self::Unread | Self::Waiting if ledger.retryable().next().is_some() => Vec::new(),
            Self::Whole | Self::Unread | Self::Each | Self::Waiting => vec![all],
            Self::Sqs(batch) => batch.settled_indexes(ledger),
            Self::Kinesis(batch) => vec![batch.settled_indexes(ledger)],
        }
    }

    /// The answer that makes the source send again exactly what must be sent again.
    ///
    /// # Errors
    /// The invocation has to fail for that.
    pub fn reply(&self, ledger: &Ledger, rejected: Rejected) -> Result<Reply<'_>, InvocationError> {
        match self {
            Self::Whole | Self::Unread if ledger.retryable().next().is_some() => {
                Err(InvocationError::retryable(ledger))
            }
            // A report would end them unseen; after an error Lambda hands them to the on-failure destination.
            Self::Unread if rejected == Rejected::ReportAsFailures && ledger.summary().count(Outcome::Rejected) > 0 => {
                Err(InvocationError::no_rejected_queue(ledger))
            }
            Self::Whole | Self::Unread | Self::Each | Self::Waiting => Ok(Reply::Report),
            Self::Sqs(batch) => batch.reply(ledger, rejected).map(Reply::Failures),
            Self::Kinesis(batch) => batch.reply(ledger, rejected).map(Reply::Failures),
        }
    }
}

#[cfg(test)]
mod tests;
