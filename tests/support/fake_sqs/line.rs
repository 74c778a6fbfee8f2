//! The messages of one queue: in order, found by their receipts, and those at hand found without a search.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Message;

/// The messages of a queue, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Line {
    next: u64,
    messages: BTreeMap<u64, Message>,
    /// The places of messages by their ids, which are their receipts too.
    places: HashMap<String, u64>,
    /// The places of those that nobody holds.
    waiting: BTreeSet<u64>,
}

impl Line {
    /// Puts a message behind the others.
    pub(super) fn push(&mut self, message: Message) {
        self.next += 1;
        self.places.insert(message.id.clone(), self.next);
        if !message.received {
            self.waiting.insert(self.next);
        }
        self.messages.insert(self.next, message);
    }

    /// How many have ever come, and how many there are: never the same again after a change.
    pub(super) fn counts(&self) -> (u64, usize) {
        (self.next, self.messages.len())
    }

    /// All of them, held ones included.
    pub(super) fn messages(&self) -> Vec<Message> {
        self.messages.values().cloned().collect()
    }

    /// Takes out those that are wanted.
    pub(super) fn take(&mut self, is_wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        let ids: Vec<_> =
            self.messages.values().filter(|message| is_wanted(message)).map(|message| message.id.clone()).collect();
        ids.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Takes one out.
    pub(super) fn remove(&mut self, id: &str) -> Option<Message> {
        let place = self.places.remove(id)?;
        self.waiting.remove(&place);
        self.messages.remove(&place)
    }

    /// Hands out up to so many that nobody holds.
    pub(super) fn receive(&mut self, most: usize) -> Vec<Message> {
        let places: Vec<_> = self.waiting.iter().take(most).copied().collect();
        let hold = |place: u64| {
            self.waiting.remove(&place);
            let message = self.messages.get_mut(&place)?;
            message.received = true;
            Some(message.clone())
        };
        places.into_iter().filter_map(hold).collect()
    }

    /// Shows a held message again; says whether it is there.
    pub(super) fn release(&mut self, id: &str) -> bool {
        let Some(place) = self.places.get(id) else { return false };
        if let Some(message) = self.messages.get_mut(place) {
            message.received = false;
            self.waiting.insert(*place);
        }
        true
    }

    /// Whether there is such a message.
    pub(super) fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// Shows every held message again.
    pub(super) fn release_all(&mut self) {
        for (place, message) in &mut self.messages {
            message.received = false;
            self.waiting.insert(*place);
        }
    }

    /// Makes all of them older by so many milliseconds.
    pub(super) fn age(&mut self, by: i64) {
        for message in self.messages.values_mut() {
            message.sent_at -= by;
        }
    }
}
