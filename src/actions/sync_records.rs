//! `syncRecords`: RudderStack's two record shapes and the canonical record.
//!
//! People come from the record alone: the mapping says where they go and which of their identifiers are sent. A
//! canonical record has no `type`, so that no trigger is about it; the first enabled mapping of this action gets it.

mod canonical;
mod people;
mod rudderstack;

use std::borrow::Cow;

use crate::batch::Rows;
use crate::did_you_mean::nearest;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Reason};

use super::field::RECORD_FIELDS;
use super::{AdvertiserRef, AudienceRef, Declaration, Field, FieldSpec, Input, Operation, Permitted, Sink, target};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "syncRecords",
    title: "Sync Records",
    description: "Adds or removes the people of warehouse records.",
    default_trigger: "type = \"record\" or type = \"audienceList\"",
    own_fields: &[
        FieldSpec::text(Field::AdvertiserId),
        FieldSpec::text(Field::AudienceId),
        FieldSpec::text(Field::AudienceName),
        FieldSpec::boolean(Field::Hash, true),
    ],
    shared_fields: RECORD_FIELDS,
};

pub(super) fn evaluate(input: Input<'_, '_>, sink: &mut Sink<'_>) {
    if input.event.is_canonical_record() {
        return sink.result(canonical::evaluate(input));
    }
    let kind = input.event.kind.and_then(Value::as_str).unwrap_or_default();
    // RudderStack's documentation writes `audiencelist` too.
    if kind.eq_ignore_ascii_case("record") {
        sink.result(rudderstack::record(input));
    } else if kind.eq_ignore_ascii_case("audienceList") {
        if let Err(explanation) = rudderstack::list(input, sink) {
            sink.ended(explanation);
        }
    } else {
        let expected = "expected a record, an audienceList or a canonical record";
        sink.ended(Explanation::new(Reason::InvalidRecord, expected));
    }
}

/// Where the people of a record go.
#[derive(Clone, Debug)]
struct Target {
    advertiser: AdvertiserRef,
    audience: AudienceRef,
}

impl Target {
    fn members(&self, Permitted { direction, note }: Permitted, rows: Rows) -> Operation {
        Operation::Members { direction, advertiser: self.advertiser, audience: self.audience.clone(), rows, note }
    }
}

/// The text of a member; `None` if it is missing, null or blank.
///
/// # Errors
/// It is neither a string nor a number.
fn text<'d>(object: Value<'d>, key: &str) -> Result<Option<Cow<'d, str>>, Explanation> {
    let Some(value) = object.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    match value.kind() {
        Kind::String | Kind::Number => Ok(target::text_of(Some(value))),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => Err(wrong_kind(key, "a string", value)),
    }
}

fn wrong_kind(key: &str, expected: &str, value: Value<'_>) -> Explanation {
    Explanation::new(Reason::InvalidField, format!("{key} is {}, expected {expected}", value.kind().described()))
}

/// The rejection of a key that is none of `known`.
fn unknown_key(place: &str, key: Value<'_>, known: &[&'static str]) -> Explanation {
    let key = key.as_str().unwrap_or_default();
    let near = nearest(&key, known.iter().copied());
    let shown = if near.is_some() || is_word(&key) { format!("`{key}`") } else { "that is no word".to_owned() };
    let hint = near.map_or_else(|| format!("known are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
    Explanation::new(Reason::UnknownKey, format!("{place} has an unknown key {shown}, {hint}"))
}

/// The longest word that is shown.
const LONGEST_WORD: usize = 30;

/// Whether a key is a word, and not an email address, a phone number, a hash or a token that went astray.
fn is_word(key: &str) -> bool {
    key.len() <= LONGEST_WORD && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

#[cfg(test)]
mod tests;
