//! Consent, in every shape that can add people.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::envelope::{Record, Way, invoke};
use crate::records::member;
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::World;

/// A destination that requires consent to advertising.
fn destination(missing: &str) -> Value {
    json!({"settings": {"require_consent": ["Advertising"], "consent_missing": missing}})
}

/// Events that add `jo@example.com` to the audience, one per shape that has a context.
fn adds(audience: &str) -> Vec<(&'static str, Value)> {
    let personas = json!({"computation_class": "audience", "computation_key": "vip", "external_audience_id": audience});
    let external = json!([{"type": format!("TIKTOK_AUDIENCE-{audience}")}]);
    let email = "jo@example.com";
    vec![
        (
            "addToAudience",
            json!({"type": "track", "event": "Audience Entered", "properties": {"vip": true},
                   "context": {"traits": {"email": email}, "personas": personas}}),
        ),
        (
            "syncAudience",
            json!({"type": "identify", "traits": {"vip": true, "email": email}, "context": {"personas": personas}}),
        ),
        (
            "a record",
            json!({"type": "record", "action": "insert", "identifiers": {"EMAIL_SHA256": email},
                   "context": {"externalId": external}}),
        ),
        (
            "a list",
            json!({"type": "audienceList", "properties": {"listData": {"add": [{"EMAIL_SHA256": email}]}},
                   "context": {"externalId": external}}),
        ),
    ]
}

/// What became of an event: its outcome, and the code of its first action's error or note.
async fn outcome(world: &World, event: &Value) -> (String, String) {
    let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
    let result = &reply["results"][0];
    let action = &result["actions"][0];
    let code = action["error"]["code"].as_str().or(action["note"]["code"].as_str()).unwrap_or_default();
    (result["outcome"].as_str().unwrap().to_owned(), code.to_owned())
}

#[tokio::test]
async fn every_shape_adds_with_consent_only_and_removes_without() {
    for (name, consent, expected, is_member) in [
        ("granted", json!({"consent": {"categoryPreferences": {"Advertising": true}}}), ("delivered", ""), true),
        (
            "RudderStack grants",
            json!({"consentManagement": {"allowedConsentIds": ["Advertising"]}}),
            ("delivered", ""),
            true,
        ),
        (
            "another category",
            json!({"consent": {"categoryPreferences": {"Analytics": true}}}),
            ("skipped", "CONSENT_MISSING"),
            true,
        ),
        ("nothing is said", json!({}), ("skipped", "CONSENT_MISSING"), true),
        (
            "withdrawn",
            json!({"consent": {"categoryPreferences": {"Advertising": false}}}),
            ("delivered", "CONSENT_WITHDRAWN"),
            false,
        ),
        (
            "RudderStack denies",
            json!({"consentManagement": {"deniedConsentIds": ["Advertising"]}}),
            ("delivered", "CONSENT_WITHDRAWN"),
            false,
        ),
    ] {
        let world = World::configured(&destination("skip"));
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        for (shape, event) in adds(&audience) {
            let granted = with_consent(&event, &json!({"consent": {"categoryPreferences": {"Advertising": true}}}));
            assert_eq!(outcome(&world, &granted).await, ("delivered".to_owned(), String::new()), "{shape}");
            let got = outcome(&world, &with_consent(&event, &consent)).await;
            assert_eq!((got.0.as_str(), got.1.as_str()), expected, "{shape}, {name}");
            let members = world.tiktok.members(&audience);
            assert_eq!(members.contains(&member("EMAIL_SHA256", "jo@example.com")), is_member, "{shape}, {name}");
        }
    }
}

fn with_consent(event: &Value, consent: &Value) -> Value {
    let mut event = event.clone();
    event["context"].as_object_mut().unwrap().extend(consent.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn an_event_without_any_word_on_consent_may_be_allowed() {
    let world = World::configured(&destination("allow"));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    for (shape, event) in adds(&audience) {
        assert_eq!(outcome(&world, &event).await, ("delivered".to_owned(), String::new()), "{shape}");
    }
    let record = json!({"action": "add", "audience_id": audience, "email": "al@example.com"});
    assert_eq!(outcome(&world, &record).await, ("delivered".to_owned(), String::new()), "a canonical record");
    let expected = [member("EMAIL_SHA256", "jo@example.com"), member("EMAIL_SHA256", "al@example.com")];
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from(expected));
}

#[tokio::test]
async fn a_canonical_record_says_nothing_of_consent_and_a_remove_needs_none() {
    let world = World::configured(&destination("skip"));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let add = json!({"action": "add", "audience_id": audience, "email": "jo@example.com"});
    assert_eq!(outcome(&world, &add).await, ("skipped".to_owned(), "CONSENT_MISSING".to_owned()));
    let remove = json!({"action": "remove", "audience_id": audience, "email": "jo@example.com"});
    assert_eq!(outcome(&world, &remove).await, ("delivered".to_owned(), String::new()));
}

#[tokio::test]
async fn a_list_keeps_its_removes_when_its_adds_have_no_consent() {
    let world = World::configured(&destination("skip"));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let list = json!({
        "type": "audienceList",
        "properties": {"listData": {"add": [{"EMAIL_SHA256": "jo@example.com"}],
                                    "remove": [{"EMAIL_SHA256": "al@example.com"}]}},
        "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
    });
    let reply = world.invoke(&json!({"events": [list]})).await.unwrap();
    assert_eq!(reply["results"][0]["outcome"], "delivered", "{reply}");
    let actions: Vec<_> = world.tiktok.mapping_calls().iter().map(|call| call.action.clone()).collect();
    assert_eq!(actions, ["delete"]);
}

#[tokio::test]
async fn a_mapping_may_require_less_than_the_destination() {
    let mapping = |name: &str, audience: &str, consent: Value| {
        json!({"name": name, "action": "addUser", "require_consent": consent,
               "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": audience}})
    };
    let tiktok = crate::support::fake_tiktok::FakeTiktok::start();
    let open = tiktok.add_audience(Audience::new(ADVERTISER, "open"));
    let strict = tiktok.add_audience(Audience::new(ADVERTISER, "strict"));
    let mut destination = destination("skip");
    destination["mappings"] =
        json!([mapping("open", &open, json!([])), mapping("strict", &strict, json!(["Advertising", "C0004"]))]);
    let secret = json!({"access_token": crate::support::fake_tiktok::TOKEN, "advertiser_ids": [ADVERTISER]});
    let world = World::with(tiktok, &destination, &secret);
    let event = json!({
        "type": "track", "event": "Audience Entered", "properties": {"email": "jo@example.com"},
        "context": {"consent": {"categoryPreferences": {"Advertising": true}}},
    });
    let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
    assert_eq!(reply["results"][0]["outcome"], "delivered", "{reply}");
    assert_eq!((world.tiktok.member_count(&open), world.tiktok.member_count(&strict)), (1, 0));
}

#[tokio::test]
async fn every_way_in_heeds_consent() {
    let preference = |granted: bool| json!({"consent": {"categoryPreferences": {"Advertising": granted}}});
    for way in Way::ALL {
        let mut destination = destination("skip");
        destination["settings"]["calls_per_second"] = json!(1000);
        let world = World::configured(&destination);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        for (shape, event) in adds(&audience) {
            let silent = json!({});
            for (consent, members) in [(&silent, 0), (&preference(true), 1), (&silent, 1), (&preference(false), 0)] {
                let body = with_consent(&event, consent).to_string();
                let record = Record { id: "1".to_owned(), group: "g".to_owned(), body };
                let answer = invoke(&world, way, &[record]).await;
                assert_eq!(world.tiktok.member_count(&audience), members, "{way:?}, {shape}, {consent}: {answer:?}");
            }
        }
    }
}
