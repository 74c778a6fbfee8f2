//! The calls of SQS as they are on the wire: its JSON protocol.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>. What AWS adds to
//! an answer is passed over; binary values stay in base64, since they are only passed on.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
/// What is asked about several messages at once.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entries<'q, E> {
    pub(super) queue_url: &'q str,
    pub(super) entries: Vec<E>,
}

/// A message that is sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendEntry<'m> {
    pub(super) id: String,
    pub(super) message_body: Cow<'m, str>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub(super) message_attributes: HashMap<&'m str, AttributeText<'m>>,
}

/// An attribute that is sent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributeText<'m> {
    pub(super) data_type: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<&'m str>,
}

/// A message that is held, and what becomes of it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HeldEntry<'m> {
    pub(super) id: String,
    pub(super) receipt_handle: &'m str,
    /// 0 gives it back; a call that deletes has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) visibility_timeout: Option<u32>,
}

/// What became of each message of a call.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct BatchAnswer {
    pub(super) successful: Vec<Taken>,
    pub(super) failed: Vec<Failed>,
}

/// A message that SQS took.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Taken {
    pub(super) id: String,
}

/// A message that SQS did not take.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Failed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) sender_fault: bool,
}

/// Asks for messages.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive<'q> {
    pub(super) queue_url: &'q str,
    pub(super) max_number_of_messages: usize,
    pub(super) visibility_timeout: u64,
    pub(super) wait_time_seconds: u32,
    pub(super) message_system_attribute_names: [&'static str; 1],
    pub(super) message_attribute_names: [&'static str; 1],
}

/// The messages that SQS gives.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Received {
    pub(super) messages: Option<Vec<ReceivedMessage>>,
}

/// A message as it is received.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReceivedMessage {
    pub(super) message_id: String,
    pub(super) receipt_handle: Option<String>,
    pub(super) body: String,
    pub(super) attributes: SystemAttributes,
    pub(super) message_attributes: HashMap<String, AttributeValue>,
}

/// What SQS itself knows of a message.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SystemAttributes {
    pub(super) sent_timestamp: Option<String>,
}

/// An attribute as it is received.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttributeValue {
    pub(super) data_type: String,
    pub(super) string_value: Option<String>,
    /// In base64.
    pub(super) binary_value: Option<String>,
}

impl AttributeValue {
    /// The same to be sent on.
    pub(super) fn text(&self) -> AttributeText<'_> {
        AttributeText {
            data_type: &self.data_type,
            string_value: self.string_value.as_deref(),
            binary_value: self.binary_value.as_deref(),
        }
    }
}
