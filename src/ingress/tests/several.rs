//! Records of several events: what an SDK sends wherever it arrives, keys of sources, and the bounds.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::*;
use crate::ingress::http::{SdkCall, events, lines, sdk};
use crate::ingress::intake::{MAX_INVOCATION_EVENTS, MAX_MESSAGE_EVENTS};

/// What is known of each entry: its text, or why it has none.
fn texts(intake: &Intake<'_>) -> Vec<String> {
    let of = |event_index| match intake.text(event_index) {
        Some(text) => text.into_owned(),
        None => intake.event(event_index).err().unwrap().message().to_owned(),
    };
    (0..intake.next_index()).map(of).collect()
}

/// How many entries there are, and the reasons of those that are rejected.
fn reasons(intake: &Intake<'_>) -> (usize, Vec<Reason>) {
    let rejected = intake.event_indexes().iter().filter_map(|received| match received {
        Received::Rejected(record) => Some(record.explanation.reason),
        Received::Event { .. } => None,
    });
    (intake.len(), rejected.collect())
}

/// Each way by which a text can come.
fn ways(body: &str) -> Vec<(&'static str, String)> {
    let value: Json = serde_json::from_str(body).unwrap();
    let ways = [
        ("direct", value.clone()),
        ("SQS", queued(&[body])),
        ("Kinesis", streamed(body)),
        ("a line in Kinesis", streamed(&format!("{body}\n[]\n"))),
        ("EventBridge", bridged(&value)),
        ("SNS", published(body)),
        ("SNS in SQS", queued(&[&notified(body).to_string()])),
        ("EventBridge in SQS", queued(&[&bridged(&value).to_string()])),
        ("a failed invocation", failed(&value)),
        ("a failed invocation in SQS", queued(&[&failed(&value).to_string()])),
        ("a failed batch of SQS", failed(&queued(&[body]))),
        ("a failed batch of a stream", failed_batch(&streamed(body).to_string())),
    ];
    ways.map(|(name, payload)| (name, payload.to_string())).into()
}

#[test]
fn the_batch_of_an_sdk_is_what_it_is_over_http_wherever_it_arrives() {
    let body = json!({
        "batch": [
            {"type": "track", "userId": "a", "timestamp": "1969-12-31T23:00:00Z", "context": {"ip": "192.0.2.2"}},
            {"type": "identify", "userId": "b", "writeKey": "k"},
            7,
        ],
        "sentAt": "1969-12-31T23:59:00Z",
        "writeKey": "k",
        "context": {"ip": "192.0.2.1", "locale": "de"},
        "integrations": {"All": true},
    })
    .to_string();
    let over_http = sdk::open(SdkCall::Batch, Document::parse(&*body).unwrap(), None).unwrap();
    for (name, payload) in ways(&body) {
        let intake = intake_of(&payload);
        assert_eq!(texts(&intake), texts(&over_http), "{name}");
        assert_eq!(intake.clock_skew(0), 0, "{name}: only over HTTP it is known when a batch was sent");
        assert!(intake.text(1).unwrap().contains("\"locale\":\"de\""), "{name}");
    }
}

#[test]
fn an_event_that_has_a_batch_stays_an_event() {
    for event in [
        r#"{"action":"add","audience_name":"vip","batch":[],"email":"jane@example.com"}"#,
        r#"{"batch":[1],"event":"Audience Entered"}"#,
        r#"{"batch":[{}],"traits":{}}"#,
        r#"{"batch":[{}],"properties":{}}"#,
    ] {
        assert_eq!(texts(&events::open(Document::parse(event).unwrap(), None).unwrap()), [event]);
        for (name, payload) in ways(event).into_iter().filter(|(name, _)| *name != "a line in Kinesis") {
            assert_eq!(texts(&intake_of(&payload)), [event], "{name}");
        }
    }
}

/// Over HTTP the same rule holds at `/events`.
#[test]
fn a_batch_is_one_whatever_type_it_says_as_long_as_that_is_no_events() {
    let event = r#"{"type":"track","userId":"a"}"#;
    for (kind, is_batch) in [
        (r#""batch""#, true),
        ("null", true),
        ("5", true),
        (r#""x""#, true),
        (r#""Track""#, false),
        (r#""record""#, false),
    ] {
        let body = format!(r#"{{"batch":[{event},{event}],"type":{kind}}}"#);
        let expected = if is_batch { vec![event, event] } else { vec![body.as_str()] };
        let over_http = events::open(Document::parse(&*body).unwrap(), None).unwrap();
        assert_eq!(texts(&over_http), expected, "HTTP: {kind}");
        for (name, payload) in ways(&body).into_iter().filter(|(name, _)| *name != "a line in Kinesis") {
            assert_eq!(texts(&intake_of(&payload)), expected, "{name}: {kind}");
        }
    }
}

#[test]
fn the_key_of_a_source_is_removed_wherever_it_arrives_and_nothing_else_is_touched() {
    let keyed = r#"{"writeKey":"k","type":"track", "userId":"a"}"#;
    let plain = r#"{ "type":"track", "userId":"b", "properties":{"writeKey":"k"} }"#;
    let event = r#"{"type":"track","userId":"a"}"#;
    for (body, expected) in [
        (keyed.to_owned(), vec![event]),
        (format!("[{keyed}, {plain},{keyed}]"), vec![event, plain, event]),
        (format!(r#"{{"events":[{plain},{keyed}]}}"#), vec![plain, event]),
        (format!(r#"{{"batch":[{plain},{keyed}],"writeKey":"k"}}"#), vec![plain, event]),
        (format!("[{plain},{}]", r#"{"write\u004bey":"k","event":"E"}"#), vec![plain, r#"{"event":"E"}"#]),
    ] {
        for (name, payload, _) in
            [("SQS", queued(&[&body]).to_string(), 0), ("Kinesis", streamed(&body).to_string(), 0)]
        {
            assert_eq!(texts(&intake_of(&payload)), expected, "{name}: {body}");
        }
        assert_eq!(texts(&intake_of(&body)), expected, "direct: {body}");
        for (name, payload) in ways(&body) {
            assert!(texts(&intake_of(&payload)).iter().all(|text| !text.starts_with("{\"writeKey")), "{name}: {body}");
        }
    }
    let array = format!("[{keyed},{plain},{keyed}]");
    let opened = open::array(&array, &mut Handed::default()).unwrap().unwrap();
    assert_eq!(texts(&opened.intake), [event, plain, event]);
}

/// What is kept of each entry, an event or what stands in its place.
fn kept(intake: &Intake<'_>) -> Vec<String> {
    let record = |index| intake.record(index).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    (0..intake.next_index())
        .map(|index| intake.text(index).map_or_else(|| record(index).unwrap(), Cow::into_owned))
        .collect()
}

#[test]
fn no_key_of_a_source_is_kept() {
    let many = |event: &str| format!("[{event}{}]", ",{}".repeat(MAX_MESSAGE_EVENTS));
    let keyed = r#"{"writeKey":"k-1"}"#;
    for (name, body) in [
        ("an array of too many", many(keyed)),
        ("a batch of too many", format!(r#"{{"writeKey":"k-1","batch":{}}}"#, many(keyed))),
        ("lines of too many", format!("{keyed}\n{}", "{}\n".repeat(MAX_MESSAGE_EVENTS))),
        ("arrays and batches as items", format!(r#"[[{keyed},[{keyed}]],{{"batch":[{keyed}],"type":"batch"}}]"#)),
        ("in an array on a line", format!("[[{keyed}]]\n{{}}\n")),
    ] {
        for payload in [queued(&[&body]).to_string(), streamed(&body).to_string()] {
            let kept = kept(&intake_of(&payload));
            assert!(kept.iter().all(|text| !text.contains("k-1")), "{name}: {kept:?}");
        }
    }
    let lines = format!("[{keyed}]\n{{}}\n{{\"writeKey\":\"k-1\"\n");
    let over_http = lines::open(&lines, None).unwrap();
    assert_eq!(kept(&over_http), ["[{}]", "{}", "{\"writeKey\":\"k-1\""], "what is not JSON is kept as it is");
}

fn stream_of(records: &[String]) -> String {
    let records: Vec<Json> = records.iter().map(|data| streamed(data)["Records"][0].take()).collect();
    json!({"Records": records}).to_string()
}

#[test]
fn a_record_of_lines_holds_what_a_message_may_and_not_more() {
    let array = format!("[{}1]\n", "1,".repeat(MAX_MESSAGE_EVENTS - 1));
    let lines = |count: usize| "{}\n".repeat(count);
    let batch = format!("{{\"batch\":{}}}\n", array.trim());
    let events = format!("{{\"events\":{}}}\n", array.trim());
    for (name, data, expected) in [
        ("lines", lines(MAX_MESSAGE_EVENTS), (MAX_MESSAGE_EVENTS, vec![])),
        ("a line too many", lines(MAX_MESSAGE_EVENTS + 1), (1, vec![Reason::TooManyEvents])),
        ("an array and lines", format!("{array}{}", lines(9_999)), (1, vec![Reason::TooManyEvents])),
        ("lines and an array", format!("{}{array}", lines(1)), (1, vec![Reason::TooManyEvents])),
        ("two arrays", format!("{array}{array}"), (1, vec![Reason::TooManyEvents])),
        ("a batch and a line", format!("{batch}{}", lines(1)), (1, vec![Reason::TooManyEvents])),
        ("events and a line", format!("{events}{}", lines(1)), (1, vec![Reason::TooManyEvents])),
        ("a batch and an empty array", format!("{batch}[]\n"), (MAX_MESSAGE_EVENTS, vec![])),
    ] {
        let stream = stream_of(std::slice::from_ref(&data));
        let intake = intake_of(&stream);
        assert_eq!(reasons(&intake), expected, "{name}");
        if !expected.1.is_empty() {
            assert_eq!(intake.record(0), Some(data.as_bytes()), "{name}: it is kept whole");
        }
    }
}

#[test]
fn what_a_stream_has_beyond_an_invocation_is_sent_again() {
    let text = stream_of(&vec!["{}\n".repeat(MAX_MESSAGE_EVENTS); 15]);
    let found = reasons(&intake_of(&text));
    assert_eq!(found, (MAX_INVOCATION_EVENTS + 5, vec![Reason::OutOfTime; 5]));
}

#[test]
fn a_single_event_counts_as_one_of_an_array_does() {
    let array = format!("[{}1]", "1,".repeat(MAX_MESSAGE_EVENTS - 1));
    let mut bodies = vec![array.as_str(); MAX_INVOCATION_EVENTS / MAX_MESSAGE_EVENTS];
    bodies.push("{}");
    assert_eq!(reasons(&intake_of(&queued(&bodies).to_string())), (MAX_INVOCATION_EVENTS + 1, vec![Reason::OutOfTime]));
}

/// A batch of so many events, about each of which it says so many bytes.
fn batch_of(events: usize, bytes: usize) -> String {
    let events = "{},".repeat(events - 1);
    format!(r#"{{"batch":[{events}{{}}],"context":{{"a":"{}"}}}}"#, "x".repeat(bytes))
}

#[test]
fn a_batch_is_opened_within_the_bounds_of_a_request() {
    for (name, body, expected) in [
        ("too many events", batch_of(MAX_MESSAGE_EVENTS + 1, 1), (1, vec![Reason::TooManyEvents])),
        ("too much in all", batch_of(4_000, 3_000), (1, vec![Reason::InvalidRecord])),
        ("too much of each", batch_of(3, 40_000), (1, vec![Reason::InvalidRecord])),
        ("within them", batch_of(4_000, 1_000), (4_000, vec![])),
    ] {
        let queue = queued(&[&body]).to_string();
        let intake = intake_of(&queue);
        assert_eq!(reasons(&intake), expected, "{name}");
        if !expected.1.is_empty() {
            let kept = intake.record(0).unwrap();
            assert_eq!((kept, intake.envelope_time(0)), (body.as_bytes(), Some(3_000)), "{name}: whole, as it came");
        }
    }
    let direct = batch_of(MAX_MESSAGE_EVENTS + 1, 1);
    assert_eq!(intake_of(&direct).len(), MAX_MESSAGE_EVENTS + 1, "an invocation takes as many as of an array");
}

#[test]
fn many_batches_that_say_much_about_few_events_do_not_fill_the_memory() {
    let batch = batch_of(200, 30_000);
    let found = reasons(&intake_of(&queued(&[batch.as_str(); 8]).to_string()));
    assert_eq!(found, (5 * 200 + 3, vec![Reason::OutOfTime; 3]), "33,554,432 bytes are 5 batches of 6,000,000");
}
