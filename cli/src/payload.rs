//! What the function is invoked with for the text of a file: an envelope as it is. What no caller but an HTTP client
//! sends, `{"batch": […]}` and an event per line, arrives as it does there, by `POST /events`.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::arrival;
use crate::input::not_json;
use crate::world::WRITE_KEY;

/// A text that is JSON, or JSON on each line, as an invocation.
#[derive(Debug)]
pub(crate) struct Payload<'t> {
    /// The text that was read.
    pub(crate) read: &'t str,
    /// What the function is invoked with.
    pub(crate) text: Cow<'t, str>,
    /// The same, parsed.
    pub(crate) envelope: Value,
}

impl<'t> Payload<'t> {
    /// Reads a text.
    ///
    /// # Errors
    /// A sentence that says why it is not JSON, and where.
    pub(crate) fn read(text: &'t str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(body) if arrival::is_batch(&body) => Ok(Self::by_http(text, "application/json")),
            Ok(envelope) => Ok(Self { read: text, text: Cow::Borrowed(text), envelope }),
            Err(_) if has_lines(text) => match first_broken(text) {
                Some(why) => Err(why),
                None => Ok(Self::by_http(text, "application/x-ndjson")),
            },
            Err(error) => Err(not_json(text).unwrap_or_else(|| error.to_string())),
        }
    }

    /// The events, in order; nothing in the place of one that cannot be read.
    pub(crate) fn events(&self) -> Vec<Option<Value>> {
        arrival::events(&self.envelope)
    }

    /// Why the function takes no events out of it, if it refuses the whole.
    pub(crate) fn refusal(&self) -> Option<String> {
        arrival::read(&self.envelope).err()
    }

    /// The body of a request with the key of the sandbox.
    fn by_http(body: &'t str, content_type: &str) -> Self {
        let envelope = json!({
            "version": "2.0",
            "rawPath": "/events",
            "headers": {"authorization": format!("Bearer {WRITE_KEY}"), "content-type": content_type},
            "requestContext": {"http": {"method": "POST", "path": "/events"}},
            "body": body,
            "isBase64Encoded": false,
        });
        Self { read: body, text: Cow::Owned(envelope.to_string()), envelope }
    }
}

/// The lines that hold something, each with its number.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

/// Whether each line is meant to be an event by itself: the first of several is an object.
fn has_lines(text: &str) -> bool {
    let mut lines = lines(text);
    let first = lines.next().and_then(|(_, line)| serde_json::from_str::<Value>(line).ok());
    first.is_some_and(|first| first.is_object()) && lines.next().is_some()
}

/// The first line that is no object, and what it is instead.
fn first_broken(text: &str) -> Option<String> {
    lines(text).find_map(|(number, line)| match serde_json::from_str::<Value>(line) {
        Ok(event) if event.is_object() => None,
        Ok(_) => Some(format!("line {number}: each line is JSON by itself, and this one is no event, an object")),
        Err(error) => {
            // The line stands alone: what is said of it is of its first line.
            let why = not_json(line).unwrap_or_else(|| error.to_string());
            Some(why.replacen("line 1,", &format!("line {number},"), 1))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"type":"track","event":"Audience Entered"}"#;

    #[test]
    fn every_shape_of_events_is_read() {
        let described = |text: &str| {
            let payload = Payload::read(text).unwrap();
            (arrival::described(&payload.envelope), payload.events().len())
        };
        for (text, expected, events) in [
            (ONE.to_owned(), "direct invocation", 1),
            (format!("[{ONE},{ONE}]"), "direct invocation, an array", 2),
            (format!(r#"{{"events":[{ONE}]}}"#), "direct invocation, {\"events\":[…]}", 1),
            (format!(r#"{{"batch":[{ONE},{ONE}]}}"#), "POST /events by HTTP API, body 99 bytes", 2),
            (format!("{ONE}\n\n{ONE}\n"), "POST /events by HTTP API, body 89 bytes", 2),
            (format!("{ONE}\r\n{ONE}"), "POST /events by HTTP API, body 88 bytes", 2),
            // An event may have a member of any name, and an operation one of its own.
            (r#"{"type":"track","batch":[1]}"#.to_owned(), "direct invocation", 1),
            (r#"{"operation":"check","batch":[1]}"#.to_owned(), "operation \"check\"", 0),
        ] {
            assert_eq!(described(&text), (expected.to_owned(), events), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, expected) in [
            ("", "the file is empty"),
            ("{\n  \"type\": track}", "line 2, column 11: expected a value"),
            ("{}\n\n {\"a\": b}\n", "line 3, column 8: expected a value"),
            ("{}\n5\n", "line 2: each line is JSON by itself, and this one is no event, an object"),
            ("5\n{}", "line 2, column 1: expected the end of the text"),
        ] {
            assert_eq!(Payload::read(text).unwrap_err(), expected, "{text}");
        }
    }
}
