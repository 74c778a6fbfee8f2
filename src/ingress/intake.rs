//! The events of an invocation, each in its entry.

use std::borrow::{BorrowMut, Cow};

use jiff::{SignedDuration, Timestamp};

use super::order::Order;
use super::received::{Received, RejectedRecord};
use super::{foreign, write_key};
use crate::event::{Event, time};
use crate::json::{ArrayReader, Document, JsonError, Kind, ObjectText, Value};
use crate::outcome::{Explanation, Reason};

/// The members that say when an event happened, by the clock of its sender.
const SENDER_TIMES: [&str; 2] = ["timestamp", "originalTimestamp"];

/// The most events that one message, record or request may carry.
pub(super) const MAX_MESSAGE_EVENTS: usize = 10_000;

/// The most events of one invocation.
pub(super) const MAX_INVOCATION_EVENTS: usize = 100_000;

/// The most bytes that the events of one invocation have with what their batches say about all of them. A few thousand
/// bytes can say it about many events, and an invocation can have many such batches; one alone has at most 8 MB.
const MAX_MERGED_BYTES: usize = 32 * 1024 * 1024;

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
    /// Bytes of the events into which something was merged.
    merged_bytes: usize,
}

impl Default for Intake<'_> {
    fn default() -> Self {
        Self::new(Order::Time)
    }
}

impl<'p> Intake<'p> {
    /// Nothing yet, of a source that keeps this order.
    pub const fn new(order: Order) -> Self {
        Self {
            order,
            documents: Vec::new(),
            event_indexes: Vec::new(),
            handed_over: 0,
            released: 0,
            message_start: 0,
            merged_bytes: 0,
        }
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

    /// Adds a record that is not an event, with what arrived in its place, but the keys of sources, and when that was.
    pub fn add_rejected(&mut self, explanation: Explanation, original: impl Into<Vec<u8>>, envelope_time: Option<i64>) {
        let original = original.into();
        let cleaned = str::from_utf8(&original).ok().and_then(write_key::without_any);
        let record =
            RejectedRecord { explanation, original: cleaned.map_or(original, String::into_bytes), envelope_time };
        self.event_indexes.push(Received::Rejected(Box::new(record)));
    }

    /// Begins a message: what is added from here on counts towards its limit.
    pub(super) fn begin_message(&mut self) {
        self.message_start = self.event_indexes.len();
    }

    /// Why so many events more are too many for their message, which takes `most`, or for the invocation; `None` where
    /// there is room for them.
    pub(super) fn no_room_for(&self, events: usize, most: usize) -> Option<Explanation> {
        let before = self.event_indexes.len();
        if events > most.saturating_sub(before.saturating_sub(self.message_start)) {
            Some(too_many(most))
        } else if events > MAX_INVOCATION_EVENTS.saturating_sub(before) {
            Some(Explanation::new(Reason::OutOfTime, format!("an invocation takes {MAX_INVOCATION_EVENTS} events")))
        } else {
            None
        }
    }

    /// Makes room for so many bytes of events into which something is merged, or says why there is none.
    pub(super) fn reserve_merged(&mut self, bytes: usize) -> Result<(), Explanation> {
        let merged = self.merged_bytes.saturating_add(bytes);
        if merged > MAX_MERGED_BYTES {
            let most = MAX_MERGED_BYTES / 1024 / 1024;
            let detail =
                format!("an invocation takes {most} MB of events with what their batches say about all of them");
            return Err(Explanation::new(Reason::OutOfTime, detail));
        }
        self.merged_bytes = merged;
        Ok(())
    }

    /// Adds the value at a position, or all items of it when it is an array; what there is no room for takes one entry.
    pub fn add_events(&mut self, document: u32, position: u32, envelope_time: Option<i64>) {
        self.add_at_most(MAX_MESSAGE_EVENTS, document, position, envelope_time);
    }

    /// The same with another limit for the message.
    pub(super) fn add_at_most(&mut self, most: usize, document: u32, position: u32, envelope_time: Option<i64>) {
        let Some(value) = self.documents.get(document as usize).map(|document| document.value_at(position)) else {
            return;
        };
        let is_array = value.kind() == Kind::Array;
        if let Some(explanation) = self.no_room_for(if is_array { value.len() } else { 1 }, most) {
            let original = value.raw().as_bytes().to_vec();
            return self.add_rejected(explanation, original, envelope_time);
        }
        if !is_array {
            return self.add_keyed_event(document, position, envelope_time);
        }
        let (mut number, mut keyed) = (self.event_indexes.len(), Vec::new());
        let event = |item: Value<'_>| {
            keyed.extend(write_key::without_own(item).map(|text| (number, text)));
            number += 1;
            let position = item.position();
            Received::Event { document, position, message_id: None, envelope_time, clock_skew: 0 }
        };
        self.event_indexes.extend(value.items().map(event));
        for (number, text) in keyed {
            self.respell(number, text);
        }
    }

    /// Adds an event that may have the key of its source, without it.
    pub(super) fn add_keyed_event(&mut self, document: u32, position: u32, envelope_time: Option<i64>) {
        self.add_event(document, position, envelope_time);
        let value = self.documents.get(document as usize).map(|document| document.value_at(position));
        if let Some(text) = value.and_then(write_key::without_own) {
            self.respell(self.event_indexes.len().saturating_sub(1), text);
        }
    }

    /// Puts an event that was written anew in the place of the one that had arrived.
    fn respell(&mut self, number: usize, text: String) {
        let Ok(respelt) = Document::parse(text) else { return };
        let respelt = self.add_document(respelt);
        if let Some(Received::Event { document, position, .. }) = self.event_indexes.get_mut(number) {
            (*document, *position) = (respelt, 0);
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
    /// wrong. Then the event's own times are corrected, since the queue will not know any more. What is no event may be an
    /// array or a batch of them, whose keys are taken out.
    pub fn text(&self, event_index: u32) -> Option<Cow<'_, str>> {
        let text = corrected(self.value(event_index)?, self.clock_skew(event_index), self.envelope_time(event_index));
        Some(write_key::without_any(&text).map_or(text, Cow::Owned))
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
            Received::Rejected(record) => record.envelope_time,
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

fn corrected(event: Value<'_>, clock_skew: i64, received_at: Option<i64>) -> Cow<'_, str> {
    if clock_skew == 0 || event.kind() != Kind::Object {
        return Cow::Borrowed(event.raw());
    }
    let clock_skew = SignedDuration::from_millis(clock_skew);
    let received_at = received_at.and_then(|time| Timestamp::from_millisecond(time).ok()).unwrap_or(Timestamp::MAX);
    // By the sender's clock.
    let latest = received_at.saturating_sub(clock_skew).and_then(|time| time.saturating_add(time::MAX_AHEAD));
    let latest = latest.unwrap_or(Timestamp::MAX);
    let mut object = ObjectText::with_capacity(event.raw().len());
    for (key, value) in event.members() {
        let is_time = SENDER_TIMES.iter().any(|name| key.is_str(name));
        match is_time.then(|| time::stated(value, latest)?.checked_add(clock_skew).ok()).flatten() {
            Some(time) => object.push(key.raw(), &format!("\"{time}\"")),
            None => object.push(key.raw(), value.raw()),
        }
    }
    Cow::Owned(object.finish())
}

#[cfg(test)]
mod tests;
