//! Which ad account and which audience an event is about.

use std::borrow::Cow;

use crate::event::Event;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Reason};
use crate::tiktok::{AdvertiserId, AudienceId};

use super::{AudienceEntry, Field, Filled, Input, advertiser_of};

/// The longest name of an audience. Source: TikTok's `/segment/audience/` cuts longer ones.
pub const MAX_NAME_CHARS: usize = 70;

/// What a longer name is cut to before [`ELLIPSIS`]. Source: the same.
const CUT_NAME_CHARS: usize = 67;
const ELLIPSIS: &str = "...";

/// The ad account, as far as it can be known without the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdvertiserRef {
    /// This one.
    Known(AdvertiserId),
    /// The only one of the secret's `advertiser_ids`.
    OnlyOfSecret,
}

/// The audience, as far as it can be known without asking TikTok.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceRef {
    /// This one.
    Known(AudienceId),
    /// The one of this name.
    Named(String),
}

/// A name as TikTok keeps it: cut to 67 characters and an ellipsis when it has more than 70.
pub(crate) fn kept_name(name: &str) -> Cow<'_, str> {
    if name.chars().count() <= MAX_NAME_CHARS {
        return Cow::Borrowed(name);
    }
    let cut: String = name.chars().take(CUT_NAME_CHARS).collect();
    Cow::Owned(cut + ELLIPSIS)
}

/// A text that is neither missing nor blank, without the space around it.
pub(super) fn present(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The rejection of an event that leaves a required field empty.
pub(super) fn missing(field: Field) -> Explanation {
    Explanation::new(Reason::MissingField, format!("the required field {} is missing", field.name()))
}

/// An id or a name in the event: a string, or a number as it stands in the text.
pub(super) fn text_of(value: Option<Value<'_>>) -> Option<Cow<'_, str>> {
    match value?.as_text()? {
        Cow::Borrowed(text) => present(Some(text)).map(Cow::Borrowed),
        Cow::Owned(text) => present(Some(&text)).map(|text| Cow::Owned(text.to_owned())),
    }
}

/// The audience of a native action.
///
/// # Errors
/// An id that is not digits, a name that is too long; `NoAudience` when nothing names one.
pub(super) fn native_audience(filled: &Filled<'_>, event: &Event<'_>) -> Result<AudienceRef, Explanation> {
    if let Some(id) = present(filled.text(Field::ExternalAudienceId)) {
        return known_audience(id);
    }
    let name = present(filled.text(Field::AudienceName))
        .map(Cow::Borrowed)
        .or_else(|| text_of(event.computation_key()))
        .or_else(|| text_of(event.properties().and_then(|properties| properties.get("audience_key"))));
    named_audience(&name.ok_or(Reason::NoAudience)?)
}

/// An audience by id.
///
/// # Errors
/// It is no string of digits.
pub(crate) fn known_audience(id: &str) -> Result<AudienceRef, Explanation> {
    Ok(AudienceRef::Known(AudienceId::parse(id).map_err(|_bad| Reason::BadAudienceId)?))
}

/// An audience by name.
///
/// # Errors
/// The name is too long.
pub(crate) fn named_audience(name: &str) -> Result<AudienceRef, Explanation> {
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(Reason::NameTooLong.into());
    }
    Ok(AudienceRef::Named(name.to_owned()))
}

/// The advertiser that the mapping or the event itself states.
pub(super) fn stated_advertiser(field: Option<&str>, event: &Event<'_>) -> Result<Option<AdvertiserId>, Explanation> {
    let of_settings = || event.audience_settings().and_then(|settings| settings.get("advertiserId"));
    let stated = match present(field) {
        Some(text) => Some(Cow::Borrowed(text)),
        None => match id_of(of_settings())? {
            Some(text) => Some(text),
            None => id_of(event.root.get("advertiserId"))?,
        },
    };
    stated.map(|id| AdvertiserId::parse(&id).map_err(|_bad| Reason::BadAdvertiserId.into())).transpose()
}

/// The id of an ad account as the event states it; of an array of one its item, as fields are read.
///
/// # Errors
/// It can't be an id, so that nobody knows which ad account is meant.
fn id_of(value: Option<Value<'_>>) -> Result<Option<Cow<'_, str>>, Explanation> {
    let Some(value) = value else { return Ok(None) };
    let mut items = value.items_or_itself();
    let only = items.next().filter(|_| items.next().is_none()).ok_or(Reason::BadAdvertiserId)?;
    match only.kind() {
        Kind::Null => Ok(None),
        Kind::String | Kind::Number => Ok(text_of(Some(only))),
        Kind::Bool | Kind::Array | Kind::Object => Err(Reason::BadAdvertiserId.into()),
    }
}

/// The stated advertiser; else the one that the destination gives the audience; else the secret's only one.
pub(super) fn or_fallback(stated: Option<AdvertiserId>, audience: &AudienceRef, input: Input<'_, '_>) -> AdvertiserRef {
    advertiser_or(stated, audience, input.audiences, input.default_advertiser)
}

/// The stated advertiser; else the one that the audience's entry names, else the default, else the secret's only one.
pub(crate) fn advertiser_or(
    stated: Option<AdvertiserId>,
    audience: &AudienceRef,
    audiences: &[AudienceEntry],
    default: Option<AdvertiserId>,
) -> AdvertiserRef {
    let by_name = || match audience {
        AudienceRef::Named(name) => advertiser_of(audiences, name),
        AudienceRef::Known(_) => None,
    };
    stated.or_else(by_name).or(default).map_or(AdvertiserRef::OnlyOfSecret, AdvertiserRef::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_more_than_70_characters_is_cut_as_tiktok_cuts_it() {
        let (fits, long) = ("ä".repeat(70), "ä".repeat(71));
        assert_eq!(kept_name(&fits), fits);
        assert_eq!(kept_name(&long), "ä".repeat(67) + "...");
    }

    #[test]
    fn blank_is_absent_and_space_around_is_dropped() {
        for (text, expected) in [(None, None), (Some(""), None), (Some(" \t"), None), (Some(" a "), Some("a"))] {
            assert_eq!(present(text), expected);
        }
    }
}
