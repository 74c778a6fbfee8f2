//! `syncRecords`: RudderStack's two record shapes and the canonical record.
//!
//! People come from the record alone: the mapping says where they go and which of their identifiers are sent. A
//! canonical record has no `type`, so that no trigger is about it; the first enabled mapping of this action gets it.

mod canonical;
mod people;
mod record;
pub(super) mod rows;
mod rudderstack;

use crate::json::Value;
use crate::outcome::{Explanation, Reason};

use super::field::RECORD_FIELDS;
use super::{Declaration, Field, FieldSpec, Input, Sink};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "syncRecords",
    title: "Sync Records",
    description: "Adds or removes the people of warehouse records.",
    // RudderStack's documentation writes `audiencelist` too.
    default_trigger: "type = \"record\" or type = \"audienceList\" or type = \"audiencelist\"",
    own_fields: &[
        FieldSpec::id(Field::AdvertiserId),
        FieldSpec::id(Field::AudienceId),
        FieldSpec::text(Field::AudienceName),
        FieldSpec::boolean(Field::Hash, true),
    ],
    shared_fields: RECORD_FIELDS,
};

pub(super) fn evaluate(input: Input<'_, '_>, sink: &mut Sink<'_>) {
    if input.event.is_canonical_record() {
        return sink.result(canonical::evaluate(input));
    }
    let kind = input.event.kind().and_then(Value::as_str).unwrap_or_default();
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

#[cfg(test)]
mod tests;
