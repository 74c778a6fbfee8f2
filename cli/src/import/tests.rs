//! Importing: what is kept, what is named, what has changed, and how pages are asked for.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::support::server::{Answer, Listen, Server};

fn subscription(id: &str, slug: &str) -> Value {
    json!({"id": id, "name": format!("Mapping {id}"), "actionSlug": slug, "actionId": "a", "destinationId": "d", "modelId": null,
        "enabled": true, "trigger": "type = \"track\"", "settings": {"email": {"@path": "$.x"}, "send_email": true}})
}

#[test]
fn mappings_are_kept_in_segments_form_and_others_are_named() {
    let exported =
        json!({"data": {"subscriptions": [subscription("1", "addToAudience"), subscription("2", "sendConversion")]}});
    let imported = Imported::of(&[exported]).unwrap();
    assert_eq!(imported.left_out, [("Mapping 2".to_owned(), "there is no action sendConversion".to_owned())]);
    let kept = &imported.subscriptions[0];
    assert_eq!((kept["id"].as_str(), kept.get("destinationId")), (Some("1"), None));
    let (destination, findings) = parse_destination(&Merged::new(&imported.subscriptions, None).text);
    assert_eq!((destination.mappings.len(), findings.errors), (1, Vec::new()));
    let error = Imported::of(&[json!({"x": 1})]).unwrap_err();
    assert!(error.to_string().starts_with("there are no subscriptions in this"), "{error}");
}

/// A page of Segment's answer with these mappings.
fn answer(ids: &[&str], pagination: &Value) -> Value {
    let list: Vec<_> = ids.iter().map(|id| subscription(id, "addUser")).collect();
    json!({"data": {"subscriptions": list, "pagination": pagination}})
}

#[test]
fn an_answer_is_whole_with_its_last_page() {
    let first = answer(&["1"], &json!({"current": "MA==", "next": "MQ==", "totalEntries": 2}));
    let last = answer(&["2"], &json!({"current": "MQ==", "totalEntries": 2}));
    let nameless = |ids, next| answer(ids, &json!({ "next": next }));
    for (pages, missing) in [
        (vec![answer(&["1"], &Value::Null)], None),
        (vec![first.clone(), last.clone()], None),
        (vec![last.clone(), first.clone(), first.clone()], None),
        (vec![first.clone()], Some("1 of 2 mappings")),
        (vec![last.clone()], Some("1 of 2 mappings")),
        (vec![first.clone(), first.clone()], Some("1 of 2 mappings")),
        (vec![nameless(&["1"], json!("MQ=="))], Some("1 mapping, and Segment has further pages")),
        (vec![nameless(&["1"], json!("MQ==")), nameless(&["2"], Value::Null)], None),
        (
            vec![
                answer(&["1"], &json!({"current": "a", "next": "b"})),
                answer(&["3"], &json!({"current": "c", "next": null})),
            ],
            Some("2 mappings, and Segment has further pages"),
        ),
    ] {
        let imported = Imported::of(&pages).unwrap();
        let told = imported.missing.as_deref();
        assert_eq!(told.and_then(|told| told.split_once(':')).map(|(found, _)| found), missing, "{pages:?}");
        assert!(told.is_none_or(|told| told.contains("--from-api")), "{told:?}");
    }
    assert_eq!(Imported::of(&[last, first]).unwrap().subscriptions.len(), 2);
}

/// What an import makes of a file.
#[track_caller]
fn into(existing: &str, subscriptions: &[Value], rules: Option<&str>) -> (Value, Vec<String>) {
    let merged = Merged::into(existing, subscriptions, rules).unwrap();
    let (_, findings) = parse_destination(&merged.text);
    assert_eq!(findings.errors, [], "{}", merged.text);
    (serde_json::from_str(&merged.text).unwrap(), merged.notes)
}

#[test]
fn a_file_keeps_what_is_its_own() {
    let existing = r#"{
  "settings": {"shadow": true, "require_consent": ["Advertising"],  "advertiser_id": "7000000000000000001", "identity_rules": "segment"},
  "subscriptions": [
    {"id": "1", "name": "before", "actionSlug": "addUser", "trigger": "type = \"track\"", "settings": {}, "enabled": false, "shadow": false},
    {"name": "Mapping 2", "partnerAction": "addToAudience", "subscribe": "type = \"track\"", "mapping": {}, "default_country": "US"},
    {"id": "9", "name": "Gone", "actionSlug": "addUser", "trigger": "type = \"track\"", "settings": {}}
  ],
  "audiences": [{"name": "vip"}]
}"#;
    let subscriptions = ["1", "2", "3"].map(|id| subscription(id, "addToAudience"));
    let (file, notes) = into(existing, &subscriptions, None);
    let settings = json!({"shadow": true, "require_consent": ["Advertising"], "advertiser_id": "7000000000000000001", "identity_rules": "segment"});
    assert_eq!((&file["settings"], &file["audiences"]), (&settings, &json!([{"name": "vip"}])));
    let mut expected = subscriptions.clone();
    expected[0]["enabled"] = false.into();
    expected[0]["shadow"] = false.into();
    expected[1]["default_country"] = "US".into();
    assert_eq!(file["subscriptions"], json!(expected));
    assert_eq!(
        notes,
        ["Mapping 1: still disabled here, other than in Segment", "Gone: removed, the export has no such mapping"]
    );
    // What is no mapping stands as it stood.
    let text = Merged::into(existing, &subscriptions, None).unwrap().text;
    let before = existing.split("  \"subscriptions\"").next().unwrap();
    assert!(text.starts_with(before) && text.ends_with("  \"audiences\": [{\"name\": \"vip\"}]\n}\n"), "{text}");
    assert_eq!(Merged::into(&text, &subscriptions, None).unwrap().text, text, "a second import changes nothing");
    assert_eq!(diff::differences(&subscriptions[1..], None, &file).len(), 1, "own settings are no difference");
}

#[test]
fn the_rules_are_those_by_which_the_file_hashes_already() {
    let subscriptions = [subscription("1", "addToAudience")];
    let ours = r#"[{"name": "x", "action": "addToAudience"}]"#;
    for (existing, asked, rules, note) in [
        ("", None, "segment", None),
        ("{}", None, "segment", Some("identity_rules: now `segment`")),
        (r#"{"settings": {}}"#, None, "segment", Some("identity_rules: now `segment`")),
        (
            r#"{"settings": {"identity_rules": "tiktok"}}"#,
            None,
            "segment",
            Some("identity_rules: now `segment` instead of `tiktok`"),
        ),
        (
            &format!(r#"{{"settings": {{"identity_rules": "tiktok"}}, "mappings": {ours}}}"#),
            None,
            "tiktok",
            Some("identity_rules: still `tiktok`; --identity-rules segment finds the people whom Segment added"),
        ),
        (
            &format!(r#"{{"settings": {{"identity_rules": "segment"}}, "mappings": {ours}}}"#),
            Some("tiktok"),
            "tiktok",
            Some("identity_rules: now `tiktok` instead of `segment`"),
        ),
    ] {
        let (file, notes) = into(existing, &subscriptions, asked);
        assert_eq!(file["settings"]["identity_rules"], rules, "{existing}");
        assert_eq!(notes.first().map(String::as_str), note, "{existing}");
        assert_eq!(diff::differences(&subscriptions, asked, &file), [], "{existing}");
    }
    for broken in ["[]", "5", "{", r#"{"settings": 5}"#] {
        assert!(Merged::into(broken, &subscriptions, None).is_err(), "{broken}");
    }
}

#[test]
fn differences_are_found_by_id_and_named_by_their_members() {
    use diff::Difference;
    let mut changed = subscription("1", "addToAudience");
    changed["settings"]["email"]["@path"] = "$.y".into();
    let workspace = [changed, subscription("3", "addUser")];
    let ours = [subscription("1", "addToAudience"), subscription("2", "addUser")];
    let file = json!({"settings": {"identity_rules": "tiktok"}, "subscriptions": ours});
    let expected = [
        Difference::Changed("Mapping 1".to_owned(), vec!["settings.email.@path".to_owned()]),
        Difference::New("Mapping 3".to_owned()),
        Difference::Gone("Mapping 2".to_owned()),
    ];
    assert_eq!(diff::differences(&workspace, None, &file), expected);
    assert_eq!(diff::differences(&ours, None, &file), []);
    assert_eq!(diff::differences(&ours, Some("segment"), &file), [Difference::Setting("identity_rules")]);
}

#[tokio::test]
async fn all_pages_are_read_and_a_busy_api_is_asked_again() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start(Listen::default(), move |request| {
        let line = format!("{}?{}", request.path, request.query);
        let times = seen.lock().unwrap().iter().filter(|known| **known == line).count();
        seen.lock().unwrap().push(line);
        let is_second = request.query.contains("cursor=next");
        let body = if request.path == "/destinations" {
            json!({"data": {"destinations": [{"id": "d/1", "name": "x", "metadata": {"slug": "actions-tiktok-audiences"}}], "pagination": {}}})
        } else if is_second {
            json!({"data": {"subscriptions": [subscription("2", "addUser")], "pagination": {}}})
        } else {
            json!({"data": {"subscriptions": [subscription("1", "addUser")], "pagination": {"next": "next"}}})
        };
        let status = if is_second && times == 0 { 503 } else { 200 };
        async move { Some(Answer::new(status, "application/json", body.to_string())) }
    });
    let url = server.origin().parse().unwrap();
    let exported = api::fetch_with(api::Region::Us, Some(&url), None, "token".to_owned()).await.unwrap();
    assert_eq!(exported["subscriptions"].as_array().unwrap().len(), 2);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            "/destinations?pagination.count=200",
            "/destinations/d%2F1/subscriptions?pagination.count=200",
            "/destinations/d%2F1/subscriptions?pagination.count=200&pagination.cursor=next",
            "/destinations/d%2F1/subscriptions?pagination.count=200&pagination.cursor=next",
        ]
    );
}
