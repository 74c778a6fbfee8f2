//! How an invocation arrived, and the events in it.
//!
//! Recognises the envelope by discriminators that no two share, opens it into one entry per event, and knows how its
//! caller wants to be answered. Knows nothing of TikTok.

mod acknowledgement;
pub mod direct;
mod discriminators;
pub mod eventbridge;
pub mod http;
mod intake;
pub mod kinesis;
pub mod redrive;
mod reply;
mod schedule;
pub mod sns;
pub mod sqs;
mod unwrap;

use crate::json::{Kind, Value};

pub use acknowledgement::AcknowledgementScope;
pub use intake::{Intake, Received};
pub use reply::{BatchItemFailures, InvocationError, Rejected, Reply, Retryable};

/// An invocation, recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingress {
    /// An event, an array of events, or `{"events":[…]}`.
    Direct(direct::Direct),
    /// API Gateway (REST and HTTP API) or a function URL.
    Http(http::Shape),
    /// A control operation.
    Operation,
    /// A batch of an SQS queue, standard or FIFO: see [`sqs::open`].
    Sqs,
    /// A batch of a Kinesis stream: see [`kinesis::open`].
    Kinesis,
    /// A notification of an SNS topic: see [`sns::open`].
    Sns,
    /// An event of an EventBridge bus: see [`eventbridge::open`].
    EventBridge,
    /// A bare Scheduled Event of EventBridge; it carries no events and runs `ensureAudiences`.
    Schedule,
    /// What a Lambda destination or queue keeps of a failed invocation: see [`redrive::open`].
    Redrive,
}

impl Ingress {
    /// The word in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct(_) => "direct",
            Self::Http(_) => "http",
            Self::Operation => "operation",
            Self::Sqs => "sqs",
            Self::Kinesis => "kinesis",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
            Self::Schedule => "schedule",
            Self::Redrive => "redrive",
        }
    }
}

/// How the latest of several operations on a person is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The source keeps order: the later position is the later operation.
    Position,
    /// It does not: event time decides.
    Time,
}

/// The events of an invocation and what has to be known to answer for them.
#[derive(Debug)]
pub struct Opened<'p> {
    /// The events.
    pub intake: Intake<'p>,
    /// What comes back together.
    pub scope: AcknowledgementScope<'p>,
}

/// An invocation that is none of the known shapes: a mistake in how the function was wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngressError {
    /// Neither object nor array.
    #[error("expected an event, an array of events, {{\"events\": […]}} or the envelope of an AWS service; found {}", .0.described())]
    NotAnEnvelope(Kind),
    /// `Records` of a service that is not supported.
    #[error("Records[0] is of no known source: expected aws:sqs, aws:kinesis or aws:sns")]
    UnknownRecords,
    /// An envelope without `Records` of a service that is not supported.
    #[error("eventSource names a service that is not supported")]
    UnknownService,
}

/// Recognises an invocation.
///
/// # Errors
/// The payload is none of the known shapes.
pub fn detect(root: Value<'_>) -> Result<Ingress, IngressError> {
    match root.kind() {
        // EventBridge Pipes hands over the records of a queue or a stream as a bare array.
        Kind::Array
            if root.item(0).is_some_and(|first| discriminators::Discriminators::read(first).is_of_service()) =>
        {
            Err(IngressError::UnknownService)
        }
        Kind::Array => Ok(Ingress::Direct(direct::Direct::Array)),
        Kind::Object => discriminators::Discriminators::read(root).ingress(),
        kind @ (Kind::Null | Kind::Bool | Kind::Number | Kind::String) => Err(IngressError::NotAnEnvelope(kind)),
    }
}

#[cfg(test)]
mod tests;
