//! The write key of a source, which events and batches carry along: over HTTP it is looked at, and whatever the source it
//! goes no further, neither into mappings nor into queues.

use std::borrow::Cow;

use crate::json::{Document, Kind, ObjectText, Value};

/// The member, wherever it stands at the top of a body or of an event.
pub(super) const WRITE_KEY: &str = "writeKey";

/// The members of a body that hold events.
const EVENTS: [&str; 2] = ["batch", "events"];

/// The text of an event without its key; `None` where it has none, which costs a look at the lengths of its names.
pub(super) fn without_own(event: Value<'_>) -> Option<String> {
    event.get(WRITE_KEY).and_then(|_key| event.without_member(WRITE_KEY))
}

/// What is to be kept or queued, without the keys of what it holds, down to the items of its arrays and batches; of lines,
/// each that is JSON. `None` where it has no key, and what is not JSON stays as it is.
pub(super) fn without_any(text: &str) -> Option<String> {
    // In JSON a name is spelled as it is, or with an escape.
    if !text.contains(WRITE_KEY) && !text.contains("\\u") {
        return None;
    }
    if let Ok(document) = Document::parse(text) {
        return cleaned(document.root());
    }
    let lines: Vec<_> = text.split_inclusive('\n').map(cleaned_line).collect();
    lines.iter().any(|line| matches!(line, Cow::Owned(_))).then(|| lines.concat())
}

fn cleaned_line(line: &str) -> Cow<'_, str> {
    let cleaned = Document::parse(line).ok().and_then(|document| cleaned(document.root()));
    cleaned.map_or(Cow::Borrowed(line), |cleaned| Cow::Owned(cleaned + "\n"))
}

/// The text of a value without the keys in it; `None` where it has none.
fn cleaned(value: Value<'_>) -> Option<String> {
    if value.kind() == Kind::Array {
        let items: Vec<_> = value.items().map(|item| (item.raw(), cleaned(item))).collect();
        let is_changed = items.iter().any(|(_, cleaned)| cleaned.is_some());
        let items: Vec<_> = items.iter().map(|(raw, cleaned)| cleaned.as_deref().unwrap_or(raw)).collect();
        return is_changed.then(|| format!("[{}]", items.join(",")));
    }
    let mut is_changed = false;
    let mut object = ObjectText::with_capacity(0);
    for (name, inner) in value.members() {
        if name.is_str(WRITE_KEY) {
            is_changed = true;
            continue;
        }
        let cleaned = if holds_events(name, inner) { cleaned(inner) } else { None };
        is_changed |= cleaned.is_some();
        object.push(name.raw(), cleaned.as_deref().unwrap_or(inner.raw()));
    }
    is_changed.then(|| object.finish())
}

fn holds_events(name: Value<'_>, inner: Value<'_>) -> bool {
    inner.kind() == Kind::Array && EVENTS.iter().any(|member| name.is_str(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(without_any(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn keys_are_taken_out_of_whatever_is_json() {
        check(r#"{"writeKey":"k", "a" : 1}"#, Some(r#"{"a":1}"#));
        check(r#"[[{"writeKey":"k","a":1}], {"a" : 2}]"#, Some(r#"[[{"a":1}],{"a" : 2}]"#));
        check(r#"{"batch":[{"writeKey":"k"},1],"writeKey":"k","a":[]}"#, Some(r#"{"batch":[{},1],"a":[]}"#));
        check(r#"[{"type":"x","events":[{"write\u004bey":"k"}]}]"#, Some(r#"[{"type":"x","events":[{}]}]"#));
    }

    #[test]
    fn what_has_none_stays_as_it_is() {
        for text in [
            r#"{ "a":"writeKey" }"#,
            r#"[ {"properties":{"writeKey":"k"}}, "\u00e4" ]"#,
            r#"{"batch":{"writeKey":"k"}}"#,
            "{\"writeKey\":\"k\"",
            "{\"a\":1}\n{\"writeKey\":",
            "writeKey",
            "",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn of_lines_those_that_are_json_lose_it() {
        check(
            "{\"writeKey\":\"k\",\"a\":1}\r\n\n{\"writeKey\"\n{ \"b\":2 }",
            Some("{\"a\":1}\n\n{\"writeKey\"\n{ \"b\":2 }"),
        );
    }
}
