//! Opens a recognised invocation: its events, and which of them are sent again together.

use super::acknowledgement::AcknowledgementScope;
use super::direct::Direct;
use super::error::IngressError;
use super::intake::{Intake, MAX_INVOCATION_EVENTS, Receive};
use super::order::Order;
use super::unwrap::Unwrap;
use super::{kinesis, sqs};
use crate::json::{ArrayReader, Document, JsonError, Kind, Value};

/// Why an array of events can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArrayError {
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is an array of something else.
    #[error(transparent)]
    Ingress(#[from] IngressError),
}

/// The events of an invocation and what has to be known to answer for them.
#[derive(Debug)]
pub struct Opened<'p> {
    /// The events.
    pub intake: Intake<'p>,
    /// Which events are sent again together.
    pub scope: AcknowledgementScope<'p>,
}

/// How many entries are opened before they are handed over. What is done for several before the next thing is done for
/// any of them has its code fetched once for all: the code of an event's whole way is more than a processor keeps nearest.
const RUN: usize = 16;

/// Opens an array of events, item by item: no more of it is indexed at a time than sixteen events. `None` where the payload is
/// something else, or an array of too many, which its caller has to open as a whole.
///
/// # Errors
/// The payload is not JSON, or an array of some service's records.
pub fn array<'p>(payload: &'p str, receiver: &mut dyn Receive) -> Result<Option<Opened<'p>>, ArrayError> {
    let Some((mut items, document)) = ArrayReader::new(payload) else { return Ok(None) };
    let mut intake = Intake::default();
    let document = intake.add_document(document);
    while let Some(position) = intake.read_item(document, &mut items)? {
        if intake.is_empty()
            && let Some(first) = intake.document(document).map(|document| document.value_at(position))
        {
            super::admit_item(first)?;
            let events = (payload.len() / first.raw().len().max(1) + 1).min(MAX_INVOCATION_EVENTS);
            intake.reserve(events);
            receiver.expect(events);
        }
        if intake.len() == MAX_INVOCATION_EVENTS {
            return Ok(None);
        }
        intake.add_keyed_event(document, position, None);
        if intake.waiting() >= RUN {
            intake.hand_over_items(receiver);
        }
    }
    intake.hand_over(receiver);
    Ok(Some(Opened { intake, scope: AcknowledgementScope::Whole }))
}

/// Opens a direct payload. The caller of `{"events":[…]}` reads what became of each event; else all are sent again
/// together.
pub fn direct(shape: Direct, payload: Document<'_>) -> Opened<'_> {
    let mut intake = Intake::default();
    let mut unwrap = Unwrap::new(&mut intake, None);
    match shape {
        Direct::Array if payload.root().kind() == Kind::Object => unwrap.add_batch(MAX_INVOCATION_EVENTS, payload, 0),
        Direct::One | Direct::Array => unwrap.add_at_most(MAX_INVOCATION_EVENTS, payload, 0),
        Direct::Envelope { events } => unwrap.add_at_most(MAX_INVOCATION_EVENTS, payload, events),
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

/// Opens the messages of a queue. Without a receiver, all that was parsed stays.
pub fn sqs<'p>(payload: Document<'p>, mut receiver: Option<&mut dyn Receive>) -> Opened<'p> {
    let records = payload.root().get("Records");
    let mut intake = Intake::new(sqs::order(records));
    let count = records.map_or(0, Value::len);
    let mut messages = Vec::with_capacity(count);
    intake.reserve(count);
    if let Some(receiver) = &mut receiver {
        receiver.expect(count);
    }
    for record in records.into_iter().flat_map(Value::items) {
        let start = intake.next_index();
        let (content, names) = sqs::read(record);
        intake.begin_message();
        Unwrap::new(&mut intake, None).add(content);
        messages.push(sqs::Message::new(start..intake.next_index(), names));
        if let Some(receiver) = &mut receiver
            && intake.waiting() >= RUN
        {
            intake.hand_over(*receiver);
        }
    }
    let batch = sqs::Batch::new(payload, messages, intake.order());
    Opened { intake, scope: AcknowledgementScope::Sqs(batch) }
}

/// Opens the records of a stream. Without a receiver, all that was parsed stays.
pub fn kinesis<'p>(payload: Document<'p>, mut receiver: Option<&mut dyn Receive>) -> Opened<'p> {
    let mut intake = Intake::new(Order::Position);
    let mut records = Vec::new();
    for record in payload.root().get("Records").into_iter().flat_map(Value::items) {
        let start = intake.next_index();
        intake.begin_message();
        for content in kinesis::read(record) {
            Unwrap::new(&mut intake, None).add(content);
        }
        records.push(kinesis::Record::new(start..intake.next_index(), record));
        if let Some(receiver) = &mut receiver
            && intake.waiting() >= RUN
        {
            intake.hand_over(*receiver);
        }
    }
    let batch = kinesis::Batch::new(payload, records);
    Opened { intake, scope: AcknowledgementScope::Kinesis(batch) }
}
