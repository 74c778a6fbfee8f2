//! EventBridge: partner sources (Segment), custom buses (RudderStack), and anything else with a `detail`.

use jiff::Timestamp;

use super::discriminators::Discriminators;
use super::{AcknowledgementScope, Ingress, Opened, schedule, unwrap};
use crate::json::{Document, Kind, Value};

/// Recognises an EventBridge envelope.
pub(super) fn recognise(discriminators: &Discriminators<'_>) -> Option<Ingress> {
    discriminators.detail?;
    discriminators.detail_type.filter(|detail_type| detail_type.kind() == Kind::String)?;
    Some(if schedule::is_schedule(discriminators) { Ingress::Schedule } else { Ingress::EventBridge })
}

/// Opens an envelope: `detail` is an event or an array of them. All of it comes back, or nothing.
pub fn open(payload: Document<'_>) -> Opened<'_> {
    unwrap::open(payload, AcknowledgementScope::Unread)
}

/// When the envelope was made, in milliseconds since 1970.
pub(super) fn time(discriminators: &Discriminators<'_>) -> Option<i64> {
    milliseconds(discriminators.time?)
}

/// An RFC 3339 time in milliseconds since 1970.
pub(super) fn milliseconds(time: Value<'_>) -> Option<i64> {
    Some(time.as_str()?.parse::<Timestamp>().ok()?.as_millisecond())
}
