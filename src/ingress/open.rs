//! Opens a recognised invocation: its events, and which of them are sent again together.

use super::acknowledgement::AcknowledgementScope;
use super::direct::Direct;
use super::intake::{Intake, MAX_INVOCATION_EVENTS};
use super::unwrap::Unwrap;
use super::{kinesis, sqs};
use crate::json::{Document, Value};

/// The events of an invocation and what has to be known to answer for them.
#[derive(Debug)]
pub struct Opened<'p> {
    /// The events.
    pub intake: Intake<'p>,
    /// Which events are sent again together.
    pub scope: AcknowledgementScope<'p>,
}

/// Opens a direct payload. The caller of `{"events":[…]}` reads what became of each event; else all are sent again
/// together.
pub fn direct(shape: Direct, payload: Document<'_>) -> Opened<'_> {
    let mut intake = Intake::default();
    let document = intake.add_document(payload);
    match shape {
        Direct::One => intake.add_event(document, 0, None),
        Direct::Array => intake.add_at_most(MAX_INVOCATION_EVENTS, document, 0, None),
        Direct::Envelope { events } => intake.add_at_most(MAX_INVOCATION_EVENTS, document, events, None),
    }
    Opened { intake, scope: scope_of(shape) }
}

/// Which events of a direct payload are sent again together.
const fn scope_of(shape: Direct) -> AcknowledgementScope<'static> {
    match shape {
        Direct::One | Direct::Array => AcknowledgementScope::Whole,
        Direct::Envelope { .. } => AcknowledgementScope::Each,
    }
}

/// Opens the notifications of a topic or the event of a bus: all are sent again, or none, and nobody reads a report.
pub fn unread(payload: Document<'_>) -> Opened<'_> {
    whole(payload, AcknowledgementScope::Unread)
}

/// Opens the record of a failed invocation: what it was invoked with is opened as whatever it is.
pub fn redrive(payload: Document<'_>) -> Opened<'_> {
    whole(payload, AcknowledgementScope::Whole)
}

fn whole<'p>(payload: Document<'p>, scope: AcknowledgementScope<'p>) -> Opened<'p> {
    let mut intake = Intake::default();
    Unwrap::new(&mut intake, None).add_document(payload, 0);
    Opened { intake, scope }
}

/// Opens the messages of a queue.
pub fn sqs(payload: Document<'_>) -> Opened<'_> {
    let mut intake = Intake::default();
    let mut messages = Vec::new();
    let records = payload.root().get("Records");
    for record in records.into_iter().flat_map(Value::items) {
        let start = intake.next_index();
        let (content, names) = sqs::read(record);
        intake.begin_message();
        Unwrap::new(&mut intake, None).add(content);
        messages.push(sqs::Message::new(start..intake.next_index(), names));
    }
    let batch = sqs::Batch::new(payload, messages);
    Opened { intake, scope: AcknowledgementScope::Sqs(batch) }
}

/// Opens the records of a stream.
pub fn kinesis(payload: Document<'_>) -> Opened<'_> {
    let mut intake = Intake::default();
    let mut records = Vec::new();
    for record in payload.root().get("Records").into_iter().flat_map(Value::items) {
        let start = intake.next_index();
        intake.begin_message();
        for content in kinesis::read(record) {
            Unwrap::new(&mut intake, None).add(content);
        }
        records.push(kinesis::Record::new(start..intake.next_index(), record));
    }
    let batch = kinesis::Batch::new(payload, records);
    Opened { intake, scope: AcknowledgementScope::Kinesis(batch) }
}
