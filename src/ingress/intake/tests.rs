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
        Some(Received::Rejected { explanation, .. }) => Some(explanation.reason),
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
fn what_was_rejected_is_kept_too_and_never_printed() {
    let mut intake = Intake::default();
    intake.add_rejected(Reason::InvalidRecord.into(), "jane@example.com".to_owned());
    assert_eq!((intake.text(0), intake.record(0)), (None, Some("jane@example.com".as_bytes())));
    assert_eq!(intake.event(0).err(), Some(Reason::InvalidRecord.into()));
    assert!(!format!("{intake:?}").contains("jane"));
    assert_eq!((intake.text(1), intake.clock_skew(1), intake.envelope_time(0)), (None, 0, None));
}

fn id<'d>(intake: &'d Intake<'_>, entry: u32) -> Option<Value<'d>> {
    Event::message_id_in(intake.value(entry)?)
}

/// Events of all kinds in one large document and in small ones, before and after it is forgotten what is in them.
#[test]
fn forgotten_members_change_neither_texts_nor_ids() {
    let event = |number: usize| match number % 5 {
        0 => format!(r#"{{"type":"track","messageId":"m-{number}","properties":{{"a":[1,{{}}]}}}}"#),
        1 => format!(r#"{{"messageId":{number},"type":5}}"#),
        2 => format!("[{number}]"),
        3 => format!(r#" {{ "type" : "identify" , "n" : {number} }}"#),
        _ => number.to_string(),
    };
    let large = format!("[{}]", (0..200).map(event).collect::<Vec<_>>().join(","));
    for skew in [0, 60_000] {
        let mut intake = Intake::default();
        let document = intake.add_document(Document::parse(large.clone()).unwrap());
        intake.add_events(document, 0, None);
        intake.add_rejected(Reason::InvalidRecord.into(), "no event");
        for number in 0..10 {
            let document = intake.add_document(Document::parse(event(number)).unwrap());
            intake.add_event(document, 0, Some(5));
        }
        intake.add_skewed_event(document, 1, None, skew);
        let entries = 0..u32::try_from(intake.len()).unwrap();
        let texts =
            |intake: &Intake<'_>| entries.clone().map(|entry| intake.text(entry).map(Cow::into_owned)).collect();
        let ids: Vec<_> = entries.clone().map(|entry| id(&intake, entry).map(|id| id.raw().to_owned())).collect();
        // Evaluation knows of some.
        let mut found: Vec<_> = entries.clone().map(|entry| id(&intake, entry).map(Value::position)).collect();
        found.iter_mut().step_by(3).for_each(|found| *found = None);
        let values = |intake: &Intake<'_>| [0, 1].map(|document| intake.document(document).unwrap().values());
        let before: Vec<Option<String>> = texts(&intake);
        let [large_before, small_before] = values(&intake);
        intake.forget_members(&mut found);
        let after: Vec<Option<String>> = texts(&intake);
        assert_eq!(before, after);
        for entry in entries.clone() {
            let known = found[entry as usize].map(|position| intake.value(entry).unwrap().at(position));
            let known = known.or_else(|| id(&intake, entry)).map(|id| id.raw().to_owned());
            assert_eq!(known, ids[entry as usize], "{entry}");
        }
        let [large_after, small_after] = values(&intake);
        assert_eq!(large_after < large_before / 2, skew == 0, "{large_after} of {large_before} values");
        assert_eq!(small_after, small_before, "a small index stays");
    }
}
