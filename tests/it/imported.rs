//! Mappings as Segment exports them, run as they are.

use serde_json::{Value, json};

use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::{World, hash_of, native};

const AUDIENCES: usize = 25;

fn id(number: usize) -> String {
    format!("18000000000000001{number:02}")
}

/// A mapping in the form of Segment's Public API, hidden fields included.
fn exported(number: usize, slug: &str, event: &str) -> Value {
    json!({
        "id": format!("sub{slug}{number}"), "name": format!("{slug} {number}"), "actionId": "action", "actionSlug": slug,
        "destinationId": "destination", "enabled": true, "modelId": null,
        "trigger": format!("type = \"track\" and event = \"{event}\" and properties.audience_key = \"key_{number}\""),
        "settings": {
            "selected_advertiser_id": ADVERTISER, "audience_id": id(number),
            "email": {"@if": {"exists": {"@path": "$.context.traits.email"}, "then": {"@path": "$.context.traits.email"},
                              "else": {"@path": "$.properties.email"}}},
            "phone": {"@path": "$.context.traits.phone"}, "advertising_id": {"@path": "$.context.device.advertisingId"},
            "send_email": true, "send_phone": true, "send_advertising_id": true,
            "event_name": {"@path": "$.event"}, "enable_batching": true, "__segment_internal_matching_key": "x",
        },
    })
}

#[tokio::test]
async fn fifty_mappings_of_an_export_make_one_call_of_one_event() {
    let pair =
        |number| [exported(number, "addUser", "Audience Entered"), exported(number, "removeUser", "Audience Exited")];
    let mappings: Vec<_> = (0..AUDIENCES).flat_map(pair).collect();
    let settings = json!({"identity_rules": "tiktok", "advertiser_ids": [ADVERTISER]});
    let world = World::configured(&json!({"settings": settings, "subscriptions": mappings}));
    for number in 0..AUDIENCES {
        world.tiktok.add_audience(Audience::new(ADVERTISER, &format!("key_{number}")).with_id(&id(number)));
    }
    for (name, action, members) in [("Audience Entered", "add", 1), ("Audience Exited", "delete", 0)] {
        world.tiktok.forget();
        let mut event = native(name, "", "jane@example.com");
        event["properties"]["audience_key"] = json!("key_7");
        let reply = world.invoke(&event).await.unwrap();
        assert_eq!(reply["summary"]["delivered"], 1, "{reply:#}");
        assert_eq!(world.tiktok.calls().len(), 1);
        let call = &world.tiktok.mapping_calls()[0];
        let only = &call.batch_data[0][0];
        let expected = (action, hash_of("jane@example.com"), vec![id(7)]);
        assert_eq!((call.action.as_str(), only.id.clone(), only.audience_ids.clone()), expected);
        assert_eq!((call.batch_data.len(), world.tiktok.member_count(&id(7))), (1, members));
    }
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}
