//! Deletion requests: people who are to be forgotten everywhere, whatever mappings and consent say.
//!
//! Two shapes: Segment's `type: "delete"`, as its classic webhooks send it, with identifiers where events have them;
//! and a RudderStack regulation of its User Suppression API, `{"regulationType": "suppress_with_delete", "users": […]}`.
//! A plain `suppress` counts too: RudderStack drops the user's further events, so that no later one could remove them.
//! The delivery finds out which audiences there are.

use std::borrow::Cow;
use std::fmt::Write;

use super::{ConfiguredMapping, Destination};
use crate::actions::{ActionKind, Field, Operation, Sink};
use crate::batch::{Rows, place};
use crate::event::Event;
use crate::identity::{self, Country, Device, Direction, Hashed, IdType, Platform, RuleSet, Rules, Unusable};
use crate::json::Value;
use crate::outcome::{Explanation, Reason};

/// The regulations that ask for people to be forgotten. Source: RudderStack's User Suppression API.
const REGULATIONS: [&str; 2] = ["suppress", "suppress_with_delete"];

/// Whether an event is a deletion request.
pub fn is_request(event: &Event<'_>) -> bool {
    event.is_kind("delete") || is_regulation(event)
}

fn is_regulation(event: &Event<'_>) -> bool {
    let is_known = |regulation: &str| REGULATIONS.iter().any(|known| regulation.eq_ignore_ascii_case(known));
    event.kind().is_none_or(Value::is_null)
        && event.root.get("regulationType").and_then(Value::as_str).is_some_and(|regulation| is_known(&regulation))
}

/// Whom a deletion request is about, under every rule by which they may have been added.
pub fn evaluate(event: &Event<'_>, destination: &Destination, sink: &mut Sink<'_>) {
    let rules = rules(destination);
    let has_md5 = destination.mappings.iter().any(may_send_md5);
    let mut rows = Rows::new();
    let mut unusable_people: Vec<Explanation> = Vec::new();
    for person in people(event) {
        match person.rows(&rules) {
            Ok(mut found) => {
                rows.append(&mut found);
                if has_md5 {
                    rows.append(&mut person.md5_rows());
                }
            }
            Err(explanation) if unusable_people.contains(&explanation) => {}
            Err(explanation) => unusable_people.push(explanation),
        }
    }
    if rows.is_empty() && unusable_people.is_empty() {
        unusable_people.push(Reason::DeleteNeedsIdentifier.into());
    }
    for explanation in unusable_people {
        sink.ended(explanation);
    }
    if !rows.is_empty() {
        sink.operation(Operation::Erase { advertisers: destination.advertisers(), rows });
    }
}

/// TikTok's rules and Segment's, whichever is configured; and all others that any mapping states.
fn rules(destination: &Destination) -> Vec<Rules> {
    let own = destination.settings.policy.identity;
    let of_mappings = destination.mappings.iter().map(|configured| {
        let country = configured.mapping.fields.literal(Field::Country);
        let country = country.and_then(|country| Country::parse(country.trim()).ok());
        let identity = configured.policy.identity;
        Rules { default_country: country.or(identity.default_country), ..identity }
    });
    let always = [own, Rules { set: RuleSet::Tiktok, ..own }, Rules { set: RuleSet::Segment, ..own }];
    let mut all = Vec::new();
    for rules in always.into_iter().chain(of_mappings) {
        if !all.contains(&rules) {
            all.push(rules);
        }
    }
    all
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
    if is_regulation(event) {
        let users = event.root.get("users").into_iter().flat_map(Value::items);
        return users.map(|user| Person { places: vec![user], device: None }).collect();
    }
    let places = [event.context_traits(), event.traits(), event.properties()].into_iter().flatten();
    vec![Person { places: places.chain([event.root]).collect(), device: event.device() }]
}

/// Where a request may name one person.
struct Person<'d> {
    places: Vec<Value<'d>>,
    device: Option<Value<'d>>,
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
    /// The person's hashes under all rules.
    fn rows(&self, all: &[Rules]) -> Result<Rows, Explanation> {
        let values = self.values();
        if values.is_empty() {
            return Err(Reason::DeleteNeedsIdentifier.into());
        }
        let mut rows = Rows::new();
        let mut problems = String::new();
        for (position, rules) in all.iter().enumerate() {
            for (identifier, value) in &values {
                match hashes(*identifier, value, rules) {
                    Ok(all) => all.into_iter().for_each(|hashed| place_once(&mut rows, hashed)),
                    Err(unusable) if position == 0 => note(&mut problems, *identifier, unusable),
                    Err(_) => {}
                }
            }
        }
        if rows.is_empty() { Err(Explanation::new(Reason::NoUsableIdentifier, problems)) } else { Ok(rows) }
    }

    /// The same device ids as MD5, in rows without any other form.
    fn md5_rows(&self) -> Rows {
        let mut rows = Rows::new();
        for (identifier, value) in self.values() {
            let Identifier::AdvertisingId(platforms) = identifier else { continue };
            // The MD5 of an id cannot be computed from its SHA-256.
            if matches!(identity::prehashed(&value, IdType::IdfaSha256), Ok(Some(_))) {
                continue;
            }
            for platform in platforms {
                let column = platform.md5().column();
                let found = [identity::device_md5(&value, *platform), identity::prehashed(&value, column)];
                found.into_iter().flatten().flatten().for_each(|hashed| place_once(&mut rows, hashed));
            }
        }
        rows
    }

    /// Every value that is not blank, of every place.
    fn values(&self) -> Vec<(Identifier, Cow<'d, str>)> {
        let of_device = self.device.and_then(|device| device.get("advertisingId"));
        let of_device = of_device.map(|value| (Identifier::AdvertisingId(ANY), value));
        let of_place = |place: &Value<'d>| MEMBERS.map(|(name, identifier)| Some((identifier, place.get(name)?)));
        let members = self.places.iter().flat_map(of_place).flatten().chain(of_device);
        let texts = members.flat_map(|(identifier, value)| {
            value.items_or_itself().filter_map(move |item| Some((identifier, item.as_text()?)))
        });
        texts.filter(|(_, text)| !text.trim().is_empty()).collect()
    }
}

/// Every hash under which an identifier may have been added by these rules.
fn hashes(identifier: Identifier, value: &str, rules: &Rules) -> Result<Vec<Hashed>, Unusable> {
    let one = |hashed: Option<Hashed>| hashed.into_iter().collect();
    match identifier {
        Identifier::Email => identity::email(value, rules).map(one),
        Identifier::Phone => identity::phone(value, None, rules).map(one),
        Identifier::AdvertisingId(platforms) => {
            let of_platform = |platform: &Platform| {
                let device = Device { id_type: Some(platform.sha256()), ..Device::default() };
                identity::advertising_id(value, &device, Direction::Remove, rules).transpose()
            };
            platforms.iter().filter_map(of_platform).collect()
        }
    }
}

fn place_once(rows: &mut Rows, hashed: Hashed) {
    if rows.iter().flatten().all(|known| *known != hashed) {
        place(rows, 0, hashed);
    }
}

fn note(problems: &mut String, identifier: Identifier, unusable: Unusable) {
    let separator = if problems.is_empty() { "" } else { "; " };
    // Writing to a string can't fail.
    let _written = write!(problems, "{separator}{}: {unusable}", identifier.name());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::Evaluated;
    use crate::batch::Rank;
    use crate::config::parse_destination;
    use crate::json::Document;
    use crate::outcome::{Entry, Verdict};

    #[track_caller]
    fn check(name: &str, request: &str, expected: Result<&[usize], &[&str]>) {
        let document = Document::parse(request).unwrap();
        let event = Event::read(document.root()).unwrap();
        assert!(is_request(&event), "{name}");
        let mut evaluated = Evaluated::default();
        evaluate(&event, &Destination::default(), &mut evaluated.sink(Rank::default(), None));
        let code = |entry: &Entry| match &entry.verdict {
            Verdict::Because(explanation) => explanation.reason.code(),
            Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => panic!("{name}: an entry without a reason"),
        };
        let unusable_people: Vec<_> = evaluated.entries.iter().map(code).collect();
        let cells: Vec<_> = evaluated
            .operations
            .iter()
            .flat_map(|planned| match &planned.operation {
                Operation::Erase { rows, .. } => rows.iter().map(smallvec::SmallVec::len).collect::<Vec<_>>(),
                Operation::Members { .. } | Operation::Create { .. } => panic!("{name}: not a deletion"),
            })
            .collect();
        match expected {
            Ok(expected) => {
                assert_eq!((cells.as_slice(), unusable_people.as_slice()), (expected, [].as_slice()), "{name}");
            }
            Err(expected) => assert_eq!((unusable_people.as_slice(), cells.is_empty()), (expected, true), "{name}"),
        }
    }

    #[test]
    fn a_request_names_its_person_wherever_events_do() {
        for (name, request, expected) in [
            ("one spelling for all rules", r#"{"type":"delete","traits":{"email":"jo@example.com"}}"#, [1].as_slice()),
            ("two spellings", r#"{"type":"delete","context":{"traits":{"email":"Jo@example.com "}}}"#, &[1, 1]),
            ("at the top", r#"{"type":"delete","email":"jo@example.com","phone":"+12025550143"}"#, &[2]),
            ("two addresses", r#"{"type":"delete","email":["jo@example.com","al@example.com"]}"#, &[1, 1]),
            (
                "the same everywhere",
                r#"{"type":"delete","email":"jo@example.com","traits":{"email":"jo@example.com"},
                    "properties":{"email":"jo@example.com"}}"#,
                &[1],
            ),
            (
                "a device, of either platform, as SHA-256 and as MD5",
                r#"{"type":"delete","context":{"device":{"type":"android",
                    "advertisingId":"5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"}}}"#,
                &[2, 2],
            ),
            (
                "a regulation of two users",
                r#"{"regulationType":"suppress_with_delete","destinationIds":["x"],
                    "users":[{"userId":"1","email":"jo@example.com"},{"phone":"+12025550143"}]}"#,
                &[1, 1],
            ),
            ("a suppression", r#"{"regulationType":"SUPPRESS","users":[{"email":"jo@example.com"}]}"#, &[1]),
        ] {
            check(name, request, Ok(expected));
        }
    }

    #[test]
    fn a_request_without_a_usable_identifier_is_rejected() {
        let none = ["DELETE_NEEDS_IDENTIFIER"].as_slice();
        for (name, request, expected) in [
            ("none", r#"{"type":"delete","userId":"user-1"}"#, none),
            ("blank", r#"{"type":"delete","email":" ","phone":null,"traits":{"email":[]}}"#, none),
            ("no users", r#"{"regulationType":"suppress","users":[]}"#, none),
            ("users without", r#"{"regulationType":"suppress","users":[{"userId":"1"},{"userId":"2"}]}"#, none),
            ("an unusable one", r#"{"type":"delete","phone":"12"}"#, &["NO_USABLE_IDENTIFIER"]),
        ] {
            check(name, request, Err(expected));
        }
    }

    #[test]
    fn other_events_are_no_requests() {
        for event in [
            r#"{"type":"record","action":"delete"}"#,
            r#"{"type":"track","event":"delete"}"#,
            r#"{"type":"track","regulationType":"suppress"}"#,
            r#"{"regulationType":"unsuppress","users":[]}"#,
        ] {
            let document = Document::parse(event).unwrap();
            assert!(!is_request(&Event::read(document.root()).unwrap()), "{event}");
        }
    }

    #[test]
    fn advertisers_and_rules_are_all_that_the_configuration_names() {
        let text = r#"{"settings":{"advertiser_id":"71","identity_rules":"segment"},
            "audiences":[{"name":"vip","advertiser_id":"72"},{"name":"b","advertiser_id":"71"}],
            "mappings":[
                {"action":"addToAudience","identity_rules":"tiktok-basic","fields":{"advertiser_id":"73","country":"DE"}},
                {"action":"addUser","enabled":false,"fields":{"selected_advertiser_id":"74","audience_id":"1"}}]}"#;
        let (destination, _findings) = parse_destination(text);
        let found: Vec<_> = destination.advertisers().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["71", "72", "73", "74"]);
        let sets: Vec<_> =
            rules(&destination).iter().map(|rules| (rules.set, rules.default_country.is_some())).collect();
        let expected = [(RuleSet::Segment, false), (RuleSet::Tiktok, false), (RuleSet::TiktokBasic, true)];
        assert_eq!(sets, expected);
    }
}
