//! Schema and reader, held together: what the reader takes the schema takes, and what the schema refuses the reader
//! refuses, over every configuration in the repository and a file for each thing that can be wrong.

use serde_json::{Value, json};
use tiktok_audiences::config::parse_destination;

use super::*;

struct Case {
    name: String,
    file: Value,
    /// Whether the schema sees what is wrong.
    is_seen: bool,
}

fn wrong(name: &str, file: Value, is_seen: bool) -> Case {
    Case { name: name.to_owned(), file, is_seen }
}

fn mapping(extra: &Value) -> Value {
    let mut mapping = json!({"action": "addUser", "fields": {"selected_advertiser_id": "7000000000000000001", "audience_id": "1800000000000000001"}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        mapping[key] = value.clone();
    }
    json!({"mappings": [mapping]})
}

fn accepted(file: &Value) -> bool {
    parse_destination(&file.to_string()).1.errors.is_empty()
}

/// Every configuration of the repository that is a file of its own or stands in a document.
fn repository() -> Vec<(String, Value)> {
    let root = crate::world::root();
    let mut found = Vec::new();
    for path in ["config/destination.json", "tests/aws/destination_legacy.json", "tests/aws/destination_sync.json"] {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        found.push((path.to_owned(), serde_json::from_str(&text).unwrap()));
    }
    for entry in std::fs::read_dir(root.join("fuzz/seeds/configuration")).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(file) = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()) {
            found.push((path.display().to_string(), file));
        }
    }
    for document in ["README.md", "docs/src"] {
        for text in texts(&root.join(document)) {
            let blocks =
                text.1.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next().map(str::to_owned));
            let of_destination =
                |file: &Value| ["mappings", "subscriptions"].iter().any(|key| file.get(*key).is_some());
            let files = blocks.filter_map(|block| serde_json::from_str(&block).ok()).filter(of_destination);
            found.extend(files.map(|file| (text.0.clone(), file)));
        }
    }
    assert!(found.len() > 5, "{}", found.len());
    found
}

fn texts(path: &std::path::Path) -> Vec<(String, String)> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        return entries.flat_map(|entry| texts(&entry.unwrap().path())).collect();
    }
    std::fs::read_to_string(path).map(|text| (path.display().to_string(), text)).into_iter().collect()
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let directives = json!({"email": {"@path": "$.properties.email"}, "phone": {"@template": "+1{{properties.phone}}"},
        "send_email": false, "advertising_id_type": "AAID_SHA256", "audience_id": "1", "selected_advertiser_id": "7"});
    let mut good = repository();
    good.extend([
        ("nothing".to_owned(), json!({})),
        ("schema".to_owned(), json!({"$schema": "./destination.schema.json", "mappings": []})),
        ("nulls".to_owned(), json!({"settings": {"also_remove": null, "default_country": null}, "mappings": [], "audiences": null})),
        ("preset".to_owned(), json!({"mappings": [{"preset": "journeys_step_entered_track"}]})),
        ("directives".to_owned(), mapping(&json!({"fields": directives}))),
        ("any case".to_owned(), mapping(&json!({"fields": {"advertising_id_type": " idfa_md5 "}}))),
        ("segment".to_owned(), json!({"settings": {"identity_rules": "segment", "advertiser_ids": ["7000000000000000001"]},
            "subscriptions": [{"id": "a", "name": "x", "actionSlug": "addToAudience", "trigger": "type = \"track\"", "enabled": true,
            "settings": {"email": {"@path": "$.x"}, "__segment_internal_x": 1}}]})),
    ]);
    for (name, file) in good {
        let errors: Vec<_> =
            validator.iter_errors(&file).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(!accepted(&file) || errors.is_empty(), "{name}: {errors:?}");
    }
}

fn wrong_files() -> Vec<Case> {
    vec![
        wrong("unknown key", json!({"mapings": []}), true),
        wrong("unknown setting", json!({"settings": {"batch_row": 5}}), true),
        wrong("setting of another type", json!({"settings": {"batch_rows": "5"}}), true),
        wrong("range", json!({"settings": {"batch_rows": 10_001}}), true),
        wrong("range of replies", json!({"settings": {"reply_within_seconds": 26}}), true),
        wrong("range of audiences", json!({"settings": {"audiences_per_row": 101}}), true),
        wrong("range of calls", json!({"settings": {"calls_per_second": 0}}), true),
        wrong("rules", json!({"settings": {"identity_rules": "tictok"}}), true),
        wrong("phone rule", json!({"settings": {"phone_rule": "E164"}}), true),
        wrong("consent", json!({"settings": {"consent_missing": "reject"}}), true),
        wrong("categories", json!({"settings": {"require_consent": "marketing"}}), true),
        wrong("id as a number", json!({"settings": {"advertiser_id": 7}}), true),
        wrong("id of letters", json!({"settings": {"advertiser_id": "act_7"}}), true),
        wrong("boolean as a text", json!({"settings": {"auto_create_audiences": "yes"}}), true),
        wrong("country", json!({"settings": {"default_country": "USA"}}), false),
        wrong("mappings as an object", json!({"mappings": {}}), true),
        wrong("51 mappings", json!({"mappings": vec![json!({"preset": "journeys_step_entered_track"}); 51]}), true),
        wrong("no action", json!({"mappings": [{"name": "x"}]}), true),
        wrong("unknown action", mapping(&json!({"action": "addUsers"})), true),
        wrong("unknown preset", json!({"mappings": [{"preset": "journey"}]}), true),
        wrong("unknown key of a mapping", mapping(&json!({"triger": "type = \"track\""})), true),
        wrong("unknown field", mapping(&json!({"fields": {"mail": "x"}})), true),
        wrong("field of another action", mapping(&json!({"fields": {"sync_mode": "add"}})), true),
        wrong("choice", mapping(&json!({"fields": {"advertising_id_type": "IDFX"}})), true),
        wrong("enabled as a text", mapping(&json!({"enabled": "true"})), true),
        wrong("a trigger that is none", mapping(&json!({"trigger": "event = VIP Entered"})), false),
        wrong("a template that is none", mapping(&json!({"fields": {"email": {"@template": "{{x"}}})), false),
        wrong("audience without a name", json!({"audiences": [{"advertiser_id": "7"}]}), true),
        wrong("audience of another key", json!({"audiences": [{"name": "a", "advertiser": "7"}]}), true),
        wrong("long name of an audience", json!({"audiences": [{"name": "a".repeat(71)}]}), true),
        wrong("array", json!([]), true),
    ]
}

#[test]
fn the_schema_refuses_nothing_that_the_reader_takes_and_sees_what_a_schema_can_see() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for Case { name, file, is_seen } in wrong_files() {
        assert!(!accepted(&file), "{name}: the reader takes it");
        assert_eq!(!validator.is_valid(&file), is_seen, "{name}");
    }
}

#[test]
fn every_setting_has_a_type_of_its_own_or_is_a_switch() {
    for setting in DESTINATION_SETTINGS.iter().chain(MAPPING_SETTINGS) {
        let is_boolean = kind(setting.name)["type"] == json!(["boolean", "null"]);
        assert_eq!(is_boolean, setting.values == "a boolean", "{}", setting.name);
    }
}
