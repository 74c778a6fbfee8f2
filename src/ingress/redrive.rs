//! Failed invocations, as a Lambda destination keeps them, so that they can be sent again as they are.
//!
//! Sources of the shapes, in the AWS Lambda Developer Guide: "Capturing records of Lambda asynchronous invocations"
//! (`requestPayload`) and "Retain discarded batch records for a Kinesis Data Streams event source" (`payload`, a text,
//! and only in S3).

use super::discriminators::Discriminators;
use super::{AcknowledgementScope, Ingress, Opened, unwrap};
use crate::json::{Document, Value};

/// What a function was invoked with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request<'d> {
    /// The value at a position of the record.
    At(u32),
    /// As a text of its own.
    Text(Value<'d>),
    /// Not in the record: it was too large for the destination, or the destination holds no records of streams.
    Missing,
}

/// Recognises the record of a Lambda destination.
pub(super) fn recognise(discriminators: &Discriminators<'_>) -> Option<Ingress> {
    discriminators.request_context?.get("condition").map(|_condition| Ingress::Redrive)
}

/// What the failed invocation was invoked with.
pub(super) fn request<'d>(discriminators: &Discriminators<'d>) -> Request<'d> {
    match (discriminators.request_payload, discriminators.payload) {
        (Some(value), _) => Request::At(value.position()),
        (None, Some(text)) => Request::Text(text),
        (None, None) => Request::Missing,
    }
}

/// Opens a record: what it was invoked with is opened as whatever it is. All of it comes back, or nothing.
pub fn open(payload: Document<'_>) -> Opened<'_> {
    unwrap::open(payload, AcknowledgementScope::Whole)
}
