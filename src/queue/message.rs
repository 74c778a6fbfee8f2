//! One message of a queue: how large it will be before anything is copied, and its text once it is sent.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wire::{AttributeText, SendEntry};
use super::{Buffered, text};

/// The largest message, body and attributes together; also the largest sum of a batch.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub(super) const MAX_BYTES: usize = 1_048_576;

/// What an attribute's value is to SQS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    Number,
    String,
}

impl DataType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "Number",
            Self::String => "String",
        }
    }
}

/// An attribute of a message; its value never holds anything about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    pub(super) value: String,
}

impl Attribute {
    /// What it counts for: name, type and value.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_MessageAttributeValue.html>.
    pub(super) const fn bytes(&self) -> usize {
        self.name.len() + self.data_type.as_str().len() + self.value.len()
    }

    fn text(&self) -> AttributeText<'_> {
        AttributeText { data_type: self.data_type.as_str(), string_value: Some(&self.value), binary_value: None }
    }
}

/// The text of a message, before it is copied.
#[derive(Clone, Copy)]
pub(super) enum Body<'e> {
    /// An array of events.
    Array(&'e [Buffered<'e>]),
    /// One event.
    Event(&'e str),
    /// A text that SQS stores as it is.
    Text(&'e str),
    /// Any other bytes.
    Base64(&'e [u8]),
}

impl Body<'_> {
    /// Bytes that [`Body::write`] gives.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Array(events) => {
                let texts: usize = events.iter().map(|event| text::json_len(&event.text)).sum();
                array_bytes(events.len(), texts)
            }
            Self::Event(json) => text::json_len(json),
            Self::Text(text) => text.len(),
            Self::Base64(bytes) => bytes.len().div_ceil(3) * 4,
        }
    }

    fn write(self, bytes: usize) -> String {
        let mut out = String::with_capacity(bytes);
        match self {
            Self::Array(events) => {
                for (position, event) in events.iter().enumerate() {
                    out.push(if position == 0 { '[' } else { ',' });
                    text::push_json(&mut out, &event.text);
                }
                out.push(']');
            }
            Self::Event(json) => text::push_json(&mut out, json),
            Self::Text(text) => out.push_str(text),
            Self::Base64(bytes) => STANDARD.encode_string(bytes, &mut out),
        }
        out
    }
}

/// Bytes of an array of `events` events, one at least, whose texts sum up to `texts` bytes: brackets and commas.
pub(super) const fn array_bytes(events: usize, texts: usize) -> usize {
    events + 1 + texts
}

/// A message, planned: nothing is copied until it is sent.
pub(super) struct Message<'e> {
    body: Body<'e>,
    attributes: Vec<Attribute>,
    bytes: usize,
    events: Range<usize>,
}

/// Prints sizes only: the body holds personal data.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("events", &self.events).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl<'e> Message<'e> {
    /// A message with these events of the caller's; `None` if it is larger than SQS takes.
    pub(super) fn new(body: Body<'e>, attributes: Vec<Attribute>, events: Range<usize>) -> Option<Self> {
        let bytes = body.bytes() + attributes.iter().map(Attribute::bytes).sum::<usize>();
        (bytes <= MAX_BYTES).then_some(Self { body, attributes, bytes, events })
    }

    /// Bytes of body and attributes, as SQS counts them.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Positions of its events in what the caller gave.
    pub(super) fn events(&self) -> Range<usize> {
        self.events.clone()
    }

    /// The attributes.
    #[cfg(test)]
    pub(super) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The body's text.
    pub(super) fn body(&self) -> String {
        self.body.write(self.bytes)
    }

    /// The entry of a batch, under an id that is unique in it.
    pub(super) fn entry(&self, id: usize) -> SendEntry<'_> {
        SendEntry {
            id: id.to_string(),
            message_body: self.body().into(),
            message_attributes: self.attributes.iter().map(|attribute| (attribute.name, attribute.text())).collect(),
        }
    }
}
