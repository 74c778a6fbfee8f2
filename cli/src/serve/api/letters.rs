//! Dead letters: shown with their reasons, sent again, discarded.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::fake_sqs::Message;

use super::Sandbox;
use super::record::Origin;
use super::refusal::Refusal;

/// Which dead letters are meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    /// Those of this reason; all, if there is none.
    reason: Option<String>,
}

impl Chosen {
    fn has(&self, message: &Message) -> bool {
        self.reason.as_ref().is_none_or(|reason| *reason == self::reason(message))
    }
}

/// The reason code or codes, as the function wrote them.
pub(crate) fn reason(message: &Message) -> String {
    message.attribute("reason").unwrap_or("UNKNOWN").to_owned()
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

/// Sends the chosen ones to the function as its queue would, ten at a time.
pub(crate) async fn redrive(sandbox: &Sandbox, chosen: Chosen) -> Result<Value, Refusal> {
    let taken = sandbox.world.take_rejected(|message| chosen.has(message));
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for messages in taken.chunks(10) {
        let records: Vec<_> = messages.iter().map(record).collect();
        let record = sandbox.invoke(json!({ "Records": records }).to_string(), Origin::Redrive).await?;
        for (outcome, count) in record.entry["outcomes"].as_object().into_iter().flatten() {
            *outcomes.entry(outcome.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
    }
    Ok(json!({ "redriven": taken.len(), "outcomes": outcomes }))
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

pub(crate) fn discard(sandbox: &Sandbox, chosen: &Chosen) -> Value {
    let taken = sandbox.world.take_rejected(|message| chosen.has(message));
    json!({ "discarded": taken.len() })
}
