//! What a record of a service carries, before anybody has looked into it.

use jiff::Timestamp;

use crate::json::Value;
use crate::outcome::{Explanation, Reason};

/// The content of a record, and when the record was made, in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) content: Content,
    pub(super) time: Option<i64>,
}

/// What is in a record.
pub(super) enum Content {
    /// A text that should be one JSON text.
    Text(String),
    /// Bytes that should be such a text.
    Bytes(Vec<u8>),
    /// Bytes that should be one JSON text, or one on each line.
    Lines(Vec<u8>),
    /// Nothing that can be opened, with what arrived in its place.
    Rejected(Explanation, Vec<u8>),
}

/// Prints nothing of what arrived.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
            Self::Lines(_) => "Lines",
            Self::Rejected(..) => "Rejected",
        })
    }
}

impl Payload {
    /// A record that carries nothing to open.
    pub(super) fn rejected(detail: &'static str, original: impl Into<Vec<u8>>) -> Self {
        let explanation = Explanation::new(Reason::InvalidRecord, detail);
        Self { content: Content::Rejected(explanation, original.into()), time: None }
    }
}

/// An RFC 3339 time in milliseconds since 1970.
pub(super) fn milliseconds(time: Value<'_>) -> Option<i64> {
    Some(time.as_str()?.parse::<Timestamp>().ok()?.as_millisecond())
}
