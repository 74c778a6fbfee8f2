//! Payloads that are none of the known shapes.

use super::foreign::Foreign;
use crate::json::Kind;

/// An invocation that is none of the known shapes: a mistake in how the function was wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngressError {
    /// Neither object nor array.
    #[error("expected an event, an array of events, {{\"events\": […]}} or the envelope of an AWS service; found {}", .0.described())]
    NotAnEnvelope(Kind),
    /// `Records` of a service that is not supported.
    #[error("Records[0] is of {}: expected aws:sqs, aws:kinesis or aws:sns", .0.unwrap_or("no known source"))]
    UnknownRecords(Option<&'static str>),
    /// `Records` without any.
    #[error("Records is empty")]
    EmptyRecords,
    /// A message of a queue or a record of a stream without `Records` around it.
    #[error("a bare record, as EventBridge Pipes sends it: use an event source mapping")]
    BareRecord,
    /// An envelope without `Records` of a service that is not supported.
    #[error("eventSource names a service that is not supported")]
    UnknownService,
    /// An object that is no event.
    #[error("{0}")]
    NotAnEvent(Foreign),
}
