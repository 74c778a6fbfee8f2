//! SQS, standard and FIFO: messages whose body is an event, an array of events or the envelope of another service.
//!
//! Knows how a queue wants to be answered (AWS Lambda Developer Guide, "Handling errors for an SQS event source"): the
//! ids of the messages that are to be sent again; on a FIFO queue the first failed message of a group and all later ones.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foldhash::fast::RandomState;

use super::order::Order;
use super::payload::{Content, Payload};
use super::reply::{self, BatchItemFailures, InvocationError, Rejected};
use crate::json::{Document, Value};
use crate::outcome::{Ledger, Outcome};
use crate::queue::{BASE64, ENCODING, RECEIVED_AT};

/// The messages of a batch, in their order.
#[derive(Debug)]
pub struct Batch<'p> {
    payload: Document<'p>,
    messages: Vec<Message>,
    order: Order,
}

/// A message: its events and where its name and group stand in the payload.
#[derive(Debug)]
pub(super) struct Message {
    event_indexes: Range<u32>,
    id: Option<u32>,
    group: Option<u32>,
}

/// A FIFO queue keeps order; its name, which each of its records has, tells it.
pub(super) fn order(records: Option<Value<'_>>) -> Order {
    let first = records.and_then(|records| records.item(0));
    let arn = first.and_then(|record| record.get("eventSourceARN")).and_then(Value::as_str).unwrap_or_default();
    if arn.ends_with(".fifo") { Order::Position } else { Order::Time }
}

/// Where the name and the group of a message stand in the payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    id: Option<u32>,
    group: Option<u32>,
}

/// What a message carries, and what it is called.
pub(super) fn read(record: Value<'_>) -> (Payload, Names) {
    let members = Members::read(record);
    let group = members.attributes.and_then(|attributes| attributes.get("MessageGroupId"));
    let names = Names { id: members.id.map(Value::position), group: group.map(Value::position) };
    (members.payload(record), names)
}

impl Message {
    /// A message with these events.
    pub(super) const fn new(event_indexes: Range<u32>, names: Names) -> Self {
        Self { event_indexes, id: names.id, group: names.group }
    }
}

#[derive(Default)]
struct Members<'d> {
    id: Option<Value<'d>>,
    body: Option<Value<'d>>,
    attributes: Option<Value<'d>>,
    message_attributes: Option<Value<'d>>,
}

impl<'d> Members<'d> {
    fn read(record: Value<'d>) -> Self {
        let mut members = Self::default();
        record.each_member(|name, value| match name {
            b"messageId" => members.id = Some(value),
            b"body" => members.body = Some(value),
            b"attributes" => members.attributes = Some(value),
            b"messageAttributes" if !value.is_empty() => members.message_attributes = Some(value),
            _ => {}
        });
        members
    }

    fn payload(&self, record: Value<'_>) -> Payload {
        let Some(body) = self.body.and_then(Value::as_str) else {
            return Payload::rejected("the SQS record has no body", record.raw());
        };
        let is_encoded = self.message_attribute(ENCODING).is_some_and(|encoding| encoding == BASE64);
        let content = match is_encoded.then(|| STANDARD.decode(body.as_bytes())) {
            Some(Ok(bytes)) => Content::Bytes(bytes),
            Some(Err(_)) | None => Content::Text(body.into_owned()),
        };
        Payload { content, time: self.time() }
    }

    /// When the events arrived, in milliseconds since 1970: by our own attribute in messages that we have written, since
    /// a redriven message is a new one to SQS; else when the message was sent.
    fn time(&self) -> Option<i64> {
        let sent = || self.attributes.and_then(|attributes| attributes.get("SentTimestamp")).and_then(Value::as_str);
        let parse = |milliseconds: Cow<'_, str>| milliseconds.parse().ok();
        self.message_attribute(RECEIVED_AT).and_then(parse).or_else(|| sent().and_then(parse))
    }

    fn message_attribute(&self, name: &str) -> Option<Cow<'d, str>> {
        self.message_attributes?.path(&[name, "stringValue"])?.as_str()
    }
}

impl<'p> Batch<'p> {
    /// The messages of a payload.
    pub(super) const fn new(payload: Document<'p>, messages: Vec<Message>, order: Order) -> Self {
        Self { payload, messages, order }
    }
}

impl Batch<'_> {
    /// The events of the messages that are not sent again.
    pub(super) fn settled_indexes(&self, ledger: &Ledger) -> Vec<Range<u32>> {
        let failed = self.failed(ledger, Rejected::LeaveToQueue);
        let messages = self.messages.iter().zip(failed);
        messages.filter(|(_, failed)| !failed).map(|(message, _)| message.event_indexes.clone()).collect()
    }

    /// The events that may succeed later of messages with events that are done: sent again with them, these would be done
    /// once more, after newer ones of the same people. With them go the events that overruled them, wherever they came:
    /// without these, they would undo what was done. A message of nothing else is sent again as it is, by the queue,
    /// which waits and counts. So is every message of a queue that keeps order.
    pub(super) fn leftovers(&self, ledger: &Ledger) -> Vec<u32> {
        if self.order == Order::Position {
            return Vec::new();
        }
        let is_retryable = |event_index: &u32| ledger.is_one_of(*event_index, &[Outcome::Retryable]);
        let is_done = |event_index: u32| ledger.is_one_of(event_index, &[Outcome::Delivered, Outcome::Superseded]);
        let mut leftovers = BTreeSet::new();
        let mut whole: Vec<_> = self.messages.iter().map(|message| message.event_indexes.clone()).collect();
        loop {
            let before = whole.len();
            whole.retain(|event_indexes| {
                let retryable: Vec<u32> = event_indexes.clone().filter(is_retryable).collect();
                if retryable.is_empty() {
                    return false;
                }
                let is_begun = retryable.iter().any(|event_index| leftovers.contains(event_index));
                let kept = ledger.with_overruling(retryable);
                let is_mixed = kept.iter().any(|event_index| !event_indexes.contains(event_index))
                    || event_indexes.clone().any(|event| is_done(event) && kept.binary_search(&event).is_err());
                let stays_whole = !is_begun && !is_mixed;
                if !stays_whole {
                    leftovers.extend(kept);
                }
                stays_whole
            });
            // What was taken out of one message may be what another one has as well.
            if whole.len() == before {
                return leftovers.into_iter().collect();
            }
        }
    }

    /// The ids of the messages that are to be sent again.
    ///
    /// # Errors
    /// Every message may succeed later. Failing says the same as listing all, and says it also to an event source
    /// mapping without `ReportBatchItemFailures`, which takes any reply for success.
    pub fn reply(&self, ledger: &Ledger, rejected: Rejected) -> Result<BatchItemFailures<'_>, InvocationError> {
        if reply::all_retryable(ledger, self.messages.iter().map(|message| &message.event_indexes)) {
            return Err(InvocationError::retryable(ledger));
        }
        let messages = self.messages.iter().zip(self.failed(ledger, rejected));
        Ok(messages.filter(|(_, failed)| *failed).map(|(message, _)| self.text(message.id)).collect())
    }

    /// Which messages are to be sent again.
    ///
    /// A standard queue may put a message twice into one batch; deleting either copy deletes the message, so both fail
    /// when one does.
    fn failed(&self, ledger: &Ledger, rejected: Rejected) -> Vec<bool> {
        let mut ids: HashSet<_, RandomState> = HashSet::default();
        let failures = self.messages.iter().filter(|message| reply::fails(ledger, &message.event_indexes, rejected));
        ids.extend(failures.map(|message| self.text(message.id)));
        if ids.is_empty() {
            return vec![false; self.messages.len()];
        }
        let mut groups: HashSet<_, RandomState> = HashSet::default();
        let mut is_failed = |message: &Message| {
            let is_stopped = self.order == Order::Position && groups.contains(&self.text(message.group));
            let is_failed = is_stopped || ids.contains(&self.text(message.id));
            if is_failed && self.order == Order::Position {
                groups.insert(self.text(message.group));
            }
            is_failed
        };
        self.messages.iter().map(&mut is_failed).collect()
    }

    /// A string of the payload. A message without an id is answered for by the empty one, which AWS takes for the
    /// failure of the whole batch.
    fn text(&self, position: Option<u32>) -> Cow<'_, str> {
        position.and_then(|position| self.payload.value_at(position).as_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
