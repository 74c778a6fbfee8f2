//! SNS: notifications that invoke the function, and the same as text in a queue (raw message delivery off).

use super::discriminators::Discriminators;
use super::eventbridge::milliseconds;
use super::unwrap::Unwrap;
use super::{AcknowledgementScope, Opened, unwrap};
use crate::json::{Document, Value};
use crate::outcome::{Explanation, Reason};

/// Opens an invocation: the message of each record is an event or an array of them. All comes back, or nothing.
pub fn open(payload: Document<'_>) -> Opened<'_> {
    unwrap::open(payload, AcknowledgementScope::Unread)
}

/// Takes in the message of one record of an invocation.
pub(super) fn add_record(unwrap: &mut Unwrap<'_, '_>, record: Value<'_>) {
    match record.get("Sns") {
        Some(notification) => add_notification(unwrap, notification),
        None => unwrap.reject(Explanation::new(Reason::InvalidRecord, "the SNS record has no Sns"), record),
    }
}

/// Whether an object in a queue is a message of SNS.
pub(super) fn is_notification(discriminators: &Discriminators<'_>) -> bool {
    let Some(kind) = discriminators.topic.and_then(|_topic| discriminators.root.get("Type")) else { return false };
    ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"].iter().any(|word| kind.is_str(word))
}

/// Takes in a notification. Confirmations are put into queues too, and are no events.
pub(super) fn add_notification(unwrap: &mut Unwrap<'_, '_>, notification: Value<'_>) {
    if notification.get("Type").is_some_and(|kind| !kind.is_str("Notification")) {
        let explanation = Explanation::new(Reason::InvalidRecord, "an SNS confirmation, which carries no events");
        return unwrap.reject(explanation, notification);
    }
    match notification.get("Message").and_then(Value::as_str) {
        Some(message) => {
            unwrap.add_text(message.into_owned(), notification.get("Timestamp").and_then(milliseconds));
        }
        None => {
            unwrap.reject(Explanation::new(Reason::InvalidRecord, "the SNS record has no Message"), notification);
        }
    }
}
