//! The events of an invocation, each in its entry.

use std::borrow::{BorrowMut, Cow};

use jiff::{SignedDuration, Timestamp};

use super::foreign;
use super::order::Order;
use crate::event::Event;
use crate::json::{ArrayReader, Document, JsonError, Kind, ObjectText, Value};
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
        /// Position of the id of its message, once that was looked for and found.
        message_id: Option<u32>,
        /// When its envelope was made, in milliseconds since 1970, where the envelope says so.
        envelope_time: Option<i64>,
        /// What its sender's clock is behind ours, in milliseconds, where the sender says when it sent.
        clock_skew: i64,
    },
    /// A record that is not an event; it never sinks its neighbours.
    Rejected(Box<RejectedRecord>),
}

/// Why a record is not an event, and what it was.
#[derive(Clone)]
pub struct RejectedRecord {
    /// Why not.
    pub explanation: Explanation,
    /// What arrived, to be kept; not always a text.
    pub original: Vec<u8>,
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for RejectedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RejectedRecord").field(&self.explanation.reason.code()).finish()
    }
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { document, position, .. } => write!(f, "Event({document}, {position})"),
            Self::Rejected(record) => write!(f, "{record:?}"),
        }
    }
}

impl Received {
    /// The position of the document that an event is in.
    const fn document(&self) -> Option<u32> {
        match self {
            Self::Event { document, .. } => Some(*document),
            Self::Rejected(_) => None,
        }
    }

    const fn clock_skew(&self) -> i64 {
        match self {
            Self::Event { clock_skew, .. } => *clock_skew,
            Self::Rejected(_) => 0,
        }
    }

    /// Where an event and the id of its message are in its document.
    const fn place(&mut self) -> Option<(&mut u32, &mut Option<u32>)> {
        match self {
            Self::Event { position, message_id, .. } => Some((position, message_id)),
            Self::Rejected(_) => None,
        }
    }
}

/// The members that say when an event happened, by the clock of its sender.
const SENDER_TIMES: [&str; 2] = ["timestamp", "originalTimestamp"];

/// The most events that one message, record or request may carry.
pub(super) const MAX_MESSAGE_EVENTS: usize = 10_000;

/// The most events of one invocation.
pub(super) const MAX_INVOCATION_EVENTS: usize = 100_000;

/// Takes each event soon after it is opened, while what was parsed of it is still in the processor's cache; afterwards
/// only its text and the id of its message are there.
pub trait Receive {
    /// Hears how many events there are about, before the first one.
    fn expect(&mut self, events: usize);

    /// Takes what is in an entry, an event or what stands in its place; and says where the id of its message is, where it
    /// has found that.
    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32>;
}

/// The events of an invocation, in their order.
#[derive(Debug)]
pub struct Intake<'p> {
    order: Order,
    documents: Vec<Document<'p>>,
    event_indexes: Vec<Received>,
    /// How many of the entries were handed over.
    handed_over: usize,
    /// How many of the documents are not read into any more.
    released: usize,
    /// How many entries there were before the message that is being opened.
    message_start: usize,
}

impl Default for Intake<'_> {
    fn default() -> Self {
        Self::new(Order::Time)
    }
}

impl<'p> Intake<'p> {
    /// Nothing yet, of a source that keeps this order.
    pub const fn new(order: Order) -> Self {
        Self { order, documents: Vec::new(), event_indexes: Vec::new(), handed_over: 0, released: 0, message_start: 0 }
    }

    /// How the latest of several operations on a person is found.
    pub const fn order(&self) -> Order {
        self.order
    }

    /// Makes room for so many events more.
    pub(super) fn reserve(&mut self, events: usize) {
        self.event_indexes.reserve(events);
    }

    /// Reads the next item of an array into the document that came with its reader, and says where it is there; `None`
    /// behind the last one.
    ///
    /// # Errors
    /// The first byte that is not JSON.
    pub(super) fn read_item(&mut self, document: u32, items: &mut ArrayReader<'p>) -> Result<Option<u32>, JsonError> {
        self.documents.get_mut(document as usize).map_or(Ok(None), |document| items.next(document))
    }

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
        self.event_indexes.push(Received::Event { document, position, message_id: None, envelope_time, clock_skew });
    }

    /// Adds a record that is not an event, with what arrived in its place.
    pub fn add_rejected(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>) {
        let record = RejectedRecord { explanation, original: original.into() };
        self.event_indexes.push(Received::Rejected(Box::new(record)));
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
            let event = |item: Value<'_>| {
                let position = item.position();
                Received::Event { document, position, message_id: None, envelope_time, clock_skew: 0 }
            };
            self.event_indexes.extend(value.items().map(event));
        } else {
            self.add_event(document, position, envelope_time);
        }
    }

    /// How many entries were not handed over yet.
    pub(super) const fn waiting(&self) -> usize {
        self.event_indexes.len() - self.handed_over
    }

    /// Hands over the entries since the last call, and forgets what is inside of their events: from then on they are kept
    /// or queued as text, and reported by the ids of their messages. The index of an event has nearly as many bytes as its
    /// text.
    pub fn hand_over(&mut self, receiver: &mut dyn Receive) {
        self.hand_over_items(receiver);
        self.documents.iter_mut().skip(self.released).for_each(Document::release);
        self.released = self.documents.len();
    }

    /// The same while there is more to be read into the same document.
    pub(super) fn hand_over_items(&mut self, receiver: &mut dyn Receive) {
        let first = self.handed_over;
        for event_index in first..self.event_indexes.len() {
            let found = u32::try_from(event_index).ok().and_then(|event_index| receiver.receive(self, event_index));
            let found = found.or_else(|| self.stated_message_id(event_index));
            if let Some(Received::Event { message_id, .. }) = self.event_indexes.get_mut(event_index) {
                *message_id = found;
            }
        }
        self.handed_over = self.event_indexes.len();
        let handed_over = self.event_indexes.get_mut(first..).unwrap_or_default();
        if handed_over.is_sorted_by_key(Received::document) {
            forget_members(&mut self.documents, handed_over);
        } else {
            // Events that were written anew, each in a document of its own, stand between those of the body.
            let mut by_document: Vec<&mut Received> = handed_over.iter_mut().collect();
            by_document.sort_by_key(|received| received.document());
            forget_members(&mut self.documents, &mut by_document);
        }
    }

    /// Where the id of the message is in an entry of which nobody else has read it.
    fn stated_message_id(&self, event_index: usize) -> Option<u32> {
        Event::message_id_in(self.value(u32::try_from(event_index).ok()?)?).map(Value::position)
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
            Received::Rejected(_) => None,
        }
    }

    /// The id of the message in an entry, as its sender gave it.
    pub fn message_id(&self, event_index: u32) -> Option<Cow<'_, str>> {
        match self.event_indexes.get(event_index as usize)? {
            Received::Event { document, message_id: Some(message_id), .. } => {
                self.document(*document)?.value_at(*message_id).as_text()
            }
            Received::Event { .. } => Event::message_id_in(self.value(event_index)?)?.as_text(),
            Received::Rejected(_) => None,
        }
    }

    /// The event in an entry.
    ///
    /// # Errors
    /// Why there is none.
    pub fn event(&self, event_index: u32) -> Result<Event<'_>, Explanation> {
        if let Some(Received::Rejected(record)) = self.event_indexes.get(event_index as usize) {
            return Err(record.explanation.clone());
        }
        let value = self.value(event_index).ok_or(Reason::InvalidRecord)?;
        let invalid = |message: String| Explanation::new(Reason::InvalidRecord, message);
        let event = Event::read(value).map_err(|not_an_object| invalid(not_an_object.to_string()))?;
        let foreign = if event.kind().is_none() { foreign::recognise(value) } else { None };
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
            Received::Rejected(record) => Some(&record.original),
        }
    }

    /// When the envelope of an event was made, in milliseconds since 1970.
    pub fn envelope_time(&self, event_index: u32) -> Option<i64> {
        match self.event_indexes.get(event_index as usize)? {
            Received::Event { envelope_time, .. } => *envelope_time,
            Received::Rejected(_) => None,
        }
    }

    /// What has to be added to an event's `timestamp` and `originalTimestamp`, in milliseconds.
    pub fn clock_skew(&self, event_index: u32) -> i64 {
        self.event_indexes.get(event_index as usize).map_or(0, Received::clock_skew)
    }
}

/// Forgets what is inside of events, which come by their documents. Where times have to be corrected, they still have to
/// be found.
fn forget_members<R: BorrowMut<Received>>(documents: &mut [Document<'_>], received: &mut [R]) {
    for of_one in received.chunk_by_mut(|one, other| one.borrow().document() == other.borrow().document()) {
        let number = of_one.first().and_then(|received| received.borrow().document());
        let document = number.and_then(|number| documents.get_mut(number as usize));
        if let Some(document) = document
            && of_one.iter().all(|received| received.borrow().clock_skew() == 0)
        {
            document.retain(of_one.iter_mut().filter_map(|received| received.borrow_mut().place()));
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
