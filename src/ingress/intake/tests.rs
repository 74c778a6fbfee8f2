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

#[test]
fn what_was_rejected_is_kept_too_and_never_printed() {
    let mut intake = Intake::default();
    intake.add_rejected(Reason::InvalidRecord.into(), "jane@example.com".to_owned());
    assert_eq!((intake.text(0), intake.record(0)), (None, Some("jane@example.com".as_bytes())));
    assert_eq!(intake.event(0).err(), Some(Reason::InvalidRecord.into()));
    assert!(!format!("{intake:?}").contains("jane"));
    assert_eq!((intake.text(1), intake.clock_skew(1), intake.envelope_time(0)), (None, 0, None));
}
