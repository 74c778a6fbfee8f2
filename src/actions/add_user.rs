//! `addUser`: adds people to an audience that the mapping names by id.

use crate::identity::Direction;
use crate::outcome::{Explanation, Reason};
use crate::tiktok::AdvertiserId;

use super::field::IDENTIFIER_FIELDS;
use super::{AdvertiserRef, Declaration, Field, FieldSpec, Input, Operation, people, target};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "addUser",
    title: "Add Users (Legacy)",
    description: "Adds people to the audience that the mapping names.",
    default_trigger: "event = \"Audience Entered\"",
    own_fields: FIELDS,
    shared_fields: IDENTIFIER_FIELDS,
};

/// The legacy pair's own fields.
pub(super) const FIELDS: &[FieldSpec] =
    &[FieldSpec::required_id(Field::SelectedAdvertiserId), FieldSpec::required_id(Field::AudienceId)];

/// Both actions of the legacy pair. The direction is the action's: an exit may add to a win-back audience.
pub(super) fn evaluate(input: Input<'_, '_>, direction: Direction) -> Result<Operation, Explanation> {
    let text = |field| target::present(input.filled.text(field)).ok_or_else(|| target::missing(field));
    let advertiser = text(Field::SelectedAdvertiserId)?;
    let advertiser = AdvertiserId::parse(advertiser).map_err(|_bad| Reason::BadAdvertiserId)?;
    let audience = target::known_audience(text(Field::AudienceId)?)?;
    people::members(input, direction, AdvertiserRef::Known(advertiser), audience)
}
