//! Direct invocation: the events themselves are the payload.

use super::{AcknowledgementScope, Intake};
use crate::json::{Document, Kind, Value};

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

    /// What comes back together: the caller of `{"events":[…]}` reads what became of each.
    pub const fn scope(self) -> AcknowledgementScope<'static> {
        match self {
            Self::One | Self::Array => AcknowledgementScope::Whole,
            Self::Envelope { .. } => AcknowledgementScope::Each,
        }
    }

    /// Opens the payload.
    pub fn open(self, payload: Document<'_>) -> Intake<'_> {
        let mut intake = Intake::default();
        let document = intake.add_document(payload);
        match self {
            Self::One => intake.add_event(document, 0, None),
            Self::Array => intake.add_events(document, 0, None),
            Self::Envelope { events } => intake.add_events(document, events, None),
        }
        intake
    }
}
