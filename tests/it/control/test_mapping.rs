//! `testMapping`: one mapping, for real.

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::fake_tiktok::{ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault};
use crate::world::World;

const ID: &str = "1800000000000000001";

fn world() -> World {
    let destination = json!({"settings": {"advertiser_id": ADVERTISER}, "mappings": [
        {"name": "in", "action": "addUser", "enabled": false,
         "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": ID}},
        {"name": "new", "action": "createAudience",
         "fields": {"selected_advertiser_id": ADVERTISER, "custom_audience_name": "launch"}},
    ]});
    let world = control(FakeTiktok::start(), &destination);
    world.tiktok.add_audience(Audience::new(ADVERTISER, "vip").with_id(ID));
    world
}

fn entered(email: &str) -> Value {
    json!({"type": "track", "event": "Audience Entered", "context": {"traits": {"email": email}}})
}

async fn test(world: &World, mapping: &str, events: &[Value]) -> Value {
    let reply = world.invoke(&json!({"operation": "testMapping", "mapping": mapping, "events": events})).await.unwrap();
    assert!(!reply.to_string().contains("example.com"), "{reply}");
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
    reply
}

#[tokio::test]
async fn a_disabled_mapping_is_sent_for_real() {
    let world = world();
    let other = json!({"type": "track", "event": "Other"});
    let reply = test(&world, "in", &[entered("jane@example.com"), other, entered("nobody"), json!(5)]).await;
    assert_eq!(
        (&reply["mapping"], &reply["action"], &reply["enabled"]),
        (&json!("in"), &json!("addUser"), &json!(false))
    );
    let events = reply["events"].as_array().unwrap();
    let sent = &events[0]["results"][0];
    assert_eq!(
        (&events[0]["matched"], &sent["outcome"], &sent["tiktok"]["code"]),
        (&json!(true), &json!("delivered"), &json!(0))
    );
    assert!(sent["tiktok"]["request_id"].is_string(), "{sent}");
    let unmatched = json!({"index": 1, "matched": false, "failing": "event = \"Audience Entered\"", "results": []});
    assert_eq!(events[1], unmatched);
    assert_eq!(events[2]["results"][0]["error"]["code"], "NO_USABLE_IDENTIFIER");
    assert_eq!(events[3]["results"][0]["error"]["code"], "INVALID_RECORD");
    assert_eq!(world.tiktok.member_count(ID), 1);
}

#[tokio::test]
async fn a_create_always_creates_and_tells_the_new_id() {
    let world = world();
    let create = json!({"type": "track", "event": "Create Audience"});
    let mut ids = Vec::new();
    for _ in 0..2 {
        let reply = test(&world, "new", std::slice::from_ref(&create)).await;
        let result = &reply["events"][0]["results"][0];
        assert_eq!((&result["created"], &result["tiktok"]["code"]), (&json!(true), &json!(0)));
        ids.push(result["audience_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(world.tiktok.audiences_named("launch"), ids);
}

#[tokio::test]
async fn tiktoks_refusals_are_told_by_code() {
    let world = world();
    world.tiktok.next_on(Endpoint::Mapping, Fault::Code(40_118));
    let reply = test(&world, "in", &[entered("jane@example.com")]).await;
    let result = &reply["events"][0]["results"][0];
    assert_eq!((&result["outcome"], &result["tiktok"]["code"]), (&json!("retryable"), &json!(40_118)));
    assert_eq!(result["error"]["code"], "TIKTOK_BLOCKED");
    world.tiktok.change_audience(ID, |audience| audience.condition = Condition::Dead);
    let reply = test(&world, "in", &[entered("jane@example.com")]).await;
    let result = &reply["events"][0]["results"][0];
    assert_eq!((&result["outcome"], &result["tiktok"]["code"]), (&json!("rejected"), &json!(40_007)));
}

#[tokio::test]
async fn an_unknown_mapping_names_the_known_ones() {
    let world = world();
    let (kind, message) = failure(&world, &json!({"operation": "testMapping", "mapping": "nwe", "events": []})).await;
    let expected = "NO_SUCH_MAPPING: no mapping has this name, did you mean `new`?; mappings are in, new";
    assert_eq!((kind.as_str(), message.as_str()), ("OperationFailed", expected));
    let (_, message) = failure(&world, &json!({"operation": "testMapping", "events": []})).await;
    assert_eq!(message, "MISSING_REQUIRED_FIELD: mapping is missing");
    assert!(world.tiktok.calls().is_empty());
}
