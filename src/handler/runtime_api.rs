//! Lambda's Runtime API: the next invocation, and its reply.
//!
//! The loop of `lambda_runtime` is not used: it parses the client context and the Cognito identity of an invocation and
//! ends the process at one that it can't read, it parses the payload, and nothing can be replied once it is lost to a
//! panic. Here the caller's own headers are not even looked at. Its report of an error is used.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01).

mod error;

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use lambda_runtime::Diagnostic;

use super::error::HandlerError;
use crate::net::origin::{self, Body, Origin, OriginError};
pub use error::RuntimeApiError;

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE_MS: &str = "lambda-runtime-deadline-ms";
const TRACE_ID: &str = "lambda-runtime-trace-id";
/// An id of the invocation besides that of its request.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
/// Lambda reads the type of an error out of the reply's body; this header only has to be there.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// More than any payload of Lambda's.
const LONGEST: usize = 64 * 1024 * 1024;

/// The Runtime API of the process's own sandbox.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    origin: Origin,
}

/// One invocation, as it came.
pub(super) struct Invocation {
    /// AWS's id of it.
    pub(super) request_id: String,
    /// The trace that it belongs to, where there is one.
    pub(super) trace_id: Option<String>,
    /// When its time is over.
    pub(super) deadline: SystemTime,
    /// What is to be handled.
    pub(super) payload: Vec<u8>,
    /// Goes back with the reply.
    echoed: Option<HeaderValue>,
}

/// Prints nothing of the payload.
impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invocation({})", self.request_id)
    }
}

impl RuntimeApi {
    /// At the address that Lambda gives a process.
    ///
    /// # Errors
    /// It is no address.
    pub(super) fn new(address: &str) -> Result<Self, RuntimeApiError> {
        let origin = Origin::in_clear(&format!("http://{address}")).map_err(RuntimeApiError::Address)?;
        Ok(Self { origin })
    }

    /// Waits for the next invocation, for as long as it takes: between two of them Lambda freezes the process.
    ///
    /// # Errors
    /// See [`RuntimeApiError`].
    pub(super) async fn next(&self) -> Result<Invocation, RuntimeApiError> {
        loop {
            let mut request = Request::new(origin::text(""));
            *request.uri_mut() = Uri::from_static(NEXT);
            let answer = self.origin.exchange(request, LONGEST).await.map_err(RuntimeApiError::unreachable)?;
            let (head, payload) = answer.into_parts();
            match head.status {
                StatusCode::OK => return Invocation::read(&head.headers, payload),
                StatusCode::NO_CONTENT => {}
                status => return Err(RuntimeApiError::Status(status)),
            }
        }
    }

    /// Answers an invocation. What Lambda says of the answer is not ours to act on: one that is too large it turns into
    /// an error of the invocation by itself.
    ///
    /// # Errors
    /// See [`RuntimeApiError`].
    pub(super) async fn reply(
        &self,
        invocation: &Invocation,
        reply: Result<String, HandlerError>,
    ) -> Result<(), RuntimeApiError> {
        let request = match reply {
            Ok(reply) => invocation.request("response", reply)?,
            Err(error) => {
                let diagnostic = serde_json::to_string(&Diagnostic::from(error));
                let mut request = invocation.request("error", diagnostic.map_err(RuntimeApiError::unreachable)?)?;
                request.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static("unhandled"));
                request
            }
        };
        match self.origin.exchange(request, LONGEST).await {
            Ok(_) | Err(OriginError::CutOff(_) | OriginError::TooLong { .. }) => Ok(()),
            Err(error) => Err(RuntimeApiError::unreachable(error)),
        }
    }
}

impl Invocation {
    fn read(headers: &HeaderMap, payload: Vec<u8>) -> Result<Self, RuntimeApiError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = text(REQUEST_ID).ok_or(RuntimeApiError::Header(REQUEST_ID))?.to_owned();
        let deadline = text(DEADLINE_MS).and_then(|deadline| deadline.parse().ok());
        let deadline = deadline.ok_or(RuntimeApiError::Header(DEADLINE_MS))?;
        Ok(Self {
            request_id,
            trace_id: text(TRACE_ID).map(str::to_owned),
            deadline: SystemTime::UNIX_EPOCH + Duration::from_millis(deadline),
            payload,
            echoed: headers.get(INVOCATION_ID).cloned(),
        })
    }

    fn request(&self, end: &str, body: String) -> Result<Request<Body>, RuntimeApiError> {
        let path = format!("/2018-06-01/runtime/invocation/{}/{end}", self.request_id);
        let request = Request::builder().method(Method::POST).uri(path).body(origin::text(body));
        let mut request = request.map_err(RuntimeApiError::unreachable)?;
        if let Some(id) = &self.echoed {
            request.headers_mut().insert(INVOCATION_ID, id.clone());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn an_invocation_is_read_without_the_headers_of_its_caller() {
        let headers = headers(&[
            (REQUEST_ID, "r-1"),
            (DEADLINE_MS, "1500"),
            (TRACE_ID, "Root=1"),
            ("lambda-runtime-client-context", "no JSON"),
            ("lambda-runtime-cognito-identity", "{}"),
        ]);
        let invocation = Invocation::read(&headers, b"{}".to_vec()).unwrap();
        assert_eq!((invocation.request_id.as_str(), invocation.trace_id.as_deref()), ("r-1", Some("Root=1")));
        assert_eq!(invocation.deadline, SystemTime::UNIX_EPOCH + Duration::from_millis(1500));
        assert_eq!(format!("{invocation:?}"), "Invocation(r-1)");
    }

    #[test]
    fn a_reply_carries_the_id_that_came_with_the_invocation() {
        let headers = headers(&[(REQUEST_ID, "r-1"), (DEADLINE_MS, "1"), (INVOCATION_ID, "i-1")]);
        let request = Invocation::read(&headers, b"{}".to_vec()).unwrap().request("response", "1".to_owned()).unwrap();
        assert_eq!(request.uri(), "/2018-06-01/runtime/invocation/r-1/response");
        assert_eq!(request.headers()[INVOCATION_ID], "i-1");
    }

    #[test]
    fn what_the_api_always_sends_is_named_where_it_is_missing() {
        let of =
            |pairs: &[(&'static str, &str)]| Invocation::read(&headers(pairs), b"{}".to_vec()).unwrap_err().to_string();
        assert!(of(&[]).contains(REQUEST_ID));
        assert!(of(&[(REQUEST_ID, "r-1")]).contains(DEADLINE_MS));
        assert!(of(&[(REQUEST_ID, "r-1"), (DEADLINE_MS, "soon")]).contains(DEADLINE_MS));
        assert!(RuntimeApi::new("not an address").is_err());
    }
}
