//! The Runtime API from which a function on Lambda fetches its invocations, so that the unmodified binary can be run.
//!
//! It knows nothing of what is in an invocation. Source: AWS's page on the Lambda runtime API (version 2018-06-01).
//! The function asks for the next invocation and waits; the test puts one in and waits for its outcome. A response
//! over 6 MB is refused as Lambda refuses it; a function that overstays its deadline is reported, not killed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot, watch};

use super::server::{Answer, Listen, Request, Server};

const BASE_PATH: &str = "/2018-06-01/runtime";
const NAME: &str = "fake-function";
/// Lambda's limit on a response that is not streamed.
const MOST_RESPONSE_BYTES: usize = 6_291_556;

/// What became of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function responded with this body.
    Response(Bytes),
    /// The function reported an error, or Lambda did in its place.
    Error {
        /// The word by which Lambda counts it, such as `Retryable`.
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// The deadline passed.
    TimedOut,
}

impl Outcome {
    /// The response as JSON; panics when it is none.
    pub fn json(&self) -> Value {
        let Self::Response(body) = self else { panic!("expected a response, got {self:?}") };
        serde_json::from_slice(body).expect("the response is JSON")
    }
}

/// How the function's start ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// It has asked for its first invocation.
    Ready(Instant),
    /// It has reported this as the reason why it cannot.
    Failed(Value),
}

/// An invocation that the function may not have seen yet.
#[derive(Debug)]
pub struct Pending {
    outcome: oneshot::Receiver<Outcome>,
    deadline: Duration,
}

impl Pending {
    /// Waits for the outcome, until the deadline.
    pub async fn outcome(self) -> Outcome {
        let waited = tokio::time::timeout(self.deadline, self.outcome).await;
        waited.ok().and_then(Result::ok).unwrap_or(Outcome::TimedOut)
    }
}

#[derive(Debug)]
struct Invocation {
    id: String,
    payload: Bytes,
    deadline_ms: i64,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Invocation>,
    running: HashMap<String, oneshot::Sender<Outcome>>,
    invoked: u64,
    violations: Vec<String>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
    start: watch::Sender<Option<Start>>,
}

/// A running Runtime API; stops when it is dropped.
#[derive(Debug)]
pub struct FakeRuntime {
    server: Server,
    shared: Arc<Shared>,
}

impl FakeRuntime {
    /// Without invocations, on a free port.
    pub fn start() -> Self {
        Self::start_at(Listen::default())
    }

    /// Without invocations, at this address.
    pub fn start_at(listen: Listen) -> Self {
        let (start, _) = watch::channel(None);
        let shared = Arc::new(Shared { state: Mutex::default(), arrived: Notify::new(), start });
        let of_server = Arc::clone(&shared);
        let server = Server::start(listen, move |request| handle(Arc::clone(&of_server), request));
        Self { server, shared }
    }

    /// What Lambda sets in the environment of a function, with invented credentials.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let fixed = [
            ("AWS_LAMBDA_FUNCTION_NAME", NAME),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/fake-function"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[$LATEST]0"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAFAKE"),
            ("AWS_SECRET_ACCESS_KEY", "fake-secret-access-key"),
            ("AWS_SESSION_TOKEN", "fake-session-token"),
        ];
        let api = ("AWS_LAMBDA_RUNTIME_API", self.server.address().to_string());
        fixed.into_iter().map(|(name, value)| (name, value.to_owned())).chain([api]).collect()
    }

    /// Puts an invocation in; the function gets it when it asks.
    pub fn enqueue(&self, payload: impl Into<Bytes>, deadline: Duration) -> Pending {
        self.enqueue_with(payload, deadline, Vec::new())
    }

    /// The same with further headers, such as a caller's client context.
    pub fn enqueue_with(
        &self,
        payload: impl Into<Bytes>,
        deadline: Duration,
        headers: Vec<(&'static str, String)>,
    ) -> Pending {
        let (sender, outcome) = oneshot::channel();
        let milliseconds = i64::try_from(deadline.as_millis()).expect("a deadline is within years");
        let mut state = self.state();
        state.invoked += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", state.invoked);
        let deadline_ms = Timestamp::now().as_millisecond() + milliseconds;
        state.running.insert(id.clone(), sender);
        state.waiting.push_back(Invocation { id, payload: payload.into(), deadline_ms, headers });
        self.shared.arrived.notify_one();
        Pending { outcome, deadline }
    }

    /// Puts an invocation in and waits for its outcome.
    pub async fn invoke(&self, payload: impl Into<Bytes>, deadline: Duration) -> Outcome {
        self.enqueue(payload, deadline).outcome().await
    }

    /// Waits until the function has asked for its first invocation, or has given up.
    pub async fn started(&self) -> Start {
        let mut start = self.shared.start.subscribe();
        let known = start.wait_for(Option::is_some).await.expect("the fake runs");
        known.clone().expect("it was waited for")
    }

    /// What no runtime may do, one sentence each.
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    /// The first sign of life decides.
    fn note_start(&self, start: Start) {
        self.start.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(start);
            }
            first
        });
    }

    async fn next(&self) -> Answer {
        self.note_start(Start::Ready(Instant::now()));
        loop {
            let waiting = self.state().waiting.pop_front();
            if let Some(Invocation { id, payload, deadline_ms, headers }) = waiting {
                let answer = Answer::new(200, "application/json", payload)
                    .with_header("lambda-runtime-aws-request-id", id)
                    .with_header("lambda-runtime-deadline-ms", deadline_ms.to_string())
                    .with_header("lambda-runtime-invoked-function-arn", arn())
                    .with_header("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0");
                let further = |answer: Answer, (name, value)| answer.with_header(name, value);
                return headers.into_iter().fold(answer, further);
            }
            self.arrived.notified().await;
        }
    }

    fn end(&self, id: &str, outcome: Outcome) -> Answer {
        let mut state = self.state();
        let Some(sender) = state.running.remove(id) else {
            state.violations.push(format!("an outcome for {id}, which is not running"));
            return refusal(400, "InvalidRequestID");
        };
        let too_large = matches!(&outcome, Outcome::Response(body) if body.len() > MOST_RESPONSE_BYTES);
        let kind = "Function.ResponseSizeTooLarge".to_owned();
        let outcome =
            if too_large { Outcome::Error { kind, message: "the response is over 6 MB".to_owned() } } else { outcome };
        // A test that no longer waits has had its timeout.
        let _no_longer_awaited = sender.send(outcome);
        if too_large {
            return refusal(413, "RequestEntityTooLarge");
        }
        Answer::new(202, "application/json", r#"{"status":"OK"}"#)
    }
}

fn arn() -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{NAME}")
}

fn refusal(status: u16, kind: &str) -> Answer {
    let body = json!({ "errorType": kind, "errorMessage": kind });
    Answer::new(status, "application/json", body.to_string())
}

async fn handle(shared: Arc<Shared>, mut request: Request) -> Option<Answer> {
    let body = request.body().await?;
    let path = request.path.strip_prefix(BASE_PATH).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Some(match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["invocation", "next"]) => shared.next().await,
        ("POST", ["invocation", id, "response"]) => shared.end(id, Outcome::Response(body)),
        ("POST", ["invocation", id, "error"]) => shared.end(id, reported(&request, &body)),
        ("POST", ["init", "error"]) => {
            shared.note_start(Start::Failed(serde_json::from_slice(&body).unwrap_or_default()));
            Answer::new(202, "application/json", r#"{"status":"OK"}"#)
        }
        _ => {
            shared.state().violations.push(format!("{} {}", request.method, request.path));
            refusal(404, "NotFound")
        }
    })
}

/// The error that the function reports: its body's `errorType`, else the header's.
fn reported(request: &Request, body: &[u8]) -> Outcome {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let header = request.header("lambda-runtime-function-error-type").unwrap_or_default();
    let kind = body["errorType"].as_str().unwrap_or(header).to_owned();
    Outcome::Error { kind, message: body["errorMessage"].as_str().unwrap_or_default().to_owned() }
}
