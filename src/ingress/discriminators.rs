//! The top-level members by which envelopes are told apart, found in one pass over an object.

use super::direct::Direct;
use super::http::Shape;
use super::{Ingress, IngressError, eventbridge, redrive};
use crate::json::{Kind, Value};

/// What an object has at its top.
///
/// An object with a `type` is an event whatever else it carries, since no envelope has one; nothing else is looked for
/// then.
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
    event_source: Option<Value<'d>>,
    operation: Option<Value<'d>>,
    events: Option<Value<'d>>,
}

impl<'d> Discriminators<'d> {
    /// Looks through an object.
    pub(super) fn read(root: Value<'d>) -> Self {
        let mut discriminators = Self::none(root);
        for (key, value) in root.members() {
            let found = match key.as_str().as_deref() {
                Some("type") if value.kind() == Kind::String => return Self::none(root),
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
                Some("eventSource") => &mut discriminators.event_source,
                Some("operation") => &mut discriminators.operation,
                Some("events") => &mut discriminators.events,
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
            event_source: None,
            operation: None,
            events: None,
        }
    }

    /// What the object is.
    pub(super) fn ingress(&self) -> Result<Ingress, IngressError> {
        self.claims().next().unwrap_or(Ok(Ingress::Direct(Direct::One)))
    }

    /// Everything that the object could be. The discriminators are disjoint: no payload has two.
    pub(super) fn claims(&self) -> impl Iterator<Item = Result<Ingress, IngressError>> {
        let direct = self.events.map(|_events| Direct::of_object(self.root)).filter(|direct| *direct != Direct::One);
        let known = [
            self.request_context.and_then(|_context| Shape::of(self.root)).map(Ingress::Http),
            redrive::recognise(self),
            eventbridge::recognise(self),
            self.operation.map(|_operation| Ingress::Operation),
            direct.filter(|_direct| self.operation.is_none() && !self.is_of_service()).map(Ingress::Direct),
        ];
        let service = self.is_of_service().then_some(Err(IngressError::UnknownService));
        let records = self.records.filter(|records| records.kind() == Kind::Array);
        known.into_iter().flatten().map(Ok).chain(records.map(source_of)).chain(service)
    }

    /// Whether this is the envelope or record of a service that delivers without `Records`: Kafka, MQ, Pipes and others.
    pub(super) fn is_of_service(&self) -> bool {
        self.event_source.and_then(Value::as_str).is_some_and(|source| source.starts_with("aws:"))
    }
}

/// The service that `Records` come from; each names itself in its own spelling.
fn source_of(records: Value<'_>) -> Result<Ingress, IngressError> {
    let first = records.item(0).ok_or(IngressError::UnknownRecords)?;
    let source = first.get("eventSource").or_else(|| first.get("EventSource")).and_then(Value::as_str);
    match source.as_deref() {
        Some("aws:sqs") => Ok(Ingress::Sqs),
        Some("aws:kinesis") => Ok(Ingress::Kinesis),
        Some("aws:sns") => Ok(Ingress::Sns),
        Some(_) | None => Err(IngressError::UnknownRecords),
    }
}
