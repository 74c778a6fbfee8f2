//! SNS: notifications that invoke the function, and the same as text in a queue (raw message delivery off).

use super::payload::{Content, Payload, milliseconds};
use crate::json::Value;

/// The message of one record of an invocation.
pub(super) fn read(record: Value<'_>) -> Payload {
    match record.get("Sns") {
        Some(notification) => read_notification(notification),
        None => Payload::rejected("the SNS record has no Sns", record.raw()),
    }
}

/// The message of a notification. Confirmations are put into queues too, and are no events.
pub(super) fn read_notification(notification: Value<'_>) -> Payload {
    if notification.get("Type").is_some_and(|kind| !kind.is_str("Notification")) {
        return Payload::rejected("an SNS confirmation, which carries no events", notification.raw());
    }
    match notification.get("Message").and_then(Value::as_str) {
        Some(message) => {
            let time = notification.get("Timestamp").and_then(milliseconds);
            Payload { content: Content::Text(message.into_owned()), time }
        }
        None => Payload::rejected("the SNS record has no Message", notification.raw()),
    }
}
