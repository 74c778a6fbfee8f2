//! Shadow: everything but the write to TikTok, for the destination or for single mappings.

use serde_json::{Value, json};

use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, FakeTiktok, TOKEN};
use crate::world::{World, counts, entries, native, person, tally};

/// A world in shadow, with an audience that has its id in the events.
fn shadowed() -> (World, String) {
    let world = World::configured(&json!({"settings": {"shadow": true}}));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    (world, audience)
}

#[tokio::test]
async fn nothing_is_written_and_everything_is_counted() {
    let (world, audience) = shadowed();
    let events = entries(&audience, 0..3);
    let report = world.invoke(&json!({"events": events})).await.unwrap();
    assert_eq!(tally(&report), counts(&[("skipped SHADOW", 3)]));
    let action = &report["results"][0]["actions"][0];
    assert_eq!((&action["advertiser_id"], &action["audience_id"]), (&json!(ADVERTISER), &json!(audience)));
    assert_eq!(world.tiktok.call_count(Endpoint::Mapping), 0);
    assert_eq!(world.tiktok.member_count(&audience), 0);
    assert_eq!(world.metric("ShadowRows"), Some(3));
}

#[tokio::test]
async fn what_would_be_wrong_is_said_and_what_would_be_superseded_is() {
    let (world, audience) = shadowed();
    let events = [
        native("Audience Entered", &audience, &person(1)),
        native("Audience Exited", &audience, &person(1)),
        native("Audience Entered", &audience, "not an address"),
    ];
    let report = world.invoke(&json!({"events": events})).await.unwrap();
    let expected = [("superseded", 1), ("skipped SHADOW", 1), ("rejected NO_USABLE_IDENTIFIER", 1)];
    assert_eq!(tally(&report), counts(&expected));
    assert_eq!(world.metric("ShadowRows"), Some(1));
}

/// Two mappings of every entry, to an audience each, with what the second says of shadow.
fn two(first: &str, second: &str, shadow: &Value) -> Value {
    let mapping = |name: &str, audience: &str| {
        json!({"name": name, "action": "addUser", "trigger": "event = \"Audience Entered\"",
               "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": audience}})
    };
    let mut second = mapping("second", second);
    second["shadow"] = shadow.clone();
    json!({"mappings": [mapping("first", first), second]})
}

#[tokio::test]
async fn a_mapping_decides_for_itself() {
    for (of_all, of_second, live) in [(false, true, [true, false]), (true, false, [false, true])] {
        let tiktok = FakeTiktok::start();
        let audiences = ["one", "two"].map(|name| tiktok.add_audience(Audience::new(ADVERTISER, name)));
        let mut destination = two(&audiences[0], &audiences[1], &json!(of_second));
        destination["settings"] = json!({"shadow": of_all});
        let world = World::with(tiktok, &destination, &json!({"access_token": TOKEN}));
        let report = world.invoke(&json!({"events": entries("unused", 0..1)})).await.unwrap();
        let result = &report["results"][0];
        assert_eq!(result["outcome"], "delivered", "{result}");
        let codes: Vec<_> =
            result["actions"].as_array().unwrap().iter().map(|action| &action["error"]["code"]).collect();
        let expected = live.map(|live| if live { Value::Null } else { json!("SHADOW") });
        assert_eq!(codes, expected.iter().collect::<Vec<_>>());
        for (audience, live) in audiences.iter().zip(live) {
            assert_eq!(world.tiktok.member_count(audience), usize::from(live));
        }
        assert_eq!(world.metric("ShadowRows"), Some(1));
    }
}

#[tokio::test]
async fn a_person_is_not_superseded_by_what_is_only_pretended() {
    let tiktok = FakeTiktok::start();
    let audience = tiktok.add_audience(Audience::new(ADVERTISER, "one"));
    let mut destination = two(&audience, &audience, &json!(true));
    destination["mappings"][1]["action"] = json!("removeUser");
    let world = World::with(tiktok, &destination, &json!({"access_token": TOKEN}));
    let report = world.invoke(&json!({"events": entries("unused", 0..1)})).await.unwrap();
    assert_eq!(report["results"][0]["outcome"], "delivered", "{report}");
    assert_eq!(world.tiktok.member_count(&audience), 1);
}

#[tokio::test]
async fn no_audience_is_created_and_nobody_is_erased() {
    let settings = json!({"shadow": true, "auto_create_audiences": true, "advertiser_id": ADVERTISER});
    let world = World::configured(&json!({"settings": settings, "mappings": [
        {"action": "addToAudience"},
        {"action": "createAudience", "fields": {"selected_advertiser_id": ADVERTISER, "custom_audience_name": "new"}},
    ]}));
    let kept = world.tiktok.add_audience(Audience::new(ADVERTISER, "kept"));
    let mut unknown = native("Audience Entered", "", &person(1));
    unknown["context"]["personas"].as_object_mut().unwrap().remove("external_audience_id");
    let create = json!({"type": "track", "event": "Create Audience"});
    let erase = json!({"type": "delete", "userId": "u-1", "context": {"traits": {"email": person(1)}}});
    let report = world.invoke(&json!({"events": [unknown, create, erase]})).await.unwrap();
    assert_eq!(tally(&report), counts(&[("skipped SHADOW", 3)]));
    assert_eq!(world.tiktok.audiences().len(), 1);
    assert_eq!(world.tiktok.call_count(Endpoint::Mapping), 0);
    assert_eq!(world.tiktok.member_count(&kept), 0);
}

#[tokio::test]
async fn a_mapping_can_be_tested_for_real_and_explained() {
    let (world, audience) = shadowed();
    let event = native("Audience Entered", &audience, &person(1));
    let explained = world.invoke(&json!({"operation": "explain", "events": [event]})).await.unwrap();
    assert_eq!(explained["requests"].as_array().unwrap().len(), 1, "{explained}");
    let test = json!({"operation": "testMapping", "mapping": "Add to Audience", "events": [event]});
    let tested = world.invoke(&test).await.unwrap();
    assert_eq!(tested["events"][0]["results"][0]["outcome"], "delivered", "{tested}");
    assert_eq!(world.tiktok.member_count(&audience), 1);
}
