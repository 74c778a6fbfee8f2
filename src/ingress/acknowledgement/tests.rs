//! Simulated sources that follow AWS's rules and our replies until they are empty: whatever TikTok does meanwhile, no
//! event is lost and none overtakes another where the source keeps order.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::order::Order;
use super::super::{Opened, open};
use super::*;
use crate::json::Document;
use crate::outcome::{Entry, Reason, Verdict};

/// What a source holds: so many events in each record, which belongs to a group.
type Records = Vec<(u8, usize)>;

/// What became of the events so far.
#[derive(Debug, Default)]
struct World {
    /// The verdicts to come; once they are used up all is well.
    weather: Vec<u8>,
    /// Events whose last verdict was final and good.
    done: BTreeSet<u32>,
    /// Events in the dead-letter queue.
    kept: BTreeSet<u32>,
    /// How often the function was invoked.
    invocations: usize,
}

/// What the function answered to one invocation.
enum Answer {
    Failed,
    Failures(Vec<String>),
}

impl World {
    /// One invocation with the events of the source's records: random outcomes, then the reply.
    fn invoke(&mut self, opened: &Opened<'_>, events: &[u32]) -> Answer {
        self.invocations += 1;
        assert_eq!(opened.intake.len(), events.len());
        let verdicts: Vec<_> = events.iter().map(|_| self.verdict()).collect();
        let entries =
            (0..).zip(&verdicts).map(|(event_index, verdict)| Entry::new(event_index, None, verdict.clone())).collect();
        let ledger = Ledger::close(events.len(), entries, Vec::new());
        for (event, verdict) in events.iter().zip(&verdicts) {
            let is_good = !matches!(verdict.outcome(), Outcome::Rejected | Outcome::Retryable);
            if is_good {
                self.done.insert(*event)
            } else {
                self.done.remove(event)
            };
        }
        self.kept.extend(opened.scope.settled(&ledger).map(|event_index| events[event_index as usize]));
        match opened.scope.reply(&ledger, Rejected::LeaveToQueue) {
            Ok(Reply::Failures(failures)) => Answer::Failures(failures.identifiers().map(str::to_owned).collect()),
            Ok(Reply::Report) => panic!("a batch is answered with its failures"),
            Err(_) => Answer::Failed,
        }
    }

    fn verdict(&mut self) -> Verdict {
        match self.weather.pop() {
            Some(0..=99) => Reason::Unavailable.into(),
            Some(100..=139) => Reason::NoAudience.into(),
            Some(140..=150) => Verdict::Superseded,
            Some(151..=160) => Reason::NoMapping.into(),
            Some(161..) | None => Verdict::Delivered,
        }
    }

    /// Whether nothing is lost when the source lets go of these events.
    fn has(&self, events: &[u32]) -> bool {
        events.iter().all(|event| self.done.contains(event) || self.kept.contains(event))
    }
}

/// A record of a source.
#[derive(Clone, Debug)]
struct Sent {
    name: String,
    group: u8,
    events: Vec<u32>,
}

fn sent(records: &Records) -> Vec<Sent> {
    let mut next = 0_u32;
    let mut sent = |(number, (group, count)): (usize, &(u8, usize))| {
        let events: Vec<_> = (next..).take(*count).collect();
        next += u32::try_from(*count).unwrap();
        Sent { name: format!("record-{number:04}"), group: *group, events }
    };
    records.iter().enumerate().map(&mut sent).collect()
}

fn body(record: &Sent) -> String {
    record.events.iter().map(|event| json!({"type": "track", "userId": event})).collect::<Value>().to_string()
}

fn events_of(batch: &[Sent]) -> Vec<u32> {
    batch.iter().flat_map(|record| record.events.clone()).collect()
}

fn queue_payload(batch: &[Sent], queue: &str) -> String {
    let record = |record: &Sent| {
        json!({"messageId": record.name, "body": body(record), "eventSource": "aws:sqs",
            "attributes": {"MessageGroupId": record.group.to_string()},
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:1:{queue}")})
    };
    json!({"Records": batch.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn stream_payload(batch: &[Sent]) -> String {
    let record = |record: &Sent| {
        json!({"eventSource": "aws:kinesis",
            "kinesis": {"data": STANDARD.encode(body(record)), "sequenceNumber": record.name}})
    };
    json!({"Records": batch.iter().map(record).collect::<Vec<_>>()}).to_string()
}

/// A queue: what is not named by the reply is deleted; a failed invocation deletes nothing.
fn drain_queue(records: &Records, batch_size: usize, queue: &str, weather: Vec<u8>) -> World {
    let mut world = World { weather, ..World::default() };
    let mut waiting = sent(records);
    let mut deleted: BTreeMap<u8, String> = BTreeMap::new();
    while !waiting.is_empty() {
        let batch: Vec<_> = waiting.iter().take(batch_size).cloned().collect();
        let payload = queue_payload(&batch, queue);
        let opened = open::sqs(Document::parse(payload).unwrap(), None);
        let Answer::Failures(failures) = world.invoke(&opened, &events_of(&batch)) else { continue };
        assert!(failures.iter().all(|id| batch.iter().any(|message| message.name == *id)));
        let (gone, back): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| !failures.contains(&message.name));
        for message in &gone {
            assert!(world.has(&message.events), "{} is lost", message.name);
            let last = deleted.insert(message.group, message.name.clone());
            let is_in_order = last.is_none_or(|last| last < message.name);
            assert!(is_in_order || opened.intake.order() == Order::Time, "{} was overtaken", message.name);
        }
        let rest = waiting.split_off(batch_size.min(waiting.len()));
        // A standard queue may hand out what failed at any later time, a FIFO queue before all that follows.
        waiting = if opened.intake.order() == Order::Position { [back, rest].concat() } else { [rest, back].concat() };
    }
    world
}

/// A stream: the checkpoint moves to the named record or behind the batch; a failed invocation halves the batch.
fn drain_stream(records: &Records, batch_size: usize, weather: Vec<u8>) -> World {
    let mut world = World { weather, ..World::default() };
    let stream = sent(records);
    let (mut checkpoint, mut size) = (0, batch_size);
    while checkpoint < stream.len() {
        let batch: Vec<_> = stream.iter().skip(checkpoint).take(size).cloned().collect();
        let opened = open::kinesis(Document::parse(stream_payload(&batch)).unwrap(), None);
        let passed = match world.invoke(&opened, &events_of(&batch)) {
            Answer::Failed => {
                size = (size / 2).max(1);
                continue;
            }
            Answer::Failures(failures) if failures.is_empty() => batch.len(),
            Answer::Failures(failures) => batch.iter().position(|record| record.name == failures[0]).unwrap(),
        };
        for record in batch.iter().take(passed) {
            assert!(world.has(&record.events), "{} is lost", record.name);
        }
        (checkpoint, size) = (checkpoint + passed, batch_size);
    }
    world
}

fn check(world: &World, records: &Records, weather: usize) {
    let events: usize = records.iter().map(|(_, events)| events).sum();
    let all: BTreeSet<_> = world.done.union(&world.kept).collect();
    assert_eq!(all.len(), events);
    assert!(world.invocations <= weather + records.len(), "no progress");
}

proptest! {
    #[test]
    fn a_source_that_follows_the_replies_loses_nothing(
        records in prop::collection::vec((0_u8..4, 0_usize..4), 0..24),
        batch_size in 1_usize..10,
        weather in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let length = weather.len();
        check(&drain_queue(&records, batch_size, "buffer", weather.clone()), &records, length);
        check(&drain_queue(&records, batch_size, "buffer.fifo", weather.clone()), &records, length);
        check(&drain_stream(&records, batch_size, weather), &records, length);
    }
}
