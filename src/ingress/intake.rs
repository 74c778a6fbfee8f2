//! The events of an invocation, each in its entry.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::foreign;
use crate::event::Event;
use crate::json::{Document, Kind, ObjectText, Value};
use crate::outcome::{Explanation, Reason};

/// One event, or what stands in its place.
#[derive(Clone)]
pub enum Received {
    /// A value of one of the intake's documents.
    Event {
        /// Position of the document.
        document: u32,
        /// Position of the value in it.
        position: u32,
        /// When its envelope was made, in milliseconds since 1970, where the envelope says so.
        envelope_time: Option<i64>,
        /// What its sender's clock is behind ours, in milliseconds, where the sender says when it sent.
        clock_skew: i64,
    },
    /// A record that is not an event; it never sinks its neighbours.
    Rejected {
        /// Why not.
        explanation: Explanation,
        /// What arrived, to be kept; not always a text.
        original: Vec<u8>,
    },
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { document, position, .. } => write!(f, "Event({document}, {position})"),
            Self::Rejected { explanation, .. } => write!(f, "Rejected({})", explanation.reason.code()),
        }
    }
}

/// The members that say when an event happened, by the clock of its sender.
const SENDER_TIMES: [&str; 2] = ["timestamp", "originalTimestamp"];

/// The most events that one message, record or request may carry.
pub(super) const MAX_MESSAGE_EVENTS: usize = 10_000;

/// The most events of one invocation.
pub(super) const MAX_INVOCATION_EVENTS: usize = 100_000;

/// From so many values on an index is worth forgetting: about three events.
const LARGE_INDEX: usize = 256;

/// The events of an invocation, in their order.
#[derive(Debug, Default)]
pub struct Intake<'p> {
    documents: Vec<Document<'p>>,
    event_indexes: Vec<Received>,
    /// How many entries there were before the message that is being opened.
    message_start: usize,
}

impl<'p> Intake<'p> {
    /// Takes in a document; its values can become events.
    pub fn add_document(&mut self, document: Document<'p>) -> u32 {
        self.documents.push(document);
        u32::try_from(self.documents.len() - 1).unwrap_or(u32::MAX)
    }

    /// A document that was taken in.
    pub fn document(&self, number: u32) -> Option<&Document<'p>> {
        self.documents.get(number as usize)
    }

    /// Adds an event: the value at a position of a document that was taken in.
    pub fn add_event(&mut self, document: u32, position: u32, envelope_time: Option<i64>) {
        self.add_skewed_event(document, position, envelope_time, 0);
    }

    /// Adds an event whose sender's clock is so many milliseconds behind ours.
    pub fn add_skewed_event(&mut self, document: u32, position: u32, envelope_time: Option<i64>, clock_skew: i64) {
        self.event_indexes.push(Received::Event { document, position, envelope_time, clock_skew });
    }

    /// Adds a record that is not an event, with what arrived in its place.
    pub fn add_rejected(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>) {
        self.event_indexes.push(Received::Rejected { explanation, original: original.into() });
    }

    /// Begins a message: what is added from here on counts towards its limit.
    pub(super) fn begin_message(&mut self) {
        self.message_start = self.event_indexes.len();
    }

    /// Adds the value at a position, or all items of it when it is an array; an array that is too long takes one entry.
    pub fn add_events(&mut self, document: u32, position: u32, envelope_time: Option<i64>) {
        self.add_at_most(MAX_MESSAGE_EVENTS, document, position, envelope_time);
    }

    /// The same with another limit for the message.
    pub(super) fn add_at_most(&mut self, most: usize, document: u32, position: u32, envelope_time: Option<i64>) {
        let Some(value) = self.documents.get(document as usize).map(|document| document.value_at(position)) else {
            return;
        };
        if value.kind() == Kind::Array {
            let before = self.event_indexes.len();
            let explanation = if value.len() > most.saturating_sub(before - self.message_start) {
                Some(too_many(most))
            } else if value.len() > MAX_INVOCATION_EVENTS.saturating_sub(before) {
                Some(Explanation::new(Reason::OutOfTime, format!("an invocation takes {MAX_INVOCATION_EVENTS} events")))
            } else {
                None
            };
            if let Some(explanation) = explanation {
                let original = value.raw().as_bytes().to_vec();
                return self.add_rejected(explanation, original);
            }
            let event =
                |item: Value<'_>| Received::Event { document, position: item.position(), envelope_time, clock_skew: 0 };
            self.event_indexes.extend(value.items().map(event));
        } else {
            self.add_event(document, position, envelope_time);
        }
    }

    /// Forgets what is inside of the events, once they are evaluated: from then on they are kept or queued as text, and
    /// reported by the ids of their messages. `message_ids` says where those stand in their documents, as far as it is
    /// known, and is completed. The index of a large batch has nearly as many bytes as its text.
    pub fn forget_members(&mut self, message_ids: &mut [Option<u32>]) {
        let is_large = |document: &Document<'_>| document.values() >= LARGE_INDEX;
        let mut kept: Vec<Option<Vec<&mut u32>>> =
            self.documents.iter().map(|document| is_large(document).then(Vec::new)).collect();
        for (received, message_id) in self.event_indexes.iter_mut().zip(message_ids) {
            let Received::Event { document: number, position, clock_skew, .. } = received else { continue };
            let (Some(document), Some(slot)) = (self.documents.get(*number as usize), kept.get_mut(*number as usize))
            else {
                continue;
            };
            // Times that have to be corrected still have to be found.
            if *clock_skew != 0 {
                *slot = None;
            }
            let Some(kept) = slot else { continue };
            if message_id.is_none() {
                *message_id = Event::message_id_in(document.value_at(*position)).map(Value::position);
            }
            kept.push(position);
            kept.extend(message_id);
        }
        for (document, kept) in self.documents.iter_mut().zip(kept) {
            if let Some(kept) = kept {
                document.retain(kept);
            }
        }
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.event_indexes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.event_indexes.is_empty()
    }

    /// The entry that the next event will have.
    pub fn next_index(&self) -> u32 {
        u32::try_from(self.event_indexes.len()).unwrap_or(u32::MAX)
    }

    /// The events.
    pub fn event_indexes(&self) -> &[Received] {
        &self.event_indexes
    }

    /// The value in an entry as it arrived; `None` where there is no event.
    pub fn value(&self, event_index: u32) -> Option<Value<'_>> {
        match self.event_indexes.get(event_index as usize)? {
            Received::Event { document, position, .. } => Some(self.document(*document)?.value_at(*position)),
            Received::Rejected { .. } => None,
        }
    }

    /// The event in an entry.
    ///
    /// # Errors
    /// Why there is none.
    pub fn event(&self, event_index: u32) -> Result<Event<'_>, Explanation> {
        if let Some(Received::Rejected { explanation, .. }) = self.event_indexes.get(event_index as usize) {
            return Err(explanation.clone());
        }
        let value = self.value(event_index).ok_or(Reason::InvalidRecord)?;
        let invalid = |message: String| Explanation::new(Reason::InvalidRecord, message);
        let event = Event::read(value).map_err(|not_an_object| invalid(not_an_object.to_string()))?;
        let foreign = if event.kind.is_none() { foreign::recognise(value) } else { None };
        foreign.map_or(Ok(event), |foreign| Err(invalid(foreign.to_string())))
    }

    /// The text of an event, to be kept or queued: as it arrived, byte for byte, unless its sender's clock is known to be
    /// wrong. Then the event's own times are corrected, since the queue will not know any more.
    pub fn text(&self, event_index: u32) -> Option<Cow<'_, str>> {
        Some(corrected(self.value(event_index)?, self.clock_skew(event_index)))
    }

    /// What arrived in the place of an event, to be kept.
    pub fn record(&self, event_index: u32) -> Option<&[u8]> {
        match self.event_indexes.get(event_index as usize)? {
            Received::Event { .. } => None,
            Received::Rejected { original, .. } => Some(original),
        }
    }

    /// When the envelope of an event was made, in milliseconds since 1970.
    pub fn envelope_time(&self, event_index: u32) -> Option<i64> {
        match self.event_indexes.get(event_index as usize)? {
            Received::Event { envelope_time, .. } => *envelope_time,
            Received::Rejected { .. } => None,
        }
    }

    /// What has to be added to an event's `timestamp` and `originalTimestamp`, in milliseconds.
    pub fn clock_skew(&self, event_index: u32) -> i64 {
        match self.event_indexes.get(event_index as usize) {
            Some(Received::Event { clock_skew, .. }) => *clock_skew,
            Some(Received::Rejected { .. }) | None => 0,
        }
    }
}

/// Why a message of more events than that is not opened.
pub(super) fn too_many(most: usize) -> Explanation {
    Explanation::new(Reason::TooManyEvents, format!("more than {most} events in one message"))
}

fn corrected(event: Value<'_>, clock_skew: i64) -> Cow<'_, str> {
    if clock_skew == 0 || event.kind() != Kind::Object {
        return Cow::Borrowed(event.raw());
    }
    let mut object = ObjectText::with_capacity(event.raw().len());
    for (key, value) in event.members() {
        let is_time = SENDER_TIMES.iter().any(|name| key.is_str(name));
        match is_time.then(|| shifted(value, clock_skew)).flatten() {
            Some(time) => object.push(key.raw(), &format!("\"{time}\"")),
            None => object.push(key.raw(), value.raw()),
        }
    }
    Cow::Owned(object.finish())
}

fn shifted(time: Value<'_>, milliseconds: i64) -> Option<Timestamp> {
    let time: Timestamp = time.as_str()?.parse().ok()?;
    time.checked_add(SignedDuration::from_millis(milliseconds)).ok()
}

#[cfg(test)]
mod tests;
