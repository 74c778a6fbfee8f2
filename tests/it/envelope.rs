//! Every way into the function: events as each source hands them over, and its answer as that source reads it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tiktok_audiences::handler::HandlerError;

use crate::request::Request;
use crate::world::World;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Direct: an array.
    Array,
    /// Direct: `{"events":[…]}`.
    Envelope,
    /// A request of an IAM caller.
    Http(Door),
    /// A standard queue.
    Sqs,
    /// A FIFO queue.
    Fifo,
    /// A stream.
    Kinesis,
    /// A bus.
    EventBridge,
    /// A topic.
    Sns,
    /// The record of a failed invocation of a bus, as a Lambda destination keeps it.
    Redrive,
}

/// How a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A webhook through an HTTP API.
    Api,
    /// A webhook through a REST API.
    Rest,
    /// A webhook through a function URL.
    Url,
    /// A webhook whose sender waits for the outcome.
    Waiting,
    /// The batch of an SDK.
    Sdk,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Api, Self::Rest, Self::Url, Self::Waiting, Self::Sdk];
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Array,
        Self::Envelope,
        Self::Http(Door::Api),
        Self::Http(Door::Rest),
        Self::Http(Door::Url),
        Self::Http(Door::Waiting),
        Self::Http(Door::Sdk),
        Self::Sqs,
        Self::Fifo,
        Self::Kinesis,
        Self::EventBridge,
        Self::Sns,
        Self::Redrive,
    ];
}

/// What a queue or a stream holds: a name, whose order it keeps, and a text.
#[derive(Clone, Debug)]
pub struct Record {
    /// `messageId` or sequence number.
    pub id: String,
    /// `MessageGroupId` or partition key.
    pub group: String,
    /// JSON.
    pub body: String,
}

/// How an invocation ends, in the eyes of its source.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What is sent again; nothing: all is done.
    Again(Vec<String>),
    /// The invocation failed with this error type, and everything is sent again.
    Failed(String),
    /// A report.
    Report(Value),
    /// An HTTP status.
    Status(u16),
}

/// The payload of an invocation with these records.
pub fn payload(way: Way, records: &[Record]) -> String {
    let bodies: Vec<&str> = records.iter().map(|record| record.body.as_str()).collect();
    let events = format!("[{}]", bodies.join(","));
    match way {
        Way::Array => events,
        Way::Envelope => format!("{{\"events\":{events}}}"),
        Way::Http(door) => request(door, &events),
        Way::Sqs => sqs(records, "buffer"),
        Way::Fifo => sqs(records, "buffer.fifo"),
        Way::Kinesis => kinesis(records),
        Way::EventBridge => event_bridge(&events),
        Way::Redrive => around("requestPayload", destination(&json!(null)), &event_bridge(&events)),
        Way::Sns => {
            let notification = json!({"Type": "Notification", "MessageId": "95df01b4", "Message": events,
                "TopicArn": "arn:aws:sns:us-east-1:123456789012:events", "Timestamp": "2026-11-20T09:44:00.310Z"});
            json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification}]}).to_string()
        }
    }
}

fn request(door: Door, events: &str) -> String {
    let webhook = |shape| Request::post("/events", events).iam().payload(shape);
    let payload = match door {
        Door::Api => webhook("v2"),
        Door::Rest => webhook("v1"),
        Door::Url => webhook("url"),
        Door::Waiting => Request::post("/events", events).iam().header("Prefer", "wait=10").payload("v2"),
        Door::Sdk => Request::post("/v1/batch", format!("{{\"batch\":{events}}}")).iam().payload("v2"),
    };
    payload.to_string()
}

fn event_bridge(events: &str) -> String {
    let envelope = json!({
        "version": "0", "id": "7bf73129", "detail-type": "track", "account": "123456789012", "resources": [],
        "source": "aws.partner/segment.com/4fExample", "time": "2026-11-20T09:43:00Z", "region": "us-east-1",
    });
    around("detail", envelope, events)
}

/// An envelope with this text, byte for byte, under a key.
fn around(key: &str, mut envelope: Value, text: &str) -> String {
    envelope[key] = json!("here");
    envelope.to_string().replacen("\"here\"", text, 1)
}

/// What a Lambda destination keeps of an asynchronous invocation that failed.
pub fn destination(request: &Value) -> Value {
    json!({
        "version": "1.0", "timestamp": "2026-11-20T11:00:00.000Z", "requestPayload": request,
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    })
}

fn sqs(records: &[Record], queue: &str) -> String {
    let record = |record: &Record| {
        json!({
            "messageId": record.id, "receiptHandle": "h", "body": record.body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795000000000",
                           "MessageGroupId": record.group},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
        })
    };
    json!({"Records": records.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn kinesis(records: &[Record]) -> String {
    let record = |record: &Record| {
        json!({
            "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": record.group, "sequenceNumber": record.id,
                        "data": STANDARD.encode(&record.body), "approximateArrivalTimestamp": 1_795_000_000.123},
            "eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
        })
    };
    json!({"Records": records.iter().map(record).collect::<Vec<_>>()}).to_string()
}

/// Invokes the function with half a minute of time.
pub async fn invoke(world: &World, way: Way, records: &[Record]) -> Answer {
    invoke_within(world, way, records, Duration::from_secs(30)).await
}

/// Invokes the function with so much time.
pub async fn invoke_within(world: &World, way: Way, records: &[Record], remaining: Duration) -> Answer {
    let reply = match world.invoke_text_within(&payload(way, records), remaining).await {
        Ok(reply) => reply,
        Err(HandlerError::InvocationError(refusal)) => return Answer::Failed(refusal.error_type().to_owned()),
        Err(error) => panic!("{error}"),
    };
    match way {
        Way::Sqs | Way::Fifo | Way::Kinesis => {
            let failures = reply["batchItemFailures"].as_array().unwrap();
            let id = |failure: &Value| failure["itemIdentifier"].as_str().unwrap().to_owned();
            Answer::Again(failures.iter().map(id).collect())
        }
        Way::Http(_) => Answer::Status(u16::try_from(reply["statusCode"].as_u64().unwrap()).unwrap()),
        Way::Array | Way::Envelope | Way::EventBridge | Way::Sns | Way::Redrive => {
            Answer::Report(reply["summary"].clone())
        }
    }
}
