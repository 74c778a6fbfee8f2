//! Lists: what a batch says of all its rows, as the destination understands it.
//!
//! Knows nothing of files and state machines. What a batch leaves out the destination's settings say.

use std::borrow::Cow;

use super::given::LiteralAudience;
use super::{ConfiguredMapping, ConsentMissing, Destination, Policy};
use crate::actions::{
    self, AdvertiserRef, AudienceRef, Columns, Consent, Evaluated, ListRules, Meaning, RowReader, Spelling,
};
use crate::batch::Rank;
use crate::did_you_mean::nearest_or_all;
use crate::identity::{Country, Direction};
use crate::isolation;
use crate::json::{Kind, Value};
use crate::outcome::{Explanation, Reason};
use crate::tiktok::{AdvertiserId, AudienceId};

/// Everything that `BatchInput` may have.
const KEYS: [&str; 9] =
    ["action", "audience_id", "audience_name", "advertiser_id", "country", "columns", "hash", "dry_run", "first_row"];

/// A batch that is refused as a whole, before any call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ListError(Cow<'static, str>);

impl ListError {
    fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

/// Whether a batch is delivered or only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListMode {
    /// Sent to TikTok.
    Deliver,
    /// Everything but the network.
    DryRun,
}

/// What a batch says of all its rows.
#[derive(Clone, Debug)]
pub struct List<'l> {
    /// How rows become operations.
    pub rules: ListRules<'l>,
    /// Whether they are carried out.
    pub mode: ListMode,
    /// The number of the first row, for rows that do not carry their own.
    pub first_row: u64,
    /// Whether everything but the write is done.
    is_shadowed: bool,
}

impl<'l> List<'l> {
    /// Reads `BatchInput`; `null` is as good as absent.
    ///
    /// # Errors
    /// Something is missing, unknown or of the wrong kind: a sentence with the place.
    pub fn read(batch_input: Value<'l>, destination: &Destination) -> Result<Self, ListError> {
        if batch_input.kind() != Kind::Object {
            return Err(wrong_kind("BatchInput", "an object", batch_input));
        }
        refuse_unknown(batch_input)?;
        let direction = direction(batch_input)?;
        let audience = audience(batch_input)?;
        let stated = text(batch_input, "advertiser_id")?;
        let stated = stated.map(|id| AdvertiserId::parse(&id)).transpose();
        let stated = stated.map_err(|bad| ListError::new(format!("BatchInput.advertiser_id {bad}")))?;
        let settings = &destination.settings;
        let advertiser = actions::advertiser_or(stated, &audience, &destination.audiences, settings.advertiser_id);
        let policy = &settings.policy;
        let of_mapping = policy_of(&audience, advertiser, destination).unwrap_or(policy);
        let is_asked = policy.require_consent.is_empty() || policy.consent_missing == ConsentMissing::Allow;
        let unstated = || Explanation::new(Reason::ConsentMissing, "a list says nothing of consent");
        let rules = ListRules {
            direction,
            advertiser,
            audience,
            columns: columns(batch_input)?,
            spelling: spelling(batch_input)?,
            country: country(batch_input)?,
            rules: of_mapping.identity,
            also_remove: of_mapping.also_removes(),
            consent: if is_asked { Consent::Granted } else { Consent::Missing(unstated()) },
        };
        let mode = match boolean(batch_input, "dry_run")? {
            Some(true) => ListMode::DryRun,
            Some(false) | None => ListMode::Deliver,
        };
        Ok(Self { rules, mode, first_row: first_row(batch_input)?, is_shadowed: policy.shadow })
    }

    /// What is to be done with each of the rows, in their order; and how many columns are ignored.
    ///
    /// # Errors
    /// There are rows, and none of them has a column that could identify a person. What is no row at all is rejected in
    /// its place, also where there is nothing else.
    pub fn evaluate<'d>(&self, rows: impl Iterator<Item = Value<'d>>) -> Result<(Evaluated, usize), ListError> {
        let mut evaluated = Evaluated::default();
        let mut reader = RowReader::new(&self.rules);
        let (mut count, mut has_rows, mut has_panicked) = (0, false, false);
        for (position, row) in (0_u32..).zip(rows) {
            count += 1;
            let rank = Rank { position, ..Rank::default() };
            let is_set_aside = !isolation::begin(position);
            has_rows |= row.kind() == Kind::Object;
            has_panicked |= is_set_aside;
            let operation = if is_set_aside { Err(Reason::Panicked.into()) } else { reader.operation(row) };
            evaluated.sink(rank, None).result(operation);
        }
        isolation::end();
        if count == 0 {
            return Err(ListError::new("Items is empty"));
        }
        // A row that is not read again may have had one.
        if has_rows && !has_panicked && !reader.has_columns() {
            let expected = Meaning::NAMED.map(|(name, _)| name).join(", ");
            return Err(ListError::new(format!(
                "no row of Items has a column of the list: expected one of {expected}, or name the file's own in \
                 BatchInput.columns"
            )));
        }
        if self.is_shadowed {
            evaluated.shadow_from(0);
        }
        Ok((evaluated, reader.ignored()))
    }
}

/// The policy of the first enabled mapping that names the audience itself: what its adds were hashed by, the list removes.
fn policy_of<'d>(
    audience: &AudienceRef,
    advertiser: AdvertiserRef,
    destination: &'d Destination,
) -> Option<&'d Policy> {
    let mut enabled = destination.mappings.iter().filter(|configured| configured.mapping.enabled);
    let is_of = |configured: &&ConfiguredMapping| {
        LiteralAudience::of(&configured.mapping.fields)
            .is_some_and(|own| is_same(&own, audience, advertiser, destination))
    };
    enabled.find(is_of).map(|configured| &configured.policy)
}

/// Whether the audience that a mapping names is this one of this ad account.
fn is_same(
    own: &LiteralAudience,
    audience: &AudienceRef,
    advertiser: AdvertiserRef,
    destination: &Destination,
) -> bool {
    match (own, audience) {
        (LiteralAudience::Id(text), AudienceRef::Known(id)) => {
            AudienceId::parse(text.trim()).is_ok_and(|own| own == *id)
        }
        (LiteralAudience::Name(name, stated), AudienceRef::Named(named)) => {
            let stated = stated.as_deref().and_then(|id| AdvertiserId::parse(id.trim()).ok());
            let default = destination.settings.advertiser_id;
            name == named && actions::advertiser_or(stated, audience, &destination.audiences, default) == advertiser
        }
        (LiteralAudience::Id(_), AudienceRef::Named(_)) | (LiteralAudience::Name(..), AudienceRef::Known(_)) => false,
    }
}

fn refuse_unknown(batch_input: Value<'_>) -> Result<(), ListError> {
    for (key, _) in batch_input.members() {
        let key = key.as_str().unwrap_or_default();
        if !KEYS.contains(&key.as_ref()) {
            let hint = nearest_or_all(&key, &KEYS);
            return Err(ListError::new(format!("BatchInput has an unknown key: {hint}")));
        }
    }
    Ok(())
}

fn direction(batch_input: Value<'_>) -> Result<Direction, ListError> {
    match text(batch_input, "action")?.as_deref() {
        Some("add") => Ok(Direction::Add),
        Some("remove") => Ok(Direction::Remove),
        Some(_) => Err(ListError::new("BatchInput.action is neither `add` nor `remove`")),
        None => Err(ListError::new("BatchInput.action is missing: `add` or `remove`")),
    }
}

fn audience(batch_input: Value<'_>) -> Result<AudienceRef, ListError> {
    let refused = |explanation: Explanation| ListError::new(format!("BatchInput: {}", explanation.message()));
    match (text(batch_input, "audience_id")?, text(batch_input, "audience_name")?) {
        (Some(_), Some(_)) => {
            Err(ListError::new("BatchInput has audience_id and audience_name: one of them says which audience"))
        }
        (Some(id), None) => actions::known_audience(&id).map_err(refused),
        (None, Some(name)) => actions::named_audience(&name).map_err(refused),
        (None, None) => Err(ListError::new("BatchInput names no audience: audience_id or audience_name is missing")),
    }
}

/// The country of national phone numbers, as the list writes it.
fn country(batch_input: Value<'_>) -> Result<Option<Cow<'_, str>>, ListError> {
    let country = text(batch_input, "country")?;
    let checked = country.as_deref().map(Country::parse).transpose();
    checked.map_err(|bad| ListError::new(format!("BatchInput.country {bad}")))?;
    Ok(country)
}

/// Absent: a value is hashed unless it is a hash already. `false`: all are hashes. `true`: none is.
fn spelling(batch_input: Value<'_>) -> Result<Spelling, ListError> {
    Ok(match boolean(batch_input, "hash")? {
        None => Spelling::Either,
        Some(false) => Spelling::Hashed,
        Some(true) => Spelling::Plain,
    })
}

fn columns(batch_input: Value<'_>) -> Result<Columns<'_>, ListError> {
    let Some(columns) = given(batch_input, "columns") else { return Ok(Columns::default()) };
    if columns.kind() != Kind::Object {
        return Err(wrong_kind("BatchInput.columns", "an object", columns));
    }
    let mut named = Vec::new();
    for (key, value) in columns.members() {
        let key = key.as_str().unwrap_or_default();
        let known = Meaning::NAMED.map(|(name, _)| name);
        let meaning = Meaning::named(&key).ok_or_else(|| {
            ListError::new(format!("BatchInput.columns has an unknown key: known are {}", known.join(", ")))
        })?;
        for header in value.items_or_itself() {
            let text = header.as_str().filter(|text| !text.trim().is_empty());
            let text = text.ok_or_else(|| wrong_kind("a header in BatchInput.columns", "a text", header))?;
            named.push((trimmed(text), meaning));
        }
    }
    let can_identify = |(_, meaning): &(_, Meaning)| matches!(meaning, Meaning::Identifier(_));
    if !named.iter().any(can_identify) {
        return Err(ListError::new("BatchInput.columns names no column of email, phone, idfa or aaid"));
    }
    Ok(Columns::of(named))
}

fn first_row(batch_input: Value<'_>) -> Result<u64, ListError> {
    let Some(value) = given(batch_input, "first_row") else { return Ok(1) };
    let number = value.as_number().and_then(|number| number.parse().ok());
    number.ok_or_else(|| {
        if value.kind() == Kind::Number {
            ListError::new("BatchInput.first_row must be a whole number from 0")
        } else {
            wrong_kind("BatchInput.first_row", "a whole number", value)
        }
    })
}

fn given<'l>(batch_input: Value<'l>, key: &str) -> Option<Value<'l>> {
    batch_input.get(key).filter(|value| !value.is_null())
}

/// A text, or a number as it stands; blank is absent.
fn text<'l>(batch_input: Value<'l>, key: &str) -> Result<Option<Cow<'l, str>>, ListError> {
    let Some(value) = given(batch_input, key) else { return Ok(None) };
    let text = value.as_text().ok_or_else(|| wrong_kind(&format!("BatchInput.{key}"), "a string", value))?;
    Ok(Some(trimmed(text)).filter(|text| !text.is_empty()))
}

fn boolean(batch_input: Value<'_>, key: &str) -> Result<Option<bool>, ListError> {
    let Some(value) = given(batch_input, key) else { return Ok(None) };
    value.as_bool().map(Some).ok_or_else(|| wrong_kind(&format!("BatchInput.{key}"), "a boolean", value))
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

fn wrong_kind(place: &str, expected: &str, found: Value<'_>) -> ListError {
    ListError::new(format!("{place} must be {expected}, not {}", found.kind().described()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    #[test]
    fn a_batch_of_rows_that_panicked_is_rejected_row_by_row() {
        let input = Document::parse(r#"{"action":"add","audience_id":"1"}"#).unwrap();
        let destination = Destination::default();
        let list = List::read(input.root(), &destination).unwrap();
        let items = Document::parse(r#"[{"email":"jo@example.com"},{"plan":"gold"}]"#).unwrap();
        for set_aside in [vec![0], vec![0, 1]] {
            isolation::set_aside(set_aside.clone());
            assert!(list.evaluate(items.root().items()).is_ok(), "{set_aside:?}");
        }
        isolation::set_aside(Vec::new());
        let nobody = Document::parse(r#"[{"plan":"gold"}]"#).unwrap();
        assert!(list.evaluate(nobody.root().items()).is_err(), "no row has a column of the list");
    }
}
