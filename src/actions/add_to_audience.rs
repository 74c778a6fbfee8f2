//! `addToAudience`: adds people to the audience that the event names.

use super::field::IDENTIFIER_FIELDS;
use super::{Declaration, Field, FieldSpec};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "addToAudience",
    title: "Add to Audience",
    description: "Adds people to the audience that the event names.",
    default_trigger: "event = \"Audience Entered\"",
    own_fields: FIELDS,
    shared_fields: IDENTIFIER_FIELDS,
};

/// The native pair's own fields.
pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec::id(Field::AdvertiserId),
    FieldSpec::id_at(Field::ExternalAudienceId, &["context.personas.external_audience_id"]),
    FieldSpec::text(Field::AudienceName),
];
