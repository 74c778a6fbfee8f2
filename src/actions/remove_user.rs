//! `removeUser`: removes people from an audience that the mapping names by id.

use super::field::IDENTIFIER_FIELDS;
use super::{Declaration, add_user};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "removeUser",
    title: "Remove Users (Legacy)",
    description: "Removes people from the audience that the mapping names.",
    default_trigger: "event = \"Audience Exited\"",
    own_fields: add_user::FIELDS,
    shared_fields: IDENTIFIER_FIELDS,
};
