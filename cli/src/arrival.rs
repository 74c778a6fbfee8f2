//! What arrived: the envelope in words, and the events that the function finds in it.
//!
//! For display only. The function's own ingress says what the envelope is, opens it, and refuses what it refuses.

use std::fmt::Display;

use serde_json::Value;
use tiktok_audiences::ingress::direct::Direct;
use tiktok_audiences::ingress::http::auth::{Denied, Presented};
use tiktok_audiences::ingress::http::{Request, Route, RouteError, Shape, events as of_body, lines, sdk};
use tiktok_audiences::ingress::{Ingress, IngressError, Intake, detect, open};
use tiktok_audiences::json::Document;

/// Said where nothing in it is an event.
pub(crate) const NO_EVENTS: &str = "there are no events in this";

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

/// The body after base64 and gzip, as the function decodes it.
fn body_text(payload: &Value) -> Option<String> {
    let document = Document::parse(payload.to_string()).ok()?;
    let Ok(Ingress::Http(shape)) = detect(document.root()) else { return None };
    Request::new(shape, document.root()).body().ok().map(std::borrow::Cow::into_owned)
}

/// The events in an invocation's payload, in order; nothing in the place of one that cannot be read.
pub(crate) fn of_payload(payload: &str) -> Vec<Option<Value>> {
    serde_json::from_str(payload).map(|payload| events(&payload)).unwrap_or_default()
}

/// The events in an envelope, in order; nothing in the place of one that cannot be read.
pub(crate) fn events(payload: &Value) -> Vec<Option<Value>> {
    read(payload).unwrap_or_default()
}

/// The events that the function finds in an envelope, in order; nothing in the place of one that it cannot read.
///
/// # Errors
/// Why it takes none, as a sentence.
pub(crate) fn read(payload: &Value) -> Result<Vec<Option<Value>>, String> {
    let document = Document::parse(payload.to_string()).map_err(|error| format!("the function refuses it: {error}"))?;
    let ingress = detect(document.root()).map_err(|error| format!("the function refuses it: {error}"))?;
    let opened = match ingress {
        Ingress::Http(shape) => return of_request(&Request::new(shape, document.root())),
        Ingress::Operation => return payload.get("events").map_or_else(|| Ok(Vec::new()), read),
        Ingress::Rows | Ingress::Schedule => return Ok(Vec::new()),
        Ingress::Direct(direct) => open::direct(direct, document),
        Ingress::Sqs => open::sqs(document, None),
        Ingress::Kinesis => open::kinesis(document, None),
        Ingress::Sns | Ingress::EventBridge => open::unread(document),
        Ingress::Redrive => open::redrive(document),
    };
    Ok(taken(&opened.intake))
}

/// The events of a request; whether its credential is right, only the secret knows.
fn of_request(request: &Request<'_>) -> Result<Vec<Option<Value>>, String> {
    let route = Route::find(&request.method(), &request.path()).map_err(|error| match error {
        RouteError::NotFound => answers(404, error),
        RouteError::WrongMethod(_) => answers(405, error),
    })?;
    let call = match route {
        Route::Events => None,
        Route::Sdk(call) => Some(call),
        Route::WebhookAudiences { .. } | Route::OauthCallback | Route::Health => return Ok(Vec::new()),
    };
    let body = request.body().map_err(|error| answers(error.status(), error))?;
    let has_lines = call.is_none() && request.has_lines();
    let parsed = if has_lines { None } else { Some(Document::parse(body.as_ref())) };
    let document = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
    if Presented::of(request, document).is_none() {
        return Err(answers(Denied::NoCredential.status(), Denied::NoCredential));
    }
    let opened = match (parsed, call) {
        (None, _) => lines::open(&body, request.received_at()),
        (Some(parsed), call) => {
            let document = parsed.map_err(|error| answers(400, format!("the body is {error}")))?;
            match call {
                Some(call) => sdk::open(call, document, request.received_at()),
                None => of_body::open(document, request.received_at()),
            }
        }
    };
    opened.map(|intake| taken(&intake)).map_err(|error| answers(error.status(), error))
}

fn answers(status: u16, why: impl Display) -> String {
    format!("the function answers {status}: {why}")
}

/// What is in each entry.
fn taken(intake: &Intake<'_>) -> Vec<Option<Value>> {
    (0..intake.next_index()).map(|index| serde_json::from_str(&intake.text(index)?).ok()).collect()
}

/// Whether it is the body of a request with several events, `{"batch": […]}`, and no envelope.
pub(crate) fn is_batch(payload: &Value) -> bool {
    payload.is_object() && detected(payload) == Some(Ok(Ingress::Direct(Direct::Array)))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;
    use tiktok_audiences::ingress::http::MAX_BODY_BYTES;

    use super::*;

    #[test]
    fn what_inflates_to_more_than_the_function_takes_is_not_read() {
        let of = |length: usize| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&vec![b' '; length]).unwrap();
            let body = STANDARD.encode(packed.finish().unwrap());
            json!({"httpMethod": "POST", "path": "/events", "requestContext": {}, "body": body, "isBase64Encoded": true,
                   "headers": {"Content-Encoding": "gzip"}})
        };
        assert_eq!(body_text(&of(MAX_BODY_BYTES)).unwrap().len(), MAX_BODY_BYTES);
        assert!(described(&of(MAX_BODY_BYTES + 1)).ends_with("not decodable"));
        assert_eq!(
            read(&of(MAX_BODY_BYTES + 1)),
            Err("the function answers 413: the body is larger than 8 MB".to_owned())
        );
    }

    #[test]
    fn events_are_those_that_the_function_takes() {
        let one = json!({"type": "track", "event": "Audience Entered"});
        let request = |path: &str, kind: &str, headers: &Value, body: &str| {
            let mut headers = headers.clone();
            headers["content-type"] = kind.into();
            json!({"version": "2.0", "rawPath": path, "headers": headers, "body": body,
                   "requestContext": {"http": {"method": "POST", "path": path}}})
        };
        let key = json!({"authorization": "Bearer key"});
        let two = format!("{one}\n{one}");
        let queue = |body: &str| json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": body}]});
        for (name, payload, expected) in [
            ("two lines in a message", queue(&two), Ok(vec![false])),
            ("an empty message", queue(""), Ok(vec![false])),
            ("a batch with a type", json!({"type": "batch", "batch": [one, one]}), Ok(vec![true, true])),
            ("lines", request("/events", "application/x-ndjson", &key, &two), Ok(vec![true, true])),
            ("lines as JSON", request("/events", "application/json", &key, &two), Err("400")),
            ("another path", request("/events/foo", "application/json", &key, &one.to_string()), Err("404")),
            ("no credential", request("/events", "application/json", &json!({}), &one.to_string()), Err("401")),
            ("no route of events", request("/health", "application/json", &key, ""), Err("405")),
            ("records of a service", json!({"Records": [{"eventSource": "aws:s3"}]}), Err("refuses")),
        ] {
            let found = read(&payload);
            match expected {
                Ok(readable) => {
                    let found: Vec<_> = found.unwrap().iter().map(Option::is_some).collect();
                    assert_eq!(found, readable, "{name}");
                }
                Err(word) => assert!(found.as_ref().is_err_and(|why| why.contains(word)), "{name}: {found:?}"),
            }
        }
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
