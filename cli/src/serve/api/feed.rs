//! The last invocations, and the stream that tells of new ones.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::support::server::Answer;

use super::record::Record;

/// The most invocations that are kept.
const MOST: usize = 500;
/// The most bytes that they may take together.
const MOST_BYTES: usize = 64_000_000;
/// How many news a slow browser may fall behind before it is cut off; it connects again and reads what it missed.
const BACKLOG: usize = 256;

/// The first words of the stream: a browser that lost it connects again after 250 milliseconds.
const BEGINNING: &str = "retry: 250\n\n";

/// What was recorded.
#[derive(Debug)]
pub(crate) struct Feed {
    records: Mutex<VecDeque<Record>>,
    news: broadcast::Sender<Bytes>,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self { records: Mutex::default(), news: broadcast::channel(BACKLOG).0 }
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an invocation, at the cost of the oldest, and tells of it: whoever hears of it finds it.
    pub(crate) fn add(&self, record: Record) {
        let entry = record.entry.clone();
        self.keep(record);
        self.tell("request", &entry);
    }

    fn keep(&self, record: Record) {
        let mut records = self.records();
        records.push_front(record);
        let mut bytes = 0;
        let fitting = records.iter().take(MOST).take_while(|record| {
            bytes += record.bytes;
            bytes <= MOST_BYTES
        });
        // The newest is kept, whatever its size.
        let fitting = fitting.count().max(1);
        records.truncate(fitting);
    }

    /// Tells every browser that listens.
    pub(crate) fn tell(&self, name: &str, news: &Value) {
        // Nobody may be listening.
        let _listeners = self.news.send(format!("event: {name}\ndata: {news}\n\n").into());
    }

    /// Keeps connections alive through whatever is between.
    pub(crate) fn breathe(&self) {
        let _listeners = self.news.send(Bytes::from_static(b": alive\n\n"));
    }

    /// The rows, newest first.
    pub(crate) fn entries(&self) -> Value {
        self.records().iter().map(|record| record.entry.clone()).collect()
    }

    /// Everything of one invocation.
    pub(crate) fn detail(&self, id: u64) -> Option<Value> {
        self.records().iter().find(|record| record.id == id).map(|record| record.detail.clone())
    }

    /// The events of the feed, newest invocation first: invocation, position, event. At most so many, and how many not.
    pub(crate) fn events(&self, most: usize) -> (Vec<(u64, usize, Value)>, usize) {
        let records = self.records();
        let mut all = records
            .iter()
            .flat_map(|record| record.events.iter().enumerate().map(|(index, event)| (record.id, index, event)));
        let taken = all.by_ref().take(most).map(|(id, index, event)| (id, index, event.clone())).collect();
        (taken, all.count())
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.records().clear();
    }

    /// Server-sent events from now on.
    pub(crate) fn stream(&self) -> Answer {
        let answer = Answer::new(200, "text/event-stream", BEGINNING).with_header("cache-control", "no-store");
        Answer { more: Some(self.news.clone()), ..answer }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(id: u64, bytes: usize) -> Record {
        Record {
            id,
            ended: Ok(String::new()),
            entry: json!({ "id": id }),
            detail: json!({ "id": id, "more": true }),
            events: vec![json!({ "n": id })],
            bytes,
        }
    }

    #[test]
    fn the_oldest_make_room() {
        let feed = Feed::new();
        (0..=MOST as u64).for_each(|id| feed.add(record(id, 1)));
        assert_eq!(feed.entries().as_array().unwrap().len(), MOST);
        assert!(feed.detail(0).is_none() && feed.detail(1).is_some());
        feed.add(record(9_999, MOST_BYTES));
        assert_eq!(feed.entries(), json!([{ "id": 9_999 }]));
        feed.add(record(10_000, MOST_BYTES + 1));
        assert_eq!(feed.entries(), json!([{ "id": 10_000 }]));
    }

    #[test]
    fn events_are_counted_that_are_not_given() {
        let feed = Feed::new();
        (0..5).for_each(|id| feed.add(record(id, 1)));
        let (events, left) = feed.events(2);
        assert_eq!((events, left), (vec![(4, 0, json!({ "n": 4 })), (3, 0, json!({ "n": 3 }))], 3));
    }
}
