//! SQS over its JSON protocol: sending alone and in batches, receiving, deleting.
//!
//! It knows nothing of what is in a message. Sources: the API reference of the four operations. Not imitated:
//! visibility timeouts (a received message stays hidden until it is deleted or released) and content-based
//! deduplication. A queue whose name ends in `.fifo` is a FIFO queue.

mod entry;
mod line;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde_json::{Value, json};

use super::aws_json::{AwsError, AwsFault, Faults, Service, input};
use super::server::{Answer, Listen, Request, Server};
pub use entry::Attribute;
use entry::{Entry, MOST_BYTES, Problem, attributes_digest, body_digest};
use line::Line;

const SERVICE: Service = Service { name: "sqs", target: "AmazonSQS", content_type: "application/x-amz-json-1.0" };
const MOST_ENTRIES: usize = 10;

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `MessageId`
    pub id: String,
    /// The body.
    pub body: String,
    /// The attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// `MessageGroupId`
    pub group: Option<String>,
    /// `MessageDeduplicationId`
    pub deduplication: Option<String>,
    /// `DelaySeconds`; the fake delivers at once all the same.
    pub delay_seconds: u32,
    /// Whether somebody has received it and not deleted it.
    pub received: bool,
    /// `SentTimestamp`
    pub sent_at: i64,
}

impl Message {
    /// The text of a `String` or `Number` attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.string_value.as_deref()
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqsCall {
    /// The operation's name.
    pub operation: String,
    /// `QueueUrl`
    pub queue_url: String,
    /// How many messages it carried.
    pub entries: usize,
    /// Length of the whole request body in bytes.
    pub bytes: usize,
    /// The error's name, if it was refused by rule and not by a fault.
    pub error: Option<String>,
}

/// Entries of a batch that fail although their neighbours do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialFailure {
    /// Positions in the batch, from 0.
    pub positions: Vec<usize>,
    /// Such as `InternalError`.
    pub code: String,
    /// Whether it is the caller's fault.
    pub sender_fault: bool,
}

#[derive(Debug, Default)]
struct State {
    queues: BTreeMap<String, Line>,
    deduplicated: BTreeSet<(String, String)>,
    sent: u64,
    faults: Faults,
    partial: VecDeque<PartialFailure>,
    calls: Vec<SqsCall>,
}

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeSqs {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct BatchInput {
    queue_url: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveInput {
    queue_url: String,
    max_number_of_messages: Option<usize>,
}

/// The entries of a call that deletes or releases several messages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct HandlesInput {
    queue_url: String,
    entries: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Item {
    id: String,
    receipt_handle: String,
    visibility_timeout: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DeleteInput {
    queue_url: String,
    receipt_handle: String,
}

impl FakeSqs {
    /// Without queues, plain HTTP on a free port.
    pub fn start() -> Self {
        Self::start_at(Listen::default())
    }

    /// Without queues, at this address.
    pub fn start_at(listen: Listen) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(listen, move |request| handle(Arc::clone(&shared), request));
        Self { server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The value for `AWS_ENDPOINT_URL_SQS`.
    pub fn endpoint_url(&self) -> String {
        self.server.origin()
    }

    /// Makes an empty queue and gives its URL.
    pub fn queue(&self, name: &str) -> String {
        let url = format!("{}/123456789012/{name}", self.server.origin());
        self.state().queues.insert(url.clone(), Line::default());
        url
    }

    /// What is in a queue, oldest first, received messages included.
    pub fn messages(&self, queue_url: &str) -> Vec<Message> {
        self.state().queues.get(queue_url).expect("the queue exists").messages()
    }

    /// How many messages have ever come into a queue, and how many it has: never the same again after a change.
    pub fn counts(&self, queue_url: &str) -> (u64, usize) {
        self.state().queues.get(queue_url).expect("the queue exists").counts()
    }

    /// Takes everything out of a queue, oldest first.
    pub fn drain(&self, queue_url: &str) -> Vec<Message> {
        self.take(queue_url, |_message| true)
    }

    /// Takes the messages out of a queue that are wanted, oldest first.
    pub fn take(&self, queue_url: &str, is_wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        self.state().queues.get_mut(queue_url).expect("the queue exists").take(is_wanted)
    }

    /// Puts a message behind the others, as SQS does when it moves one to a dead-letter queue.
    pub fn put(&self, queue_url: &str, message: Message) {
        self.state().queues.get_mut(queue_url).expect("the queue exists").push(message);
    }

    /// Shows received messages again, as the visibility timeout would.
    pub fn release(&self, queue_url: &str) {
        self.state().queues.get_mut(queue_url).expect("the queue exists").release_all();
    }

    /// Makes the messages of a queue older by so many milliseconds.
    pub fn age(&self, queue_url: &str, by: i64) {
        self.state().queues.get_mut(queue_url).expect("the queue exists").age(by);
    }

    /// The next call meets this fault; calls of `next` queue up.
    pub fn next(&self, fault: AwsFault) {
        self.state().faults.queue.push_back(fault);
    }

    /// Every call that meets no queued fault meets this one, until it is taken away with nothing.
    pub fn always(&self, fault: Option<AwsFault>) {
        self.state().faults.always = fault;
    }

    /// Entries of the next batch fail; calls of `fail_entries` queue up.
    pub fn fail_entries(&self, failure: PartialFailure) {
        self.state().partial.push_back(failure);
    }

    /// All calls, those that met a fault included.
    pub fn calls(&self) -> Vec<SqsCall> {
        self.state().calls.clone()
    }
}

impl State {
    fn queue(&mut self, url: &str) -> Result<&mut Line, AwsError> {
        let missing = || refusal("QueueDoesNotExist", "The specified queue does not exist.");
        self.queues.get_mut(url).ok_or_else(missing)
    }

    /// Stores a checked message; one that FIFO has seen is accepted and not stored.
    fn store(&mut self, queue_url: &str, entry: Entry) -> Value {
        self.sent += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.sent);
        let mut answer = json!({ "MessageId": id, "MD5OfMessageBody": body_digest(&entry.message_body) });
        if !entry.message_attributes.is_empty() {
            answer["MD5OfMessageAttributes"] = json!(attributes_digest(&entry.message_attributes));
        }
        let seen = entry.message_deduplication_id.clone();
        let fresh = seen.is_none_or(|seen| self.deduplicated.insert((queue_url.to_owned(), seen)));
        if let (true, Some(messages)) = (fresh, self.queues.get_mut(queue_url)) {
            messages.push(Message {
                id,
                body: entry.message_body,
                attributes: entry.message_attributes,
                group: entry.message_group_id,
                deduplication: entry.message_deduplication_id,
                delay_seconds: entry.delay_seconds.unwrap_or(0),
                received: false,
                sent_at: jiff::Timestamp::now().as_millisecond(),
            });
        }
        answer
    }

    fn send(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        let entry: Entry = input(body)?;
        let url = entry.queue_url.clone();
        self.queue(&url)?;
        entry.check(is_fifo(&url)).map_err(|(name, message)| refusal(name, &message))?;
        Ok(self.store(&url, entry))
    }

    fn send_batch(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        let BatchInput { queue_url, entries } = input(body)?;
        self.queue(&queue_url)?;
        check_batch(&entries).map_err(|(name, message)| refusal(name, &message))?;
        let partial = self.partial.pop_front();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (position, entry) in entries.into_iter().enumerate() {
            let id = entry.id.clone();
            let scripted = partial.as_ref().filter(|partial| partial.positions.contains(&position));
            if let Some(PartialFailure { code, sender_fault, .. }) = scripted {
                failed.push(json!({ "Id": id, "Code": code, "SenderFault": sender_fault, "Message": "scripted" }));
            } else if let Err((code, message)) = entry.check(is_fifo(&queue_url)) {
                failed.push(json!({ "Id": id, "Code": code, "SenderFault": true, "Message": message }));
            } else {
                let mut answer = self.store(&queue_url, entry);
                answer["Id"] = json!(id);
                successful.push(answer);
            }
        }
        let mut answer = json!({ "Successful": successful });
        if !failed.is_empty() {
            answer["Failed"] = json!(failed);
        }
        Ok(answer)
    }

    fn receive(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        let ReceiveInput { queue_url, max_number_of_messages } = input(body)?;
        let most = max_number_of_messages.unwrap_or(1);
        if !(1..=MOST_ENTRIES).contains(&most) {
            return Err(refusal("InvalidParameterValue", "MaxNumberOfMessages must be 1 to 10"));
        }
        let mut answers = Vec::new();
        for message in self.queue(&queue_url)?.receive(most) {
            let attributes = message.attributes.iter().map(|(name, value)| {
                let Attribute { data_type, string_value, binary_value } = value;
                let value = json!({ "DataType": data_type, "StringValue": string_value, "BinaryValue": binary_value });
                (name.clone(), value)
            });
            answers.push(json!({
                "MessageId": message.id,
                "ReceiptHandle": message.id,
                "Body": message.body,
                "MD5OfBody": body_digest(&message.body),
                "Attributes": { "SentTimestamp": message.sent_at.to_string() },
                "MessageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
            }));
        }
        Ok(if answers.is_empty() { json!({}) } else { json!({ "Messages": answers }) })
    }

    fn delete(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        let DeleteInput { queue_url, receipt_handle } = input(body)?;
        drop(self.queue(&queue_url)?.remove(&receipt_handle));
        Ok(json!({}))
    }

    /// Deletes or releases several messages; a message that nobody holds is not released.
    fn several(&mut self, body: &[u8], is_deletion: bool) -> Result<Value, AwsError> {
        let HandlesInput { queue_url, entries } = input(body)?;
        if entries.is_empty() || entries.len() > MOST_ENTRIES {
            return Err(refusal("TooManyEntriesInBatchRequest", "1 to 10 entries"));
        }
        let messages = self.queue(&queue_url)?;
        let mut done = Vec::new();
        for Item { id, receipt_handle, visibility_timeout } in entries {
            if is_deletion != visibility_timeout.is_none() {
                return Err(refusal("InvalidParameterValue", "VisibilityTimeout"));
            }
            let is_there = match visibility_timeout {
                None => messages.remove(&receipt_handle).is_some(),
                Some(0) => messages.release(&receipt_handle),
                Some(_) => messages.has(&receipt_handle),
            };
            if is_there {
                done.push(json!({ "Id": id }));
            }
        }
        Ok(json!({ "Successful": done }))
    }

    fn call(&mut self, request: &Request, body: &[u8]) -> Result<Value, AwsError> {
        match SERVICE.operation(request)?.as_str() {
            "SendMessage" => self.send(body),
            "SendMessageBatch" => self.send_batch(body),
            "ReceiveMessage" => self.receive(body),
            "DeleteMessage" => self.delete(body),
            "DeleteMessageBatch" => self.several(body, true),
            "ChangeMessageVisibilityBatch" => self.several(body, false),
            other => Err(AwsError::new("UnknownOperationException", other)),
        }
    }
}

/// What refuses a whole batch.
fn check_batch(entries: &[Entry]) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_id = |id: &str| (1..=80).contains(&id.len()) && id.bytes().all(plain);
    let ids: BTreeSet<_> = entries.iter().map(|entry| &entry.id).collect();
    let size: usize = entries.iter().map(Entry::size).sum();
    Err(match entries.len() {
        0 => ("EmptyBatchRequest", "There should be at least one entry".to_owned()),
        count if count > MOST_ENTRIES => ("TooManyEntriesInBatchRequest", format!("{count} entries, at most 10")),
        _ if !entries.iter().all(|entry| is_id(&entry.id)) => {
            ("InvalidBatchEntryId", "an id is 1 to 80 letters, digits, hyphens and underscores".to_owned())
        }
        count if ids.len() < count => ("BatchEntryIdsNotDistinct", "an id occurs twice".to_owned()),
        _ if size > MOST_BYTES => ("BatchRequestTooLong", format!("{size} bytes, at most {MOST_BYTES}")),
        _ => return Ok(()),
    })
}

fn is_fifo(queue_url: &str) -> bool {
    queue_url.rsplit('.').next() == Some("fifo")
}

/// An error with both of its names; most of those of the query protocol have a prefix.
fn refusal(name: &str, message: &str) -> AwsError {
    let query_name = match name {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        "InvalidParameterValue" | "InvalidMessageContents" | "MissingParameter" => name.to_owned(),
        _ => format!("AWS.SimpleQueueService.{name}"),
    };
    AwsError { query_name: Some(query_name), ..AwsError::new(&format!("com.amazonaws.sqs#{name}"), message) }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

async fn handle(state: Arc<Mutex<State>>, mut request: Request) -> Option<Answer> {
    let body = request.body().await?;
    let parsed: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = request.header("x-amz-target").unwrap_or_default();
    let call = SqsCall {
        operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
        queue_url: parsed["QueueUrl"].as_str().unwrap_or_default().to_owned(),
        entries: parsed["Entries"].as_array().map_or(usize::from(parsed["MessageBody"].is_string()), Vec::len),
        bytes: body.len(),
        error: None,
    };
    let (position, fault) = {
        let mut state = lock(&state);
        state.calls.push(call);
        (state.calls.len() - 1, state.faults.take())
    };
    let act = || {
        let mut state = lock(&state);
        let result = state.call(&request, &body);
        state.calls[position].error = result.as_ref().err().map(|error| error.name.clone());
        result
    };
    SERVICE.play(fault, act).await
}
