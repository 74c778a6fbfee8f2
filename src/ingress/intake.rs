//! The events of an invocation, each in its slot.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use crate::event::Event;
use crate::json::{Document, Kind, ObjectText, Value};
use crate::outcome::{Explanation, Reason};

/// One event, or what stands in its place.
#[derive(Clone)]
pub enum Slot {
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
impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { document, position, .. } => write!(f, "Event({document}, {position})"),
            Self::Rejected { explanation, .. } => write!(f, "Rejected({})", explanation.reason.code()),
        }
    }
}

/// The members that say when an event happened, by the clock of its sender.
const SENDER_TIMES: [&str; 2] = ["timestamp", "originalTimestamp"];

/// The events of an invocation, in their order.
#[derive(Debug, Default)]
pub struct Intake<'p> {
    documents: Vec<Document<'p>>,
    slots: Vec<Slot>,
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
        self.slots.push(Slot::Event { document, position, envelope_time, clock_skew });
    }

    /// Adds a record that is not an event, with what arrived in its place.
    pub fn add_rejected(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>) {
        self.slots.push(Slot::Rejected { explanation, original: original.into() });
    }

    /// Adds the value at a position, or all items of it when it is an array.
    pub fn add_events(&mut self, document: u32, position: u32, envelope_time: Option<i64>) {
        let Some(value) = self.documents.get(document as usize).map(|document| document.value_at(position)) else {
            return;
        };
        if value.kind() == Kind::Array {
            let event =
                |item: Value<'_>| Slot::Event { document, position: item.position(), envelope_time, clock_skew: 0 };
            self.slots.extend(value.items().map(event));
        } else {
            self.add_event(document, position, envelope_time);
        }
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The slot that the next event will have.
    pub fn next_slot(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// The slots.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The value in a slot as it arrived; `None` where there is no event.
    pub fn value(&self, slot: u32) -> Option<Value<'_>> {
        match self.slots.get(slot as usize)? {
            Slot::Event { document, position, .. } => Some(self.document(*document)?.value_at(*position)),
            Slot::Rejected { .. } => None,
        }
    }

    /// The event in a slot.
    ///
    /// # Errors
    /// Why there is none.
    pub fn event(&self, slot: u32) -> Result<Event<'_>, Explanation> {
        if let Some(Slot::Rejected { explanation, .. }) = self.slots.get(slot as usize) {
            return Err(explanation.clone());
        }
        let value = self.value(slot).ok_or(Reason::InvalidRecord)?;
        Event::read(value).map_err(|not_an_object| Explanation::new(Reason::InvalidRecord, not_an_object.to_string()))
    }

    /// The text of an event, to be kept or queued: as it arrived, byte for byte, unless its sender's clock is known to be
    /// wrong. Then the event's own times are corrected, since the queue will not know any more.
    pub fn text(&self, slot: u32) -> Option<Cow<'_, str>> {
        Some(corrected(self.value(slot)?, self.clock_skew(slot)))
    }

    /// What arrived in the place of an event, to be kept.
    pub fn record(&self, slot: u32) -> Option<&[u8]> {
        match self.slots.get(slot as usize)? {
            Slot::Event { .. } => None,
            Slot::Rejected { original, .. } => Some(original),
        }
    }

    /// When the envelope of an event was made, in milliseconds since 1970.
    pub fn envelope_time(&self, slot: u32) -> Option<i64> {
        match self.slots.get(slot as usize)? {
            Slot::Event { envelope_time, .. } => *envelope_time,
            Slot::Rejected { .. } => None,
        }
    }

    /// What has to be added to an event's `timestamp` and `originalTimestamp`, in milliseconds.
    pub fn clock_skew(&self, slot: u32) -> i64 {
        match self.slots.get(slot as usize) {
            Some(Slot::Event { clock_skew, .. }) => *clock_skew,
            Some(Slot::Rejected { .. }) | None => 0,
        }
    }
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
