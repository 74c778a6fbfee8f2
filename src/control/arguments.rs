//! What an operation is given besides its name.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::did_you_mean::nearest;
use crate::json::{Kind, Value};
use crate::tiktok::{AdvertiserId, AudienceId};

use super::{ControlOperation, OperationError};

/// The arguments of an operation; none that it does not know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments<'d> {
    root: Value<'d>,
}

/// The longest unknown argument that is repeated.
const LONGEST_NAME: usize = 40;

impl<'d> Arguments<'d> {
    /// The arguments of an invocation.
    ///
    /// # Errors
    /// Those that the operation does not know, by name.
    pub(super) fn read(root: Value<'d>, operation: ControlOperation) -> Result<Self, OperationError> {
        let known = operation.arguments();
        let names = root.members().filter_map(|(name, _)| name.as_str());
        let unknown: Vec<_> = names.filter(|name| name != "operation" && !known.contains(&name.as_ref())).collect();
        if unknown.is_empty() { Ok(Self { root }) } else { Err(unknown_arguments(operation, &unknown)) }
    }

    /// The value of an argument; `null` is as good as absent.
    pub(super) fn value(&self, name: &str) -> Option<Value<'d>> {
        self.root.get(name).filter(|value| !value.is_null())
    }

    /// The text of an argument, without the space around it; blank is absent.
    ///
    /// # Errors
    /// It is no text.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'d, str>>, OperationError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong_type(name, "a string", value))?;
        Ok(present(text))
    }

    /// The text of an argument that has to be there.
    ///
    /// # Errors
    /// It is missing, blank or no text.
    pub(super) fn required(&self, name: &str) -> Result<Cow<'d, str>, OperationError> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// The ad account.
    ///
    /// # Errors
    /// It is no id.
    pub(super) fn advertiser(&self) -> Result<Option<AdvertiserId>, OperationError> {
        advertiser_of(self.root)
    }

    /// The audience.
    ///
    /// # Errors
    /// It is missing or no id.
    pub(super) fn audience(&self) -> Result<AudienceId, OperationError> {
        let text = id_text(self.root, "audience_id")?.ok_or_else(|| missing("audience_id"))?;
        AudienceId::parse(&text).map_err(|bad| OperationError::new("BAD_AUDIENCE_ID", format!("audience_id {bad}")))
    }

    /// A whole number in a range; a text of digits is as good, as command lines give them.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn whole(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, OperationError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.as_text();
        let number = text.and_then(|text| text.trim().parse().ok()).filter(|number| range.contains(number));
        let wrong = || {
            let message = format!("{name} must be a whole number from {} to {}", range.start(), range.end());
            OperationError::new("INVALID_FIELD", message)
        };
        number.map(Some).ok_or_else(wrong)
    }

    /// The audiences of an argument: an array, or one.
    ///
    /// # Errors
    /// One is no id.
    pub(super) fn audiences(&self, name: &str) -> Result<Vec<AudienceId>, OperationError> {
        let parse = |text: Cow<'_, str>| AudienceId::parse(text.trim());
        self.ids(name, |text| {
            parse(text).map_err(|bad| OperationError::new("BAD_AUDIENCE_ID", format!("{name} {bad}")))
        })
    }

    /// The ad accounts of an argument: an array, or one.
    ///
    /// # Errors
    /// One is no id.
    pub(super) fn advertisers(&self, name: &str) -> Result<Vec<AdvertiserId>, OperationError> {
        advertisers_of(self.root, name)
    }

    fn ids<T>(
        &self,
        name: &str,
        parse: impl Fn(Cow<'_, str>) -> Result<T, OperationError>,
    ) -> Result<Vec<T>, OperationError> {
        ids_of(self.root, name, parse)
    }

    /// The items of an argument that is an array.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn items(&self, name: &str) -> Result<Option<Vec<Value<'d>>>, OperationError> {
        match self.value(name) {
            None => Ok(None),
            Some(value) if value.kind() == Kind::Array => Ok(Some(value.items().collect())),
            Some(value) => Err(wrong_type(name, "an array", value)),
        }
    }
}

/// The ad accounts of a member of an object: an array, or one.
pub(super) fn advertisers_of(object: Value<'_>, name: &str) -> Result<Vec<AdvertiserId>, OperationError> {
    let parse = |text: Cow<'_, str>| AdvertiserId::parse(text.trim());
    let wrong = |bad| OperationError::new("BAD_ADVERTISER_ID", format!("{name} {bad}"));
    ids_of(object, name, |text| parse(text).map_err(wrong))
}

fn ids_of<T>(
    object: Value<'_>,
    name: &str,
    parse: impl Fn(Cow<'_, str>) -> Result<T, OperationError>,
) -> Result<Vec<T>, OperationError> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let ids = value.items_or_itself().map(|item| parse(item.as_text().ok_or_else(|| wrong_type(name, "ids", item))?));
    ids.collect()
}

/// The `advertiser_id` of an object.
pub(super) fn advertiser_of(object: Value<'_>) -> Result<Option<AdvertiserId>, OperationError> {
    let parse = |text: Cow<'_, str>| AdvertiserId::parse(&text);
    let id = id_text(object, "advertiser_id")?.map(parse).transpose();
    id.map_err(|bad| OperationError::new("BAD_ADVERTISER_ID", format!("advertiser_id {bad}")))
}

/// An argument that has to be there.
pub(super) fn missing(name: &str) -> OperationError {
    OperationError::new("MISSING_REQUIRED_FIELD", format!("{name} is missing"))
}

/// An argument of another type.
pub(super) fn wrong_type(name: &str, expected: &str, found: Value<'_>) -> OperationError {
    let message = format!("{name} must be {expected}, not {}", found.kind().described());
    OperationError::new("INVALID_FIELD", message)
}

/// The digits of an id: a string, or a number as it stands in the text.
fn id_text<'d>(object: Value<'d>, name: &str) -> Result<Option<Cow<'d, str>>, OperationError> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.as_text();
    Ok(present(text.ok_or_else(|| wrong_type(name, "a string", value))?))
}

fn present(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!trimmed.is_empty()).then_some(trimmed)
}

fn unknown_arguments(operation: ControlOperation, unknown: &[Cow<'_, str>]) -> OperationError {
    let known = operation.arguments();
    let takes = match known {
        [] => format!("{} takes none", operation.name()),
        known => format!("{} takes {}", operation.name(), known.join(", ")),
    };
    // What is no plain word may be a value in the wrong place.
    let plain = |name: &Cow<'_, str>| {
        name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    let named: Vec<_> = unknown.iter().filter(|name| plain(name)).map(|name| format!("`{name}`")).collect();
    let message = match (named.as_slice(), unknown) {
        ([], _) => "an unknown argument".to_owned(),
        ([one], [given]) => {
            let hint = nearest(given, known.iter().copied());
            format!(
                "unknown argument {one}{}",
                hint.map(|hint| format!(", did you mean `{hint}`?")).unwrap_or_default()
            )
        }
        (several, _) => format!("unknown arguments {}", several.join(", ")),
    };
    OperationError::new("UNKNOWN_ARGUMENT", format!("{message}; {takes}"))
}
