//! What a source keeps until it is done, by the rules of AWS: nothing is forgotten before the function has replied.

use std::collections::VecDeque;

use serde_json::Value;

use crate::envelope::{Record, Way, payload};
use crate::support::fake_runtime::Outcome;
use crate::support::random::Random;

/// A queue moves a message to its dead-letter queue rather than show it once more.
const MOST_RECEIVES: u32 = 4;

#[derive(Clone, Debug)]
struct Message {
    record: Record,
    receives: u32,
}

/// Records on their way into the function, and those that are out of its reach.
#[derive(Debug)]
pub(super) struct Source {
    way: Way,
    waiting: VecDeque<Message>,
    in_flight: Vec<Message>,
    /// Where the queue itself has put what was received too often.
    pub(super) dead: Vec<Record>,
}

impl Source {
    pub(super) fn new(way: Way) -> Self {
        Self { way, waiting: VecDeque::new(), in_flight: Vec::new(), dead: Vec::new() }
    }

    pub(super) fn push(&mut self, record: Record) {
        self.waiting.push_back(Message { record, receives: 0 });
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The payload of the next invocation, if anything waits.
    pub(super) fn receive(&mut self, most: usize, random: &mut Random) -> Option<String> {
        if self.way == Way::Sqs {
            self.bury();
            // A standard queue keeps no order.
            let turn = random.below(u32::try_from(self.waiting.len()).unwrap() + 1) as usize;
            self.waiting.rotate_left(turn.min(self.waiting.len()));
        }
        self.in_flight = self.waiting.drain(..most.min(self.waiting.len())).collect();
        self.in_flight.iter_mut().for_each(|message| message.receives += 1);
        let records: Vec<Record> = self.in_flight.iter().map(|message| message.record.clone()).collect();
        (!records.is_empty()).then(|| payload(self.way, &records))
    }

    fn bury(&mut self) {
        let (dead, waiting): (Vec<_>, _) =
            std::mem::take(&mut self.waiting).into_iter().partition(|message| message.receives >= MOST_RECEIVES);
        self.waiting = waiting.into();
        self.dead.extend(dead.into_iter().map(|message| message.record));
    }

    /// No reply came: all of it is shown again.
    pub(super) fn lost(&mut self) {
        self.keep(|_| true);
    }

    /// Forgets what the reply says is done.
    pub(super) fn replied(&mut self, outcome: &Outcome) {
        let reply = match outcome {
            Outcome::Response(_) => outcome.json(),
            Outcome::Error { .. } => return self.lost(),
            Outcome::TimedOut => panic!("no reply in time"),
        };
        let failures = reply["batchItemFailures"].as_array().unwrap();
        let failed: Vec<&str> = failures.iter().map(id).collect();
        let lowest = failed.iter().min().copied();
        if self.way == Way::Kinesis {
            self.keep(|record| lowest.is_some_and(|lowest| record.id.as_str() >= lowest));
        } else {
            self.keep(|record| failed.contains(&record.id.as_str()));
        }
    }

    /// What has to be sent again is before everything else, where there is an order.
    fn keep(&mut self, comes_again: impl Fn(&Record) -> bool) {
        let again = std::mem::take(&mut self.in_flight).into_iter().filter(|message| comes_again(&message.record));
        again.rev().for_each(|message| self.waiting.push_front(message));
    }
}

fn id(failure: &Value) -> &str {
    failure["itemIdentifier"].as_str().unwrap()
}
