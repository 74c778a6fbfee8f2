//! Direct invocation: the events themselves are the payload.

use crate::json::{Kind, Value};

/// The shape of a direct payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// One event.
    One,
    /// An array of events.
    Array,
    /// `{"events":[…]}`: its caller reads the whole report and retries by it.
    Envelope {
        /// Position of the array in the payload.
        events: u32,
    },
}

impl Direct {
    /// The shape of an object: an object with an array `events` and no `type` is an envelope.
    pub(super) fn of_object(root: Value<'_>) -> Self {
        match root.get("events") {
            Some(events) if events.kind() == Kind::Array && root.get("type").is_none() => {
                Self::Envelope { events: events.position() }
            }
            _ => Self::One,
        }
    }
}
