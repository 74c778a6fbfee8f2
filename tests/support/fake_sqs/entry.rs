//! One message on its way in, and what SQS refuses about it.
//!
//! Source: the API reference of `SendMessage` and `SendMessageBatch` and the developer guide's page on message
//! attributes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use serde::Deserialize;

/// Bytes of one message and of one batch: bodies, attribute names, types and values.
pub(super) const MOST_BYTES: usize = 1_048_576;
const MOST_ATTRIBUTES: usize = 10;
const MOST_NAME_CHARACTERS: usize = 256;
const MOST_DELAY_SECONDS: u32 = 900;

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, perhaps with a dot and a label.
    pub data_type: String,
    /// The value of a `String` or `Number`.
    pub string_value: Option<String>,
    /// The value of a `Binary`, in base64.
    pub binary_value: Option<String>,
}

/// A message as it is sent, alone or as an entry of a batch.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct Entry {
    /// Of the queue, in `SendMessage`.
    #[serde(default)]
    pub(super) queue_url: String,
    /// Of the entry, in `SendMessageBatch`.
    #[serde(default)]
    pub(super) id: String,
    pub(super) message_body: String,
    #[serde(default)]
    pub(super) message_attributes: BTreeMap<String, Attribute>,
    /// Only `AWSTraceHeader` exists; it does not count towards the size.
    #[serde(default)]
    pub(super) message_system_attributes: BTreeMap<String, Attribute>,
    pub(super) message_group_id: Option<String>,
    pub(super) message_deduplication_id: Option<String>,
    pub(super) delay_seconds: Option<u32>,
}

/// An error name with its message.
pub(super) type Problem = (&'static str, String);

impl Entry {
    /// What counts towards the limit.
    pub(super) fn size(&self) -> usize {
        let attribute = |(name, value): (&String, &Attribute)| {
            let string = value.string_value.as_ref().map_or(0, String::len);
            let binary = value.binary_value.as_ref().map_or(0, |text| text.len() / 4 * 3);
            name.len() + value.data_type.len() + string + binary
        };
        self.message_body.len() + self.message_attributes.iter().map(attribute).sum::<usize>()
    }

    /// Everything that is refused about this message alone.
    pub(super) fn check(&self, fifo: bool) -> Result<(), Problem> {
        if self.message_body.is_empty() {
            return Err(invalid("the body is empty"));
        }
        if self.size() > MOST_BYTES {
            return Err(invalid("the message is longer than 1048576 bytes"));
        }
        if !self.message_body.chars().all(is_allowed) {
            return Err(("InvalidMessageContents", "the body has characters that XML does not allow".to_owned()));
        }
        if self.message_attributes.len() > MOST_ATTRIBUTES {
            return Err(invalid("more than 10 attributes"));
        }
        if self.message_system_attributes.keys().any(|name| name != "AWSTraceHeader") {
            return Err(invalid("an unknown system attribute"));
        }
        self.message_attributes.iter().try_for_each(|(name, attribute)| check_attribute(name, attribute))?;
        self.check_order(fifo)
    }

    fn check_order(&self, fifo: bool) -> Result<(), Problem> {
        if self.delay_seconds.is_some_and(|seconds| seconds > MOST_DELAY_SECONDS || fifo) {
            return Err(invalid("DelaySeconds is over 900, or set in a FIFO queue"));
        }
        for id in self.message_group_id.iter().chain(&self.message_deduplication_id) {
            if id.is_empty() || id.len() > 128 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(invalid("a group or deduplication id is 1 to 128 letters, digits and punctuation"));
            }
        }
        if fifo && self.message_group_id.is_none() {
            return Err(("MissingParameter", "MessageGroupId is required in a FIFO queue".to_owned()));
        }
        if fifo && self.message_deduplication_id.is_none() {
            return Err(invalid("MessageDeduplicationId is required without content-based deduplication"));
        }
        if !fifo && self.message_deduplication_id.is_some() {
            return Err(invalid("MessageDeduplicationId is for FIFO queues"));
        }
        Ok(())
    }
}

fn invalid(message: &str) -> Problem {
    ("InvalidParameterValue", message.to_owned())
}

/// The characters of XML 1.0, the only ones that a message may have.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let lower = name.to_ascii_lowercase();
    let bad_name = name.is_empty()
        || name.len() > MOST_NAME_CHARACTERS
        || !name.bytes().all(plain)
        || name.starts_with('.')
        || name.ends_with('.')
        || name.contains("..")
        || lower.starts_with("aws.")
        || lower.starts_with("amazon.");
    if bad_name {
        return Err(invalid("the attribute's name is not allowed"));
    }
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    let value = match kind {
        "String" => attribute.string_value.as_ref(),
        "Number" => attribute.string_value.as_ref().filter(|text| text.parse::<f64>().is_ok()),
        "Binary" => attribute.binary_value.as_ref().filter(|text| BASE64_STANDARD.decode(text).is_ok()),
        _ => return Err(invalid("the attribute's type is not String, Number or Binary")),
    };
    match value {
        Some(value) if !value.is_empty() && value.chars().all(is_allowed) => Ok(()),
        Some(_) | None => Err(invalid("the attribute's value is empty or does not fit its type")),
    }
}

/// `MD5OfMessageBody`
pub(super) fn body_digest(body: &str) -> String {
    const_hex::encode(Md5::digest(body))
}

/// `MD5OfMessageAttributes`: names, types and values in the order of the names, each after its length.
pub(super) fn attributes_digest(attributes: &BTreeMap<String, Attribute>) -> String {
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        let binary = attribute.binary_value.as_ref().and_then(|text| BASE64_STANDARD.decode(text).ok());
        let string = attribute.string_value.as_ref().map(|text| text.clone().into_bytes());
        update_with(&mut digest, name.as_bytes());
        update_with(&mut digest, attribute.data_type.as_bytes());
        digest.update([if binary.is_some() { 2 } else { 1 }]);
        update_with(&mut digest, &binary.or(string).unwrap_or_default());
    }
    const_hex::encode(digest.finalize())
}

fn update_with(digest: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a message is shorter than 4 GiB");
    digest.update(length.to_be_bytes());
    digest.update(bytes);
}
