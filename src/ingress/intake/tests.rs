use super::super::direct::Direct;
use super::super::error::IngressError;
use super::super::open::{self, ArrayError};
use super::*;

#[track_caller]
fn text_of(event: &str, clock_skew: i64) -> String {
    let mut intake = Intake::default();
    let document = intake.add_document(Document::parse(event.to_owned()).unwrap());
    intake.add_skewed_event(document, 0, None, clock_skew);
    intake.text(0).unwrap().into_owned()
}

#[test]
fn an_event_is_kept_byte_for_byte() {
    let event = r#"{"timestamp" : "2025-11-20T09:00:00Z", "n":1.50}"#;
    assert_eq!(text_of(event, 0), event);
    assert_eq!(text_of("[1, 2]", 60_000), "[1, 2]");
}

#[test]
fn the_times_of_a_wrong_clock_are_corrected_before_they_are_queued() {
    for (event, expected) in [
        (
            r#"{"timestamp":"2025-11-20T09:00:00Z","originalTimestamp":"2025-11-20T10:00:00.250+01:00","n":1.50}"#,
            r#"{"timestamp":"2025-11-20T09:01:00Z","originalTimestamp":"2025-11-20T09:01:00.25Z","n":1.50}"#,
        ),
        (
            r#"{"timestamp":"yesterday","receivedAt":"2025-11-20T09:00:00Z"}"#,
            r#"{"timestamp":"yesterday","receivedAt":"2025-11-20T09:00:00Z"}"#,
        ),
        (r#"{"timestamp":"2025-11-20 09:00:00"}"#, r#"{"timestamp":"2025-11-20T09:01:00Z"}"#),
        (r#"{"timestamp":1763629200}"#, r#"{"timestamp":"2025-11-20T09:01:00Z"}"#),
        (r#"{"timestamp":null}"#, r#"{"timestamp":null}"#),
    ] {
        assert_eq!(text_of(event, 60_000), expected);
    }
}

/// How many entries a message takes that is an array of so many trivial events, and the reason of the first.
fn entries_of(events: usize, most: usize) -> (usize, Option<Reason>) {
    let mut intake = Intake::default();
    let document = intake.add_document(Document::parse(format!("[1{}]", ",1".repeat(events - 1))).unwrap());
    intake.begin_message();
    intake.add_at_most(most, document, 0, None);
    let reason = match intake.event_indexes().first() {
        Some(Received::Rejected(record)) => Some(record.explanation.reason),
        Some(Received::Event { .. }) | None => None,
    };
    (intake.len(), reason)
}

#[test]
fn a_message_of_too_many_events_is_one_entry() {
    assert_eq!(entries_of(MAX_MESSAGE_EVENTS, MAX_MESSAGE_EVENTS), (MAX_MESSAGE_EVENTS, None));
    assert_eq!(entries_of(MAX_MESSAGE_EVENTS + 1, MAX_MESSAGE_EVENTS), (1, Some(Reason::TooManyEvents)));
    assert_eq!(entries_of(MAX_INVOCATION_EVENTS + 1, MAX_INVOCATION_EVENTS), (1, Some(Reason::TooManyEvents)));
}

#[test]
fn what_an_invocation_has_no_room_for_is_sent_again() {
    let mut intake = Intake::default();
    let text = format!("[1{}]", ",1".repeat(MAX_MESSAGE_EVENTS - 1));
    for _ in 0..=MAX_INVOCATION_EVENTS / MAX_MESSAGE_EVENTS {
        let document = intake.add_document(Document::parse(text.clone()).unwrap());
        intake.begin_message();
        intake.add_events(document, 0, None);
    }
    assert_eq!(intake.len(), MAX_INVOCATION_EVENTS + 1);
    let last = intake.event(u32::try_from(MAX_INVOCATION_EVENTS).unwrap()).err();
    assert_eq!(last.map(|explanation| explanation.reason), Some(Reason::OutOfTime));
}

#[test]
fn an_object_of_something_else_is_no_event() {
    for (text, message) in [
        (r#"{"a":1}"#, "the object has none of an event's members"),
        ("{}", "the object has none of an event's members"),
        (r#"{"writeKey":"k"}"#, "the object has none of an event's members"),
        (r#"{"events":[{"type":"track"}]}"#, "the object holds several events: send them as an array"),
        (r#"{"batch":[]}"#, "the object holds several events: send them as an array"),
        (r#"{"batch":"b-1"}"#, "the object has none of an event's members"),
        (r#"{"awslogs":{"data":""}}"#, "this is a subscription of CloudWatch Logs"),
    ] {
        let mut intake = Intake::default();
        let document = intake.add_document(Document::parse(text).unwrap());
        intake.add_event(document, 0, None);
        let explanation = intake.event(0).err().unwrap();
        assert_eq!(explanation.reason, Reason::InvalidRecord);
        assert!(explanation.message().starts_with(message), "{}", explanation.message());
    }
}

#[test]
fn a_deletion_request_that_says_nothing_else_is_an_event() {
    let mut intake = Intake::default();
    let document = intake.add_document(Document::parse(r#"{"regulationType":"suppress","users":[]}"#).unwrap());
    intake.add_event(document, 0, None);
    assert!(intake.event(0).is_ok());
}

#[test]
fn what_was_rejected_is_kept_too_and_never_printed() {
    let mut intake = Intake::default();
    intake.add_rejected(Reason::InvalidRecord.into(), "jane@example.com".to_owned(), None);
    assert_eq!((intake.text(0), intake.record(0)), (None, Some("jane@example.com".as_bytes())));
    assert_eq!(intake.event(0).err(), Some(Reason::InvalidRecord.into()));
    assert!(!format!("{intake:?}").contains("jane"));
    assert_eq!((intake.text(1), intake.clock_skew(1), intake.envelope_time(0)), (None, 0, None));
}

/// Finds the ids of messages in every third entry only, as a reader does that takes little interest.
#[derive(Default)]
struct Reader {
    expected: usize,
    seen: Vec<String>,
}

impl Receive for Reader {
    fn expect(&mut self, events: usize) {
        self.expected = events;
    }

    fn receive(&mut self, intake: &Intake<'_>, event_index: u32) -> Option<u32> {
        self.seen.push(intake.value(event_index).map(|value| format!("{}", value.to_owned_json())).unwrap_or_default());
        let found = || Event::message_id_in(intake.value(event_index)?).map(Value::position);
        if event_index.is_multiple_of(3) { found() } else { None }
    }
}

fn event(number: usize) -> String {
    match number % 5 {
        0 => format!(r#"{{"type":"track","messageId":"m-{number}","properties":{{"a":[1,{{}}]}}}}"#),
        1 => format!(r#"{{"messageId":{number},"type":5}}"#),
        2 => format!("[{number}]"),
        3 => format!(r#" {{ "type" : "identify" , "n" : {number} }}"#),
        _ => number.to_string(),
    }
}

/// What is known of each entry: its text and the id of its message.
fn known(intake: &Intake<'_>) -> Vec<(Option<String>, Option<String>)> {
    let of = |entry| (intake.text(entry).map(Cow::into_owned), intake.message_id(entry).map(Cow::into_owned));
    (0..intake.next_index()).map(of).collect()
}

/// Events of all kinds in one large document and, between them, in small ones.
#[test]
fn events_that_were_handed_over_keep_their_texts_and_ids() {
    let large = format!("[{}]", (0..200).map(event).collect::<Vec<_>>().join(","));
    for (skew, interleaved) in [(0, false), (0, true), (60_000, false), (60_000, true)] {
        let mut intake = Intake::default();
        let body = intake.add_document(Document::parse(large.clone()).unwrap());
        let items: Vec<u32> = intake.document(body).unwrap().root().items().map(Value::position).collect();
        intake.add_rejected(Reason::InvalidRecord.into(), "no event", None);
        for (number, item) in items.into_iter().enumerate() {
            intake.add_skewed_event(body, item, None, if number == 7 { skew } else { 0 });
            if interleaved && number.is_multiple_of(10) {
                let document = intake.add_document(Document::parse(event(number / 10)).unwrap());
                intake.add_event(document, 0, Some(5));
            }
        }
        let before = known(&intake);
        assert_eq!(before.iter().filter(|(_, id)| id.is_some()).count(), if interleaved { 88 } else { 80 });
        let large_before = intake.document(body).unwrap().values();
        let mut reader = Reader::default();
        intake.hand_over(&mut reader);
        assert_eq!(reader.seen.len(), intake.len());
        assert_eq!(known(&intake), before);
        let large_after = intake.document(body).unwrap().values();
        assert_eq!(large_after < large_before, skew == 0, "{large_after} of {large_before} values");
        intake.hand_over(&mut reader);
        assert_eq!(reader.seen.len(), intake.len(), "an entry is handed over once");
    }
}

#[test]
fn an_array_read_item_by_item_is_what_it_is_as_a_whole() {
    let text = format!(" [ {} ]\n", (0..50).map(event).collect::<Vec<_>>().join(" ,\n"));
    let mut reader = Reader::default();
    let items = open::array(&text, &mut reader).unwrap().unwrap().intake;
    let whole = open::direct(Direct::Array, Document::parse(text.as_str()).unwrap()).intake;
    assert_eq!(known(&items), known(&whole));
    let root = Document::parse(text.as_str()).unwrap().root().to_owned_json();
    let seen: Vec<String> = root.as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(reader.seen, seen);
    assert!(reader.expected > 0);
    assert!(items.document(0).unwrap().values() < 50 * 4 + 1);
}

#[test]
fn an_array_of_too_many_or_of_none_and_what_is_no_array_is_opened_as_a_whole() {
    let of = |events: usize| format!("[1{}]", ",1".repeat(events - 1));
    let mut reader = Reader::default();
    let is_read = |text: &str, reader: &mut Reader| open::array(text, reader).unwrap().is_some();
    assert!(is_read(&of(MAX_INVOCATION_EVENTS), &mut reader));
    for text in [of(MAX_INVOCATION_EVENTS + 1).as_str(), "[]", " [ ] ", "{}", "1", "", "x"] {
        assert!(!is_read(text, &mut reader), "{}", text.len());
    }
}

#[test]
fn an_array_that_is_broken_or_of_records_is_refused() {
    let refused = |text: &str| open::array(text, &mut Reader::default()).err().unwrap();
    for text in ["[1,", "[1 2]", "[1}", "[{\"a\":1]", "[1,]", "[1]x", "[,1]", "[\"a", "["] {
        let error = Document::parse(text).unwrap_err();
        assert_eq!(refused(text), ArrayError::Json(error), "{text}");
    }
    let records = r#"[{"eventSource":"aws:sqs","body":"{}"}]"#;
    assert_eq!(refused(records), ArrayError::Ingress(IngressError::BareRecord));
}
