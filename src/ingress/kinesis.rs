//! Kinesis: records in the order of their shard, each an event, newline-delimited events or an array of them, or several
//! such records in one, as the Kinesis Producer Library packs them.
//!
//! Knows how a stream wants to be answered (AWS Lambda Developer Guide, "Configuring partial batch response with Kinesis
//! Data Streams and Lambda"): the lowest sequence number that failed. That record and all behind it come again.

mod aggregate;

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use super::reply::{self, BatchItemFailures, InvocationError, Rejected};
use super::unwrap::Unwrap;
use super::{AcknowledgementScope, Intake, Opened};
use crate::json::{Document, Kind, Unparsed, Value};
use crate::outcome::{Explanation, Ledger, Outcome, Reason};

const BROKEN: &str = "the Kinesis Producer Library has packed several records into this one, and it is damaged";

/// The records of a batch, all of one shard, in its order.
#[derive(Debug)]
pub struct Batch<'p> {
    payload: Document<'p>,
    records: Vec<Record>,
}

/// A record: its events and where its sequence number stands in the payload.
#[derive(Debug)]
struct Record {
    event_indexes: Range<u32>,
    sequence_number: Option<u32>,
}

/// Opens a batch.
pub fn open(payload: Document<'_>) -> Opened<'_> {
    let mut intake = Intake::default();
    let mut records = Vec::new();
    for record in payload.root().get("Records").into_iter().flat_map(Value::items) {
        let start = intake.next_index();
        add_record(&mut Unwrap::new(&mut intake, None), record);
        let sequence_number = record.path(&["kinesis", "sequenceNumber"]).map(Value::position);
        records.push(Record { event_indexes: start..intake.next_index(), sequence_number });
    }
    Opened { intake, scope: AcknowledgementScope::Kinesis(Batch { payload, records }) }
}

/// Takes in one record.
pub(super) fn add_record(unwrap: &mut Unwrap<'_, '_>, record: Value<'_>) {
    let kinesis = record.get("kinesis");
    let Some(data) = kinesis.and_then(|kinesis| kinesis.get("data")).and_then(Value::as_str) else {
        return unwrap.reject(rejected("the Kinesis record has no data"), record);
    };
    let arrival = kinesis.and_then(|kinesis| kinesis.get("approximateArrivalTimestamp"));
    let mut unwrap = unwrap.inner(arrival.and_then(Value::as_f64).and_then(milliseconds));
    match STANDARD.decode(data.as_bytes()) {
        Ok(bytes) if aggregate::is_packed(&bytes) => add_packed(&mut unwrap, bytes),
        Ok(bytes) => add_bytes(&mut unwrap, bytes),
        Err(_undecodable) => unwrap.reject_bytes(rejected("the data is not base64"), data.as_bytes()),
    }
}

/// Seconds since 1970 with a fraction, in milliseconds; half of one is added since the fraction is rarely exact.
fn milliseconds(seconds: f64) -> Option<i64> {
    let since = SignedDuration::try_from_secs_f64(seconds + 0.0005).ok()?;
    Some(Timestamp::from_duration(since).ok()?.as_millisecond())
}

fn rejected(detail: &'static str) -> Explanation {
    Explanation::new(Reason::InvalidRecord, detail)
}

/// Takes in the records of a packed one; they come back together, since they have one sequence number.
fn add_packed(unwrap: &mut Unwrap<'_, '_>, bytes: Vec<u8>) {
    let Some(records) = aggregate::unpack(&bytes) else { return unwrap.reject_bytes(rejected(BROKEN), bytes) };
    for record in records {
        add_bytes(unwrap, record.to_vec());
    }
}

/// Takes in the bytes of a record: one JSON text, else one per line.
fn add_bytes(unwrap: &mut Unwrap<'_, '_>, bytes: Vec<u8>) {
    match String::from_utf8(bytes).map(Document::try_parse) {
        Ok(Ok(document)) => unwrap.add_document(document, 0),
        Ok(Err(unparsed)) => add_lines(unwrap, unparsed),
        Err(not_utf8) => unwrap.add_bytes(not_utf8.into_bytes(), None),
    }
}

/// Takes in newline-delimited events. A text none of whose lines is an object or an array is a broken one, and not
/// as many broken ones as it has lines.
fn add_lines(unwrap: &mut Unwrap<'_, '_>, whole: Unparsed<'_>) {
    let lines = || whole.text.lines().filter(|line| !line.trim().is_empty());
    let parsed: Vec<_> = lines().map(|line| Document::try_parse(line.to_owned())).collect();
    let is_event = |document: &Document<'_>| matches!(document.root().kind(), Kind::Object | Kind::Array);
    if !parsed.iter().flatten().any(is_event) {
        return unwrap.reject_unparsed(whole);
    }
    for line in parsed {
        match line {
            Ok(document) => unwrap.add_document(document, 0),
            Err(unparsed) => unwrap.reject_unparsed(unparsed),
        }
    }
}

impl Batch<'_> {
    /// The events of the records before the checkpoint; the others come again.
    pub(super) fn settled_indexes(&self, ledger: &Ledger) -> Range<u32> {
        let end = match self.checkpoint(ledger) {
            Some(record) => record.event_indexes.start,
            None => self.records.last().map_or(0, |record| record.event_indexes.end),
        };
        0..end
    }

    /// The sequence number from which on everything shall come again, if any.
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

    /// The first record that may succeed later: sequence numbers grow along a shard.
    fn checkpoint(&self, ledger: &Ledger) -> Option<&Record> {
        self.records.iter().find(|record| reply::fails(ledger, &record.event_indexes, Rejected::LeaveToQueue))
    }
}

#[cfg(test)]
mod tests;
