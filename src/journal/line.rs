//! One line of the journal.

use std::io::Write as _;

use crate::identity::{Direction, Hashed};
use crate::tiktok::{AdvertiserId, AudienceId};

/// What became of one identifier in one audience. The names of its members are the columns of the table in the template.
pub struct Line<'l> {
    /// When the invocation began, as RFC 3339.
    pub time: &'l str,
    /// The invocation.
    pub invocation: &'l str,
    /// Position of the event in it; both together are the event's id.
    pub event_index: u32,
    /// The id of the event's message, where it may be shown.
    pub message_id: Option<&'l str>,
    /// The mapping; a deletion request has none.
    pub mapping: Option<&'l str>,
    /// Add or remove.
    pub direction: Direction,
    /// The ad account.
    pub advertiser: &'l AdvertiserId,
    /// The audience.
    pub audience: &'l AudienceId,
    /// The identifier as TikTok got it.
    pub hashed: &'l Hashed,
    /// What became of it.
    pub outcome: &'static str,
    /// Why, where it was not delivered.
    pub reason: Option<&'static str>,
    /// TikTok's id of the call.
    pub request_id: Option<&'l str>,
}

/// Prints the position only: the line holds a hash of somebody's identifier.
impl std::fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("event_index", &self.event_index).finish_non_exhaustive()
    }
}

impl Line<'_> {
    /// Appends the line as JSON, with its end; members without a value are left out.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // Writing to a buffer can't fail.
        let _written =
            write!(out, "{{\"time\":\"{}\",\"event_id\":\"{}-{}\"", self.time, self.invocation, self.event_index);
        member(out, ",\"message_id\":", self.message_id);
        member(out, ",\"mapping\":", self.mapping);
        let action = match self.direction {
            Direction::Add => "add",
            Direction::Remove => "delete",
        };
        for (name, value) in [
            (",\"action\":\"", action),
            ("\",\"advertiser_id\":\"", self.advertiser.as_str()),
            ("\",\"audience_id\":\"", self.audience.as_str()),
            ("\",\"column\":\"", self.hashed.id_type().as_str()),
        ] {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(value.as_bytes());
        }
        out.extend_from_slice(b"\",\"hash\":\"");
        self.hashed.write_hex(out);
        out.extend_from_slice(b"\",\"outcome\":\"");
        out.extend_from_slice(self.outcome.as_bytes());
        out.push(b'"');
        member(out, ",\"reason\":", self.reason);
        member(out, ",\"request_id\":", self.request_id);
        out.extend_from_slice(b"}\n");
    }
}

/// Appends a member whose value may need escapes.
fn member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    out.extend_from_slice(name.as_bytes());
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\' || byte == b' ';
    if value.bytes().all(is_plain) {
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

    #[test]
    fn a_line_is_json_with_the_columns_of_the_table() {
        let hashed = prehashed(&"ab".repeat(32), IdType::EmailSha256).unwrap().unwrap();
        let (advertiser, audience) = (AdvertiserId::parse("7").unwrap(), AudienceId::parse("1").unwrap());
        let line = Line {
            time: "2026-11-25T19:00:00Z",
            invocation: "r-1",
            event_index: 3,
            message_id: Some("m-1"),
            mapping: Some("VIPs \"in\" \u{e9}"),
            direction: Direction::Remove,
            advertiser: &advertiser,
            audience: &audience,
            hashed: &hashed,
            outcome: "rejected",
            reason: Some("PARTIAL"),
            request_id: Some("2026r"),
        };
        let mut text = Vec::new();
        line.write(&mut text);
        assert_eq!(text.last(), Some(&b'\n'));
        let expected = serde_json::json!({"time": "2026-11-25T19:00:00Z", "event_id": "r-1-3", "message_id": "m-1",
            "mapping": "VIPs \"in\" \u{e9}", "action": "delete", "advertiser_id": "7", "audience_id": "1",
            "column": "EMAIL_SHA256", "hash": "ab".repeat(32), "outcome": "rejected", "reason": "PARTIAL",
            "request_id": "2026r"});
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&text).unwrap(), expected);
        let mut short = Vec::new();
        Line { message_id: None, mapping: None, reason: None, request_id: None, ..line }.write(&mut short);
        let short: serde_json::Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(short.as_object().unwrap().len(), 8);
    }
}
