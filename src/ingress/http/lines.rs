//! Newline-delimited JSON in the body of `POST /events`: an event on each line, blank lines aside.
//!
//! A line that is no event is rejected in its place, with its number in the message, and never sinks its neighbours.

use super::MAX_EVENTS;
use super::events::EventsError;
use crate::ingress::Intake;
use crate::ingress::merge::Common;
use crate::json::{Document, Kind};
use crate::outcome::{Explanation, Reason};

/// The content types of such a body, which has no registered one.
pub(super) const CONTENT_TYPES: [&str; 4] =
    ["application/x-ndjson", "application/ndjson", "application/jsonlines", "application/x-jsonlines"];

/// Opens a body of lines. `received_at` is when AWS received the request, in milliseconds since 1970.
///
/// # Errors
/// None of the lines is an event, or there are too many of them.
pub fn open(body: &str, received_at: Option<i64>) -> Result<Intake<'_>, EventsError> {
    let lines = || (1..).zip(body.lines()).filter(|(_, line)| !line.trim().is_empty());
    let count = lines().count();
    if count > MAX_EVENTS {
        return Err(EventsError::TooMany(count));
    }
    let mut intake = Intake::default();
    let mut has_event = false;
    for (number, line) in lines() {
        has_event |= add(&mut intake, number, line, received_at);
    }
    if has_event { Ok(intake) } else { Err(EventsError::NoEventLine(count)) }
}

/// Takes in a line, and says whether it is an event.
fn add<'b>(intake: &mut Intake<'b>, number: usize, line: &'b str, received_at: Option<i64>) -> bool {
    let rejected = |what: String| Explanation::new(Reason::InvalidRecord, format!("line {number} is {what}"));
    let document = match Document::parse(line) {
        Ok(document) => document,
        Err(error) => {
            intake.add_rejected(rejected(error.to_string()), line, received_at);
            return false;
        }
    };
    if document.root().kind() != Kind::Object {
        let what = format!("{}, not an event", document.root().kind().described());
        intake.add_rejected(rejected(what), line, received_at);
        return false;
    }
    let document = match Common::default().applied_to(document.root()).map(Document::parse) {
        Some(Ok(respelt)) => respelt,
        Some(Err(_)) | None => document,
    };
    let document = intake.add_document(document);
    intake.add_event(document, 0, received_at);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, body: &str, expected: &[&str]) {
        let intake = open(body, Some(7)).unwrap();
        let entry = |index| match intake.event(index) {
            Ok(_) => intake.text(index).unwrap().into_owned(),
            Err(explanation) => explanation.message().to_owned(),
        };
        let entries: Vec<_> = (0..intake.next_index()).map(entry).collect();
        assert_eq!(entries, expected, "{name}");
    }

    #[test]
    fn each_line_is_an_event() {
        check("two", "{\"event\":\"1\"}\n{\"event\":\"2\"}\n", &["{\"event\":\"1\"}", "{\"event\":\"2\"}"]);
        check("one, without an end", "{\"event\":\"1\"}", &["{\"event\":\"1\"}"]);
        check(
            "blank lines and carriage returns",
            "\n{\"event\":\"1\"}\r\n  \n{\"event\":\"2\"}\r\n",
            &["{\"event\":\"1\"}", "{\"event\":\"2\"}"],
        );
        check("with a write key", "{\"writeKey\":\"k\",\"event\":\"1\"}", &["{\"event\":\"1\"}"]);
    }

    #[test]
    fn a_bad_line_is_rejected_with_its_number_and_its_neighbours_are_not() {
        let body = "{\"event\":\"1\"}\n\n{\"a\":jane}\n[{\"event\":\"2\"}]\n{\"event\":\"3\"}";
        let intake = open(body, None).unwrap();
        let messages: Vec<_> =
            (0..4).map(|index| intake.event(index).err().map(|error| error.message().to_owned())).collect();
        assert!(messages[1].as_deref().unwrap().starts_with("line 3 is not JSON"), "{messages:?}");
        assert_eq!(messages[2].as_deref(), Some("line 4 is an array, not an event"));
        assert_eq!((&messages[0], &messages[3]), (&None, &None));
        assert_eq!(intake.record(1), Some(&b"{\"a\":jane}"[..]));
    }

    #[test]
    fn a_body_without_events_or_with_too_many_is_refused() {
        for (name, body, expected) in [
            ("an array over several lines", "[\n{\"event\":\"1\"},\n]".to_owned(), EventsError::NoEventLine(3)),
            ("blank lines", "\n\n".to_owned(), EventsError::NoEventLine(0)),
            ("10,001 lines", "{}\n".repeat(10_001), EventsError::TooMany(10_001)),
        ] {
            assert_eq!(open(&body, None).err(), Some(expected), "{name}");
        }
        assert_eq!(open(&"{}\n".repeat(10_000), None).unwrap().len(), 10_000);
    }
}
