//! Dead letters: shown with their reasons; sent again and discarded by the function's own operations.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::fake_sqs::Message;

use super::Sandbox;
use super::refusal::Refusal;

/// What the function calls the reason of a message that its queue gave up on.
const RETRIES_USED_UP: &str = "RETRIES_USED_UP";

/// Which dead letters are meant.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    /// Those of this reason; all, if there is none.
    reason: Option<String>,
}

impl Chosen {
    fn order(&self, operation: &str) -> Value {
        match &self.reason {
            Some(reason) => json!({ "operation": operation, "reason": reason }),
            None => json!({ "operation": operation }),
        }
    }
}

/// What was last told of the dead-letter queue: how many have ever come into it, and how many are in it.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<(u64, usize)>);

impl Told {
    /// Whether these were not told yet; they are from now on.
    pub(crate) fn is_new(&self, counts: (u64, usize)) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut *last, counts) != counts
    }
}

/// The first of the reason's codes.
pub(super) fn reason(message: &Message) -> &str {
    message.attribute("reason").and_then(|codes| codes.split(',').next()).unwrap_or(RETRIES_USED_UP)
}

/// A dead letter.
pub(crate) fn letter(message: &Message) -> Value {
    let attributes: BTreeMap<_, _> = message
        .attributes
        .iter()
        .map(|(name, attribute)| (name, attribute.string_value.clone().unwrap_or_default()))
        .collect();
    json!({
        "id": message.id,
        "body": message.body,
        "attributes": attributes,
        "reason": reason(message),
        "actor": message.attribute("actor").unwrap_or_default(),
    })
}

pub(crate) fn list(sandbox: &Sandbox) -> Value {
    sandbox.world.rejected().iter().map(letter).collect()
}

/// Sends the chosen ones to the buffer queue, which brings them to the function.
pub(crate) async fn redrive(sandbox: &Sandbox, chosen: &Chosen) -> Result<Value, Refusal> {
    sandbox.operate(&chosen.order("redrive")).await
}

/// Deletes the chosen ones; whoever asks has been asked.
pub(crate) async fn discard(sandbox: &Sandbox, chosen: &Chosen) -> Result<Value, Refusal> {
    let mut order = chosen.order("discard");
    order["confirm"] = chosen.reason.clone().unwrap_or_else(|| "all".to_owned()).into();
    sandbox.operate(&order).await
}

/// A message as the queue brings it to the function.
pub(crate) fn record(message: &Message) -> Value {
    let attributes: serde_json::Map<_, _> = message
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), json!({ "dataType": "String", "stringValue": attribute.string_value })))
        .collect();
    json!({
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1764000000000" },
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:buffer",
        "awsRegion": "us-east-1",
    })
}
