//! What arrived: the envelope in words, and the events that somebody who opens it by hand finds in it.
//!
//! For display only. The function's own ingress says what the envelope is; its events are read apart from it, so that they
//! can be held against it.

use std::fmt::Display;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tiktok_audiences::ingress::direct::Direct;
use tiktok_audiences::ingress::http::{MAX_BODY_BYTES, Shape};
use tiktok_audiences::ingress::{Ingress, IngressError, detect};
use tiktok_audiences::json::Document;

/// What the function recognises in it.
fn detected(payload: &Value) -> Option<Result<Ingress, IngressError>> {
    // What is too deep for the function it recognises in nothing.
    Document::parse(payload.to_string()).ok().map(|document| detect(document.root()))
}

/// Whether it asks for an operation, whose reply is no report.
pub(crate) fn is_operation(payload: &Value) -> bool {
    detected(payload) == Some(Ok(Ingress::Operation))
}

/// The way in, in a word or two.
pub(crate) fn way_in(payload: &Value) -> &'static str {
    match detected(payload) {
        Some(Ok(Ingress::Http(shape))) => api(payload, shape),
        Some(Ok(Ingress::Operation)) => "operation",
        Some(Ok(Ingress::Sqs)) => "SQS",
        Some(Ok(Ingress::Kinesis)) => "Kinesis",
        Some(Ok(Ingress::Sns)) => "SNS",
        Some(Ok(Ingress::EventBridge)) => "EventBridge",
        Some(Ok(Ingress::Schedule)) => "schedule",
        Some(Ok(Ingress::Rows)) => "list",
        Some(Ok(Ingress::Redrive)) => "destination record",
        Some(Ok(Ingress::Direct(_)) | Err(_)) | None => "direct",
    }
}

/// What of API Gateway and function URLs brings a request.
fn api(payload: &Value, shape: Shape) -> &'static str {
    let domain = payload.pointer("/requestContext/domainName").and_then(Value::as_str);
    match shape {
        Shape::V1 => "REST API",
        Shape::V2 if domain.is_some_and(|domain| domain.contains(".lambda-url.")) => "function URL",
        Shape::V2 => "HTTP API",
    }
}

/// The envelope in one sentence.
pub(crate) fn described(payload: &Value) -> String {
    let text = |pointer| payload.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let of = |member: &str, noun: &str| counted(payload[member].as_array().map_or(0, Vec::len), noun);
    match detected(payload) {
        Some(Ok(Ingress::Http(shape))) => {
            let (method, path) = http_route(payload).unwrap_or_default();
            format!("{method} {path} by {}{}", api(payload, shape), body_described(payload))
        }
        Some(Ok(Ingress::Operation)) => format!("operation {}", payload["operation"]),
        Some(Ok(Ingress::Sqs)) => format!("{} from aws:sqs", of("Records", "record")),
        Some(Ok(Ingress::Kinesis)) => format!("{} from aws:kinesis", of("Records", "record")),
        Some(Ok(Ingress::Sns)) => format!("{} from aws:sns", of("Records", "record")),
        Some(Ok(Ingress::EventBridge | Ingress::Schedule)) => {
            format!("EventBridge, {:?} from {:?}", text("/detail-type"), text("/source"))
        }
        Some(Ok(Ingress::Rows)) => format!("a batch of a list, {}", of("Items", "row")),
        Some(Ok(Ingress::Redrive)) => format!("a destination record, {}", text("/requestContext/condition")),
        Some(Ok(Ingress::Direct(Direct::Envelope { .. }))) => "direct invocation, {\"events\":[…]}".to_owned(),
        Some(Ok(Ingress::Direct(Direct::Array))) if payload.is_array() => "direct invocation, an array".to_owned(),
        Some(Ok(Ingress::Direct(Direct::Array))) => "direct invocation, {\"batch\":[…]}".to_owned(),
        Some(Err(IngressError::UnknownRecords(_))) => format!("{} from an unknown source", of("Records", "record")),
        Some(
            Ok(Ingress::Direct(Direct::One))
            | Err(
                IngressError::NotAnEnvelope(_)
                | IngressError::EmptyRecords
                | IngressError::BareRecord
                | IngressError::UnknownService
                | IngressError::NotAnEvent(_),
            ),
        )
        | None => "direct invocation".to_owned(),
    }
}

/// The rows of a list's batch, which are no events.
pub(crate) fn rows(payload: &Value) -> Option<&Vec<Value>> {
    payload["Items"].as_array().filter(|_rows| payload["BatchInput"].is_object())
}

/// A number with its noun.
pub(crate) fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

fn http_route(payload: &Value) -> Option<(&str, &str)> {
    let context = payload["requestContext"].as_object()?;
    let method = payload["httpMethod"].as_str().or_else(|| context.get("http")?["method"].as_str())?;
    let path = payload["path"].as_str().or_else(|| payload["rawPath"].as_str())?;
    Some((method, path))
}

fn body_described(payload: &Value) -> String {
    let Some(body) = payload["body"].as_str() else { return ", no body".to_owned() };
    let sent = if payload["isBase64Encoded"] == true {
        format!("{} of base64", counted(body.len(), "byte"))
    } else {
        counted(body.len(), "byte")
    };
    match body_text(payload) {
        Some(text) if text.len() != body.len() => format!(", body {sent}, decoded {}", counted(text.len(), "byte")),
        Some(_) => format!(", body {sent}"),
        None => format!(", body {sent}, not decodable"),
    }
}

/// The body after base64 and gzip.
fn body_text(payload: &Value) -> Option<String> {
    let body = payload["body"].as_str()?;
    if payload["isBase64Encoded"] != true {
        return Some(body.to_owned());
    }
    let bytes = STANDARD.decode(body).ok()?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return inflated(&bytes);
    }
    String::from_utf8(bytes).ok()
}

/// No more than the function takes.
fn inflated(bytes: &[u8]) -> Option<String> {
    let limit = u64::try_from(MAX_BODY_BYTES).ok()?.checked_add(1)?;
    let mut text = String::new();
    MultiGzDecoder::new(bytes).take(limit).read_to_string(&mut text).ok()?;
    (text.len() <= MAX_BODY_BYTES).then_some(text)
}

/// The events in an invocation's payload, in order; nothing in the place of one that cannot be read.
pub(crate) fn of_payload(payload: &str) -> Vec<Option<Value>> {
    serde_json::from_str(payload).map(|payload| events(&payload)).unwrap_or_default()
}

/// The events in an envelope, in order; nothing in the place of one that cannot be read.
pub(crate) fn events(payload: &Value) -> Vec<Option<Value>> {
    if let Some((_, path)) = http_route(payload) {
        // The other routes carry no events, whatever their body is.
        if !["/events", "/v1/"].iter().any(|part| path.contains(part)) {
            return Vec::new();
        }
        return payload["body"].as_str().map(|_| body_text(payload)).into_iter().flat_map(of_text).collect();
    }
    if rows(payload).is_some() {
        return Vec::new();
    }
    if let Value::Array(items) = payload {
        return items.iter().cloned().map(Some).collect();
    }
    if let Some(records) = payload["Records"].as_array() {
        return records.iter().flat_map(of_record).collect();
    }
    if payload.get("operation").is_some() && payload.get("type").is_none() {
        return payload.get("events").map(events).unwrap_or_default();
    }
    let wrapped = [("detail-type", "detail"), ("requestContext", "requestPayload"), ("TopicArn", "Message")];
    if let Some((_, inner)) = wrapped.iter().find(|(mark, inner)| [mark, inner].iter().all(|key| has(payload, key))) {
        let inner = &payload[*inner];
        return match inner.as_str() {
            Some(text) => of_text(Some(text.to_owned())),
            None if payload["detail-type"] == "Scheduled Event" => Vec::new(),
            None => events(inner),
        };
    }
    if is_list(payload, "events") {
        return events(&payload["events"]);
    }
    if is_batch(payload) { events_of_batch(payload) } else { vec![Some(payload.clone())] }
}

/// Whether it is the body of a request with several events, `{"batch": […]}`, and no envelope.
pub(crate) fn is_batch(payload: &Value) -> bool {
    const OF_ENVELOPES: [&str; 6] = ["Records", "requestContext", "operation", "detail-type", "TopicArn", "events"];
    is_list(payload, "batch") && !OF_ENVELOPES.iter().any(|key| has(payload, key))
}

/// The events, with what the batch says about all of them in the places that they leave open.
fn events_of_batch(payload: &Value) -> Vec<Option<Value>> {
    let mut items = events(&payload["batch"]);
    for event in items.iter_mut().flatten().filter_map(Value::as_object_mut) {
        for name in ["context", "integrations"] {
            let Some(common) = payload[name].as_object().filter(|common| !common.is_empty()) else { continue };
            match event.get_mut(name) {
                Some(Value::Object(own)) => {
                    for (key, value) in common {
                        own.entry(key).or_insert_with(|| value.clone());
                    }
                }
                None | Some(Value::Null) => drop(event.insert(name.to_owned(), common.clone().into())),
                Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {}
            }
        }
    }
    items
}

fn has(payload: &Value, key: &str) -> bool {
    payload.get(key).is_some()
}

/// Whether the object is a list under this key, and not an event that happens to have it.
fn is_list(payload: &Value, key: &str) -> bool {
    payload[key].is_array() && !has(payload, "type")
}

fn of_record(record: &Value) -> Vec<Option<Value>> {
    let text = |pointer| record.pointer(pointer).and_then(Value::as_str);
    if let Some(data) = text("/kinesis/data") {
        return of_text(STANDARD.decode(data).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
    }
    of_text(text("/body").or_else(|| text("/Sns/Message")).map(str::to_owned))
}

/// The events of a text, which may be JSON or one JSON per line.
fn of_text(text: Option<String>) -> Vec<Option<Value>> {
    let Some(text) = text else { return vec![None] };
    if let Ok(payload) = serde_json::from_str(&text) {
        return events(&payload);
    }
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().map(|line| if lines.len() > 1 { serde_json::from_str(line).ok() } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_inflates_to_more_than_the_function_takes_is_not_read() {
        let of = |length: usize| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&vec![b' '; length]).unwrap();
            let body = STANDARD.encode(packed.finish().unwrap());
            json!({"httpMethod": "POST", "path": "/events", "requestContext": {}, "body": body, "isBase64Encoded": true})
        };
        assert_eq!(body_text(&of(MAX_BODY_BYTES)).unwrap().len(), MAX_BODY_BYTES);
        assert!(described(&of(MAX_BODY_BYTES + 1)).ends_with("not decodable"));
        assert_eq!(events(&of(MAX_BODY_BYTES + 1)), [None]);
    }

    #[test]
    fn the_way_in_and_the_sentence_are_of_one_mind() {
        for (payload, word, sentence) in [
            (
                json!({"requestContext": {"condition": "RetryAttemptsExhausted"}, "KinesisBatchInfo": {}}),
                "destination record",
                "a destination record, RetryAttemptsExhausted",
            ),
            (
                json!({"httpMethod": "GET", "path": "/health", "requestContext": {}}),
                "REST API",
                "GET /health by REST API, no body",
            ),
            (json!({"batch": []}), "direct", "direct invocation, {\"batch\":[…]}"),
            (json!({"Records": [{"eventSource": "aws:s3"}]}), "direct", "1 record from an unknown source"),
            (
                json!({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
                "schedule",
                "EventBridge, \"Scheduled Event\" from \"aws.events\"",
            ),
            (json!({"type": "track", "operation": "x", "Records": []}), "direct", "direct invocation"),
        ] {
            assert_eq!((way_in(&payload), described(&payload).as_str()), (word, sentence));
        }
        assert!(
            is_operation(&json!({"operation": "check"})) && !is_operation(&json!({"type": "track", "operation": 1}))
        );
    }

    #[test]
    fn a_batch_of_a_list_has_rows_and_no_events() {
        let payload = include_str!("../../events/rows_of_a_list.json");
        assert_eq!(described(&serde_json::from_str(payload).unwrap()), "a batch of a list, 3 rows");
        assert!(of_payload(payload).is_empty());
    }
}
