//! `createAudience`: finds an audience by name, or creates it.

use crate::outcome::{Explanation, Reason};
use crate::tiktok::AdvertiserId;

use super::{AdvertiserRef, Declaration, Field, FieldSpec, Input, Operation, target};

pub(super) const DECLARATION: Declaration = Declaration {
    slug: "createAudience",
    title: "Create Audience (Legacy)",
    description: "Finds the audience of that name, or creates it.",
    default_trigger: "event = \"Create Audience\"",
    own_fields: &[
        FieldSpec::required_id(Field::SelectedAdvertiserId),
        FieldSpec::required_text(Field::CustomAudienceName),
        FieldSpec::boolean(Field::AllowDuplicateName, false),
    ],
    shared_fields: &[],
};

pub(super) fn evaluate(input: Input<'_, '_>) -> Result<Operation, Explanation> {
    let text = |field| target::present(input.filled.text(field)).ok_or_else(|| target::missing(field));
    let advertiser = text(Field::SelectedAdvertiserId)?;
    let advertiser = AdvertiserId::parse(advertiser).map_err(|_bad| Reason::BadAdvertiserId)?;
    let name = target::kept_name(text(Field::CustomAudienceName)?).into_owned();
    let allow_duplicate = input.filled.boolean(Field::AllowDuplicateName).unwrap_or(false);
    Ok(Operation::Create { advertiser: AdvertiserRef::Known(advertiser), name, allow_duplicate })
}
