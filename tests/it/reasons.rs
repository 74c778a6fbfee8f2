//! Why events are skipped or rejected: a row for each reason code, decided before or after a call.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tiktok_audiences::outcome::{Outcome, Reason};

use crate::support::fake_tiktok::{ADVERTISER, Audience, Fault};
use crate::world::{World, native};

/// What one event of a world with this configuration ends with.
struct Row {
    code: &'static str,
    settings: Value,
    mappings: Option<Value>,
    change: fn(&mut Value),
}

const fn row(code: &'static str, change: fn(&mut Value)) -> Row {
    Row { code, settings: Value::Null, mappings: None, change }
}

fn personas(event: &mut Value) -> &mut Value {
    &mut event["context"]["personas"]
}

fn without_audience(event: &mut Value) {
    personas(event).as_object_mut().unwrap().remove("external_audience_id");
}

fn out_without_a_type(event: &mut Value) {
    event["type"] = Value::Null;
    event["properties"]["vip"] = json!(false);
}

fn out_of_a_group(event: &mut Value) {
    event["type"] = json!("group");
    event["properties"] = json!({"audience_key": "vip"});
    event["traits"] = json!({"vip": false});
}

fn rows() -> Vec<Row> {
    [elements(), memberships(), ids_of_a_wrong_kind()].into_iter().flatten().collect()
}

fn elements() -> Vec<Row> {
    let legacy = |fields: Value| Some(json!([{"name": "In", "action": "addUser", "fields": fields}]));
    let from_event = json!({"selected_advertiser_id": {"@path": "$.properties.advertiser"}, "audience_id": "1"});
    let both = json!([
        {"name": "In", "action": "addToAudience", "trigger": "type = \"track\"", "fields": {"external_audience_id": "1"}},
        {"name": "Out", "action": "removeFromAudience", "trigger": "type = \"track\"", "fields": {"external_audience_id": "1"}},
    ]);
    vec![
        row("NO_MAPPING", |event| event["event"] = json!("Something else")),
        row("INTEGRATION_OFF", |event| event["integrations"] = json!({"All": false, "TikTok Audiences": false})),
        row("INTEGRATION_OFF", |event| event["integrations"] = json!({"actions-tiktok-audiences": false})),
        row("COMPUTED_TRAIT", |event| personas(event)["computation_class"] = json!("trait")),
        Row { settings: json!({"shadow": true}), ..row("SHADOW", |_| {}) },
        row("NO_IDENTIFIER", |event| event["context"]["traits"] = json!({"email": " ", "phone": null})),
        Row {
            mappings: legacy(from_event),
            ..row("MISSING_FIELD", |event| event["properties"] = json!({"advertiser": " "}))
        },
        row("INVALID_FIELD", |event| personas(event)["external_audience_id"] = json!({"id": 1})),
        row("INVALID_FIELD", |event| personas(event)["audience_settings"]["idType"] = json!("FAX")),
        Row {
            settings: json!({"advertiser_id": null}),
            ..row("NO_ADVERTISER", |event| personas(event)["audience_settings"] = json!({}))
        },
        row("NO_AUDIENCE", |event| {
            without_audience(event);
            personas(event)["computation_key"] = json!(null);
            event["properties"] = json!({});
        }),
        row("BAD_ADVERTISER_ID", |event| personas(event)["audience_settings"]["advertiserId"] = json!("7e18")),
        row("BAD_AUDIENCE_ID", |event| personas(event)["external_audience_id"] = json!("vip")),
        row("NO_SUCH_AUDIENCE", |event| {
            without_audience(event);
            personas(event)["computation_key"] = json!("unknown");
            event["properties"] = json!({"unknown": true});
        }),
        row("NAME_TOO_LONG", |event| {
            without_audience(event);
            personas(event)["computation_key"] = json!("n".repeat(71));
        }),
        Row { mappings: Some(both), ..row("CONFLICTING_MAPPINGS", |_event| {}) },
        Row {
            mappings: Some(json!([{"name": "In", "action": "addToAudience", "fields": {
                "send_email": {"@path": "$.properties.no"}, "send_phone": false, "send_advertising_id": false}}])),
            ..row("NOTHING_TO_SEND", |event| event["properties"]["no"] = json!(false))
        },
        row("NO_USABLE_IDENTIFIER", |event| event["context"]["traits"] = json!({"email": "jane", "phone": "555-0143"})),
    ]
}

/// What an event says, or does not say, of a person being in the audience.
fn memberships() -> Vec<Row> {
    vec![
        Row {
            mappings: Some(json!([{"name": "Sync", "action": "syncAudience"}])),
            ..row("NO_MEMBERSHIP", |event| {
                event["event"] = json!("Viewed");
                event["properties"] = json!({});
            })
        },
        Row {
            mappings: Some(json!([{"name": "Sync", "action": "syncAudience"}])),
            ..row("NO_MEMBERSHIP", |event| {
                event["event"] = json!("Viewed");
                event["properties"]["vip"] = json!("true");
            })
        },
        row("MEMBERSHIP_CONFLICT", |event| event["properties"]["vip"] = json!(false)),
        row("MEMBERSHIP_CONFLICT", |event| event["properties"]["vip"] = json!("false")),
        row("MEMBERSHIP_CONFLICT", out_without_a_type),
        row("MEMBERSHIP_CONFLICT", out_of_a_group),
    ]
}

/// A number with an exponent is a rounded id, and no other ad account is taken in place of one that is stated.
fn ids_of_a_wrong_kind() -> Vec<Row> {
    vec![
        row("BAD_ADVERTISER_ID", |event| personas(event)["audience_settings"]["advertiserId"] = json!(["7", "8"])),
        row("BAD_ADVERTISER_ID", |event| personas(event)["audience_settings"]["advertiserId"] = json!({"id": "7"})),
        row("BAD_ADVERTISER_ID", |event| {
            personas(event)["audience_settings"] = json!(null);
            event["advertiserId"] = json!(true);
        }),
        row("BAD_AUDIENCE_ID", |event| personas(event)["external_audience_id"] = json!(1.8e18)),
    ]
}

#[tokio::test]
async fn each_ends_with_its_code() {
    for Row { code, settings, mappings, change } in rows() {
        let mut destination = json!({});
        if !settings.is_null() {
            destination["settings"] = settings;
        }
        if let Some(mappings) = mappings {
            destination["mappings"] = mappings;
        }
        let two = json!(["1", "2"]);
        let secret = json!({"access_token": crate::support::fake_tiktok::TOKEN,
            "advertiser_ids": if code == "NO_ADVERTISER" { two } else { json!([ADVERTISER]) }});
        let world = World::with(crate::support::fake_tiktok::FakeTiktok::start(), &destination, &secret);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let mut event = native("Audience Entered", &audience, "jane.doe@example.com");
        change(&mut event);
        let report = world.invoke(&json!({"events": [event]})).await.unwrap();
        let actions = report["results"][0]["actions"].as_array().unwrap();
        assert!(actions.iter().all(|action| action["error"]["code"] == code), "{code}: {report}");
        assert!(!actions.is_empty() && !report.to_string().contains("jane"), "{code}: {report}");
        assert_eq!(world.tiktok.member_count(&audience), 0, "{code}");
    }
}

#[tokio::test]
async fn a_native_mapping_leaves_legacy_events_to_others() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let world = World::reconfigured(
        world,
        &json!({"mappings": [
            {"name": "Legacy", "action": "addUser", "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": audience}},
            {"name": "Native", "action": "addToAudience"},
        ]}),
    );
    let event =
        json!({"type": "track", "event": "Audience Entered", "context": {"traits": {"email": "a@example.com"}}});
    let report = world.invoke(&json!({"events": [event]})).await.unwrap();
    let actions = &report["results"][0]["actions"];
    assert_eq!(report["results"][0]["outcome"], "delivered", "{report}");
    assert_eq!(actions[1]["error"]["code"], "NOT_NATIVE", "{report}");
}

#[tokio::test]
async fn the_reasons_name_each_identifier_and_no_value() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "jane");
    event["context"]["traits"]["phone"] = json!("202 555 0143");
    event["context"]["device"] = json!({"advertisingId": "00000000-0000-0000-0000-000000000000"});
    let report = world.invoke(&json!({"events": [event]})).await.unwrap();
    let message = report["results"][0]["actions"][0]["error"]["message"].as_str().unwrap();
    let parts: Vec<_> = message.split("; ").map(|part| part.split_once(": ").unwrap().0).collect();
    assert_eq!(parts, ["email", "phone", "advertising_id"], "{message}");
    assert!(!message.contains("jane") && !message.contains("555"), "{message}");
}

/// Reasons that need TikTok, a queue, consent, records, deletion requests or an injected panic have their rows in the modules of those.
const ELSEWHERE: &[&str] = &[
    "NOT_NATIVE",
    "TIKTOK_REFUSED",
    "PARTIAL",
    "INVALID_RECORD",
    "TOO_LARGE",
    "TOO_MANY_EVENTS",
    "UNKNOWN_KEY",
    "CONSENT_MISSING",
    "NOTHING_TO_FORGET",
    "DELETE_NEEDS_IDENTIFIER",
    "HASHING_MISMATCH",
    "PANICKED",
];

#[test]
fn every_skip_and_every_rejection_has_a_row() {
    let rows = rows();
    let mut covered: BTreeSet<_> = rows.iter().map(|row| row.code).collect();
    covered.extend(ELSEWHERE);
    let decided_here = Reason::ALL.iter().filter(|reason| reason.outcome() != Outcome::Retryable);
    let missing: Vec<_> = decided_here.map(|reason| reason.code()).filter(|code| !covered.contains(code)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// What TikTok answers, and what becomes of the event: never `delivered`.
#[tokio::test]
async fn tiktoks_failures_are_never_successes() {
    for (fault, outcome, code) in [
        (Fault::Code(40002), "rejected", "TIKTOK_REFUSED"),
        (Fault::Code(40007), "rejected", "TIKTOK_REFUSED"),
        (Fault::Code(20001), "rejected", "PARTIAL"),
        (Fault::not_editable(), "retryable", "AUDIENCE_BUSY"),
        (Fault::Code(40100), "retryable", "TIKTOK_THROTTLED"),
        (Fault::Code(40133), "retryable", "TIKTOK_THROTTLED"),
        (Fault::Code(40105), "retryable", "TIKTOK_UNAUTHORIZED"),
        (Fault::Code(40001), "retryable", "TIKTOK_BLOCKED"),
        (Fault::Code(40118), "retryable", "TIKTOK_BLOCKED"),
        (Fault::Code(50000), "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::Code(51_065), "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::Status(502), "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::Garbage, "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::StringCode, "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::MissingCode, "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::EmptyBody, "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::HangUpAfterBody, "retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::TruncatedBody, "retryable", "TIKTOK_UNAVAILABLE"),
    ] {
        let world = World::start();
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        world.tiktok.rule(crate::support::fake_tiktok::Rule::any(), fault.clone());
        let event = native("Audience Entered", &audience, "jane.doe@example.com");
        let report = world.invoke(&json!({"events": [event]})).await.unwrap();
        let result = &report["results"][0];
        assert_eq!(result["outcome"], outcome, "{fault:?}: {report}");
        assert_eq!(result["actions"][0]["error"]["code"], code, "{fault:?}: {report}");
    }
}

#[tokio::test]
async fn a_slow_tiktok_is_left_in_time() {
    let world = World::configured(&json!({"settings": {"reply_within_seconds": 2}}));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    world.tiktok.rule(crate::support::fake_tiktok::Rule::any(), Fault::Hang);
    let event = native("Audience Entered", &audience, "jane.doe@example.com");
    let error = tokio::time::timeout(std::time::Duration::from_secs(4), world.invoke(&event)).await.unwrap();
    assert!(error.unwrap_err().to_string().contains("1 of 1 events may succeed later"));
}
