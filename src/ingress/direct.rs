//! Direct invocation: the events themselves are the payload.

use crate::json::{Kind, Value};

/// The types of events. An object of such a type is one event, whatever else it carries. Sources: Segment and
/// `RudderStack`, the event spec of each.
const EVENT_TYPES: [&str; 11] = [
    "track",
    "identify",
    "page",
    "screen",
    "group",
    "alias",
    "record",
    "audienceList",
    "delete",
    "suppress",
    "suppress_with_delete",
];

/// What only an event has: an object with one of these is one, whatever its `batch` is. Ids are none, since SDKs write
/// them on batches too.
const EVENT_MEMBERS: [&str; 4] = ["action", "event", "properties", "traits"];

/// The shape of a direct payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// One event.
    One,
    /// Several events: an array of them, or the `{"batch":[…]}` of an SDK.
    Array,
    /// `{"events":[…]}`: its caller reads the whole report and retries by it.
    Envelope {
        /// Position of the array in the payload.
        events: u32,
    },
}

impl Direct {
    /// The shape of an object: one with an array `events` and no `type`, or `batch` and nothing of an event's, holds several
    /// events.
    pub(super) fn of_object(root: Value<'_>) -> Self {
        let kind = root.get("type");
        let array = |name| root.get(name).filter(|array| array.kind() == Kind::Array);
        match (array("events").filter(|_events| kind.is_none()), batch_of(root)) {
            (Some(events), _) => Self::Envelope { events: events.position() },
            (None, Some(_batch)) => Self::Array,
            (None, None) => Self::One,
        }
    }
}

/// The events of a batch: the array under `batch` of an object that is no event itself. SDKs write no type, others
/// `"type":"batch"` or `null`.
pub(super) fn batch_of(root: Value<'_>) -> Option<Value<'_>> {
    let batch = root.get("batch").filter(|batch| batch.kind() == Kind::Array)?;
    let is_event =
        root.get("type").is_some_and(is_event_type) || EVENT_MEMBERS.iter().any(|member| root.get(member).is_some());
    (!is_event).then_some(batch)
}

/// Whether a `type` is an event's.
pub(super) fn is_event_type(kind: Value<'_>) -> bool {
    kind.as_str().is_some_and(|kind| EVENT_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)))
}
