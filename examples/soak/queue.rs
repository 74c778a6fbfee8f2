//! The event source: a standard queue as Lambda reads it, and its rules for what is sent again.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::SoakError;

/// Events per message, about what the function's own buffer packs into one.
const EVENTS_PER_MESSAGE: usize = 50;
/// Lambda's limit on an invocation is 6 MB.
const PAYLOAD_BYTES: usize = 6_000_000;
/// A small soak has so many invocations nevertheless.
const INVOCATIONS: usize = 40;

struct Message {
    id: String,
    body: String,
}

pub(crate) struct Queue {
    events_per_batch: usize,
    waiting: VecDeque<Message>,
    in_flight: Vec<Message>,
    sent: usize,
    invocations: usize,
    shown_again: usize,
}

impl Queue {
    pub(crate) fn new(events: usize) -> Self {
        Self {
            events_per_batch: events.div_ceil(INVOCATIONS),
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            sent: 0,
            invocations: 0,
            shown_again: 0,
        }
    }

    /// How many invocations there were.
    pub(crate) const fn invocations(&self) -> usize {
        self.invocations
    }

    /// How many messages were sent again.
    pub(crate) const fn shown_again(&self) -> usize {
        self.shown_again
    }

    /// The payload of the next invocation: what waits, and what arrives meanwhile.
    pub(crate) fn receive(&mut self, arriving: &mut impl Iterator<Item = String>) -> Option<String> {
        while self.waiting.len() * EVENTS_PER_MESSAGE < self.events_per_batch {
            let events: Vec<String> = arriving.by_ref().take(EVENTS_PER_MESSAGE).collect();
            if events.is_empty() {
                break;
            }
            self.sent += 1;
            let id = format!("00000000-0000-4000-8000-{:012}", self.sent);
            self.waiting.push_back(Message { id, body: format!("[{}]", events.join(",")) });
        }
        let mut records = Vec::new();
        let mut bytes = 0;
        while let Some(message) = self.waiting.front() {
            let record = record(message).to_string();
            let is_full = bytes + record.len() > PAYLOAD_BYTES
                || self.in_flight.len() * EVENTS_PER_MESSAGE >= self.events_per_batch;
            if is_full && !records.is_empty() {
                break;
            }
            bytes += record.len();
            records.push(record);
            self.in_flight.extend(self.waiting.pop_front());
        }
        if records.is_empty() {
            return None;
        }
        self.invocations += 1;
        Some(format!("{{\"Records\":[{}]}}", records.join(",")))
    }

    /// Forgets what the reply says is done.
    pub(crate) fn settle(&mut self, reply: &[u8]) -> Result<(), SoakError> {
        let wrong = || SoakError::Wrong("a reply is not that to a queue".to_owned());
        let reply: Value = serde_json::from_slice(reply).map_err(|_not_json| wrong())?;
        let failures = reply.get("batchItemFailures").and_then(Value::as_array).ok_or_else(wrong)?;
        let failed: Vec<&str> = failures.iter().filter_map(|failure| failure.get("itemIdentifier")?.as_str()).collect();
        let in_flight = std::mem::take(&mut self.in_flight);
        let again: Vec<Message> =
            in_flight.into_iter().filter(|message| failed.contains(&message.id.as_str())).collect();
        self.shown_again += again.len();
        self.waiting.extend(again);
        Ok(())
    }

    /// The invocation failed.
    pub(crate) fn show_all_again(&mut self) {
        self.shown_again += self.in_flight.len();
        self.waiting.extend(self.in_flight.drain(..));
    }
}

fn record(message: &Message) -> Value {
    json!({
        "messageId": message.id, "receiptHandle": "h", "body": message.body, "messageAttributes": {},
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795000000000"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:buffer", "awsRegion": "us-east-1",
    })
}
