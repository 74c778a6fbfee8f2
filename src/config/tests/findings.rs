use crate::config::{Findings, Problem, parse_destination};

pub(super) fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

/// A text has exactly these errors, and no warnings.
#[track_caller]
pub(super) fn errors(text: &str, expected: &[&str]) {
    let (_, Findings { errors, warnings }) = parse_destination(text);
    assert_eq!(
        (lines(&errors), lines(&warnings)),
        (expected.iter().map(|&s| s.to_owned()).collect(), vec![]),
        "{text}"
    );
}

/// A text has exactly these warnings, and no errors.
#[track_caller]
pub(super) fn warnings(text: &str, expected: &[&str]) {
    let (_, Findings { errors, warnings }) = parse_destination(text);
    assert_eq!(
        (lines(&errors), lines(&warnings)),
        (vec![], expected.iter().map(|&s| s.to_owned()).collect()),
        "{text}"
    );
}

#[test]
fn what_is_not_json_is_named_with_its_place() {
    let (_, findings) = parse_destination("{\n  \"settings\": {,}\n}");
    let shown = findings.errors[0].to_string();
    assert_eq!(shown, "$: is not JSON: expected a key in double quotes (line 2, column 16)");
}

#[test]
fn the_file_is_an_object_of_known_keys() {
    errors("3", &["$: must be an object, not a number"]);
    errors(
        "[]",
        &["$: must be an object: put the mappings under `subscriptions`, and `identity_rules` under `settings`"],
    );
    errors(
        r#"{"mapping":[],"x y":1,"settings":{},"settings":{}}"#,
        &[
            "$.mapping: unknown key, did you mean `mappings`?",
            "$['x y']: unknown key, known are $schema, settings, mappings, audiences, subscriptions, data",
            "$.settings: given twice",
        ],
    );
    errors(r#"{"settings":[]}"#, &["$.settings: must be an object, not an array"]);
    errors(r#"{"mappings":null}"#, &["$.mappings: must be an array, not null"]);
    errors(r#"{"mappings":{}}"#, &["$.mappings: must be an array, not an object"]);
    errors(r#"{"mappings":[7]}"#, &["$.mappings[0]: must be an object, not a number"]);
    errors(
        r#"{"mappings":[],"subscriptions":[]}"#,
        &["$.subscriptions: there are mappings at $.mappings already, only one of them can count"],
    );
}

#[test]
fn settings_have_types_and_ranges() {
    let rows = "must be a whole number from 1 to 10000";
    for value in ["0", "10001", "1.5", "\"1\"", "1e3", "-1", "true"] {
        errors(&format!(r#"{{"settings":{{"batch_rows":{value}}}}}"#), &[&format!("$.settings.batch_rows: {rows}")]);
    }
    errors(
        r#"{"settings":{"audiences_per_row":101,"calls_per_second":1001,"reply_within_seconds":26}}"#,
        &[
            "$.settings.audiences_per_row: must be a whole number from 1 to 100",
            "$.settings.calls_per_second: must be a whole number from 1 to 1000",
            "$.settings.reply_within_seconds: must be a whole number from 1 to 25",
        ],
    );
    errors(
        r#"{"settings":{"advertiser_id":7,"auto_create_audiences":"yes","require_consent":"ads"}}"#,
        &[
            "$.settings.advertiser_id: must be a string, not a number",
            "$.settings.auto_create_audiences: must be a boolean, not a string",
            "$.settings.require_consent: must be an array, not a string",
        ],
    );
    errors(
        r#"{"settings":{"advertiser_id":"7 ","require_consent":["", 1],"consent_missing":"skp","advertiser_ids":[]}}"#,
        &[
            "$.settings.advertiser_id: must be 1 to 30 digits",
            "$.settings.require_consent[0]: must not be blank",
            "$.settings.require_consent[1]: must be a string, not a number",
            "$.settings.consent_missing: unknown choice, did you mean `skip`?",
            "$.settings.advertiser_ids: unknown key, did you mean `advertiser_id`?",
        ],
    );
}

#[test]
fn segments_form_must_state_the_rules() {
    let message = "$.settings.identity_rules: must be stated for mappings in Segment's form: \"segment\" hashes as \
                   Segment does, so that people whom Segment added can be removed; \"tiktok\" cleans identifiers up first \
                   and matches more people, for audiences that are filled from here only";
    let mapping = r#"{"actionSlug":"addToAudience","trigger":"type = \"track\"","settings":{"send_email":true}}"#;
    errors(&format!(r#"{{"subscriptions":[{mapping}]}}"#), &[message]);
    errors(&format!(r#"{{"settings":{{"batch_rows":1}},"mappings":[{mapping}]}}"#), &[message]);
}

#[test]
fn a_mapping_needs_an_action_that_exists() {
    let actions = "addUser, removeUser, createAudience, addToAudience, removeFromAudience, syncAudience, syncRecords";
    errors(r#"{"mappings":[{}]}"#, &[&format!("$.mappings[0].action: is missing; actions are {actions}")]);
    errors(
        r#"{"mappings":[{"action":"addUsers"},{"action":5},{"preset":"warehouse_entity_add_track"},
        {"action":"addUser","preset":"journeys_step_entered_track"},{"actoin":"addUser"}]}"#,
        &[
            "$.mappings[0].action: unknown action, did you mean `addUser`?",
            "$.mappings[1].action: must be a string, not a number",
            "$.mappings[2].preset: unknown preset, did you mean `warehouse_entity_added_track`?",
            "$.mappings[3].action: is addToAudience by the preset, leave it out",
            &format!("$.mappings[4].action: is missing; actions are {actions}"),
            "$.mappings[4].actoin: unknown key, did you mean `action`?",
        ],
    );
}

#[test]
fn segments_form_needs_a_trigger_and_says_nothing_twice() {
    errors(
        r#"{"settings":{"identity_rules":"segment"},"subscriptions":[
        {"actionSlug":"addToAudience","settings":{"send_email":true}},
        {"actionSlug":"addToAudience","partnerAction":"addUser","trigger":"type = \"track\"","settings":{"send_email":true}}]}"#,
        &[
            "$.subscriptions[0].trigger: is missing; Segment delivers nothing without one",
            "$.subscriptions[1].partnerAction: is the same as `actionSlug`, give only one of them",
        ],
    );
}

#[test]
fn names_are_short_and_say_nothing_of_a_person() {
    let person = "looks like an email address, a phone number or a hash; names are logged";
    for name in ["for jane@example.com", "+15555550100", "bf3c1e0f2d4a5b6c7d8e9f0a1b2c3d4e"] {
        let text = format!(r#"{{"mappings":[{{"name":"{name}","action":"addToAudience"}}]}}"#);
        errors(&text, &[&format!("$.mappings[0].name: {person}")]);
    }
    let characters = "must be 1 to 200 characters, none of them a control character";
    for name in [" ", "a\\nb", &"x".repeat(201)] {
        let text = format!(r#"{{"mappings":[{{"name":"{name}","action":"addToAudience"}}]}}"#);
        errors(&text, &[&format!("$.mappings[0].name: {characters}")]);
    }
    errors(r#"{"mappings":[{"name":"@ home, 7318294418293948234, +1","action":"addToAudience"}]}"#, &[]);
}

#[test]
fn mappings_of_one_name_are_numbered() {
    warnings(
        r#"{"mappings":[{"name":"a (2)","action":"addToAudience"},{"name":"a","action":"removeFromAudience"},
        {"name":"a","action":"syncAudience"}]}"#,
        &["$.mappings[2]: another mapping is named `a` too, this one is called `a (3)`"],
    );
}

#[test]
fn fifty_one_mappings_are_too_many() {
    let mappings = vec![r#"{"action":"syncRecords","enabled":false,"name":"x"}"#; 51].join(",");
    let (_, findings) = parse_destination(&format!("{{\"mappings\":[{mappings}]}}"));
    let expected = "$.mappings: holds 51 mappings; at most 50 are possible, disabled ones counted";
    assert_eq!(lines(&findings.errors), [expected]);
}

#[test]
fn audiences_have_names_that_can_be_looked_up() {
    errors(
        &format!(
            r#"{{"audiences":[{{}},{{"name":" "}},{{"name":"{}"}},{{"name":"a","advertiser_id":"x"}},{{"name":"b"}},{{"name":"b"}},"c",
            {{"nam":"d"}}]}}"#,
            "é".repeat(71)
        ),
        &[
            "$.audiences[0].name: is missing",
            "$.audiences[1].name: must be 1 to 70 characters, not all blank",
            "$.audiences[2].name: must be 1 to 70 characters, not all blank",
            "$.audiences[3].advertiser_id: must be 1 to 30 digits",
            "$.audiences[5]: the audience `b` is listed twice",
            "$.audiences[6]: must be an object, not a string",
            "$.audiences[7].name: is missing",
            "$.audiences[7].nam: unknown key, did you mean `name`?",
        ],
    );
    errors(&format!(r#"{{"audiences":[{{"name":"{}"}}]}}"#, "é".repeat(70)), &[]);
}

#[test]
fn five_mistakes_are_five_problems() {
    errors(
        r#"{
        "settings": {"identity_rule": "tiktok", "batch_rows": 20000},
        "mappings": [
            {"name": "in", "action": "addUsr"},
            {"name": "out", "action": "removeFromAudience", "trigger": "event == \"X\""}
        ],
        "audiences": [{"name": "vip", "advertiser_id": "seven"}]
        }"#,
        &[
            "$.settings.identity_rule: unknown key, did you mean `identity_rules`?",
            "$.settings.batch_rows: must be a whole number from 1 to 10000",
            "$.mappings[0].action: unknown action, did you mean `addUser`?",
            "$.mappings[1].trigger: `==` is not an operator; write `=`",
            "$.audiences[0].advertiser_id: must be 1 to 30 digits",
        ],
    );
}

#[test]
fn a_place_is_counted_in_characters_of_its_line() {
    let text = "{\n\t\"settings\": {\"batch_rows\": 20000, \"é\": 1}\n}";
    let (_, findings) = parse_destination(text);
    let places = findings.errors.iter().filter_map(|problem| problem.place);
    let places: Vec<_> = places.map(|place| (place.line, place.column, place.width)).collect();
    assert_eq!(places, [(2, 29, 5), (2, 36, 3)]);
}

#[test]
fn a_mark_ends_with_its_line() {
    let text = "{\"mappings\": {\n}}";
    let (_, findings) = parse_destination(text);
    let place = findings.errors[0].place.unwrap();
    assert_eq!((place.line, place.column, place.width), (1, 14, 1));
}

#[test]
fn the_languages_of_mappings_report_with_their_places() {
    let text = r#"{"mappings":[{"action":"addToAudience","trigger":"type = \"tr\u00e4ck\"\n and evnt = \"\ud83d\ude00\"",
        "fields":{"emial":"x","phone":{"@pat":"$.x"},"send_email":"maybe"}}]}"#;
    let (_, findings) = parse_destination(text);
    let shown: Vec<_> = findings.errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "$.mappings[0].trigger: `evnt` is not something that a condition can be about; write `event` (line 1, column 79)",
            "$.mappings[0].fields.emial: addToAudience has no field `emial`; did you mean `email`? (line 2, column 27)",
            "$.mappings[0].fields.phone['@pat']: there is no directive `@pat`; did you mean `@path`? (line 2, column 47)",
            "$.mappings[0].fields.send_email: takes a boolean, found a string (line 2, column 67)",
        ]
    );
}

#[test]
fn a_mark_in_a_trigger_is_as_wide_as_the_wrong_text() {
    let text = r#"{"mappings":[{"action":"addToAudience","trigger":"contain(event, \"x\")"},
{"action":"addToAudience","trigger":"type = \u0074r\u0061ck and\n evnt = 1"},{"action":"addToAudience","trigger":"type ="}]}"#;
    let (_, findings) = parse_destination(text);
    let lines: Vec<_> = text.lines().collect();
    let marked = findings.errors.iter().map(|problem| {
        let place = problem.place.unwrap();
        lines[place.line - 1].chars().skip(place.column - 1).take(place.width).collect::<String>()
    });
    assert_eq!(marked.collect::<Vec<_>>(), ["contain", "evnt", "\""]);
}

#[test]
fn an_odd_trigger_is_warned_of() {
    warnings(
        r#"{"mappings":[{"action":"addToAudience","trigger":"type = \"track\" event = \"X\""}]}"#,
        &["$.mappings[0].trigger: a connector is missing in front of this; it is read as `and`"],
    );
}
