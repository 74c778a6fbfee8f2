//! What is in one entry of an intake.

use crate::outcome::Explanation;

/// One event, or what stands in its place.
#[derive(Clone)]
pub enum Received {
    /// A value of one of the intake's documents.
    Event {
        /// Position of the document.
        document: u32,
        /// Position of the value in it.
        position: u32,
        /// Position of the id of its message, once that was looked for and found.
        message_id: Option<u32>,
        /// When its envelope was made, in milliseconds since 1970, where the envelope says so.
        envelope_time: Option<i64>,
        /// What its sender's clock is behind ours, in milliseconds, where the sender says when it sent.
        clock_skew: i64,
    },
    /// A record that is not an event; it never sinks its neighbours.
    Rejected(Box<RejectedRecord>),
}

/// Why a record is not an event, and what it was.
#[derive(Clone)]
pub struct RejectedRecord {
    /// Why not.
    pub explanation: Explanation,
    /// What arrived, to be kept; not always a text.
    pub original: Vec<u8>,
    /// When its envelope was made, as of an event.
    pub envelope_time: Option<i64>,
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for RejectedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RejectedRecord").field(&self.explanation.reason.code()).finish()
    }
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { document, position, .. } => write!(f, "Event({document}, {position})"),
            Self::Rejected(record) => write!(f, "{record:?}"),
        }
    }
}

impl Received {
    /// The position of the document that an event is in.
    pub(super) const fn document(&self) -> Option<u32> {
        match self {
            Self::Event { document, .. } => Some(*document),
            Self::Rejected(_) => None,
        }
    }

    pub(super) const fn clock_skew(&self) -> i64 {
        match self {
            Self::Event { clock_skew, .. } => *clock_skew,
            Self::Rejected(_) => 0,
        }
    }

    /// Where an event and the id of its message are in its document.
    pub(super) const fn place(&mut self) -> Option<(&mut u32, &mut Option<u32>)> {
        match self {
            Self::Event { position, message_id, .. } => Some((position, message_id)),
            Self::Rejected(_) => None,
        }
    }
}
