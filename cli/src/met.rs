//! What a failing condition met: the values that an event has where the condition looks.
//!
//! The function says which part of a trigger does not hold and never a value of the event; here the event is the user's
//! own file. A text is shown by its shape unless its key is known to be nobody's, or it is asked for.

use serde_json::Value;

/// The roots of what a trigger can look at. Source: the grammar in the library's `mapping::trigger`.
const ROOTS: [&str; 9] =
    ["type", "event", "name", "userId", "anonymousId", "messageId", "properties", "traits", "context"];
/// Keys whose texts a source or a deployer chose, in lower case without `_` and `-`; every other text may be somebody's.
const HARMLESS: [&str; 9] = [
    "audiencekey",
    "audiencename",
    "audienceid",
    "externalaudienceid",
    "computationkey",
    "computationclass",
    "computationid",
    "eventname",
    "action",
];
/// Text with as many digits could be a phone number.
const PHONE_DIGITS: usize = 7;
/// From so many digits on a number is TikTok's and no phone number, which has at most 15 (E.164).
const ID_DIGITS: usize = 16;
/// The longest text that is shown.
const LONGEST: usize = 80;

/// Whether values are shown as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    /// What may be personal by its shape.
    Personal,
    /// Nothing.
    Nothing,
}

/// Each subject of a condition, as it is written there, with the value that the event has for it.
pub(crate) fn met(condition: &str, event: &Value, mask: Mask) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (written, keys) in subjects(condition) {
        if found.iter().any(|(known, _)| *known == written) {
            continue;
        }
        let value = keys.iter().try_fold(event, |value, key| value.get(key));
        found.push((written, value.map_or_else(|| "nothing".to_owned(), |value| shown(&keys, value, event, mask))));
    }
    found
}

/// The subjects in a condition's canonical text, each with its keys.
fn subjects(condition: &str) -> Vec<(String, Vec<String>)> {
    let mut subjects = Vec::new();
    let mut characters = condition.chars().peekable();
    let (mut written, mut keys, mut key) = (String::new(), Vec::new(), String::new());
    let mut flush = |written: &mut String, keys: &mut Vec<String>, key: &mut String| {
        keys.push(std::mem::take(key));
        let (word, path) = (std::mem::take(written), std::mem::take(keys));
        if path.first().is_some_and(|root| ROOTS.contains(&root.as_str())) {
            subjects.push((word, path));
        }
    };
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                // A text is a value and no subject.
                let _text = characters.by_ref().find(|character| *character == '"');
            }
            '\\' => {
                if let Some(literal) = characters.next() {
                    written.extend([character, literal]);
                    key.push(literal);
                }
            }
            '.' if !written.is_empty() => {
                written.push('.');
                keys.push(std::mem::take(&mut key));
            }
            word if word.is_alphanumeric() || matches!(word, '_' | '-') => {
                written.push(word);
                key.push(word);
            }
            _ => flush(&mut written, &mut keys, &mut key),
        }
    }
    flush(&mut written, &mut keys, &mut key);
    subjects
}

fn shown(keys: &[String], value: &Value, event: &Value, mask: Mask) -> String {
    let text = match value {
        Value::String(text) => text,
        Value::Array(items) => return format!("an array of {}", items.len()),
        Value::Object(members) => return format!("an object of {}", members.len()),
        Value::Number(number) if mask == Mask::Personal && is_personal(&number.to_string()) => {
            return shape(&number.to_string());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => return value.to_string(),
    };
    let is_hidden = mask == Mask::Personal && (!is_harmless(keys, event) || is_personal(text));
    let text = if is_hidden { shape(text) } else { text.chars().take(LONGEST).collect() };
    let note = if is_hidden { " (shape; --unmask shows it)" } else { "" };
    format!("{}{note}", Value::from(text))
}

/// Whether a text is nobody's, by the keys that lead to it.
fn is_harmless(keys: &[String], event: &Value) -> bool {
    match keys {
        [root] if root == "type" || root == "event" => true,
        // The event's own name, of a page or a screen.
        [root] if root == "name" => event["type"] == "page" || event["type"] == "screen",
        [.., last] => {
            let plain = last.chars().filter(|character| !matches!(character, '_' | '-'));
            let plain: String = plain.flat_map(char::to_lowercase).collect();
            HARMLESS.contains(&plain.as_str())
        }
        [] => false,
    }
}

fn is_personal(text: &str) -> bool {
    let digits = text.chars().filter(|character| character.is_numeric()).count();
    if digits >= ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let is_hash = matches!(text.len(), 32 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.contains('@') || digits >= PHONE_DIGITS || is_hash || text.chars().nth(LONGEST).is_some()
}

/// Letters as `x` or `X`, digits as `9`, everything else as it is.
fn shape(text: &str) -> String {
    let shape_of = |character: char| match character {
        digit if digit.is_numeric() => '9',
        upper if upper.is_uppercase() => 'X',
        letter if letter.is_alphabetic() => 'x',
        other => other,
    };
    text.chars().take(LONGEST).map(shape_of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a condition meets in an event, masked.
    fn masked(condition: &str, event: &Value) -> String {
        let found = met(condition, event, Mask::Personal);
        let found: Vec<_> = found.into_iter().map(|(subject, value)| format!("{subject}: {value}")).collect();
        found.join(", ")
    }

    const HIDDEN: &str = " (shape; --unmask shows it)";

    #[test]
    fn the_value_behind_each_subject_is_found() {
        let event = json!({"type": "track", "event": "Audience Exited", "userId": "u-12",
            "properties": {"audience_key": "vip", "a.b": 1, "tags": ["x"], "phone": "+12025550143"},
            "context": {"traits": {"email": "jane@example.com"}}});
        for (condition, expected) in [
            (r#"event = "Audience Entered""#, r#"event: "Audience Exited""#),
            (
                r#"properties.audience_key = "other" or type = "identify""#,
                r#"properties.audience_key: "vip", type: "track""#,
            ),
            (r"properties.a\.b > 5", r"properties.a\.b: 1"),
            (r#"contains(properties.tags, "properties.x")"#, "properties.tags: an array of 1"),
            ("properties.missing != null", "properties.missing: nothing"),
            (r#"userId = "x""#, &format!(r#"userId: "x-99"{HIDDEN}"#)),
            (r#"context.traits.email = "x""#, &format!(r#"context.traits.email: "xxxx@xxxxxxx.xxx"{HIDDEN}"#)),
            (r#"properties.phone = "x""#, &format!(r#"properties.phone: "+99999999999"{HIDDEN}"#)),
        ] {
            assert_eq!(masked(condition, &event), expected, "{condition}");
        }
        let unmasked = met(r#"userId = "x""#, &event, Mask::Nothing);
        assert_eq!(unmasked, [("userId".to_owned(), "\"u-12\"".to_owned())]);
    }

    #[test]
    fn a_text_is_shown_only_where_its_key_is_nobodys() {
        let event = json!({"type": "identify", "name": "Jane Doe", "messageId": "jane-1",
            "properties": {"full_name": "Jane Doe", "birthday": "1990-05-17", "plan": "gold", "Audience-Name": "VIPs",
                "type": "Jane", "audience_id": "1800000000000000001", "audience_key": "jane@example.com",
                "is_vip": true, "total": 12.5, "number": 12_025_550_143_u64, "left": null},
            "traits": {"zip": "94107", "address": {"street": "Main St 1"}},
            "context": {"ip": "192.0.2.7", "event": "Jane Doe",
                "personas": {"computation_key": "vip", "computation_class": "audience"}}});
        for (subject, shown) in [
            ("properties.full_name", r#""Xxxx Xxx""#),
            ("name", r#""Xxxx Xxx""#),
            ("messageId", r#""xxxx-9""#),
            ("properties.birthday", r#""9999-99-99""#),
            ("properties.plan", r#""xxxx""#),
            ("properties.type", r#""Xxxx""#),
            ("properties.audience_key", r#""xxxx@xxxxxxx.xxx""#),
            ("properties.number", "99999999999"),
            ("traits.zip", r#""99999""#),
            ("traits.address.street", r#""Xxxx Xx 9""#),
            ("context.ip", r#""999.9.9.9""#),
            ("context.event", r#""Xxxx Xxx""#),
        ] {
            let note = if shown.starts_with('"') { HIDDEN } else { "" };
            assert_eq!(masked(&format!("{subject} = 1"), &event), format!("{subject}: {shown}{note}"));
        }
        for (subject, shown) in [
            ("type", r#""identify""#),
            ("properties.Audience-Name", r#""VIPs""#),
            ("properties.audience_id", r#""1800000000000000001""#),
            ("context.personas.computation_key", r#""vip""#),
            ("context.personas.computation_class", r#""audience""#),
            ("properties.is_vip", "true"),
            ("properties.total", "12.5"),
            ("properties.left", "null"),
            ("traits.address", "an object of 1"),
        ] {
            assert_eq!(masked(&format!("{subject} = 1"), &event), format!("{subject}: {shown}"));
        }
        let page = json!({"type": "page", "name": "Pricing"});
        assert_eq!(masked("name = 1", &page), r#"name: "Pricing""#);
    }
}
