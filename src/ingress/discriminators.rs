//! The top-level members by which envelopes are told apart, found in one pass over an object.

use super::direct::{Direct, is_event_type};
use super::error::IngressError;
use super::http::Shape;
use super::kind::Ingress;
use crate::json::{Kind, Value};

/// The `detail-type` of the event that a scheduled rule sends when it is given no input. EventBridge Scheduler sends what
/// it is told to send, which is a direct invocation.
///
/// Source: Amazon EventBridge User Guide, "Creating a rule that runs on a schedule".
const SCHEDULED: &str = "Scheduled Event";

/// The `Type` of what SNS puts into queues where raw message delivery is off.
const NOTIFICATIONS: [&str; 3] = ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"];

/// What a failed invocation was invoked with, as a Lambda destination keeps it.
///
/// Sources, in the AWS Lambda Developer Guide: "Capturing records of Lambda asynchronous invocations"
/// (`requestPayload`) and "Retain discarded batch records for a Kinesis Data Streams event source" (`payload`, a text,
/// and only in S3).
#[derive(Clone, Copy, Debug)]
pub(super) enum FailedPayload<'d> {
    /// The value at a position of the record.
    At(u32),
    /// As a text of its own.
    Text(Value<'d>),
    /// Not in the record: it was too large for the destination, or the destination holds no records of streams.
    Missing,
}

/// What an object has at its top.
///
/// An object with a `type` is an event whatever else it carries, since no envelope has one; nothing else is looked for
/// then, but the `batch` of one whose type is no event's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discriminators<'d> {
    /// The object.
    pub(super) root: Value<'d>,
    /// `Records`: SQS, Kinesis, SNS and services that are not supported.
    pub(super) records: Option<Value<'d>>,
    /// `requestContext`: HTTP and Lambda destinations.
    pub(super) request_context: Option<Value<'d>>,
    /// `requestPayload`: Lambda destinations of asynchronous invocations.
    pub(super) request_payload: Option<Value<'d>>,
    /// `payload`: Lambda destinations of streams.
    pub(super) payload: Option<Value<'d>>,
    /// `detail`: EventBridge.
    pub(super) detail: Option<Value<'d>>,
    /// `detail-type`: EventBridge.
    pub(super) detail_type: Option<Value<'d>>,
    /// `source`: EventBridge.
    pub(super) source: Option<Value<'d>>,
    /// `time`: EventBridge.
    pub(super) time: Option<Value<'d>>,
    /// `timestamp`: Lambda destinations.
    pub(super) timestamp: Option<Value<'d>>,
    /// `TopicArn`: an SNS message as text, in a queue.
    pub(super) topic: Option<Value<'d>>,
    items: Option<Value<'d>>,
    batch_input: Option<Value<'d>>,
    event_source: Option<Value<'d>>,
    operation: Option<Value<'d>>,
    events: Option<Value<'d>>,
    batch: Option<Value<'d>>,
}

impl<'d> Discriminators<'d> {
    /// Looks through an object.
    pub(super) fn read(root: Value<'d>) -> Self {
        let mut discriminators = Self::none(root);
        for (key, value) in root.members() {
            let found = match key.as_str().as_deref() {
                Some("type") if is_event_type(value) => return Self::none(root),
                Some("type") if value.kind() == Kind::String => {
                    return Self { batch: root.get("batch"), ..Self::none(root) };
                }
                Some("Records") => &mut discriminators.records,
                Some("requestContext") => &mut discriminators.request_context,
                Some("requestPayload") => &mut discriminators.request_payload,
                Some("payload") => &mut discriminators.payload,
                Some("detail") => &mut discriminators.detail,
                Some("detail-type") => &mut discriminators.detail_type,
                Some("source") => &mut discriminators.source,
                Some("time") => &mut discriminators.time,
                Some("timestamp") => &mut discriminators.timestamp,
                Some("TopicArn") => &mut discriminators.topic,
                Some("Items") => &mut discriminators.items,
                Some("BatchInput") => &mut discriminators.batch_input,
                Some("eventSource") => &mut discriminators.event_source,
                Some("operation") => &mut discriminators.operation,
                Some("events") => &mut discriminators.events,
                Some("batch") => &mut discriminators.batch,
                _ => continue,
            };
            *found = Some(value);
        }
        discriminators
    }

    const fn none(root: Value<'d>) -> Self {
        Self {
            root,
            records: None,
            request_context: None,
            request_payload: None,
            payload: None,
            detail: None,
            detail_type: None,
            source: None,
            time: None,
            timestamp: None,
            topic: None,
            items: None,
            batch_input: None,
            event_source: None,
            operation: None,
            events: None,
            batch: None,
        }
    }

    /// What the object is.
    pub(super) fn ingress(&self) -> Result<Ingress, IngressError> {
        self.claims().next().unwrap_or(Ok(Ingress::Direct(Direct::One)))
    }

    /// Everything that the object could be. The discriminators are disjoint: no payload has two.
    pub(super) fn claims(&self) -> impl Iterator<Item = Result<Ingress, IngressError>> {
        let several = self.events.or(self.batch).map(|_events| Direct::of_object(self.root));
        let direct = several.filter(|direct| *direct != Direct::One);
        let known = [
            self.request_context.and_then(|_context| Shape::of(self.root)).map(Ingress::Http),
            self.redrive(),
            self.eventbridge(),
            self.operation.map(|_operation| Ingress::Operation),
            direct.filter(|_direct| self.operation.is_none() && self.service().is_none()).map(Ingress::Direct),
        ];
        let rows = self.items.is_some_and(|items| items.kind() == Kind::Array) && self.batch_input.is_some();
        let service = self.service().map(Err);
        let records = self.records.filter(|records| records.kind() == Kind::Array);
        known
            .into_iter()
            .flatten()
            .chain(rows.then_some(Ingress::Rows))
            .map(Ok)
            .chain(records.map(source_of))
            .chain(service)
    }

    /// The record of a Lambda destination.
    fn redrive(&self) -> Option<Ingress> {
        self.request_context?.get("condition").map(|_condition| Ingress::Redrive)
    }

    /// An EventBridge envelope, or the event of a scheduled rule.
    fn eventbridge(&self) -> Option<Ingress> {
        self.detail?;
        let detail_type = self.detail_type.filter(|detail_type| detail_type.kind() == Kind::String)?;
        let is_of_aws = self.source.is_some_and(|source| source.is_str("aws.events"));
        let is_schedule = is_of_aws && detail_type.is_str(SCHEDULED);
        Some(if is_schedule { Ingress::Schedule } else { Ingress::EventBridge })
    }

    /// Whether an object in a queue is a message of SNS.
    pub(super) fn is_notification(&self) -> bool {
        let Some(kind) = self.topic.and_then(|_topic| self.root.get("Type")) else { return false };
        NOTIFICATIONS.iter().any(|word| kind.is_str(word))
    }

    /// What a failed invocation was invoked with.
    pub(super) fn failed_payload(&self) -> FailedPayload<'d> {
        match (self.request_payload, self.payload) {
            (Some(value), _) => FailedPayload::At(value.position()),
            (None, Some(text)) => FailedPayload::Text(text),
            (None, None) => FailedPayload::Missing,
        }
    }

    /// What is wrong where this is the envelope or record of a service that delivers without `Records`: Kafka, MQ, Pipes
    /// and others.
    pub(super) fn service(&self) -> Option<IngressError> {
        let source = self.event_source.and_then(Value::as_str).filter(|source| source.starts_with("aws:"))?;
        let is_bare = matches!(source.as_ref(), "aws:sqs" | "aws:kinesis");
        Some(if is_bare { IngressError::BareRecord } else { IngressError::UnknownService })
    }
}

/// Services whose `Records` carry no events. Source: AWS Lambda Developer Guide, the page of each.
const UNSUPPORTED: [(&str, &str); 4] =
    [("aws:s3", "S3"), ("aws:dynamodb", "DynamoDB"), ("aws:ses", "SES"), ("aws:codecommit", "CodeCommit")];

/// The service that `Records` come from; each names itself in its own spelling.
fn source_of(records: Value<'_>) -> Result<Ingress, IngressError> {
    let first = records.item(0).ok_or(IngressError::EmptyRecords)?;
    let source = first.get("eventSource").or_else(|| first.get("EventSource")).and_then(Value::as_str);
    match source.as_deref() {
        Some("aws:sqs") => Ok(Ingress::Sqs),
        Some("aws:kinesis") => Ok(Ingress::Kinesis),
        Some("aws:sns") => Ok(Ingress::Sns),
        other => {
            let known = UNSUPPORTED.into_iter().find(|(source, _)| other == Some(source));
            Err(IngressError::UnknownRecords(known.map(|(_, service)| service)))
        }
    }
}
