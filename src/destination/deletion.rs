//! Deletion requests: people who are to be forgotten everywhere, whatever mappings and consent say.
//!
//! Two shapes: Segment's `type: "delete"`, as its classic webhooks send it, with identifiers where events have them;
//! and a RudderStack regulation of its User Suppression API, `{"regulationType": "suppress_with_delete", "users": […]}`.
//! The regulation may stand in `type` as well, and without `users` the person where events have theirs.
//! A plain `suppress` counts too: RudderStack drops the user's further events, so that no later one could remove them.
//! The delivery finds out which audiences there are.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::{ConfiguredMapping, Destination};
use crate::actions::{ActionKind, Field, MAX_VALUES, Operation, Sink, too_many_values};
use crate::batch::{Rows, RowsBuilder};
use crate::event::Event;
use crate::identity::{self, Country, Device, Direction, Hashed, IdType, Platform, RuleSet, Rules, Unusable};
use crate::json::Value;
use crate::json::number::value_text;
use crate::outcome::{Explanation, LeftOut, Reason, left_out};

/// The regulations that ask for people to be forgotten. Source: RudderStack's User Suppression API.
const REGULATIONS: [&str; 2] = ["suppress", "suppress_with_delete"];

/// Whether an event is a deletion request, or a regulation of a kind that is not known.
pub fn is_request(event: &Event<'_>) -> bool {
    let is_deletion =
        |kind: Value<'_>| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("delete")) || is_known(kind);
    event.kind().is_some_and(is_deletion) || regulation(event).is_some()
}

/// What a regulation, which has no type, asks for.
fn regulation<'d>(event: &Event<'d>) -> Option<Value<'d>> {
    let is_none = |kind: Value<'_>| kind.is_null() || kind.as_str().is_some_and(|kind| kind.trim().is_empty());
    event.root.get("regulationType").filter(|_| event.kind().is_none_or(is_none))
}

fn is_known(regulation: Value<'_>) -> bool {
    let regulation = regulation.as_str().unwrap_or_default();
    REGULATIONS.iter().any(|known| regulation.eq_ignore_ascii_case(known))
}

/// Whom a deletion request is about, under every rule by which they may have been added.
pub fn evaluate(event: &Event<'_>, destination: &Destination, sink: &mut Sink<'_>) {
    if regulation(event).is_some_and(|regulation| !is_known(regulation)) {
        let detail = format!("regulationType is none of {}", REGULATIONS.join(" and "));
        return sink.ended(Explanation::new(Reason::InvalidField, detail));
    }
    let rules = rules(destination);
    let has_md5 = destination.mappings.iter().any(may_send_md5);
    let (mut rows, mut left_out) = (Rows::new(), Vec::new());
    let mut unusable_people: Vec<Explanation> = Vec::new();
    for person in people(event) {
        let mut erasable = person.erasable(&rules, has_md5);
        rows.append(&mut erasable.rows);
        left_out.append(&mut erasable.left_out);
        unusable_people.extend(erasable.refused.filter(|refused| !unusable_people.contains(refused)));
    }
    if rows.is_empty() && unusable_people.is_empty() {
        unusable_people.push(Reason::DeleteNeedsIdentifier.into());
    }
    for explanation in unusable_people {
        sink.ended(explanation);
    }
    if !rows.is_empty() {
        let left_out = (!left_out.is_empty()).then(|| left_out.into_boxed_slice());
        sink.operation(Operation::Erase { advertisers: destination.advertisers(), rows, left_out });
    }
}

/// Rules by which people may have been added.
#[derive(Clone, Copy)]
struct Applied {
    rules: Rules,
    /// Whether a value must be readable by them, or by others like it, to be sure that the person is removed.
    is_own: bool,
}

/// TikTok's rules and Segment's, whichever is configured; and all others that any mapping states.
///
/// The mappings' are the own ones. Segment's read any text, so that they count as own only where there are no others.
fn rules(destination: &Destination) -> Vec<Applied> {
    let settings = destination.settings.policy.identity;
    let of_mappings = destination.mappings.iter().map(|configured| {
        let country = configured.mapping.fields.literal(Field::Country);
        let country = country.and_then(|country| Country::parse(country.trim()).ok());
        let identity = configured.policy.identity;
        Rules { default_country: country.or(identity.default_country), ..identity }
    });
    let mut own: Vec<_> = of_mappings.collect();
    let always = [settings, Rules { set: RuleSet::Tiktok, ..settings }, Rules { set: RuleSet::Segment, ..settings }];
    let mut all = Vec::new();
    for rules in always.into_iter().chain(own.iter().copied()) {
        if !all.contains(&rules) {
            all.push(rules);
        }
    }
    if own.is_empty() {
        own.push(settings);
    }
    if own.iter().any(|rules| rules.set != RuleSet::Segment) {
        own.retain(|rules| rules.set != RuleSet::Segment);
    }
    all.into_iter().map(|rules| Applied { rules, is_own: own.contains(&rules) }).collect()
}

/// Whether a mapping, enabled or not, can have sent device ids as MD5: the columns of records say so themselves.
fn may_send_md5(configured: &ConfiguredMapping) -> bool {
    let fields = &configured.mapping.fields;
    let id_type = Field::AdvertisingIdType;
    let stated = fields.literal(id_type).and_then(|text| IdType::parse(text.trim()));
    configured.mapping.action == ActionKind::SyncRecords
        || fields.uses_event(id_type)
        || stated.is_some_and(IdType::is_md5)
}

/// The people of a request.
fn people<'d>(event: &Event<'d>) -> Vec<Person<'d>> {
    let users = event.root.get("users").into_iter().flat_map(Value::items);
    let users: Vec<_> = users.map(|user| Person { places: vec![user], device: None }).collect();
    if !users.is_empty() {
        return users;
    }
    let places = [event.context_traits(), event.traits(), event.properties()].into_iter().flatten();
    vec![Person { places: places.chain([event.root]).collect(), device: event.device() }]
}

/// Where a request may name one person.
struct Person<'d> {
    places: Vec<Value<'d>>,
    device: Option<Value<'d>>,
}

/// The rows of one person, each hash in one of them.
#[derive(Default)]
struct DistinctRows {
    rows: RowsBuilder,
    known: HashSet<Hashed, RandomState>,
}

impl DistinctRows {
    fn place(&mut self, hashed: Hashed) {
        if self.known.insert(hashed) {
            self.rows.place(0, hashed);
        }
    }

    fn finish(self) -> Rows {
        self.rows.finish()
    }
}

/// What is removed of a person.
#[derive(Default)]
struct Erasable {
    rows: Rows,
    /// What no own rule reads.
    left_out: Vec<LeftOut>,
    /// Why nobody can be sure that it is all of the person; what can be removed is.
    refused: Option<Explanation>,
}

impl Erasable {
    fn refused(explanation: Explanation) -> Self {
        Self { refused: Some(explanation), ..Self::default() }
    }
}

/// What an identifier is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identifier {
    Email,
    Phone,
    /// With the platforms that it may be of.
    AdvertisingId(&'static [Platform]),
}

/// A deletion request does not say which platform an id belongs to, so the id is removed in both columns. In the wrong
/// column it matches nobody.
const ANY: &[Platform] = &[Platform::Ios, Platform::Android];

impl Identifier {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::AdvertisingId(_) => "advertising_id",
        }
    }
}

/// The members that name identifiers.
const MEMBERS: [(&str, Identifier); 6] = [
    ("email", Identifier::Email),
    ("phone", Identifier::Phone),
    ("advertisingId", Identifier::AdvertisingId(ANY)),
    ("idfa", Identifier::AdvertisingId(&[Platform::Ios])),
    ("aaid", Identifier::AdvertisingId(&[Platform::Android])),
    ("gaid", Identifier::AdvertisingId(&[Platform::Android])),
];

impl<'d> Person<'d> {
    /// The person's hashes under all rules; those of device ids as MD5 too, in rows without any other form, where a
    /// mapping may have sent them so.
    fn erasable(&self, all: &[Applied], has_md5: bool) -> Erasable {
        let values = self.values();
        if values.is_empty() {
            return Erasable::refused(Reason::DeleteNeedsIdentifier.into());
        }
        let countries = self.countries();
        if values.len() > MAX_VALUES {
            return Erasable::refused(too_many_values("a deletion request's person"));
        }
        let (mut rows, mut md5_rows) = (DistinctRows::default(), DistinctRows::default());
        let mut left_out = Vec::new();
        let mut is_any_read = false;
        for (identifier, value) in &values {
            let md5 = if has_md5 { md5_hashes(*identifier, value) } else { Vec::new() };
            let (mut is_read, mut unusable) = (!md5.is_empty(), None);
            for applied in all {
                match hashes(*identifier, value, &countries, &applied.rules) {
                    Ok(read) => {
                        is_read |= applied.is_own && !read.is_empty();
                        for hashed in read {
                            rows.place(hashed);
                        }
                    }
                    Err(why) if applied.is_own => unusable = unusable.or(Some(why)),
                    Err(_) => {}
                }
            }
            for hashed in md5 {
                md5_rows.place(hashed);
            }
            let unread = unusable.filter(|_| !is_read);
            left_out.extend(unread.map(|unusable| LeftOut::new(identifier.name(), unusable)));
            is_any_read |= is_read;
        }
        let mut rows = rows.finish();
        rows.append(&mut md5_rows.finish());
        if is_any_read {
            return Erasable { rows, left_out, refused: None };
        }
        Erasable { rows, ..Erasable::refused(none_is_read(left_out)) }
    }

    /// The countries that the request names beside its identifiers, in the order of the places.
    fn countries(&self) -> Vec<Cow<'d, str>> {
        let of_place = |place: &Value<'d>| {
            let of_address = place.get("address").and_then(|address| address.get("country"));
            [place.get("country"), of_address].into_iter().flatten()
        };
        let mut countries = Vec::new();
        for country in self.places.iter().flat_map(of_place).filter_map(Value::as_str) {
            if !country.trim().is_empty() && !countries.contains(&country) {
                countries.push(country);
            }
        }
        countries
    }

    /// Every value that is not blank, of every place.
    fn values(&self) -> Vec<(Identifier, Cow<'d, str>)> {
        let of_device = self.device.and_then(|device| device.get("advertisingId"));
        let of_device = of_device.map(|value| (Identifier::AdvertisingId(ANY), value));
        let of_place = |place: &Value<'d>| MEMBERS.map(|(name, identifier)| Some((identifier, place.get(name)?)));
        let members = self.places.iter().flat_map(of_place).flatten().chain(of_device);
        let texts = members.flat_map(|(identifier, value)| {
            value.items_or_itself().filter_map(move |item| Some((identifier, value_text(item)?)))
        });
        texts.filter(|(_, text)| !text.trim().is_empty()).collect()
    }
}

/// Every hash under which an identifier may have been added by these rules.
fn hashes(
    identifier: Identifier,
    value: &str,
    countries: &[Cow<'_, str>],
    rules: &Rules,
) -> Result<Vec<Hashed>, Unusable> {
    match identifier {
        Identifier::Email => Ok(identity::email(value, rules)?.into_iter().collect()),
        Identifier::Phone => phone_hashes(value, countries, rules),
        Identifier::AdvertisingId(platforms) => {
            let of_platform = |platform: &Platform| {
                let device = Device { id_type: Some(platform.sha256()), ..Device::default() };
                identity::advertising_id(value, &device, Direction::Remove, rules).transpose()
            };
            platforms.iter().filter_map(of_platform).collect()
        }
    }
}

/// The same device id as MD5; nothing of anything else.
fn md5_hashes(identifier: Identifier, value: &str) -> Vec<Hashed> {
    let Identifier::AdvertisingId(platforms) = identifier else { return Vec::new() };
    // The MD5 of an id cannot be computed from its SHA-256.
    if !matches!(identity::prehashed(value, IdType::IdfaSha256), Err(Unusable::NotAHash)) {
        return Vec::new();
    }
    let of_platform = |platform: &Platform| {
        [identity::device_md5(value, *platform), identity::prehashed(value, platform.md5().column())]
    };
    platforms.iter().flat_map(of_platform).flatten().flatten().collect()
}

/// Why a person of whom no own rule reads anything is not removed for certain.
fn none_is_read(left_out: Vec<LeftOut>) -> Explanation {
    if left_out.is_empty() {
        // Hashes of blank values.
        return Reason::DeleteNeedsIdentifier.into();
    }
    let explanation = Explanation::new(Reason::NoUsableIdentifier, left_out::sentence(&left_out));
    explanation.with_left_out(Some(left_out.into_boxed_slice()))
}

/// A phone number in each country that the request names, and in the configured one: a mapping may have added it without a
/// word on the country.
fn phone_hashes(value: &str, countries: &[Cow<'_, str>], rules: &Rules) -> Result<Vec<Hashed>, Unusable> {
    let stated = countries.iter().map(|country| Some(country.as_ref()));
    let readings: Vec<_> = stated.chain([None]).map(|country| identity::phone(value, country, rules)).collect();
    let usable: Vec<_> = readings.iter().flatten().copied().flatten().collect();
    match readings.into_iter().find_map(Result::err) {
        Some(unusable) if usable.is_empty() => Err(unusable),
        Some(_) | None => Ok(usable),
    }
}

#[cfg(test)]
mod tests;
