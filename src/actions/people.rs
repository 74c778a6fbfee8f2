//! The identifiers of an event, hashed, as rows.

use crate::batch::Rows;
use crate::event::Event;
use crate::identity::{
    self, AdvertisingIdType, Cleaned, Device, Direction, Hashed, IdType, Normalised, RuleSet, Rules, Unusable,
};
use crate::json::Value;
use crate::outcome::left_out::LeftOutReason;
use crate::outcome::{AllLeftOut, Explanation, LeftOut, Reason};

use super::found::{Found, MAX_VALUES, too_many_values};
use super::{AdvertiserRef, AudienceRef, Field, Filled, Input, Operation, Permitted, Switch};

/// The three kinds of identifiers, with their fields.
const KINDS: [(Kind, Field, Field); 3] = [
    (Kind::Email, Field::Email, Field::SendEmail),
    (Kind::Phone, Field::Phone, Field::SendPhone),
    (Kind::AdvertisingId, Field::AdvertisingId, Field::SendAdvertisingId),
];

/// A kind of identifier.
#[derive(Clone, Copy)]
enum Kind {
    Email,
    Phone,
    AdvertisingId,
}

/// The people of the event, to or from an audience, as far as they consent.
///
/// # Errors
/// Consent is required and not there; see [`rows`] for the others.
pub(super) fn members(
    input: Input<'_, '_>,
    direction: Direction,
    advertiser: AdvertiserRef,
    audience: AudienceRef,
) -> Result<Operation, Explanation> {
    let Permitted { direction, note } = input.consent.permit(direction)?;
    let (rows, left_out) = rows(input, direction)?;
    Ok(Operation::Members { direction, advertiser, audience, rows, left_out, note })
}

/// Hashes the identifiers that are sent, and names those that are there and can't be.
///
/// Several values in one field fan out into several rows; a value that is blank counts as absent.
///
/// # Errors
/// All `send_*` are off, all identifiers are absent, or those that are present are unusable; or a field has too many.
fn rows(input: Input<'_, '_>, direction: Direction) -> Result<(Rows, AllLeftOut), Explanation> {
    let Input { event, filled, rules, .. } = input;
    let also_remove = input.also_remove.filter(|_| direction == Direction::Remove);
    let wanted = wanted_column(event, direction, rules)?;
    let mut found = Found::default();
    let mut is_anything_sent = false;
    for (kind, field, switch) in KINDS {
        match input.switch(switch) {
            Switch::On => {}
            Switch::Off => continue,
            Switch::OffByEvent => {
                let left_out = LeftOut::new(field.name(), LeftOutReason::SwitchedOff);
                (0..filled.texts(field).len() + filled.others(field)).for_each(|_value| found.leave_out(left_out));
                continue;
            }
        }
        is_anything_sent = true;
        let others = filled.others(field);
        if filled.texts(field).len() + others > MAX_VALUES {
            return Err(too_many_values(field.name()));
        }
        add(&mut found, field, filled.texts(field), wanted, |value| hash(kind, value, filled, event, direction, rules));
        (0..others).for_each(|_value| found.unusable(field.name(), Unusable::NotAText));
        if let Some(also) = &also_remove {
            add_also(&mut found, filled.texts(field), |value| hash(kind, value, filled, event, direction, also));
        }
    }
    if is_anything_sent { found.into_rows() } else { Err(Reason::NothingToSend.into()) }
}

/// An identifier by itself: its field, its text, and its column or why it is not sent.
pub(crate) type Judged<'f> = (Field, &'f str, Result<Option<IdType>, LeftOutReason>);

/// Judges each identifier of an event by itself, also those that are not sent: for people who look for a mistake.
pub fn judge<'f>(input: Input<'f, '_>, direction: Direction) -> impl Iterator<Item = Judged<'f>> {
    let judged = |cleaned: Option<Cleaned>| cleaned.map(|cleaned| cleaned.hashed().id_type());
    clean(input, direction, input.rules).map(move |(field, value, cleaned)| (field, value, cleaned.map(judged)))
}

/// The same identifiers with what is hashed of each, under rules that need not be the mapping's own.
pub fn clean<'f>(
    input: Input<'f, '_>,
    direction: Direction,
    rules: &'f Rules,
) -> impl Iterator<Item = (Field, &'f str, Result<Option<Cleaned>, LeftOutReason>)> {
    let Input { event, filled, .. } = input;
    // What names no column is a result of its own.
    let wanted = wanted_column(event, direction, rules).unwrap_or_default();
    let is_wanted = move |cleaned: &Cleaned| wanted.is_none_or(|wanted| wanted == cleaned.hashed().id_type());
    KINDS.into_iter().flat_map(move |(kind, field, _switch)| {
        let others = (0..filled.others(field)).map(move |_value| (field, "", Err(Unusable::NotAText.into())));
        let texts = filled.texts(field).map(move |value| {
            let cleaned = match hash::<Cleaned>(kind, value, filled, event, direction, rules) {
                Ok(Some(cleaned)) if !is_wanted(&cleaned) => Err(LeftOutReason::OtherIdType),
                cleaned => cleaned.map_err(LeftOutReason::from),
            };
            (field, value, cleaned)
        });
        texts.chain(others)
    })
}

fn hash<T: Normalised>(
    kind: Kind,
    value: &str,
    filled: &Filled<'_>,
    event: &Event<'_>,
    direction: Direction,
    rules: &Rules,
) -> Result<Option<T>, Unusable> {
    match kind {
        Kind::Email => identity::clean_email(value, rules),
        Kind::Phone => identity::clean_phone(value, filled.text(Field::Country), rules),
        Kind::AdvertisingId => advertising_id(value, filled, event, direction, rules),
    }
}

fn advertising_id<T: Normalised>(
    value: &str,
    filled: &Filled<'_>,
    event: &Event<'_>,
    direction: Direction,
    rules: &Rules,
) -> Result<Option<T>, Unusable> {
    let os = event.context().and_then(|context| context.path(&["os", "name"]));
    let device_type = event.device().and_then(|device| device.get("type"));
    let (device_type, os_name) = (device_type.and_then(Value::as_str), os.and_then(Value::as_str));
    let device = Device {
        id_type: filled.text(Field::AdvertisingIdType).and_then(AdvertisingIdType::parse),
        device_type: device_type.as_deref(),
        os_name: os_name.as_deref(),
        ad_tracking_enabled: event.device().and_then(|device| ad_tracking(device.get("adTrackingEnabled")?)),
    };
    identity::clean_advertising_id(value, &device, direction, rules)
}

/// The flag of the device, also as the text that warehouses and tag managers make of it: `"false"` is a refusal, too.
fn ad_tracking(flag: Value<'_>) -> Option<bool> {
    flag.as_bool().or_else(|| flag.as_str()?.trim().to_ascii_lowercase().parse().ok())
}

/// The only column that people are added with, where the audience's settings in Segment name one.
///
/// A remove is sent in every column: the setting may have been another when the person was added. Segment's own connector
/// ignores it, and so do its rules here.
fn wanted_column(event: &Event<'_>, direction: Direction, rules: &Rules) -> Result<Option<IdType>, Explanation> {
    if direction == Direction::Remove || rules.set == RuleSet::Segment {
        return Ok(None);
    }
    let Some(name) =
        event.audience_settings().and_then(|settings| settings.get("idType")).filter(|value| !value.is_null())
    else {
        return Ok(None);
    };
    let column = name.as_str().and_then(|name| id_type(name.trim()));
    column.map(Some).ok_or_else(|| Explanation::new(Reason::InvalidField, UNKNOWN_ID_TYPE))
}

const UNKNOWN_ID_TYPE: &str = "audience_settings.idType is none of EMAIL_SHA256, PHONE_SHA256, IDFA_SHA256, AAID_SHA256 \
                               and GAID_SHA256";

/// Reads TikTok's name of a column, or a name of device ids.
fn id_type(name: &str) -> Option<IdType> {
    IdType::parse(name).or_else(|| AdvertisingIdType::parse(name).map(AdvertisingIdType::column))
}

/// Adds the usable values of a field: the first to the first row, the second to the second, and so on.
fn add<'v>(
    found: &mut Found,
    field: Field,
    values: impl Iterator<Item = &'v str>,
    wanted: Option<IdType>,
    hash: impl Fn(&str) -> Result<Option<Hashed>, Unusable>,
) {
    let mut row = 0;
    for value in values {
        match hash(value) {
            Ok(Some(hashed)) if wanted.is_none_or(|wanted| wanted == hashed.id_type()) => {
                found.place(row, hashed);
                row += 1;
            }
            Ok(Some(_)) => found.leave_out(LeftOut::new(field.name(), LeftOutReason::OtherIdType)),
            Ok(None) => {}
            Err(unusable) => found.unusable(field.name(), unusable),
        }
    }
}

/// Adds them under a second set of rules, to removes; what is wrong with them under those is no problem.
fn add_also<'v>(
    found: &mut Found,
    values: impl Iterator<Item = &'v str>,
    hash: impl Fn(&str) -> Result<Option<Hashed>, Unusable>,
) {
    let hashed = values.filter_map(|value| hash(value).ok().flatten());
    hashed.enumerate().for_each(|(row, hashed)| found.place_also(row, hashed));
}
