use super::super::{AdvertiserRef, AudienceRef, Evaluated, Operation};
use super::*;
use crate::batch::Rank;
use crate::config::parse_destination;
use crate::destination::{consent, evaluation};
use crate::event::Event;
use crate::identity::Direction;
use crate::identity::{Hashed, IdType};
use crate::json::Document;
use crate::outcome::{Entry, Verdict};

const EMAIL_HASH: &str = "584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777";
const MD5: &str = "a1a71d7132ffc45541100d58092ac49e";

/// What a mapping of these fields makes of an event, as text: one line per operation, then the people left out.
fn prepared(settings: &str, fields: &str, event: &str) -> String {
    let config = format!(r#"{{"settings":{settings},"mappings":[{{"action":"syncRecords","fields":{fields}}}]}}"#);
    let (destination, _findings) = parse_destination(&config);
    let configured = &destination.mappings[0];
    let document = Document::parse(event).unwrap();
    let event = Event::read(document.root()).unwrap();
    let filled = configured.mapping.fields.resolve(&event).unwrap();
    let consent = consent::of(&event, &configured.policy);
    let input = evaluation::input(&destination, configured, &event, &filled, &consent);
    let mut evaluated = Evaluated::default();
    evaluate(input, &mut evaluated.sink(Rank::default(), None));
    let ended = |entry: &Entry| match &entry.verdict {
        Verdict::Because(explanation) => format!("{}: {}", explanation.reason.code(), explanation.message()),
        Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => panic!("an entry without a reason"),
    };
    let operations = evaluated.operations.iter().map(|planned| operation(&planned.operation));
    operations.chain(evaluated.entries.iter().map(ended)).collect::<Vec<_>>().join("\n")
}

/// `add 7/1: E+P, E` is: two rows, one with email and phone number.
fn operation(operation: &Operation) -> String {
    let Operation::Members { direction, advertiser, audience, rows, .. } = operation else {
        panic!("not an operation")
    };
    let letter = |cell: &Hashed| match cell.id_type() {
        IdType::EmailSha256 => "E",
        IdType::PhoneSha256 => "P",
        IdType::IdfaSha256 => "I",
        IdType::AaidSha256 => "A",
        IdType::IdfaMd5 => "i",
        IdType::AaidMd5 => "a",
    };
    let row = |cells: &crate::batch::Cells| cells.iter().map(letter).collect::<Vec<_>>().join("+");
    let direction = match direction {
        Direction::Add => "add",
        Direction::Remove => "remove",
    };
    let advertiser = match advertiser {
        AdvertiserRef::Known(advertiser) => advertiser.to_string(),
        AdvertiserRef::OnlyOfSecret => "-".to_owned(),
    };
    let audience = match audience {
        AudienceRef::Known(audience) => audience.to_string(),
        AudienceRef::Named(name) => format!("`{name}`"),
    };
    format!("{direction} {advertiser}/{audience}: {}", rows.iter().map(row).collect::<Vec<_>>().join(", "))
}

#[track_caller]
fn check(name: &str, fields: &str, event: &str, expected: &str) {
    assert_eq!(prepared("{}", fields, event), expected, "{name}");
}

fn record(action: &str, identifiers: &str) -> String {
    format!(
        r#"{{"type":"record","action":"{action}","identifiers":{identifiers},"fields":{{"EMAIL_SHA256":"x"}},
            "context":{{"externalId":[{{"type":"OTHER-2"}},{{"type":"TIKTOK_AUDIENCE-1","id":"x"}}]}}}}"#
    )
}

fn list(list_data: &str, more_context: &str) -> String {
    format!(
        r#"{{"type":"audienceList","properties":{{"listData":{list_data}}},
            "context":{{"externalId":[{{"type":"TIKTOK_AUDIENCE-1"}}]{more_context}}}}}"#
    )
}

#[test]
fn a_record_is_one_person() {
    for (name, action, identifiers, expected) in [
        ("insert", "insert", r#"{"EMAIL_SHA256":"jo@example.com"}"#, "add -/1: E"),
        ("update", "update", r#"{"PHONE_SHA256":"+12025550143"}"#, "add -/1: P"),
        ("delete", "delete", r#"{"EMAIL_SHA256":"jo@example.com"}"#, "remove -/1: E"),
        (
            "columns in any order and case; null and blank are absent",
            "insert",
            r#"{"gaid_sha256":"5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25","PHONE_SHA256":"+12025550143",
                "email_sha256":"jo@example.com","IDFA_SHA256":null,"IDFA_MD5":" "}"#,
            "add -/1: E+P+A",
        ),
        ("a number is taken as it stands", "insert", r#"{"AAID_MD5":22}"#, "add -/1: a"),
        ("plain device ids of MD5 columns", "insert", r#"{"IDFA_MD5":"AB-1","GAID_MD5":"ab-2"}"#, "add -/1: i+a"),
        (
            "several values are several rows",
            "insert",
            r#"{"EMAIL_SHA256":["a@example.com","b@example.com"]}"#,
            "add -/1: E, E",
        ),
        ("two names of one column", "insert", r#"{"AAID_SHA256":"ab-1","GAID_SHA256":"ab-2"}"#, "add -/1: A, A"),
        (
            "nothing but nulls",
            "insert",
            r#"{"EMAIL_SHA256":null}"#,
            "NO_IDENTIFIER: the event has none of the identifiers that are sent",
        ),
        (
            "nothing usable",
            "insert",
            r#"{"EMAIL_SHA256":"jo","PHONE_SHA256":"x"}"#,
            "NO_USABLE_IDENTIFIER: EMAIL_SHA256: not an email address; PHONE_SHA256: not a phone number",
        ),
        (
            "an unknown column",
            "insert",
            r#"{"EMAIL_SHA265":"jo@example.com"}"#,
            "UNKNOWN_KEY: identifiers has an unknown key `EMAIL_SHA265`, did you mean `EMAIL_SHA256`?",
        ),
        (
            "a key that could be a person is not shown",
            "insert",
            r#"{"jane_doe":"1"}"#,
            "UNKNOWN_KEY: identifiers has an unknown key, known are EMAIL_SHA256, \
             PHONE_SHA256, IDFA_SHA256, AAID_SHA256, IDFA_MD5, AAID_MD5",
        ),
    ] {
        check(name, "{}", &record(action, identifiers), expected);
    }
}

#[test]
fn a_value_of_another_kind_is_left_out_and_a_member_of_another_kind_is_refused() {
    for (name, action, identifiers, expected) in [
        (
            "a value of another kind",
            "insert",
            r#"{"EMAIL_SHA256":{"a":1}}"#,
            "NO_USABLE_IDENTIFIER: EMAIL_SHA256: not a text",
        ),
        (
            "a value of another kind beside a good one",
            "insert",
            r#"{"EMAIL_SHA256":["jo@example.com",{"a":1}],"PHONE_SHA256":true}"#,
            "add -/1: E",
        ),
        ("another action", "upsert", "{}", "INVALID_FIELD: action is none of insert, update and delete"),
        ("no identifiers", "insert", "null", "INVALID_RECORD: identifiers is missing"),
        ("identifiers of another kind", "insert", "[]", "INVALID_FIELD: identifiers is an array, expected an object"),
    ] {
        check(name, "{}", &record(action, identifiers), expected);
    }
}

#[test]
fn hashes_and_plain_values_are_not_taken_for_each_other() {
    let hash = |column| record("insert", &format!(r#"{{"{column}":"{EMAIL_HASH}"}}"#));
    let md5 = record("insert", &format!(r#"{{"IDFA_MD5":"{MD5}"}}"#));
    let both = format!(r#"{{"EMAIL_SHA256":"{EMAIL_HASH}","AAID_MD5":"{MD5}","PHONE_SHA256":"+12025550143"}}"#);
    let plain = record("insert", r#"{"EMAIL_SHA256":"jo@example.com","IDFA_MD5":"ab-1"}"#);
    let (on, off) = (r#"{"hash":true}"#, r#"{"hash":false}"#);
    let hashed_already = |names| {
        format!("HASHING_MISMATCH: {names}: hashed already; send plain values, or turn the mapping's hash field off")
    };
    let not_hashed =
        |names| format!("HASHING_MISMATCH: {names}: not hashed; send hashes, or turn the mapping's hash field on");
    for (name, fields, event, expected) in [
        ("a hash although hash is on", on, hash("EMAIL_SHA256"), hashed_already("EMAIL_SHA256")),
        ("hash is on when not given", "{}", hash("PHONE_SHA256"), hashed_already("PHONE_SHA256")),
        ("an MD5 digest", on, md5.clone(), hashed_already("IDFA_MD5")),
        ("all of them are named", on, record("insert", &both), hashed_already("EMAIL_SHA256, AAID_MD5")),
        ("hashes when hash is off", off, hash("IDFA_SHA256"), "add -/1: I".to_owned()),
        ("MD5 digests when hash is off", off, md5, "add -/1: i".to_owned()),
        ("plain values when hash is off", off, plain.clone(), not_hashed("EMAIL_SHA256, IDFA_MD5")),
        ("the event says it", r#"{"hash":{"@path":"$.h"}}"#, plain, not_hashed("EMAIL_SHA256, IDFA_MD5")),
    ] {
        let event = if name == "the event says it" { event.replacen('{', r#"{"h":false,"#, 1) } else { event };
        check(name, fields, &event, &expected);
    }
}

#[test]
fn the_mapping_says_where_people_go_before_the_record_does() {
    let email = r#"{"EMAIL_SHA256":"jo@example.com"}"#;
    let event = record("insert", email);
    let named = event.replace("TIKTOK_AUDIENCE-1", "TIKTOK_AUDIENCE-spring sale");
    let nowhere = event.replace("TIKTOK_AUDIENCE-1", "GOOGLE-1");
    let at_the_top = nowhere.replacen('{', r#"{"externalId":[{"type":"TIKTOK_AUDIENCE-5"}],"#, 1);
    let at_the_top = at_the_top.replace(r#""context":{"externalId""#, r#""context":{"other""#);
    for (name, fields, event, expected) in [
        ("the record's external id", "{}", &event, "add -/1: E"),
        ("an external id that is no id is a name", "{}", &named, "add -/`spring sale`: E"),
        ("an external id at the top", "{}", &at_the_top, "add -/5: E"),
        ("the mapping's id", r#"{"audience_id":"9","audience_name":"vip"}"#, &event, "add -/9: E"),
        ("the mapping's name", r#"{"audience_name":"vip","advertiser_id":"7"}"#, &event, "add 7/`vip`: E"),
        (
            "an id that is none",
            r#"{"audience_id":"x"}"#,
            &event,
            "BAD_AUDIENCE_ID: an audience id is a string of digits",
        ),
        ("nobody says", "{}", &nowhere, "NO_AUDIENCE: neither mapping nor event name an audience"),
    ] {
        check(name, fields, event, expected);
    }
    assert_eq!(prepared(r#"{"advertiser_id":"6"}"#, "{}", &event), "add 6/1: E");
}

#[test]
fn switches_and_rules_of_the_mapping_hold_for_records() {
    let both = record("insert", r#"{"EMAIL_SHA256":"jo@example.com","PHONE_SHA256":"020 7946 0958"}"#);
    check("a switch", r#"{"send_email":false,"country":"GB"}"#, &both, "add -/1: P");
    check("the country", r#"{"country":"GB"}"#, &both, "add -/1: E+P");
    let off = r#"{"send_email":false,"send_phone":false,"send_advertising_id":{"@path":"$.no"}}"#;
    check("nothing is sent", off, &both, "NOTHING_TO_SEND: send_email, send_phone and send_advertising_id are all off");
    let remove = record("delete", r#"{"EMAIL_SHA256":"Jo.Do@example.com","AAID_SHA256":"AB-1"}"#);
    let also = prepared(r#"{"also_remove":"segment"}"#, "{}", &remove);
    assert_eq!(also, "remove -/1: E+A, E+I", "removes go out under a second set of rules too");
    let devices = record("insert", r#"{"IDFA_SHA256":"AB-1","AAID_SHA256":"AB-2"}"#);
    let segment = prepared(r#"{"identity_rules":"segment"}"#, "{}", &devices);
    assert_eq!(segment, "add -/1: I, I", "two ids of one column are two rows");
}

#[test]
fn a_list_is_many_people_of_both_verbs() {
    for (name, list_data, context, expected) in [
        (
            "both directions",
            r#"{"add":[{"EMAIL_SHA256":"a@example.com"},{"PHONE_SHA256":"+12025550143","EMAIL_SHA256":"b@example.com"}],
                "remove":[{"EMAIL_SHA256":"c@example.com"}]}"#,
            "",
            "add -/1: E, E+P\nremove -/1: E",
        ),
        ("removes only", r#"{"add":[],"remove":[{"EMAIL_SHA256":"c@example.com"}]}"#, "", "remove -/1: E"),
        (
            "columns that are not chosen are left aside",
            r#"{"add":[{"EMAIL_SHA256":"a@example.com","PHONE_SHA256":"+12025550143"}]}"#,
            r#","destinationFields":"PHONE_SHA256, IDFA_SHA256""#,
            "add -/1: P",
        ),
        (
            "a chosen column that there is not",
            r#"{"add":[{"EMAIL_SHA256":"a@example.com"}]}"#,
            r#","destinationFields":"EMAIL""#,
            "UNKNOWN_KEY: context.destinationFields names an unknown column, known are EMAIL_SHA256, PHONE_SHA256, \
             IDFA_SHA256, AAID_SHA256, IDFA_MD5, AAID_MD5",
        ),
        (
            "those who can't be sent are left out, those without values are nobody",
            r#"{"add":[{"EMAIL_SHA256":"x"},{},{"EMAIL_SHA256":"a@example.com"},7,{"EMAIL_SHA256":"y"},{"Mail":"z"}]}"#,
            "",
            "add -/1: E\n\
             NO_USABLE_IDENTIFIER: add[0] (and 1 more): EMAIL_SHA256: not an email address\n\
             INVALID_FIELD: add[3]: a person is a number, expected an object\n\
             UNKNOWN_KEY: add[5]: a person has an unknown key, known are EMAIL_SHA256, PHONE_SHA256, \
             IDFA_SHA256, AAID_SHA256, IDFA_MD5, AAID_MD5",
        ),
        (
            "nobody",
            r#"{"add":[],"remove":null}"#,
            "",
            "NO_IDENTIFIER: the event has none of the identifiers that are sent",
        ),
        (
            "an unknown list",
            r#"{"added":[]}"#,
            "",
            "UNKNOWN_KEY: properties.listData has an unknown key, known are add, remove",
        ),
        ("no array", r#"{"add":{}}"#, "", "INVALID_FIELD: properties.listData.add is an object, expected an array"),
        ("no lists", "null", "", "INVALID_RECORD: properties.listData is missing"),
    ] {
        check(name, "{}", &list(list_data, context), expected);
    }
    let lower = list(r#"{"remove":[{"EMAIL_SHA256":"c@example.com"}]}"#, "").replace("audienceList", "audiencelist");
    check("in lower case, as it is documented", "{}", &lower, "remove -/1: E");
}

#[test]
fn many_mistakes_are_a_few_explanations() {
    let people: Vec<_> = (10..40).map(|number| format!(r#"{{"EMAIL_SHA{number}":1}}"#)).collect();
    let text = prepared("{}", "{}", &list(&format!(r#"{{"add":[{}]}}"#, people.join(",")), ""));
    assert_eq!(text.lines().count(), 20);
    assert!(text.contains("add[19] (and 10 more): a person has an unknown key `EMAIL_SHA29`"), "{text}");
}

#[test]
fn a_canonical_record_says_everything_itself() {
    for (name, fields, event, expected) in [
        (
            "everything",
            "{}",
            r#"{"action":"add","audience_id":"1","advertiser_id":"7","email":"jo@example.com","phone":"020 7946 0958",
                "idfa":"ab-1","aaid":"ab-2","country":"GB","user_id":"u","timestamp":"2026-01-01T00:00:00Z","id":"r"}"#,
            "add 7/1: E+P+I+A",
        ),
        (
            "a remove by name",
            "{}",
            r#"{"action":"remove","audience_name":"vip","email":"jo@example.com"}"#,
            "remove -/`vip`: E",
        ),
        (
            "ids as numbers, blanks as nothing",
            "{}",
            r#"{"action":"add","audience_id":18000000000000000019,"advertiser_id":" ","email":["jo@example.com",""],
                "phone":null}"#,
            "add -/18000000000000000019: E",
        ),
        (
            "its own audience comes first",
            r#"{"audience_id":"9","advertiser_id":"8"}"#,
            r#"{"action":"add","audience_name":"vip","advertiser_id":"7","email":"jo@example.com"}"#,
            "add 7/`vip`: E",
        ),
        (
            "the mapping completes it",
            r#"{"audience_name":"vip","advertiser_id":"8","country":"GB"}"#,
            r#"{"action":"add","phone":"020 7946 0958"}"#,
            "add 8/`vip`: P",
        ),
    ] {
        check(name, fields, event, expected);
    }
    for hash in ["true", "false"] {
        let event = format!(r#"{{"action":"add","audience_id":"1","email":"{EMAIL_HASH}","phone":"+12025550143"}}"#);
        check("hashes are known by their form", &format!(r#"{{"hash":{hash}}}"#), &event, "add -/1: E+P");
    }
}

#[test]
fn a_canonical_record_is_what_the_contract_says_or_rejected() {
    for (name, event, expected) in [
        (
            "an unknown key",
            r#"{"action":"add","audience_id":"1","e_mail":"jo@example.com"}"#,
            "UNKNOWN_KEY: the record has an unknown key `e_mail`, did you mean `email`?",
        ),
        (
            "no type",
            r#"{"type":null,"action":"add"}"#,
            "UNKNOWN_KEY: the record has an unknown key, known are action, audience_id, audience_name, \
             advertiser_id, email, phone, idfa, aaid, country, user_id, timestamp, id",
        ),
        (
            "another action",
            r#"{"action":"insert","audience_id":"1"}"#,
            "INVALID_FIELD: action is neither `add` nor `remove`",
        ),
        (
            "no audience",
            r#"{"action":"add","email":"jo@example.com"}"#,
            "NO_AUDIENCE: neither mapping nor event name an audience",
        ),
        (
            "a bad id",
            r#"{"action":"add","audience_id":"1e5"}"#,
            "BAD_AUDIENCE_ID: an audience id is a string of digits",
        ),
        (
            "a bad advertiser",
            r#"{"action":"add","audience_id":"1","advertiser_id":"act_1"}"#,
            "BAD_ADVERTISER_ID: an advertiser id is a string of digits",
        ),
        (
            "a value of another kind",
            r#"{"action":"add","audience_id":"1","phone":true}"#,
            "NO_USABLE_IDENTIFIER: phone: not a text",
        ),
        (
            "an id of another kind",
            r#"{"action":"add","audience_id":["1"]}"#,
            "INVALID_FIELD: audience_id is an array, expected a string",
        ),
        (
            "nobody",
            r#"{"action":"add","audience_id":"1"}"#,
            "NO_IDENTIFIER: the event has none of the identifiers that are sent",
        ),
        (
            "nobody usable",
            r#"{"action":"add","audience_id":"1","email":"jo","aaid":"0000"}"#,
            "NO_USABLE_IDENTIFIER: email: not an email address; aaid: all zeros",
        ),
    ] {
        check(name, "{}", event, expected);
    }
}

#[test]
fn a_long_name_is_refused() {
    let event = format!(r#"{{"action":"add","audience_name":"{}"}}"#, "n".repeat(71));
    check("71 characters", "{}", &event, "NAME_TOO_LONG: an audience name has at most 70 characters");
}

#[test]
fn an_event_is_no_record() {
    let expected = "INVALID_RECORD: expected a record, an audienceList or a canonical record";
    check("a track", "{}", r#"{"type":"track","event":"Audience Entered"}"#, expected);
}
