//! The ways in.

use super::direct::Direct;
use super::http::Shape;

/// An invocation, recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingress {
    /// An event, an array of events, or `{"events":[…]}`.
    Direct(Direct),
    /// API Gateway (REST and HTTP API) or a function URL.
    Http(Shape),
    /// A control operation.
    Operation,
    /// A batch of an SQS queue, standard or FIFO.
    Sqs,
    /// A batch of a Kinesis stream.
    Kinesis,
    /// A notification of an SNS topic.
    Sns,
    /// An event of an EventBridge bus.
    EventBridge,
    /// A bare Scheduled Event of EventBridge; it carries no events and runs `ensureAudiences`.
    Schedule,
    /// A batch of Step Functions' Distributed Map.
    Rows,
    /// What a Lambda destination or queue keeps of a failed invocation.
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
            Self::Rows => "rows",
            Self::Redrive => "redrive",
        }
    }
}
