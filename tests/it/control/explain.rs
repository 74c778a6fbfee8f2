//! `explain`: every step up to the calls, and no call.

use serde_json::{Value, json};

use super::{control, failure};
use tiktok_audiences::config::Role;

use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, OTHER_ADVERTISER};
use crate::world::World;

const ID: &str = "1800000000000000001";

fn destination() -> Value {
    json!({"settings": {"advertiser_id": ADVERTISER, "auto_create_audiences": true}, "mappings": [
        {"name": "in", "action": "addUser",
         "trigger": "event = \"Audience Entered\" and (properties.audience_key = \"vip\" or properties.n > 3)",
         "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": ID}},
        {"name": "by name", "action": "addToAudience", "trigger": "event = \"Audience Entered\"",
         "fields": {"audience_name": {"@path": "$.properties.audience_key"}, "send_phone": false}},
        {"name": "off", "action": "removeUser", "trigger": "type = \"track\"", "enabled": false,
         "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": ID}},
        {"name": "new", "action": "createAudience", "trigger": "event = \"Create Audience\"",
         "fields": {"selected_advertiser_id": OTHER_ADVERTISER, "custom_audience_name": "launch"}},
    ]})
}

fn entered(key: &str, email: &str, phone: &str) -> Value {
    json!({"type": "track", "event": "Audience Entered", "properties": {"audience_key": key},
           "context": {"traits": {"email": email, "phone": phone}}})
}

async fn explain(world: &World, events: &[Value]) -> Value {
    let reply = world.invoke(&json!({"operation": "explain", "events": events})).await.unwrap();
    assert!(world.tiktok.calls().is_empty() && world.secrets.calls().is_empty(), "{reply}");
    for identifier in ["jane", "example.com", "5550143", "555-0143", "@e"] {
        assert!(!reply.to_string().to_lowercase().contains(identifier), "{reply:#}");
    }
    reply
}

fn world() -> World {
    control(FakeTiktok::start(), &destination())
}

#[tokio::test]
async fn a_matching_mapping_shows_fields_identifiers_and_plan() {
    let world = world();
    let reply = explain(&world, &[entered("vip", " Jane.Doe@Example.com", "(202) 555-0143")]).await;
    let mapping = &reply["events"][0]["mappings"][0];
    assert_eq!((&mapping["matched"], &mapping["enabled"]), (&json!(true), &json!(true)));
    assert_eq!(mapping["fields"]["email"], " Xxxx.Xxx@Xxxxxxx.xxx");
    assert_eq!(
        (&mapping["fields"]["phone"], &mapping["fields"]["audience_id"]),
        (&json!("(999) 999-9999"), &json!(ID))
    );
    let identifiers = json!([
        {"field": "email", "value": " Xxxx.Xxx@Xxxxxxx.xxx", "sent": true, "column": "EMAIL_SHA256"},
        {"field": "phone", "value": "(999) 999-9999", "sent": true, "problem": {"code": "NO_COUNTRY_CODE",
         "message": "no country code: write the number with +, fill the country field or set default_country"}},
    ]);
    assert_eq!(mapping["identifiers"], identifiers, "{mapping:#}");
    assert_eq!(mapping["results"], json!([{"outcome": "planned", "message": format!("add to audience {ID}")}]));
}

#[tokio::test]
async fn a_trigger_that_does_not_match_names_the_failing_part() {
    let world = world();
    let reply = explain(&world, &[entered("other", "jane@example.com", "")]).await;
    let mappings = &reply["events"][0]["mappings"];
    let failing = "properties.audience_key = \"vip\" or properties.n > 3";
    assert_eq!(
        mappings[0],
        json!({"mapping": "in", "action": "addUser", "enabled": true, "matched": false, "failing": failing})
    );
    assert_eq!((&mappings[2]["matched"], &mappings[2]["enabled"]), (&json!(true), &json!(false)));
    assert_eq!(mappings[2]["results"], Value::Null);
    assert_eq!(mappings[3]["failing"], "event = \"Create Audience\"");
}

/// The identifiers of the first mapping, by field, with their column or what is wrong; and its results.
fn judged(reply: &Value) -> (Vec<(&str, &str)>, &Value) {
    let mapping = &reply["events"][0]["mappings"][0];
    let mut identifiers = Vec::new();
    for identifier in mapping["identifiers"].as_array().unwrap() {
        let said = identifier["column"].as_str().or_else(|| identifier["problem"]["code"].as_str());
        identifiers.push((identifier["field"].as_str().unwrap(), said.unwrap()));
    }
    (identifiers, &mapping["results"])
}

#[tokio::test]
async fn identifiers_are_judged_in_the_direction_in_which_they_are_sent() {
    let fields = json!({"external_audience_id": ID, "email": "", "phone": ""});
    let mapping = json!({"name": "sync", "action": "syncAudience", "require_consent": ["ads"], "fields": fields});
    let world =
        control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}, "mappings": [mapping]}));
    let event = |name: &str, ads: bool| {
        json!({"type": "track", "event": name, "context": {
            "consent": {"categoryPreferences": {"ads": ads}},
            "device": {"type": "android", "advertisingId": "38400000-8cf0-11bd-b23e-10b96e40000d",
                       "adTrackingEnabled": false}}})
    };
    for (name, ads, expected) in [
        ("Audience Exited", true, "AAID_SHA256"),
        ("Audience Entered", true, "AD_TRACKING_OFF"),
        ("Audience Entered", false, "AAID_SHA256"),
    ] {
        let reply = explain(&world, &[event(name, ads)]).await;
        assert_eq!(judged(&reply).0, [("advertising_id", expected)], "{name} {ads}");
        let body = reply["requests"][0]["body"]["id_schema"][0].as_str();
        assert_eq!(body, (expected == "AAID_SHA256").then_some(expected), "{name} {ads}");
    }
}

#[tokio::test]
async fn what_the_audience_does_not_take_is_said_of_each_identifier_and_of_the_person() {
    let world = control(
        FakeTiktok::start(),
        &json!({"settings": {"advertiser_id": ADVERTISER},
        "mappings": [{"name": "in", "action": "addToAudience"}]}),
    );
    let event = json!({"type": "track", "event": "Audience Entered", "context": {
        "traits": {"email": "jane@example.com"},
        "device": {"type": "android", "advertisingId": "38400000-8cf0-11bd-b23e-10b96e40000d"},
        "personas": {"external_audience_id": ID, "audience_settings": {"idType": "IDFA_SHA256"}}}});
    let reply = explain(&world, &[event]).await;
    let (identifiers, results) = judged(&reply);
    assert_eq!(identifiers, [("email", "OTHER_ID_TYPE"), ("advertising_id", "OTHER_ID_TYPE")]);
    let message = "none of the event's identifiers is sent: email: audience_settings.idType names another column; \
                   advertising_id: audience_settings.idType names another column";
    assert_eq!(*results, json!([{"outcome": "skipped", "code": "NO_IDENTIFIER", "message": message}]));
}

#[tokio::test]
async fn the_requests_are_those_that_would_be_sent() {
    let world = world();
    let events = [
        entered("vip", "jane@example.com", "+12025550143"),
        entered("vip", "JANE@example.com", ""),
        json!({"type": "track", "event": "Create Audience"}),
    ];
    let reply = explain(&world, &events).await;
    let query = |advertiser: &str| json!({"advertiser_id": advertiser, "page": "1", "page_size": "100"});
    let create = |advertiser: &str, name: &str| json!({"advertiser_id": advertiser, "action": "create", "custom_audience_name": name});
    let list = "/dmp/custom_audience/list/";
    let unless_there = "if there is no such audience";
    let named = "<the one named `vip`>";
    let cell = |hash: u32, audience: &str| json!({"id": format!("<hash {hash}>"), "audience_ids": [audience]});
    let expected = json!([
        {"method": "GET", "path": list, "why": "which audience is named `launch`", "events": [2], "query": query(OTHER_ADVERTISER)},
        {"method": "POST", "path": "/segment/audience/", "why": unless_there, "events": [2], "body": create(OTHER_ADVERTISER, "launch")},
        {"method": "GET", "path": list, "why": "which audience is named `vip`", "events": [0, 1], "query": query(ADVERTISER)},
        {"method": "POST", "path": "/segment/audience/", "why": unless_there, "events": [0, 1], "body": create(ADVERTISER, "vip")},
        {"method": "POST", "path": "/segment/mapping/", "events": [0, 1], "body": {
            "advertiser_ids": [ADVERTISER], "action": "add", "id_schema": ["EMAIL_SHA256", "PHONE_SHA256"],
            "batch_data": [
                [{}, cell(1, ID)],
                [cell(2, ID), {}],
                [cell(2, named), {}],
            ]}},
    ]);
    assert_eq!(reply["requests"], expected, "{:#}", reply["requests"]);
    let superseded = json!([{"outcome": "superseded", "message": "superseded"}]);
    assert_eq!(reply["events"][0]["mappings"][1]["results"], superseded);
}

#[tokio::test]
async fn what_is_decided_of_the_event_as_a_whole_is_said() {
    let world = world();
    let off = json!({"type": "track", "event": "Audience Entered", "integrations": {"TikTok Audiences": false}});
    let delete = json!({"type": "delete", "context": {"traits": {"email": "jane@example.com"}}});
    let reply = explain(&world, &[json!("x"), off, json!({"type": "page"}), delete]).await;
    let code = |index: usize| reply["events"][index]["results"][0]["code"].clone();
    assert_eq!([code(0), code(1), code(2)], ["INVALID_RECORD", "INTEGRATION_OFF", "NO_MAPPING"]);
    assert_eq!(reply["events"][3]["results"][0]["outcome"], "planned");
    let calls = reply["requests"].as_array().unwrap();
    assert!(calls.iter().any(|call| call["body"]["action"] == "delete"), "{reply:#}");
}

#[tokio::test]
async fn a_canonical_record_goes_to_sync_records_whatever_the_triggers_say() {
    let world = control(
        FakeTiktok::start(),
        &json!({"settings": {"advertiser_id": ADVERTISER}, "mappings": [
            {"name": "others", "action": "addToAudience", "trigger": "event != \"x\""},
            {"name": "never", "action": "removeFromAudience", "trigger": "event = \"x\""},
            {"name": "off", "action": "syncRecords", "enabled": false},
            {"name": "records", "action": "syncRecords", "trigger": "event = \"x\""},
        ]}),
    );
    let record = json!({"action": "add", "audience_id": ID, "email": "jane@example.com"});
    let track = json!({"type": "track", "event": "y"});
    let reply = explain(&world, &[record, track]).await;
    let note = "canonical records go to the first enabled syncRecords mapping, whatever the triggers say";
    let not_routed = |name: &str, action: &str, enabled: bool| json!({"mapping": name, "action": action, "enabled": enabled, "matched": false, "note": note});
    let [mappings, of_track] = [0, 1].map(|index| reply["events"][index]["mappings"].clone());
    assert_eq!(mappings[0], not_routed("others", "addToAudience", true));
    assert_eq!(mappings[1], not_routed("never", "removeFromAudience", true));
    assert_eq!(mappings[2], not_routed("off", "syncRecords", false));
    assert_eq!((&mappings[3]["matched"], &mappings[3]["note"]), (&json!(true), &Value::Null), "{mappings:#}");
    assert_eq!(mappings[3]["results"], json!([{"outcome": "planned", "message": format!("add to audience {ID}")}]));
    assert_eq!((&of_track[0]["matched"], &of_track[1]["failing"]), (&json!(true), &json!("event = \"x\"")));
    assert!(of_track.as_array().unwrap().iter().all(|mapping| mapping["note"].is_null()), "{of_track:#}");
}

#[tokio::test]
async fn reasons_are_those_of_the_report() {
    let world = world();
    let conflict = json!({"type": "track", "event": "Audience Entered", "properties": {"vip": false},
        "context": {"traits": {"email": "jane@example.com"}, "personas": {"computation_class": "audience",
        "computation_key": "vip", "external_audience_id": ID}}});
    let reply = explain(&control(FakeTiktok::start(), &json!({})), &[conflict]).await;
    let mapping = &reply["events"][0]["mappings"][0];
    assert_eq!(
        (&mapping["action"], &mapping["results"][0]["code"]),
        (&json!("addToAudience"), &json!("MEMBERSHIP_CONFLICT"))
    );
    let nobody = explain(&world, &[entered("vip", "not an address", "")]).await;
    let result = &nobody["events"][0]["mappings"][0]["results"][0];
    assert_eq!((&result["outcome"], &result["code"]), (&json!("rejected"), &json!("NO_USABLE_IDENTIFIER")));
}

#[tokio::test]
async fn the_secrets_only_advertiser_is_not_looked_up() {
    let world = control(FakeTiktok::start(), &json!({}));
    let mut event = entered("vip", "jane@example.com", "");
    event["context"]["personas"] = json!({"computation_key": "vip"});
    let reply = explain(&world, &[event]).await;
    let last = reply["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(last["body"]["advertiser_ids"], json!(["<the secret's only advertiser>"]));
}

#[tokio::test]
async fn events_are_asked_for_and_limited() {
    let world = world();
    for (payload, expected) in [
        (json!({"operation": "explain"}), "MISSING_REQUIRED_FIELD: events is missing"),
        (json!({"operation": "explain", "events": {}}), "INVALID_FIELD: events must be an array, not an object"),
        (
            json!({"operation": "explain", "events": vec![json!({}); 101]}),
            "TOO_MANY_EVENTS: at most 100 events at once",
        ),
    ] {
        assert_eq!(failure(&world, &payload).await.1, expected);
    }
    assert_eq!(explain(&world, &[]).await, json!({"events": [], "requests": []}));
}

#[tokio::test]
async fn a_deletion_is_explained_as_it_is_carried_out() {
    let delete = json!({"type": "delete", "context": {"traits": {"email": "jane@example.com"}}});
    let create = json!({"type": "track", "event": "Create Audience"});
    let events = [delete, create];
    let destination = json!({"settings": {"advertiser_id": ADVERTISER}, "mappings": [
        {"action": "createAudience", "fields": {"selected_advertiser_id": ADVERTISER, "custom_audience_name": "launch"}}]});
    let tiktok = FakeTiktok::start();
    tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "vip"));
    let mut world = control(tiktok, &destination);

    let explained = explain(&world, &events).await;
    let requests = explained["requests"].as_array().unwrap();
    let listed = requests.iter().filter(|request| request["why"] == "which Partner audiences there are");
    let accounts: Vec<_> = listed.map(|request| request["query"]["advertiser_id"].clone()).collect();
    assert_eq!(accounts, [json!(ADVERTISER), json!("<each other advertiser of the secret>")], "{explained:#}");
    let planned: Vec<_> = requests.iter().map(|request| request["path"].as_str().unwrap().to_owned()).collect();

    world.app.environment.role = Role::All;
    world.invoke(&json!(events)).await.unwrap();
    let made: Vec<_> = world.tiktok.calls().into_iter().map(|call| call.path).collect();
    let first = |paths: &[String], end: &str| paths.iter().position(|path| path.ends_with(end)).unwrap();
    for paths in [&planned, &made] {
        assert!(first(paths, "/segment/audience/") < first(paths, "/segment/mapping/"), "{paths:?}");
    }
    let audiences = world.tiktok.mapping_calls().len();
    assert_eq!(audiences, 2, "one call for each ad account, of the settings and of the secret");
}
