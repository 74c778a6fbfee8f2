//! What all shapes of records share: where their people go, their members, their unknown keys.

use std::borrow::Cow;

use super::super::{AdvertiserRef, AudienceRef, Operation, Permitted, target};
use crate::batch::Rows;
use crate::did_you_mean::nearest;
use crate::identity::Direction;
use crate::json::{Kind, Value};
use crate::outcome::{AllLeftOut, Explanation, Reason};

/// Where the people of a record go.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) advertiser: AdvertiserRef,
    pub(super) audience: AudienceRef,
}

impl Target {
    pub(super) fn members(
        &self,
        Permitted { direction, note }: Permitted,
        rows: Rows,
        left_out: AllLeftOut,
    ) -> Operation {
        let (advertiser, audience) = (self.advertiser, self.audience.clone());
        Operation::Members { direction, advertiser, audience, rows, left_out, note }
    }
}

/// The text of a member; `None` if it is missing, null or blank.
///
/// # Errors
/// It is neither a string nor a number.
pub(super) fn text<'d>(object: Value<'d>, key: &str) -> Result<Option<Cow<'d, str>>, Explanation> {
    let Some(value) = object.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    match value.kind() {
        Kind::String | Kind::Number => Ok(target::text_of(Some(value))),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => Err(wrong_kind(key, "a string", value)),
    }
}

/// What is to become of a person, as a canonical record and RudderStack's lists name it.
pub(super) const MEMBERSHIPS: [(&str, Direction); 2] = [("add", Direction::Add), ("remove", Direction::Remove)];

/// What became of a row of a warehouse, as RudderStack's records name it.
pub(super) const CHANGES: [(&str, Direction); 3] =
    [("insert", Direction::Add), ("update", Direction::Add), ("delete", Direction::Remove)];

/// The same in the words of other tools, for rows of lists.
pub(super) const OTHER_WORDS: [(&str, Direction); 10] = [
    ("added", Direction::Add),
    ("new", Direction::Add),
    ("inserted", Direction::Add),
    ("updated", Direction::Add),
    ("changed", Direction::Add),
    ("upsert", Direction::Add),
    ("removed", Direction::Remove),
    ("deleted", Direction::Remove),
    ("unsubscribe", Direction::Remove),
    ("unsubscribed", Direction::Remove),
];

/// The direction of the word that is meant, if it is one of these.
pub(super) fn named(words: &[(&str, Direction)], is_meant: impl Fn(&str) -> bool) -> Option<Direction> {
    words.iter().find(|(known, _)| is_meant(known)).map(|(_, direction)| *direction)
}

pub(super) fn wrong_kind(key: &str, expected: &str, value: Value<'_>) -> Explanation {
    Explanation::new(Reason::InvalidField, format!("{key} is {}, expected {expected}", value.kind().described()))
}

/// The rejection of a key that is none of `known`. The key is shown only where it is a slip for one of them: any other
/// word may be a name.
pub(super) fn unknown_key(place: &str, key: Value<'_>, known: &[&'static str]) -> Explanation {
    let key = key.as_str().unwrap_or_default();
    let detail = match nearest(&key, known.iter().copied()) {
        Some(near) => format!("{place} has an unknown key `{key}`, did you mean `{near}`?"),
        None => format!("{place} has an unknown key, known are {}", known.join(", ")),
    };
    Explanation::new(Reason::UnknownKey, detail)
}
