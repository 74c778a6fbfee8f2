//! Payloads of invented people, in the shapes in which they arrive.

use serde_json::{Value, json};

/// An event of Segment's Engage; its identifiers are replaced.
const EVENT: &str = include_str!("../../../events/direct_audience_entered.json");

/// One person's event: 1 KB of JSON, with an email, a phone number and an advertising id.
pub(crate) fn event(person: usize) -> String {
    EVENT
        .lines()
        .map(str::trim)
        .collect::<String>()
        .replace("\": ", "\":")
        .replace("-1001", &format!("-{person}"))
        .replace("jane.doe@", &format!("person.{person}@"))
        .replace("555 0143", &format!("555 {person:04}"))
        .replace("B96E40000D", &format!("B9{person:08X}"))
}

/// The same for an audience of a number.
pub(crate) fn event_of_audience(person: usize, audience: usize) -> String {
    event(person).replace("1800000000000000001", &format!("18{audience:017}"))
}

/// An array, as a direct invocation or a message has it.
pub(crate) fn array(events: impl IntoIterator<Item = String>) -> String {
    let events: Vec<String> = events.into_iter().collect();
    format!("[{}]", events.join(","))
}

/// A batch of a queue with one event per message.
pub(crate) fn queue_batch(people: usize) -> String {
    let records: Vec<Value> = (0..people).map(|person| record(person, &event(person))).collect();
    json!({ "Records": records }).to_string()
}

fn record(number: usize, body: &str) -> Value {
    json!({
        "messageId": format!("059f36b4-87a3-44ab-83d2-66197{number:07}"),
        "receiptHandle": format!("AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{number:09}EXAMPLE=="),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1763631601000",
            "SenderId": "AROAEXAMPLEROLEID002:tiktok-audiences-ingest",
            "ApproximateFirstReceiveTimestamp": "1763631603000"
        },
        "messageAttributes": {},
        "md5OfBody": "68fcc45c8c95f1e69a8b61a78c9b53c5",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:tiktok-audiences-buffer",
        "awsRegion": "us-east-1"
    })
}
