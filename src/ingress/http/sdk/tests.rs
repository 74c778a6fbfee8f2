use super::*;
use crate::outcome::{Entry, Ledger, Reason, Verdict};

const RECEIVED_AT: i64 = 1_763_631_000_000; // 2025-11-20T09:30:00Z

/// The texts of the events in a body, and the messages of what is rejected.
fn texts(intake: &Intake<'_>) -> Vec<String> {
    let text = |event_index| match intake.event(event_index) {
        Err(explanation) if !explanation.message().starts_with("the object has none") => {
            explanation.message().to_owned()
        }
        Ok(_) | Err(_) => intake.text(event_index).unwrap_or_default().into_owned(),
    };
    (0..intake.next_index()).map(text).collect()
}

#[track_caller]
fn check(name: &str, call: SdkCall, body: &str, expected: &[&str]) {
    let intake = open(call, Document::parse(body).unwrap(), Some(RECEIVED_AT)).unwrap();
    assert_eq!(texts(&intake), expected, "{name}");
}

#[test]
fn one_message_has_the_type_of_its_endpoint() {
    let track = SdkCall::One("track");
    for (name, body, expected) in [
        ("a type of its own", r#"{ "type":"track" }"#, r#"{ "type":"track" }"#),
        ("another type", r#"{"type":"identify"}"#, r#"{"type":"identify"}"#),
        ("no type", r#"{"event":"E", "n":1.0}"#, r#"{"type":"track","event":"E","n":1.0}"#),
        ("type null", r#"{"type":null,"event":"E"}"#, r#"{"type":"track","event":"E"}"#),
        ("a write key", r#"{"event":"E","writeKey":"k"}"#, r#"{"type":"track","event":"E"}"#),
        ("a type and a write key", r#"{"type":"track","writeKey":"k","event":"E"}"#, r#"{"type":"track","event":"E"}"#),
        (
            "a write key further in is data",
            r#"{"type":"track","properties":{"writeKey":"k"}}"#,
            r#"{"type":"track","properties":{"writeKey":"k"}}"#,
        ),
    ] {
        check(name, track, body, &[expected]);
    }
}

/// What a batch of so many events takes once its context of so many bytes is merged in: the largest event and the entries
/// that were rejected.
fn merged(events: usize, context: &str) -> Result<(usize, usize), EventsError> {
    let body =
        format!(r#"{{"batch":[{{"type":"track"}}{}],"context":{context}}}"#, r#",{"type":"track"}"#.repeat(events - 1));
    let intake = open(SdkCall::Batch, Document::parse(body).unwrap(), None)?;
    let bytes = |index| intake.text(index).map_or(0, |text| text.len());
    let rejected = (0..intake.next_index()).filter(|index| intake.record(*index).is_some()).count();
    Ok(((0..intake.next_index()).map(bytes).max().unwrap_or(0), rejected))
}

#[test]
fn what_a_batch_says_of_all_events_is_copied_within_bounds_only() {
    let context = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes));
    assert_eq!(merged(4_000, &context(100_000)), Err(EventsError::LargeContext));
    assert_eq!(merged(4_000, &context(3_000)), Err(EventsError::TooLarge));
    assert_eq!(merged(4_000, &context(1_000)), Ok((1_035, 0)));
    assert_eq!(EventsError::TooLarge.status(), 413);
}

#[test]
fn a_batch_says_things_about_all_of_its_events() {
    for (name, body, expected) in [
        ("nothing", r#"{"batch":[{ "a":1 },{"b":2}],"sentAt":"x","writeKey":"k"}"#, vec![r#"{ "a":1 }"#, r#"{"b":2}"#]),
        ("no events", r#"{"batch":[]}"#, vec![]),
        ("a write key in an event", r#"{"batch":[{"writeKey":"k","a":1},{"b":2}]}"#, vec![r#"{"a":1}"#, r#"{"b":2}"#]),
        (
            "context where there is none",
            r#"{"batch":[{"a":1}],"context":{"ip":"192.0.2.1"}}"#,
            vec![r#"{"a":1,"context":{"ip":"192.0.2.1"}}"#],
        ),
        (
            "the event's own context wins, member by member",
            r#"{"batch":[{"context":{"device":{"type":"ios"},"locale":"de"}}],"context":{"device":{"type":"android","id":"x"},"ip":"1"}}"#,
            vec![r#"{"context":{"device":{"type":"ios"},"locale":"de","ip":"1"}}"#],
        ),
        (
            "a context of null",
            r#"{"batch":[{"context":null}],"context":{"ip":"1"}}"#,
            vec![r#"{"context":{"ip":"1"}}"#],
        ),
        ("a context that is no object", r#"{"batch":[{"context":7}],"context":{"ip":"1"}}"#, vec![r#"{"context":7}"#]),
        (
            "integrations",
            r#"{"batch":[{"integrations":{"A":true}},{}],"integrations":{"A":false,"B":false}}"#,
            vec![r#"{"integrations":{"A":true,"B":false}}"#, r#"{"integrations":{"A":false,"B":false}}"#],
        ),
        ("an empty outer context changes nothing", r#"{"batch":[{ "a":1 }],"context":{}}"#, vec![r#"{ "a":1 }"#]),
        (
            "a bad event next to a good one",
            r#"{"batch":[7,{"a":1}],"context":{"ip":"1"}}"#,
            vec!["an event is an object, this is a number", r#"{"a":1,"context":{"ip":"1"}}"#],
        ),
    ] {
        check(name, SdkCall::Batch, body, &expected);
    }
}

#[test]
fn a_message_over_32_kb_is_rejected_in_its_place() {
    let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    let (largest, larger) = (sized(MAX_MESSAGE_BYTES), sized(MAX_MESSAGE_BYTES + 1));
    let body = format!("{{\"batch\":[{larger},{largest}]}}");
    check("32 KB", SdkCall::Batch, &body, &["larger than 32 KB", &largest]);
    let with_key = format!("{{\"writeKey\":\"k\",{}", larger.get(1..).unwrap());
    let intake = open(SdkCall::One("track"), Document::parse(with_key).unwrap(), None).unwrap();
    assert!(intake.record(0).unwrap().starts_with(b"{\"type\":\"track\",\"a\":\"xx"), "without the write key");
}

#[test]
fn bodies_without_events_are_refused() {
    let many = format!("{{\"batch\":[{}{{}}]}}", "{},".repeat(10_000));
    let most = format!("{{\"batch\":[{}{{}}]}}", "{},".repeat(9_999));
    for (call, body, expected) in [
        (SdkCall::One("track"), "[]", EventsError::NotAnEvent(Kind::Array)),
        (SdkCall::One("track"), "null", EventsError::NotAnEvent(Kind::Null)),
        (SdkCall::Batch, "[]", EventsError::NoBatch),
        (SdkCall::Batch, r#"{"batch":{}}"#, EventsError::NoBatch),
        (SdkCall::Batch, many.as_str(), EventsError::TooMany(10_001)),
    ] {
        let error = open(call, Document::parse(body).unwrap(), None).err();
        assert_eq!(error, Some(expected));
        let expected_status = if matches!(expected, EventsError::TooMany(_)) { 413 } else { 400 };
        assert_eq!(expected.status(), expected_status, "{}", expected.code());
    }
    assert_eq!(open(SdkCall::Batch, Document::parse(most).unwrap(), None).unwrap().len(), 10_000);
}

#[test]
fn the_clock_of_the_sender_is_judged_by_when_it_says_it_sent() {
    for (name, sent_at, expected) in [
        ("an hour behind", "\"2025-11-20T08:30:00Z\"", 3_600_000),
        ("an hour ahead, as Python writes it", "\"2025-11-20T10:30:00.000000+00:00\"", -3_600_000),
        ("on its way for a moment", "\"2025-11-20T09:29:59.100Z\"", 0),
        ("not a time", "\"now\"", 0),
        ("not a text", "5", 0),
    ] {
        let body = format!("{{\"batch\":[{{\"timestamp\":\"2025-11-20T08:00:00Z\"}}],\"sentAt\":{sent_at}}}");
        let intake = open(SdkCall::Batch, Document::parse(body.as_str()).unwrap(), Some(RECEIVED_AT)).unwrap();
        assert_eq!(intake.clock_skew(0), expected, "{name}");
        assert_eq!(intake.envelope_time(0), Some(RECEIVED_AT));
        let unknown = open(SdkCall::Batch, Document::parse(body.as_str()).unwrap(), None).unwrap();
        assert_eq!(unknown.clock_skew(0), 0, "{name}");
    }
    let body = r#"{"timestamp":"2025-11-20T08:00:00Z","sentAt":"2025-11-20T08:30:00Z"}"#;
    let intake = open(SdkCall::One("track"), Document::parse(body).unwrap(), Some(RECEIVED_AT)).unwrap();
    assert!(intake.text(0).unwrap().contains("\"timestamp\":\"2025-11-20T09:00:00Z\""));
}

#[test]
fn webhooks_bring_one_event_several_or_a_batch() {
    for (name, body, expected) in [
        ("one", r#"{"a":1}"#, Ok(vec![r#"{"a":1}"#])),
        ("one with a write key", r#"{"a":1,"writeKey":"k"}"#, Ok(vec![r#"{"a":1}"#])),
        ("several", r#"[{ "a":1 },{"writeKey":"k"}]"#, Ok(vec![r#"{ "a":1 }"#, "{}"])),
        ("a batch", r#"{"batch":[{"a":1}],"context":{"b":2}}"#, Ok(vec![r#"{"a":1,"context":{"b":2}}"#])),
        ("an event with a batch in it", r#"{"type":"track","batch":[1]}"#, Ok(vec![r#"{"type":"track","batch":[1]}"#])),
        ("an event with a batch that is no array", r#"{"batch":"b-1"}"#, Ok(vec![r#"{"batch":"b-1"}"#])),
        ("a text", "\"a\"", Err(EventsError::NotEvents(Kind::String))),
    ] {
        let found = events::open(Document::parse(body).unwrap(), None).map(|intake| texts(&intake));
        assert_eq!(found, expected.map(|texts| texts.into_iter().map(str::to_owned).collect()), "{name}");
    }
}

#[test]
fn the_reply_asks_to_send_again_only_what_may_succeed() {
    let reply_to = |verdict: Verdict| reply(Ledger::close(1, vec![Entry::new(0, None, verdict)], vec![]).summary(), 30);
    let success = HttpReply::json(200, r#"{"success":true}"#.to_owned());
    for verdict in [Verdict::Delivered, Verdict::Accepted, Reason::NoMapping.into(), Reason::InvalidRecord.into()] {
        assert_eq!(reply_to(verdict), success);
    }
    let later = reply_to(Reason::OutOfTime.into());
    assert_eq!((later.status, later.headers), (503, vec![("retry-after", "30".to_owned())]));
    let body: serde_json::Value = serde_json::from_str(&later.body).unwrap();
    assert_eq!(body, json!({"success": false, "code": "RETRYABLE", "message": "1 of 1 events may succeed later"}));
}
