//! Every place of a payload, through all its layers: JSON in strings, base64 data, gzip.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// What AWS makes itself, and what is to be repeated: the failed messages and records of a batch, the time of a message.
const MADE_BY_AWS: [&str; 3] = [".messageId", ".kinesis.sequenceNumber", ".attributes.SentTimestamp"];

/// A payload with one place changed.
pub(super) struct Variant {
    /// The changed place.
    pub(super) place: String,
    pub(super) value: Value,
}

/// The payload once for every value and every key of it, each replaced by what `fill` gives for the place.
pub(super) fn variants(payload: &Value, fill: &mut impl FnMut(&str) -> String) -> Vec<Variant> {
    let mut variants = inside("$", payload, fill);
    variants.retain(|variant| {
        let of_record = variant.place.starts_with("$.Records[0]") && !variant.place.contains(".body");
        !(of_record && MADE_BY_AWS.iter().any(|place| variant.place.ends_with(place)))
    });
    variants
}

fn inside(place: &str, value: &Value, fill: &mut impl FnMut(&str) -> String) -> Vec<Variant> {
    let here = Variant { place: place.to_owned(), value: Value::String(fill(place)) };
    let mut variants = vec![here];
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let place = format!("{place}.{key}");
                variants.extend(
                    inside(&place, member, fill).into_iter().map(|inner| Variant {
                        place: inner.place,
                        value: with_member(members, key, key, inner.value),
                    }),
                );
                let place = format!("{place} (key)");
                let value = with_member(members, key, &fill(&place), member.clone());
                variants.push(Variant { place, value });
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                let with = |value| Value::Array(std::iter::once(value).chain(items.iter().skip(1).cloned()).collect());
                let inner = inside(&format!("{place}[0]"), first, fill);
                variants
                    .extend(inner.into_iter().map(|inner| Variant { place: inner.place, value: with(inner.value) }));
            }
        }
        Value::String(text) => variants.extend(embedded(place, text, fill)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    variants
}

/// The object with one member put in the place of another.
fn with_member(members: &Map<String, Value>, old: &str, new: &str, value: Value) -> Value {
    let mut members = members.clone();
    members.remove(old);
    members.insert(new.to_owned(), value);
    Value::Object(members)
}

/// JSON in a string, or in its base64.
fn embedded(place: &str, text: &str, fill: &mut impl FnMut(&str) -> String) -> Vec<Variant> {
    let structured =
        |text: &str| serde_json::from_str::<Value>(text).ok().filter(|value| value.is_object() || value.is_array());
    if let Some(value) = structured(text) {
        return inside(place, &value, fill).into_iter().map(|inner| as_text(inner, |json| json)).collect();
    }
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let first_line = decoded.as_deref().and_then(|text| text.lines().next()).and_then(structured);
    let inner = first_line.map(|value| inside(place, &value, fill)).unwrap_or_default();
    inner.into_iter().map(|inner| as_text(inner, |json| STANDARD.encode(json))).collect()
}

fn as_text(inner: Variant, write: impl Fn(String) -> String) -> Variant {
    Variant { place: inner.place, value: Value::String(write(inner.value.to_string())) }
}
