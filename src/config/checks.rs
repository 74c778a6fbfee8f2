//! What can only be said of mappings when they are seen together, or of a field's literal value.
//!
//! A field that is computed from the event is not checked: what is not certain is not reported.

use std::collections::BTreeMap;
use std::fmt;

use super::at::At;
use super::entry::Entry;
use super::problem::Report;
use crate::actions::{ActionKind, Field};
use crate::destination::given::{Given, LiteralAudience, audience_name, event_may_bring_id};
use crate::identity::{Country, IdType, RuleSet};
use crate::json::Value;
use crate::tiktok::{AdvertiserId, AudienceId, BadId};

/// Checks every mapping for itself, and the enabled ones against each other.
pub(super) fn run(entries: &[Entry<'_>], report: &mut Report<'_>) {
    for entry in entries {
        required_fields(entry, report);
        literals(entry, report);
        something_is_sent(entry, report);
        phones_have_a_country(entry, report);
    }
    let enabled: Vec<_> = entries.iter().filter(|entry| entry.configured.mapping.enabled).collect();
    let mut by_audience: BTreeMap<LiteralAudience, Vec<&Entry<'_>>> = BTreeMap::new();
    for &entry in &enabled {
        if let Some(audience) = LiteralAudience::of(entry.fields()) {
            by_audience.entry(audience).or_default().push(entry);
        }
    }
    for (audience, entries) in &by_audience {
        rules_agree(audience, entries, report);
        device_hashes_agree(audience, entries, report);
        removes_match_adds(audience, entries, report);
    }
    one_audience_per_trigger(&enabled, report);
}

/// A mapping can do nothing with any event if a field is missing that its action cannot do without.
fn required_fields(entry: &Entry<'_>, report: &mut Report<'_>) {
    let mapping = &entry.configured.mapping;
    let required = mapping.action.declaration().fields().filter(|spec| spec.required).map(|spec| spec.field);
    for field in required.filter(|field| !mapping.fields.is_given(*field)) {
        let message = format!("is missing, {} cannot do without it", mapping.action.slug());
        wrong(entry, &entry.place(field), message, report);
    }
}

/// Notes what makes a mapping unusable, or unfinished as long as it is disabled: then it must not stop the rest.
fn wrong(entry: &Entry<'_>, at: &At<'_>, message: impl Into<String>, report: &mut Report<'_>) {
    if entry.configured.mapping.enabled {
        report.error(at, message);
    } else {
        report.warning(at, message);
    }
}

/// Ids are digits, countries are countries, names can be looked up.
fn literals(entry: &Entry<'_>, report: &mut Report<'_>) {
    let mut check = |field: Field, check: &dyn Fn(&str) -> Option<String>| {
        if let Given::Literal(text) = Given::of(entry.fields(), field)
            && let Some(message) = check(&text)
        {
            wrong(entry, &entry.place(field), message, report);
        }
    };
    let bad_id = |result: Result<(), BadId>| result.err().map(|error| error.to_string());
    for field in Field::ADVERTISERS {
        check(field, &|id| bad_id(AdvertiserId::parse(id).map(drop)));
    }
    for field in Field::AUDIENCE_IDS {
        check(field, &|id| bad_id(AudienceId::parse(id).map(drop)));
    }
    check(Field::AudienceName, &|name| audience_name(name).err());
    check(Field::Country, &|country| Country::parse(country).err().map(|error| error.to_string()));
}

/// A mapping that sends no identifier at all does nothing.
fn something_is_sent(entry: &Entry<'_>, report: &mut Report<'_>) {
    let switches = [Field::SendEmail, Field::SendPhone, Field::SendAdvertisingId];
    if entry.has(Field::SendEmail) && switches.iter().all(|&switch| Given::of(entry.fields(), switch).is_off()) {
        wrong(entry, &entry.fields_at, "one of send_email, send_phone and send_advertising_id must be on", report);
    }
}

/// A mapping that reads phone numbers and names no country leaves out every number without a country code.
fn phones_have_a_country(entry: &Entry<'_>, report: &mut Report<'_>) {
    let mapping = &entry.configured.mapping;
    let rules = &entry.configured.policy.identity;
    let Some(phone) = entry.fields_at.get(Field::Phone.name()) else { return };
    let is_read = Given::of(entry.fields(), Field::Phone) == Given::OfEvent
        && !Given::of(entry.fields(), Field::SendPhone).is_off();
    let has_country = rules.default_country.is_some() || Given::of(entry.fields(), Field::Country) != Given::Absent;
    // Segment's rules hash a number as it is given.
    let needs_country = rules.set != RuleSet::Segment && !begins_with_plus(phone.value);
    if mapping.enabled && is_read && needs_country && !has_country {
        let message = "has no country: a number without + and country code is left out (NO_COUNTRY_CODE); set \
                       `default_country`, or the field `country`";
        report.warning(&phone, message);
    }
}

/// Whether every number that an expression gives begins with a plus.
fn begins_with_plus(expression: Value<'_>) -> bool {
    let templates = ["@template", "@liquid"].iter().find_map(|directive| expression.get(directive));
    templates.unwrap_or(expression).as_str().is_some_and(|text| text.trim_start().starts_with('+'))
}

fn rules_agree(audience: &LiteralAudience, entries: &[&Entry<'_>], report: &mut Report<'_>) {
    let Some((first, others)) = entries.split_first() else { return };
    for other in others {
        if other.configured.policy.identity.set != first.configured.policy.identity.set {
            let message = format!(
                "differ from those of `{}` on the same audience {audience}: people whom one mapping adds the other \
                 could not remove",
                first.name()
            );
            report.error(
                &other.at.member("identity_rules").unwrap_or_else(|| other.at.missing("identity_rules")),
                message,
            );
        }
    }
}

/// TikTok refuses an audience that mixes device ids hashed in two ways.
fn device_hashes_agree(audience: &LiteralAudience, entries: &[&Entry<'_>], report: &mut Report<'_>) {
    let mut hashes = entries.iter().filter_map(|entry| Some((entry, device_hash(entry)?)));
    let Some((first, hash)) = hashes.next() else { return };
    for (other, other_hash) in hashes {
        if other_hash != hash {
            let message = format!(
                "sends device ids to audience {audience} as {other_hash}, `{}` as {hash}; one audience takes only one",
                first.name()
            );
            report.error(&other.place(Field::AdvertisingIdType), message);
        }
    }
}

/// The function keeps nothing, so a remove reaches only the hashes that it sends itself.
fn removes_match_adds(audience: &LiteralAudience, entries: &[&Entry<'_>], report: &mut Report<'_>) {
    let of = |legacy, native| {
        entries.iter().filter(move |entry| [legacy, native].contains(&entry.configured.mapping.action))
    };
    let adds: Vec<_> = of(ActionKind::AddUser, ActionKind::AddToAudience).collect();
    for remove in of(ActionKind::RemoveUser, ActionKind::RemoveFromAudience) {
        let mut differences = adds.iter().map(|add| (add, differences(add, remove)));
        let Some((add, first)) = differences.next() else { return };
        if first.is_empty() || differences.any(|(_, others)| others.is_empty()) {
            continue;
        }
        let message = format!(
            "removes from audience {audience} by other {} than `{}` adds; a remove reaches only what it sends itself",
            first.join(", "),
            add.name()
        );
        report.warning(&remove.at, message);
    }
}

/// An event that matches two such mappings goes to both audiences, which is seldom meant.
fn one_audience_per_trigger(enabled: &[&Entry<'_>], report: &mut Report<'_>) {
    let mut first_of: BTreeMap<(ActionKind, String), (&Entry<'_>, LiteralAudience)> = BTreeMap::new();
    for &entry in enabled {
        let Some(audience) = LiteralAudience::of(entry.fields()) else { continue };
        let key = (entry.configured.mapping.action, entry.configured.mapping.trigger.to_string());
        match first_of.get(&key) {
            Some((first, other)) if *other != audience => {
                let may_bring_id = [first.fields(), entry.fields()].into_iter().any(event_may_bring_id);
                let events = if may_bring_id { "every event that brings no audience id" } else { "every event" };
                let (this, first) = (entry.name(), first.name());
                let message = format!(
                    "`{first}` and `{this}` have one trigger and two audiences, {other} and {audience}: {events} goes \
                     to both"
                );
                report.warning(&entry.at, message);
            }
            Some(_) => {}
            None => drop(first_of.insert(key, (entry, audience))),
        }
    }
}

/// How device ids are hashed on their way to TikTok.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeviceHash {
    Sha256,
    Md5,
}

impl fmt::Display for DeviceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        })
    }
}

/// The hash of a mapping's device ids, if it sends any and no event can change it.
fn device_hash(entry: &Entry<'_>) -> Option<DeviceHash> {
    let is_sent = !Given::of(entry.fields(), Field::SendAdvertisingId).is_off();
    if !is_sent || Given::of(entry.fields(), Field::AdvertisingId) == Given::Absent {
        return None;
    }
    match Given::of(entry.fields(), Field::AdvertisingIdType) {
        Given::Literal(column) if IdType::parse(column.trim()).is_some_and(IdType::is_md5) => Some(DeviceHash::Md5),
        Given::Literal(_) | Given::Absent => Some(DeviceHash::Sha256),
        Given::OfEvent => None,
    }
}

/// The names of what decides an identifier's hash and is not the same in both mappings.
fn differences(add: &Entry<'_>, remove: &Entry<'_>) -> Vec<&'static str> {
    let fields = [
        Field::Email,
        Field::Phone,
        Field::AdvertisingId,
        Field::SendEmail,
        Field::SendPhone,
        Field::SendAdvertisingId,
        Field::Country,
        Field::AdvertisingIdType,
    ];
    let differ = |field: &Field| !add.fields().fills_like(remove.fields(), *field);
    let mut names: Vec<_> = fields.into_iter().filter(differ).map(Field::name).collect();
    let (add, remove) = (&add.configured.policy.identity, &remove.configured.policy.identity);
    if add.phone != remove.phone {
        names.push("phone_rule");
    }
    if add.default_country != remove.default_country {
        names.push("default_country");
    }
    names
}
