//! The canonical record: our own small shape, for templates of Hightouch and Census and for own code.
//!
//! It says itself where its person goes; what it leaves out the mapping says. Hashes are known by their form, as in
//! events, so that the mapping's `hash` field is without effect.

use std::borrow::Cow;

use crate::identity::Direction;
use crate::identity::IdType;
use crate::json::Value;
use crate::outcome::{Explanation, Reason};
use crate::tiktok::AdvertiserId;

use super::super::{AudienceRef, Field, Input, Operation, target};
use super::people::{Column, Hashing, Spelling};
use super::record::{MEMBERSHIPS, Target, named, text, unknown_key};

/// Everything that a canonical record may have.
const KEYS: [&str; 12] = [
    "action",
    "audience_id",
    "audience_name",
    "advertiser_id",
    "email",
    "phone",
    "idfa",
    "aaid",
    "country",
    "user_id",
    "timestamp",
    "id",
];

/// The keys that hold identifiers.
const IDENTIFIERS: [(&str, IdType); 4] = [
    ("email", IdType::EmailSha256),
    ("phone", IdType::PhoneSha256),
    ("idfa", IdType::IdfaSha256),
    ("aaid", IdType::AaidSha256),
];

pub(super) fn evaluate(input: Input<'_, '_>) -> Result<Operation, Explanation> {
    let record = input.event.root;
    let is_known = |key: &Value<'_>| KEYS.iter().any(|known| key.is_str(known));
    if let Some((unknown, _)) = record.members().find(|(key, _)| !is_known(key)) {
        return Err(unknown_key("the record", unknown, &KEYS));
    }
    let direction = direction(record)?;
    let target = record_target(input)?;
    let permitted = input.consent.permit(direction)?;
    let country = text(record, "country")?;
    let country = country.as_deref().or_else(|| input.filled.text(Field::Country));
    let hashing = Hashing::new(input, permitted.direction, Spelling::Either, country)?;
    let columns = IDENTIFIERS
        .into_iter()
        .filter_map(|(name, id_type)| record.get(name).map(|value| Column { id_type, name, value }));
    let (rows, left_out) = hashing.person(columns)?;
    Ok(target.members(permitted, rows, left_out))
}

fn direction(record: Value<'_>) -> Result<Direction, Explanation> {
    let action = text(record, "action")?;
    let direction = action.and_then(|action| named(&MEMBERSHIPS, |known| known == action));
    direction.ok_or_else(|| Explanation::new(Reason::InvalidField, "action is neither `add` nor `remove`"))
}

/// Where the record itself sends its person; the mapping decides where it says nothing.
fn record_target(input: Input<'_, '_>) -> Result<Target, Explanation> {
    let record = input.event.root;
    let stated = text(record, "advertiser_id")?;
    let stated = stated.as_deref().or_else(|| target::present(input.filled.text(Field::AdvertiserId)));
    let advertiser = stated.map(AdvertiserId::parse).transpose().map_err(|_bad| Reason::BadAdvertiserId)?;
    let own = (text(record, "audience_id")?, text(record, "audience_name")?);
    let audience = match own {
        (None, None) => of_mapping(input)?,
        (id, name) => audience(id, name)?,
    };
    let advertiser = target::or_fallback(advertiser, &audience, input);
    Ok(Target { advertiser, audience })
}

fn of_mapping(input: Input<'_, '_>) -> Result<AudienceRef, Explanation> {
    let field = |field| target::present(input.filled.text(field)).map(Cow::Borrowed);
    audience(field(Field::AudienceId), field(Field::AudienceName))
}

fn audience(id: Option<Cow<'_, str>>, name: Option<Cow<'_, str>>) -> Result<AudienceRef, Explanation> {
    match (id, name) {
        (Some(id), _) => target::known_audience(&id),
        (None, Some(name)) => target::named_audience(&name),
        (None, None) => Err(Reason::NoAudience.into()),
    }
}
