//! Firehose over its JSON protocol: `PutRecordBatch` to a stream, with its limits.
//!
//! It knows nothing of what is in a record. Source: the API reference of the operation. Any stream exists.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::aws_json::{AwsError, AwsFault, Faults, Service, input};
use super::server::{Answer, Listen, Request, Server};

const SERVICE: Service =
    Service { name: "firehose", target: "Firehose_20150804", content_type: "application/x-amz-json-1.1" };
const MOST_RECORDS: usize = 500;
const MOST_RECORD_BYTES: usize = 1_000 * 1_024;
const MOST_CALL_BYTES: usize = 4 * 1_024 * 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Input {
    delivery_stream_name: String,
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Record {
    data: String,
}

#[derive(Debug, Default)]
struct State {
    streams: Vec<String>,
    text: String,
    calls: usize,
    faults: Faults,
    /// Positions of records of calls to come that are not taken.
    partial: VecDeque<Vec<usize>>,
}

/// A running fake; stops when it is dropped.
#[derive(Debug)]
pub struct FakeFirehose {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl FakeFirehose {
    /// Plain HTTP on a free port.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(Listen::default(), move |request| handle(Arc::clone(&shared), request));
        Self { server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The value for `AWS_ENDPOINT_URL_FIREHOSE`.
    pub fn endpoint_url(&self) -> String {
        self.server.origin()
    }

    /// Every line of every record that was taken, in order; each is JSON.
    pub fn lines(&self) -> Vec<Value> {
        self.state().text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// The stream of each record that was taken.
    pub fn streams(&self) -> Vec<String> {
        self.state().streams.clone()
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The next call meets this fault; calls of `next` queue up.
    pub fn next(&self, fault: AwsFault) {
        self.state().faults.queue.push_back(fault);
    }

    /// Every call that meets no queued fault meets this one, until it is taken away with nothing.
    pub fn always(&self, fault: Option<AwsFault>) {
        self.state().faults.always = fault;
    }

    /// The records at these positions of the next call are not taken; calls of `fail_records` queue up.
    pub fn fail_records(&self, positions: Vec<usize>) {
        self.state().partial.push_back(positions);
    }
}

impl State {
    fn put(&mut self, body: &[u8]) -> Result<Value, AwsError> {
        if body.len() > MOST_CALL_BYTES {
            return Err(AwsError::new("InvalidArgumentException", "more than 4 MiB"));
        }
        let Input { delivery_stream_name, records } = input(body)?;
        if !(1..=MOST_RECORDS).contains(&records.len()) {
            return Err(AwsError::new("InvalidArgumentException", "1 to 500 records"));
        }
        let partial = self.partial.pop_front().unwrap_or_default();
        let mut answers = Vec::with_capacity(records.len());
        for (position, record) in records.iter().enumerate() {
            let wrong = |_| AwsError::new("InvalidArgumentException", "no base64");
            let data = STANDARD.decode(&record.data).map_err(wrong)?;
            if data.len() > MOST_RECORD_BYTES {
                return Err(AwsError::new("InvalidArgumentException", "a record has more than 1,000 KiB"));
            }
            if partial.contains(&position) {
                answers.push(json!({ "ErrorCode": "ServiceUnavailableException", "ErrorMessage": "scripted" }));
                continue;
            }
            self.streams.push(delivery_stream_name.clone());
            self.text.push_str(std::str::from_utf8(&data).expect("a record is text"));
            answers.push(json!({ "RecordId": position.to_string() }));
        }
        let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
        Ok(json!({ "FailedPutCount": failed, "Encrypted": false, "RequestResponses": answers }))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no holder panics")
}

async fn handle(state: Arc<Mutex<State>>, mut request: Request) -> Option<Answer> {
    let body = request.body().await?;
    let fault = {
        let mut state = lock(&state);
        state.calls += 1;
        state.faults.take()
    };
    let act = || match SERVICE.operation(&request)?.as_str() {
        "PutRecordBatch" => lock(&state).put(&body),
        other => Err(AwsError::new("UnknownOperationException", other)),
    };
    SERVICE.play(fault, act).await
}
