//! Kinesis: records in the order of their shard, each an event, newline-delimited events or an array of them, or several
//! such records in one, as the Kinesis Producer Library packs them.
//!
//! Knows how a stream wants to be answered (AWS Lambda Developer Guide, "Configuring partial batch response with Kinesis
//! Data Streams and Lambda"): the lowest sequence number that failed. That record and all behind it are sent again.

mod aggregate;

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use prost::bytes::Bytes;

use super::intake::{MAX_MESSAGE_EVENTS, too_many};
use super::payload::{Content, Payload};
use super::reply::{self, BatchItemFailures, InvocationError, Rejected};
use crate::json::{Document, Value};
use crate::outcome::{Ledger, Outcome};

const BROKEN: &str = "the Kinesis Producer Library has packed several records into this one, and it is damaged";

/// The records of a batch, all of one shard, in its order.
#[derive(Debug)]
pub struct Batch<'p> {
    payload: Document<'p>,
    records: Vec<Record>,
}

/// A record: its events and where its sequence number stands in the payload.
#[derive(Debug)]
pub(super) struct Record {
    event_indexes: Range<u32>,
    sequence_number: Option<u32>,
}

impl Record {
    /// A record with these events.
    pub(super) fn new(event_indexes: Range<u32>, record: Value<'_>) -> Self {
        let sequence_number = record.path(&["kinesis", "sequenceNumber"]).map(Value::position);
        Self { event_indexes, sequence_number }
    }
}

/// What a record carries: several payloads where the Kinesis Producer Library has packed several records into one. They
/// are sent again together, since they have one sequence number.
pub(super) fn read(record: Value<'_>) -> Vec<Payload> {
    let kinesis = record.get("kinesis");
    let Some(data) = kinesis.and_then(|kinesis| kinesis.get("data")).and_then(Value::as_str) else {
        return vec![Payload::rejected("the Kinesis record has no data", record.raw())];
    };
    let arrival = kinesis.and_then(|kinesis| kinesis.get("approximateArrivalTimestamp"));
    let time = arrival.and_then(Value::as_f64).and_then(milliseconds);
    let payload = |bytes: Vec<u8>| Payload { content: Content::Lines(bytes), time };
    let bytes = match STANDARD.decode(data.as_bytes()) {
        Ok(bytes) if aggregate::is_packed(&bytes) => Bytes::from(bytes),
        Ok(bytes) => return vec![payload(bytes)],
        Err(_undecodable) => return vec![Payload::rejected("the data is not base64", data.as_bytes())],
    };
    match aggregate::unpack(&bytes) {
        Some(records) if records.len() > MAX_MESSAGE_EVENTS => {
            vec![Payload { content: Content::Rejected(too_many(MAX_MESSAGE_EVENTS), bytes.into()), time }]
        }
        Some(records) => records.into_iter().map(|record| payload(record.into())).collect(),
        None => vec![Payload::rejected(BROKEN, bytes)],
    }
}

/// Seconds since 1970 with a fraction, in milliseconds; half of one is added since the fraction is rarely exact.
fn milliseconds(seconds: f64) -> Option<i64> {
    let since = SignedDuration::try_from_secs_f64(seconds + 0.0005).ok()?;
    Some(Timestamp::from_duration(since).ok()?.as_millisecond())
}

impl<'p> Batch<'p> {
    /// The records of a payload.
    pub(super) const fn new(payload: Document<'p>, records: Vec<Record>) -> Self {
        Self { payload, records }
    }
}

impl Batch<'_> {
    /// The events of the records before the checkpoint; the others are sent again.
    pub(super) fn settled_indexes(&self, ledger: &Ledger) -> Range<u32> {
        let end = match self.checkpoint(ledger) {
            Some(record) => record.event_indexes.start,
            None => self.records.last().map_or(0, |record| record.event_indexes.end),
        };
        0..end
    }

    /// The sequence number from which on everything is to be sent again, if any.
    ///
    /// # Errors
    /// Every record may succeed later; or a record is rejected and there is no queue to keep it in, since a stream
    /// has no dead-letter queue for single records.
    pub fn reply(&self, ledger: &Ledger, rejected: Rejected) -> Result<BatchItemFailures<'_>, InvocationError> {
        if rejected == Rejected::ReportAsFailures && ledger.summary().count(Outcome::Rejected) > 0 {
            return Err(InvocationError::no_rejected_queue(ledger));
        }
        if reply::all_retryable(ledger, self.records.iter().map(|record| &record.event_indexes)) {
            return Err(InvocationError::retryable(ledger));
        }
        let number = |record: &Record| self.payload.value_at(record.sequence_number?).as_str();
        Ok(self.checkpoint(ledger).map(|record| number(record).unwrap_or_default()).into_iter().collect())
    }

    /// The stream, the shard and the sequence number of an event's record.
    pub(super) fn place(&self, event_index: u32) -> (Option<String>, Option<String>, Option<String>) {
        let number = self.records.iter().position(|record| record.event_indexes.contains(&event_index));
        let records = self.payload.root().get("Records");
        let record = number.and_then(|number| records?.item(number));
        let text = |value: Option<Value<'_>>| Some(value?.as_str()?.into_owned());
        let stream = text(record.and_then(|record| record.get("eventSourceARN")));
        let id = text(record.and_then(|record| record.get("eventID")));
        let shard = id.and_then(|id| id.split_once(':').map(|(shard, _)| shard.to_owned()));
        (stream, shard, text(record.and_then(|record| record.path(&["kinesis", "sequenceNumber"]))))
    }

    /// The first record that may succeed later: sequence numbers grow along a shard.
    fn checkpoint(&self, ledger: &Ledger) -> Option<&Record> {
        self.records.iter().find(|record| reply::fails(ledger, &record.event_indexes, Rejected::LeaveToQueue))
    }
}

#[cfg(test)]
mod tests;
