//! What the JSON protocols of AWS have in common, for the fakes of its services.
//!
//! Source: the smithy documents on `awsJson1_0` and `awsJson1_1`: one path, `POST`, the operation in `X-Amz-Target`,
//! the error's name in `__type`. Signatures are looked for but not verified.

use std::collections::VecDeque;
use std::time::Duration;

use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::server::{Answer, Request};

/// A service that speaks the protocol.
#[derive(Debug)]
pub(super) struct Service {
    /// Its name in the scope of a signature.
    pub(super) name: &'static str,
    /// What precedes the operation in `X-Amz-Target`.
    pub(super) target: &'static str,
    /// `application/x-amz-json-1.0` or `1.1`.
    pub(super) content_type: &'static str,
}

/// What goes wrong with a call to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsFault {
    /// This HTTP status with this error name, such as 400 and `AccessDeniedException`.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's name.
        name: String,
    },
    /// This HTTP status without a body.
    Status(u16),
    /// HTTP 200 with a body that is not JSON.
    Garbage,
    /// The call takes effect, but the answer never comes.
    Hang,
    /// The call takes effect, and the answer comes after this time.
    Delay(Duration),
    /// The connection breaks before the call takes effect.
    HangUp,
    /// The call takes effect, then the connection breaks.
    HangUpAfter,
}

impl AwsFault {
    /// HTTP 400 with this error name: what AWS answers to everything that the caller can fix.
    pub fn error(name: &str) -> Self {
        Self::Error { status: 400, name: name.to_owned() }
    }
}

/// Faults to come, and one that stays.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) queue: VecDeque<AwsFault>,
    pub(super) always: Option<AwsFault>,
}

impl Faults {
    pub(super) fn take(&mut self) -> Option<AwsFault> {
        self.queue.pop_front().or_else(|| self.always.clone())
    }
}

/// A refusal by an AWS service.
#[derive(Debug)]
pub(super) struct AwsError {
    pub(super) status: u16,
    pub(super) name: String,
    pub(super) message: String,
    /// The name in the older query protocol, which SQS's clients still look for.
    pub(super) query_name: Option<String>,
}

impl AwsError {
    /// HTTP 400: the caller's fault.
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self { status: 400, name: name.to_owned(), message: message.into(), query_name: None }
    }
}

impl Service {
    /// The operation that the request asks for, after the checks that precede every operation.
    pub(super) fn operation(&self, request: &Request) -> Result<String, AwsError> {
        if request.method != "POST" || request.path != "/" {
            return Err(AwsError::new("UnknownOperationException", "only POST / is served"));
        }
        let authorization = request.header("authorization").unwrap_or_default();
        let scope = format!("/{}/aws4_request", self.name);
        if !authorization.starts_with("AWS4-HMAC-SHA256 ") || !authorization.contains(&scope) {
            return Err(AwsError::new("MissingAuthenticationTokenException", "the request is not signed"));
        }
        if request.header("content-type") != Some(self.content_type) {
            return Err(AwsError::new("SerializationException", format!("expected {}", self.content_type)));
        }
        let target = request.header("x-amz-target").unwrap_or_default();
        let operation = target.strip_prefix(self.target).and_then(|rest| rest.strip_prefix('.'));
        let operation = operation.ok_or_else(|| AwsError::new("UnknownOperationException", "wrong X-Amz-Target"))?;
        Ok(operation.to_owned())
    }

    /// Renders what the operation gave.
    pub(super) fn answer(&self, result: Result<Value, AwsError>) -> Answer {
        let answer = match result {
            Ok(body) => Answer::new(200, self.content_type, body.to_string()),
            Err(AwsError { status, name, message, query_name }) => {
                let body = json!({ "__type": name, "message": message }).to_string();
                let answer = Answer::new(status, self.content_type, body);
                let fault = if status < 500 { "Sender" } else { "Receiver" };
                match query_name {
                    Some(name) => answer.with_header("x-amzn-query-error", format!("{name};{fault}")),
                    None => answer,
                }
            }
        };
        answer.with_header("x-amzn-requestid", "fake-request")
    }

    /// Plays a fault around `act`, which carries the call out.
    pub(super) async fn play(
        &self,
        fault: Option<AwsFault>,
        act: impl FnOnce() -> Result<Value, AwsError>,
    ) -> Option<Answer> {
        match fault {
            None => Some(self.answer(act())),
            Some(AwsFault::Error { status, name }) => {
                Some(self.answer(Err(AwsError { status, ..AwsError::new(&name, "scripted") })))
            }
            Some(AwsFault::Status(status)) => Some(Answer::new(status, self.content_type, Bytes::new())),
            Some(AwsFault::Garbage) => Some(Answer::new(200, self.content_type, "it works")),
            Some(AwsFault::HangUp) => None,
            Some(AwsFault::HangUpAfter) => act().ok().and(None),
            Some(AwsFault::Delay(delay)) => {
                let answer = self.answer(act());
                tokio::time::sleep(delay).await;
                Some(answer)
            }
            Some(AwsFault::Hang) => {
                drop(act());
                std::future::pending().await
            }
        }
    }
}

/// Parses the body of an operation; fields that we do not know are refused, since a typo in ours would hide there.
pub(super) fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, AwsError> {
    serde_json::from_slice(body).map_err(|error| AwsError::new("SerializationException", error.to_string()))
}
