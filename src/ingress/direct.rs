//! Direct invocation: the events themselves are the payload.

use crate::json::{Kind, Value};

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
    /// The shape of an object: one with an array `events` or `batch` and no `type` holds several events.
    pub(super) fn of_object(root: Value<'_>) -> Self {
        let array = |name| root.get(name).filter(|array| array.kind() == Kind::Array);
        match (array("events"), array("batch")) {
            _ if root.get("type").is_some() => Self::One,
            (Some(events), _) => Self::Envelope { events: events.position() },
            (None, Some(_batch)) => Self::Array,
            (None, None) => Self::One,
        }
    }
}
