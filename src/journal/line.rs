//! Lines of the journal, written so that what lines have in common is made into text once.

use std::io::Write as _;

use crate::identity::{Direction, Hashed};
use crate::json::is_plain;
use crate::tiktok::{AdvertiserId, AudienceId};

/// What the lines of one call share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<'l> {
    /// Add or remove.
    pub direction: Direction,
    /// The ad account.
    pub advertiser: AdvertiserId,
    /// What became of it.
    pub outcome: &'static str,
    /// Why, where it was not delivered.
    pub reason: Option<&'static str>,
    /// TikTok's id of the call.
    pub request_id: Option<&'l str>,
}

/// What became of one identifier in one audience. The names of its members are the columns of the table in the template.
pub struct Line<'l> {
    /// Position of the event in the invocation; both together are the event's id.
    pub event_index: u32,
    /// The id of the event's message, where it may be shown.
    pub message_id: Option<&'l str>,
    /// The mapping; a deletion request has none.
    pub mapping: Option<&'l str>,
    /// The audience.
    pub audience: AudienceId,
    /// The identifier as TikTok got it.
    pub hashed: &'l Hashed,
    /// The call.
    pub answered: Answered<'l>,
}

/// Prints the position only: the line holds a hash of somebody's identifier.
impl std::fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("event_index", &self.event_index).finish_non_exhaustive()
    }
}

/// Writes lines as JSON. Neighbours mostly differ by event, message and hash alone, so that the text between those is
/// kept from one line to the next.
#[derive(Debug)]
pub(super) struct Writer<'l> {
    /// Until the event's position.
    head: Vec<u8>,
    /// Of which mapping and audience `middle` is.
    of: Option<(Option<&'l str>, AudienceId)>,
    /// From the mapping to the column.
    middle: Vec<u8>,
    /// Of which call `middle` and `tail` are.
    answered: Option<Answered<'l>>,
    /// From behind the hash on.
    tail: Vec<u8>,
}

impl<'l> Writer<'l> {
    /// Of the invocation with this id, which began at this time.
    pub(super) fn new(time: &str, invocation: &str) -> Self {
        let mut head = Vec::new();
        member(&mut head, "{\"time\":", Some(time));
        member(&mut head, ",\"event_id\":", Some(invocation));
        // The position of the event goes behind the id of its invocation.
        head.pop();
        head.push(b'-');
        Self { head, of: None, middle: Vec::new(), answered: None, tail: Vec::new() }
    }

    /// Appends a line with its end; members without a value are left out.
    pub(super) fn write(&mut self, line: &Line<'l>, out: &mut Vec<u8>) {
        if self.answered != Some(line.answered) {
            self.answered = Some(line.answered);
            self.of = None;
            self.end(line.answered);
        }
        if self.of != Some((line.mapping, line.audience)) {
            self.of = Some((line.mapping, line.audience));
            self.between(line);
        }
        out.extend_from_slice(&self.head);
        // Writing to a buffer can't fail.
        let _written = write!(out, "{}\"", line.event_index);
        member(out, ",\"message_id\":", line.message_id);
        out.extend_from_slice(&self.middle);
        out.extend_from_slice(line.hashed.id_type().as_str().as_bytes());
        out.extend_from_slice(b"\",\"hash\":\"");
        line.hashed.write_hex(out);
        out.extend_from_slice(&self.tail);
    }

    fn between(&mut self, line: &Line<'_>) {
        let action = match line.answered.direction {
            Direction::Add => "add",
            Direction::Remove => "delete",
        };
        self.middle.clear();
        member(&mut self.middle, ",\"mapping\":", line.mapping);
        for (name, value) in [
            (",\"action\":\"", action),
            ("\",\"advertiser_id\":\"", &line.answered.advertiser.text()),
            ("\",\"audience_id\":\"", &line.audience.text()),
            ("\",\"column\":\"", ""),
        ] {
            self.middle.extend_from_slice(name.as_bytes());
            self.middle.extend_from_slice(value.as_bytes());
        }
    }

    fn end(&mut self, answered: Answered<'_>) {
        self.tail.clear();
        self.tail.push(b'"');
        member(&mut self.tail, ",\"outcome\":", Some(answered.outcome));
        member(&mut self.tail, ",\"reason\":", answered.reason);
        member(&mut self.tail, ",\"request_id\":", answered.request_id);
        self.tail.extend_from_slice(b"}\n");
    }
}

/// Appends a member whose value may need escapes.
fn member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    out.extend_from_slice(name.as_bytes());
    if is_plain(value) {
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(value).to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{IdType, prehashed};

    fn hashed(id_type: IdType) -> Hashed {
        prehashed(&"ab".repeat(32), id_type).unwrap().unwrap()
    }

    fn answered() -> Answered<'static> {
        Answered {
            direction: Direction::Remove,
            advertiser: AdvertiserId::parse("7").unwrap(),
            outcome: "rejected",
            reason: Some("PARTIAL"),
            request_id: Some("2026r"),
        }
    }

    fn written(lines: &[Line<'_>]) -> Vec<serde_json::Value> {
        let mut writer = Writer::new("2026-11-25T19:00:00Z", "r-1");
        let mut text = Vec::new();
        for line in lines {
            writer.write(line, &mut text);
        }
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_json_with_the_columns_of_the_table() {
        let hashed = hashed(IdType::EmailSha256);
        let audience = AudienceId::parse("1").unwrap();
        let mapping = Some("VIPs \"in\" \u{e9}");
        let answered = answered();
        let line = Line { event_index: 3, message_id: Some("m-1"), mapping, audience, hashed: &hashed, answered };
        let expected = serde_json::json!({"time": "2026-11-25T19:00:00Z", "event_id": "r-1-3", "message_id": "m-1",
            "mapping": "VIPs \"in\" \u{e9}", "action": "delete", "advertiser_id": "7", "audience_id": "1",
            "column": "EMAIL_SHA256", "hash": "ab".repeat(32), "outcome": "rejected", "reason": "PARTIAL",
            "request_id": "2026r"});
        let answered = Answered { reason: None, request_id: None, ..answered };
        let short = Line { message_id: None, mapping: None, answered, ..line };
        let lines = written(&[line, short]);
        assert_eq!(lines[0], expected);
        assert_eq!(lines[1].as_object().unwrap().len(), 8);
    }

    /// What is kept from one line to the next must not outlive what it is the text of.
    #[test]
    fn a_line_has_nothing_of_the_line_before_it() {
        let (email, phone) = (hashed(IdType::EmailSha256), hashed(IdType::PhoneSha256));
        let (first, second) = (AudienceId::parse("1").unwrap(), AudienceId::parse("2").unwrap());
        let rejected = answered();
        let delivered = Answered { direction: Direction::Add, outcome: "delivered", reason: None, ..rejected };
        let other = Answered { request_id: Some("2026s"), ..delivered };
        let elsewhere = Answered { advertiser: AdvertiserId::parse("8").unwrap(), ..other };
        let cases = [
            (Some("a"), first, &email, rejected),
            (Some("a"), first, &phone, rejected),
            (Some("b"), first, &phone, rejected),
            (None, first, &email, rejected),
            (None, second, &email, rejected),
            (None, second, &email, delivered),
            (None, second, &email, other),
            (None, second, &email, elsewhere),
            (Some("a"), first, &email, rejected),
        ];
        let line = |(event_index, (mapping, audience, hashed, answered)): (u32, _)| Line {
            event_index,
            message_id: None,
            mapping,
            audience,
            hashed,
            answered,
        };
        let lines: Vec<_> = (0_u32..).zip(cases).map(line).collect();
        let alone: Vec<_> = lines.iter().flat_map(|line| written(std::slice::from_ref(line))).collect();
        assert_eq!(written(&lines), alone);
    }
}
