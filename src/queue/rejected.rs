//! What goes to the dead-letter queue: the original as it arrived, and why as attributes.

use std::borrow::Cow;
use std::fmt;

use super::message::{Attribute, Body, DataType, MAX_BYTES, Message};
use super::{BASE64, ENCODING, pack, text};
use crate::outcome::{Actor, Reason};

/// Where the names of the reasons are, with commas between them.
const REASON: &str = "reason";
/// Where it says who can act.
const ACTOR: &str = "actor";
/// Where the names of the mappings are, with commas between them.
const MAPPINGS: &str = "mappings";
/// Where the sentence of the report is.
const MESSAGE: &str = "message";
/// Longest value of an attribute that is for people to read; the end is cut off.
const VALUE_BYTES: usize = 1_024;
/// SQS takes no empty body; an empty record becomes an empty JSON string.
const EMPTY: &str = "\"\"";

/// The event or record as it arrived.
#[derive(Clone, Copy)]
pub enum Original<'e> {
    /// The JSON text of an event.
    Event(&'e str),
    /// A record that could not be opened.
    Record(&'e [u8]),
}

impl Original<'_> {
    /// Its size.
    pub const fn bytes(&self) -> usize {
        match self {
            Self::Event(text) => text.len(),
            Self::Record(bytes) => bytes.len(),
        }
    }
}

/// Prints the kind only: the text holds personal data.
impl fmt::Debug for Original<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event(_) => "Event(..)",
            Self::Record(_) => "Record(..)",
        })
    }
}

/// An event or record that will never be delivered as it is.
#[derive(Clone)]
pub struct RejectedEvent<'e> {
    /// As it arrived.
    pub original: Original<'e>,
    /// When it arrived, in milliseconds since 1970.
    pub received_at: i64,
    /// Why; each reason is named once.
    pub reasons: Vec<Reason>,
    /// Who can act on it: of several, the one whose action reaches most events.
    pub actor: Actor,
    /// The names of the mappings that failed.
    pub mappings: Vec<&'e str>,
    /// The sentence of the report; like all reports it holds nothing about a person.
    pub message: Cow<'e, str>,
}

impl<'e> RejectedEvent<'e> {
    /// A letter with another text, where the original is larger than a message can be.
    #[must_use]
    pub fn instead(&self, text: &'e str) -> Self {
        let mut reasons = self.reasons.clone();
        if !reasons.contains(&Reason::TooLarge) {
            reasons.push(Reason::TooLarge);
        }
        Self { original: Original::Event(text), reasons, ..self.clone() }
    }
}

/// Prints the reasons only: the original holds personal data.
impl fmt::Debug for RejectedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RejectedEvent").field("reasons", &self.reasons).finish_non_exhaustive()
    }
}

/// The message of one rejected event; `None` if its original is larger than a message can be.
///
/// The attributes that no longer fit beside a large original are left out, the least telling first.
pub(super) fn message<'e>(rejected: &RejectedEvent<'e>, position: usize) -> Option<Message<'e>> {
    let (body, encoding) = match rejected.original {
        Original::Event(json) => (Body::Event(json), None),
        Original::Record([]) => (Body::Text(EMPTY), None),
        Original::Record(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text::is_body(text) => (Body::Text(text), None),
            Ok(_) | Err(_) => (Body::Base64(bytes), Some(string(ENCODING, BASE64))),
        },
    };
    let mut room = MAX_BYTES.checked_sub(body.bytes())?;
    let mut attributes = Vec::with_capacity(6);
    for attribute in encoding.into_iter().chain(explanation(rejected)) {
        match room.checked_sub(attribute.bytes()) {
            Some(left) => room = left,
            // Without this one the body could not be read.
            None if attribute.name == ENCODING => return None,
            None => continue,
        }
        attributes.push(attribute);
    }
    Message::new(body, attributes, position..position + 1)
}

/// The attributes that say why, the most telling first. SQS takes none that is empty.
fn explanation(rejected: &RejectedEvent<'_>) -> impl Iterator<Item = Attribute> {
    let mut codes = Vec::with_capacity(rejected.reasons.len());
    for code in rejected.reasons.iter().map(|reason| reason.code()) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let attributes = [
        string(REASON, &codes.join(",")),
        string(ACTOR, rejected.actor.as_str()),
        pack::received_at(rejected.received_at),
        string(MAPPINGS, &rejected.mappings.join(", ")),
        string(MESSAGE, &rejected.message),
    ];
    attributes.into_iter().filter(|attribute| !attribute.value.is_empty())
}

fn string(name: &'static str, value: &str) -> Attribute {
    Attribute { name, data_type: DataType::String, value: text::attribute_value(value, VALUE_BYTES) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(original: Original<'_>) -> RejectedEvent<'_> {
        RejectedEvent {
            original,
            received_at: 1_790_000_000_123,
            reasons: vec![Reason::NoAdvertiser, Reason::NoAudience, Reason::NoAdvertiser],
            actor: Actor::Operator,
            mappings: vec!["VIPs in", "VIPs\u{0}out"],
            message: "no advertiser".into(),
        }
    }

    fn names(message: &Message<'_>) -> Vec<&'static str> {
        message.attributes().iter().map(|attribute| attribute.name).collect()
    }

    #[track_caller]
    fn check_body(original: Original<'_>, body: &str, encoded: bool) {
        let message = message(&rejected(original), 7).unwrap();
        assert_eq!(message.body(), body);
        assert_eq!(names(&message).contains(&ENCODING), encoded, "{body}");
        assert_eq!(message.events(), 7..8);
        let attributes: usize = message.attributes().iter().map(Attribute::bytes).sum();
        assert_eq!(message.bytes(), message.body().len() + attributes);
    }

    #[test]
    fn the_original_is_kept_as_it_arrived() {
        check_body(Original::Event(r#"{ "a":1 }"#), r#"{ "a":1 }"#, false);
        check_body(Original::Event("\"\u{ffff}\""), r#""\uffff""#, false);
        check_body(Original::Record(b"{not json"), "{not json", false);
        check_body(Original::Record("é\u{85}".as_bytes()), "é\u{85}", false);
        check_body(Original::Record(b""), "\"\"", false);
        check_body(Original::Record(b"a\0b"), "YQBi", true);
        check_body(Original::Record(&[0xff]), "/w==", true);
        check_body(Original::Record("\u{fffe}".as_bytes()), "77++", true);
    }

    #[test]
    fn the_attributes_say_why() {
        let message = message(&rejected(Original::Event("{}")), 0).unwrap();
        let said: Vec<_> =
            message.attributes().iter().map(|attribute| (attribute.name, attribute.value.as_str())).collect();
        let expected = [
            ("reason", "NO_ADVERTISER,NO_AUDIENCE"),
            ("actor", "operator"),
            ("received_at", "1790000000123"),
            ("mappings", "VIPs in, VIPs\u{fffd}out"),
            ("message", "no advertiser"),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_empty_is_no_attribute() {
        let original = Original::Event("{}");
        let bare = RejectedEvent { message: "".into(), mappings: Vec::new(), ..rejected(original) };
        assert_eq!(names(&message(&bare, 0).unwrap()), ["reason", "actor", "received_at"]);
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let long = RejectedEvent { message: "é".repeat(1_000).into(), ..rejected(Original::Event("{}")) };
        let message = message(&long, 0).unwrap();
        let value = &message.attributes().last().unwrap().value;
        assert!(value.ends_with("é…") && value.len() <= VALUE_BYTES);
    }

    /// An event whose JSON text has this many bytes.
    fn event_of(bytes: usize) -> String {
        format!("\"{}\"", "x".repeat(bytes - 2))
    }

    #[track_caller]
    fn check_room(bytes: usize, expected: Option<&[&str]>) {
        let event = event_of(bytes);
        let message = message(&rejected(Original::Event(&event)), 0);
        assert_eq!(message.as_ref().map(names).as_deref(), expected, "{bytes}");
        assert!(message.is_none_or(|message| message.bytes() <= MAX_BYTES));
    }

    #[test]
    fn a_large_original_goes_before_its_attributes() {
        let all = ["reason", "actor", "received_at", "mappings", "message"];
        // reason: 6 + 6 + 25, actor: 5 + 6 + 8, received_at: 11 + 6 + 13, mappings: 8 + 6 + 19, message: 7 + 6 + 13
        check_room(MAX_BYTES - 145, Some(&all));
        check_room(MAX_BYTES - 144, Some(&["reason", "actor", "received_at", "mappings"]));
        check_room(MAX_BYTES - 56, Some(&["reason", "actor"]));
        check_room(MAX_BYTES - 55, Some(&["reason"]));
        check_room(MAX_BYTES - 36, Some(&["actor"]));
        check_room(MAX_BYTES, Some(&[]));
        check_room(MAX_BYTES + 1, None);
    }

    #[test]
    fn a_body_in_base64_says_so_or_is_too_large() {
        let encoding = string(ENCODING, BASE64).bytes();
        for (bytes, fits) in [((MAX_BYTES - encoding) / 4 * 3, true), (MAX_BYTES / 4 * 3, false)] {
            let zeros = vec![0; bytes];
            let message = message(&rejected(Original::Record(&zeros)), 0);
            assert_eq!(message.is_some_and(|message| names(&message).contains(&ENCODING)), fits, "{bytes}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let rejected = rejected(Original::Event(r#"{"email":"jane@example.com"}"#));
        let shown = format!("{rejected:?} {:?}", message(&rejected, 0));
        assert!(shown.contains("NoAdvertiser") && !shown.contains("jane"), "{shown}");
    }
}
