//! `removeFromAudience`: removes people from the audience that the event names.

use super::field::IDENTIFIER_FIELDS;
use super::{Declaration, add_to_audience};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "removeFromAudience",
    title: "Remove from Audience",
    description: "Removes people from the audience that the event names.",
    default_trigger: "event = \"Audience Exited\"",
    own_fields: add_to_audience::FIELDS,
    shared_fields: IDENTIFIER_FIELDS,
};
