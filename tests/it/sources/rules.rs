//! How each source goes on after an answer: what is sent again, how often, and where it goes in the end.
//!
//! Sources: AWS Lambda Developer Guide, "Handling errors for an SQS event source", "Configuring partial batch response
//! with Kinesis Data Streams and Lambda", "Retain discarded batch records", "How Lambda handles errors and retries with
//! asynchronous invocation"; Segment, "Webhooks (Actions)"; the retries of the SDKs. Time does not pass: what is to come
//! again does so at once.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tiktok_audiences::handler::HandlerError;

use super::Weather;
use crate::envelope::{Answer, Door, Record, Way, destination, invoke_within, payload};
use crate::world::World;

/// Records of one invocation.
const BATCH: usize = 7;
/// `maxReceiveCount`, small so that it is reached.
const MOST_RECEIVES: usize = 12;
/// Invocations with a record of a stream until it is too old.
const MOST_READS: usize = 8;
/// An asynchronous invocation and its two retries.
const ASYNCHRONOUS_TRIES: usize = 3;
/// Requests that a sender makes before it gives up.
const MOST_REQUESTS: usize = 6;
/// More than any source needs: beyond it something comes back for ever.
const MOST_INVOCATIONS: usize = 300;

/// The sources of a function, and what they keep of what they gave up.
pub(super) struct Source<'w> {
    world: &'w World,
    weather: Weather,
    invocations: usize,
    /// What an asynchronous invocation that failed for good leaves in the buffer queue.
    failures: Vec<Record>,
    /// Bodies in the dead-letter queue of a queue and in the bucket of a stream.
    given_up: Vec<String>,
    /// Bodies of which a caller was told that they are rejected.
    told: Vec<String>,
}

impl<'w> Source<'w> {
    pub(super) fn new(world: &'w World, weather: Weather) -> Self {
        (weather.begin)(world);
        Self { world, weather, invocations: 0, failures: Vec::new(), given_up: Vec::new(), told: Vec::new() }
    }

    /// Whether a record is kept somewhere, or whoever sent it knows.
    pub(super) fn knows(&self, text: &str) -> bool {
        let rejected = self.world.queues.sqs.messages(&self.world.queues.rejected);
        let kept = rejected.iter().map(|letter| &letter.body);
        kept.chain(&self.given_up).chain(&self.told).any(|body| body.contains(text))
    }

    /// Sends records until neither the source nor the buffer queue has any left.
    pub(super) async fn send(&mut self, way: Way, records: Vec<Record>) {
        match way {
            Way::Sqs | Way::Fifo => self.queue(way, records).await,
            Way::Kinesis => self.stream(records).await,
            Way::Envelope | Way::Http(_) | Way::Array | Way::EventBridge | Way::Sns | Way::Redrive => {
                for batch in records.chunks(BATCH) {
                    self.invocation(way, batch).await;
                }
            }
        }
        loop {
            let written = self.world.queues.sqs.drain(&self.world.queues.buffer).into_iter();
            let message = |message: crate::support::fake_sqs::Message| Record {
                id: message.id,
                group: String::new(),
                body: message.body,
            };
            let waiting: Vec<_> = written.map(message).chain(std::mem::take(&mut self.failures)).collect();
            if waiting.is_empty() {
                return;
            }
            self.queue(Way::Sqs, waiting).await;
        }
    }

    /// What is sent once by whoever invokes.
    async fn invocation(&mut self, way: Way, batch: &[Record]) {
        match way {
            Way::Envelope => self.caller(batch.to_vec()).await,
            Way::Http(_) => self.sender(way, batch).await,
            Way::Array | Way::EventBridge | Way::Sns | Way::Redrive => self.asynchronous(way, batch).await,
            Way::Sqs | Way::Fifo | Way::Kinesis => panic!("{way:?} is a batch of a queue or a stream"),
        }
    }

    async fn invoke(&mut self, way: Way, records: &[Record]) -> Answer {
        let remaining = self.next_invocation();
        invoke_within(self.world, way, records, remaining).await
    }

    /// Counts an invocation, lets the weather change, and says how long this one may take.
    fn next_invocation(&mut self) -> Duration {
        self.invocations += 1;
        assert!(self.invocations <= MOST_INVOCATIONS, "{}: something comes back for ever", self.weather.name);
        if self.invocations == self.weather.lasts + 1 {
            (self.weather.end)(self.world);
        }
        if self.invocations <= self.weather.lasts { self.weather.remaining } else { Duration::from_secs(30) }
    }

    /// What failed is received again; a FIFO queue gives nothing of a group before that.
    async fn queue(&mut self, way: Way, records: Vec<Record>) {
        let mut waiting: VecDeque<_> = records.into_iter().map(|record| (record, 0)).collect();
        while !waiting.is_empty() {
            let batch: Vec<_> = waiting.drain(..waiting.len().min(BATCH)).collect();
            let records: Vec<_> = batch.iter().map(|(record, _)| record.clone()).collect();
            let is_failed: Box<dyn Fn(&Record) -> bool> = match self.invoke(way, &records).await {
                Answer::Again(ids) => Box::new(move |record| ids.contains(&record.id)),
                Answer::Failed(_) => Box::new(|_| true),
                Answer::Report(_) | Answer::Status(_) => panic!("a queue is answered with its failures"),
            };
            let failed = batch.into_iter().filter(|(record, _)| is_failed(record));
            let failed = failed.map(|(record, receives)| (record, receives + 1));
            let (again, dead): (Vec<_>, Vec<_>) = failed.partition(|(_, receives)| *receives < MOST_RECEIVES);
            self.given_up.extend(dead.into_iter().map(|(record, _)| record.body));
            if way == Way::Fifo {
                again.into_iter().rev().for_each(|message| waiting.push_front(message));
            } else {
                waiting.extend(again);
            }
        }
    }

    /// Nothing behind a record is read before it has passed or is too old; a batch that fails is halved.
    async fn stream(&mut self, records: Vec<Record>) {
        let mut waiting: VecDeque<_> = records.chunks(BATCH).map(|batch| (batch.to_vec(), 0)).collect();
        while let Some((batch, reads)) = waiting.pop_front() {
            match self.invoke(Way::Kinesis, &batch).await {
                Answer::Again(ids) => {
                    let checkpoint = ids.iter().filter_map(|id| batch.iter().position(|record| record.id == *id)).min();
                    if let Some(position) = checkpoint {
                        waiting.push_front((batch[position..].to_vec(), 0));
                    }
                }
                Answer::Failed(_) if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    waiting.push_front((second.to_vec(), 0));
                    waiting.push_front((first.to_vec(), 0));
                }
                Answer::Failed(_) if reads + 1 < MOST_READS => waiting.push_front((batch, reads + 1)),
                Answer::Failed(_) => self.given_up.extend(batch.into_iter().map(|record| record.body)),
                Answer::Report(_) | Answer::Status(_) => panic!("a stream is answered with its checkpoint"),
            }
        }
    }

    /// The reply as it is, where it has a report.
    async fn reply(&mut self, way: Way, batch: &[Record]) -> Result<Value, String> {
        let remaining = self.next_invocation();
        match self.world.invoke_text_within(&payload(way, batch), remaining).await {
            Ok(reply) => Ok(reply),
            Err(HandlerError::InvocationError(refusal)) => Err(refusal.error_type().to_owned()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Lambda repeats an asynchronous invocation twice and then writes what it was invoked with to the buffer queue.
    /// Whoever invokes directly reads the report; no service does.
    async fn asynchronous(&mut self, way: Way, batch: &[Record]) {
        for _ in 0..ASYNCHRONOUS_TRIES {
            if let Ok(report) = self.reply(way, batch).await {
                if matches!(way, Way::Array | Way::Redrive) {
                    self.read(&report, batch.to_vec());
                }
                return;
            }
        }
        let request: Value = serde_json::from_str(&payload(way, batch)).unwrap();
        let id = format!("failure-{}", self.invocations);
        self.failures.push(Record { id, group: String::new(), body: destination(&request).to_string() });
    }

    /// The caller of `{"events":[…]}` sends again what the report calls retryable.
    async fn caller(&mut self, mut batch: Vec<Record>) {
        while !batch.is_empty() {
            let report = self.reply(Way::Envelope, &batch).await.unwrap();
            batch = self.read(&report, batch);
        }
    }

    /// A sender repeats a request that is answered with 503, and takes any other answer for the last word.
    async fn sender(&mut self, way: Way, batch: &[Record]) {
        for _ in 0..MOST_REQUESTS {
            let reply = self.reply(way, batch).await.unwrap();
            let body: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
            match reply["statusCode"].as_u64() {
                Some(503) => {}
                Some(200 | 202 | 207 | 400) => {
                    // An SDK gets no report.
                    if way != Way::Http(Door::Sdk) {
                        self.read(&body, batch.to_vec());
                    }
                    return;
                }
                status => panic!("{status:?} is no answer to a batch"),
            }
        }
        panic!("{}: the sender has given up", self.weather.name);
    }

    /// Reads a report: notes which records are rejected, and gives back those that may succeed later.
    fn read(&mut self, report: &Value, batch: Vec<Record>) -> Vec<Record> {
        let results = report["results"].as_array().unwrap();
        assert_eq!(results.len(), batch.len());
        let mut again = Vec::new();
        for (record, result) in batch.into_iter().zip(results) {
            match result["outcome"].as_str().unwrap() {
                "retryable" => again.push(record),
                "rejected" => self.told.push(record.body),
                _ => {}
            }
        }
        again
    }
}
