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
        ("in capitals", r#"{"type":"Delete","email":"jo@example.com"}"#, &[1]),
        ("at the top", r#"{"type":"delete","email":"jo@example.com","phone":"+12025550143"}"#, &[2]),
        (
            "a number that is a float",
            r#"{"type":"delete","country":"US","phone":[12025550143,12025550143.0]}"#,
            &[1, 1],
        ),
        ("two addresses", r#"{"type":"delete","email":["jo@example.com","al@example.com"]}"#, &[1, 1]),
        (
            "a national number, by its country",
            r#"{"type":"delete","traits":{"phone":"07700 900123","country":"GB"}}"#,
            &[1, 1],
        ),
        (
            "a country in another place",
            r#"{"type":"delete","context":{"traits":{"phone":"07700 900123"}},
                "traits":{"address":{"country":"gb"}},"country":" "}"#,
            &[1, 1],
        ),
        (
            "a country of no use to a number that needs none",
            r#"{"type":"delete","phone":"+447700900123","country":"Atlantis"}"#,
            &[1],
        ),
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
    ] {
        check(name, request, Ok(expected));
    }
}

#[test]
fn a_regulation_names_its_people_as_users_or_as_events_do() {
    for (name, request, expected) in [
        (
            "of two users",
            r#"{"regulationType":"suppress_with_delete","destinationIds":["x"],
                "users":[{"userId":"1","email":"jo@example.com"},{"phone":"+12025550143"}]}"#,
            [1, 1].as_slice(),
        ),
        (
            "users by a type",
            r#"{"type":"delete","users":[{"email":"jo@example.com"},{"phone":"+12025550143"}]}"#,
            &[1, 1],
        ),
        ("a regulation as type", r#"{"type":"Suppress","context":{"traits":{"email":"jo@example.com"}}}"#, &[1]),
        ("the other", r#"{"type":"suppress_with_delete","users":[{"email":"jo@example.com"}]}"#, &[1]),
        (
            "a regulation of one person",
            r#"{"regulationType":"suppress","context":{"traits":{"email":"jo@example.com"}},"users":null}"#,
            &[1],
        ),
        ("at the top of it", r#"{"regulationType":"suppress","email":"jo@example.com"}"#, &[1]),
        ("a blank type", r#"{"type":" ","regulationType":"suppress","users":[{"email":"jo@example.com"}]}"#, &[1]),
        ("a type wins", r#"{"type":"delete","regulationType":"SUPPRESS_ONLY","email":"jo@example.com"}"#, &[1]),
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
        (
            "the hash of a blank value",
            r#"{"type":"delete","email":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
            none,
        ),
        ("no users", r#"{"regulationType":"suppress","users":[]}"#, none),
        ("users without", r#"{"regulationType":"suppress","users":[{"userId":"1"},{"userId":"2"}]}"#, none),
        ("an unusable one", r#"{"type":"delete","phone":"12"}"#, &["NO_USABLE_IDENTIFIER"]),
        ("an unknown regulation", r#"{"regulationType":"unsuppress","users":[]}"#, &["INVALID_FIELD"]),
        ("a regulation of no kind", r#"{"type":null,"regulationType":1}"#, &["INVALID_FIELD"]),
    ] {
        check(name, request, Err(expected));
    }
}

#[test]
fn a_person_may_have_ten_thousand_values_and_not_one_more() {
    let request = |count: usize| {
        let emails: Vec<String> = (0..count).map(|number| format!("\"Jo.{number}@example.com\"")).collect();
        format!(r#"{{"type":"delete","traits":{{"email":[{}]}}}}"#, emails.join(","))
    };
    // Under the rules of TikTok and of Segment they are the same.
    check("as many as may be", &request(MAX_VALUES), Ok(&vec![1; MAX_VALUES]));
    check("one more", &request(MAX_VALUES + 1), Err(&["INVALID_FIELD"]));
}

/// What is removed of one person under TikTok's rules, which are own, and Segment's.
fn erasable(request: &str) -> Erasable {
    let document = Document::parse(request).unwrap();
    let person = Person { places: vec![document.root()], device: None };
    person.erasable(&rules(&Destination::default()), false)
}

#[test]
fn a_national_number_is_removed_as_that_of_its_country() {
    let found = erasable(r#"{"phone":"07700 900123","country":"GB"}"#);
    let expected = identity::phone("+447700900123", None, &Rules::default()).unwrap().unwrap();
    assert!(found.rows.iter().flatten().any(|cell| *cell == expected));
    assert_eq!((found.left_out.as_slice(), found.refused), ([].as_slice(), None));
}

#[test]
fn what_cannot_be_read_is_named_also_where_the_rest_can() {
    for (name, request, expected) in [
        ("too short", r#"{"phone":"12"}"#, ("phone", Unusable::NoCountryCode)),
        ("only as Segment reads it", r#"{"phone":"(415) 555-0100"}"#, ("phone", Unusable::NoCountryCode)),
        ("with a name", r#"{"email":"Jo Roe <jo@example.com>"}"#, ("email", Unusable::NotAnEmail)),
        ("with a usable one", r#"{"email":"jo@example.com","phone":"12"}"#, ("phone", Unusable::NoCountryCode)),
    ] {
        let mut found = erasable(request);
        let refused = found.refused.as_mut().and_then(Explanation::take_left_out).unwrap_or_default();
        let left_out = [found.left_out.as_slice(), &refused].concat();
        assert_eq!(left_out, [LeftOut::new(expected.0, expected.1)], "{name}");
    }
}

#[test]
fn a_request_is_refused_where_only_segments_reading_is_there_and_its_removal_is_kept() {
    let of = |sets: &[&str]| -> Vec<String> {
        let mapping = |set: &&str| {
            format!(r#"{{"action":"addToAudience","trigger":"type = \"track\"","identity_rules":"{set}"}}"#)
        };
        sets.iter().map(mapping).collect()
    };
    for (name, mappings, expected) in [
        ("TikTok's", of(&["tiktok"]), true),
        ("Segment's", of(&["segment"]), false),
        ("both", of(&["segment", "tiktok-basic"]), true),
        ("those of the settings", Vec::new(), true),
    ] {
        let (destination, _findings) = parse_destination(&format!(r#"{{"mappings":[{}]}}"#, mappings.join(",")));
        let document = Document::parse(r#"{"phone":"(415) 555-0100"}"#).unwrap();
        let person = Person { places: vec![document.root()], device: None };
        let found = person.erasable(&rules(&destination), false);
        let code = found.refused.map(|refused| refused.reason);
        assert_eq!((code, found.rows.len()), (expected.then_some(Reason::NoUsableIdentifier), 1), "{name}");
    }
}

#[test]
fn other_events_are_no_requests() {
    for event in [
        r#"{"type":"record","action":"delete"}"#,
        r#"{"type":"track","event":"delete"}"#,
        r#"{"type":"track","regulationType":"suppress"}"#,
        r#"{"regulation":"suppress","users":[]}"#,
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
    let set = |Applied { rules, is_own }: Applied| (rules.set, rules.default_country.is_some(), is_own);
    let sets: Vec<_> = rules(&destination).into_iter().map(set).collect();
    let expected =
        [(RuleSet::Segment, false, false), (RuleSet::Tiktok, false, false), (RuleSet::TiktokBasic, true, true)];
    assert_eq!(sets, expected);
}
