//! Direct invocations, from the payload to what TikTok received.

use serde_json::{Value, json};
use tiktok_audiences::handler::HandlerError;

use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint};
use crate::world::{World, native};

/// SHA-256 of `testing@testing.com`, as `sha256sum` prints it; Segment's tests print the same.
const EMAIL: &str = "584c4423c421df49955759498a71495aba49b8780eb9387dff333b6f0982c777";
/// SHA-256 of `+11234567890`.
const PHONE: &str = "1fa6b8d986d9b9cd01bf36951815158bbde9f520c0567c835dfe34783d0a4231";
/// SHA-256 of the UUID below.
const DEVICE: &str = "a81f96a1fc59a0ac9e018d00c5f83d1bda20a17c225a88afde959a4b663abf17";
const DEVICE_ID: &str = "42424242-4242-4242-8242-424242424242";

fn cell(id: &str, audience: &str) -> Value {
    json!({"id": id, "audience_ids": [audience]})
}

#[tokio::test]
async fn a_native_event_becomes_one_row_of_three_hashes() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "testing@testing.com");
    event["context"]["traits"]["phone"] = json!("+11234567890");
    event["context"]["device"] = json!({"type": "android", "advertisingId": DEVICE_ID});
    let reply = world.invoke(&event).await.unwrap();
    let calls = world.tiktok.calls_of(Endpoint::Mapping);
    assert_eq!(calls.len(), 1);
    let expected = json!({
        "advertiser_ids": [ADVERTISER], "action": "add",
        "id_schema": ["EMAIL_SHA256", "PHONE_SHA256", "AAID_SHA256"],
        "batch_data": [[cell(EMAIL, &audience), cell(PHONE, &audience), cell(DEVICE, &audience)]],
    });
    assert_eq!(calls[0].json(), expected);
    let result = &reply["results"][0];
    assert_eq!((&result["outcome"], &result["message_id"]), (&json!("delivered"), &json!("m-1")));
    let action = json!({
        "mapping": "Add to Audience", "action": "addToAudience", "outcome": "delivered", "advertiser_id": ADVERTISER,
        "audience_id": audience, "request_id": calls[0].request_id,
    });
    assert_eq!(result["actions"], json!([action]));
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn under_segments_rules_the_hashes_are_segments() {
    let world = World::configured(&json!({"settings": {"identity_rules": "segment"}}));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "testing@testing.com");
    event["context"]["traits"]["phone"] = json!("1234567890");
    event["context"]["device"] = json!({"type": "android", "advertisingId": "4242"});
    world.invoke(&event).await.unwrap();
    let call = &world.tiktok.mapping_calls()[0];
    assert_eq!(call.id_schema, ["EMAIL_SHA256", "PHONE_SHA256", "IDFA_SHA256"]);
    let ids: Vec<_> = call.batch_data[0].iter().map(|cell| cell.id.clone()).collect();
    let expected = [
        EMAIL,
        "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646",
        "0315b4020af3eccab7706679580ac87a710d82970733b8719e70af9b57e7b9e6",
    ];
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_exit_takes_out_what_the_entry_put_in() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    world.invoke(&native("Audience Entered", &audience, "testing@testing.com")).await.unwrap();
    assert_eq!(world.tiktok.member_count(&audience), 1);
    world.invoke(&native("Audience Exited", &audience, "Testing@Testing.com")).await.unwrap();
    assert_eq!(world.tiktok.member_count(&audience), 0);
}

#[tokio::test]
async fn one_bad_record_does_not_sink_its_neighbours() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let events: Vec<Value> = (0..1_000)
        .map(|number| match number % 100 {
            50 => json!("not an event"),
            _ => native("Audience Entered", &audience, &format!("user{number}@example.com")),
        })
        .collect();
    let reply = world.invoke(&json!(events)).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 990);
    assert_eq!(reply["summary"]["rejected"], 10);
    assert_eq!(world.tiktok.mapping_calls().len(), 1);
    assert_eq!(world.tiktok.member_count(&audience), 990);
    let results = reply["results"].as_array().unwrap();
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result["index"], index);
        let outcome = if index % 100 == 50 { "rejected" } else { "delivered" };
        assert_eq!(result["outcome"], outcome, "{result}");
    }
    assert_eq!(results[50]["actions"][0]["error"]["message"], "an event is an object, this is a string");
}

#[tokio::test]
async fn phone_only_people_are_sent() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "");
    event["context"]["traits"]["phone"] = json!("+1 (123) 456-7890");
    world.invoke(&event).await.unwrap();
    let call = &world.tiktok.mapping_calls()[0];
    assert_eq!(call.id_schema, ["PHONE_SHA256"]);
    assert_eq!(call.batch_data[0][0].id, PHONE);
}

#[tokio::test]
async fn several_values_of_a_field_become_several_rows() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "");
    event["context"]["traits"] =
        json!({"email": ["testing@testing.com", "", "b@example.com"], "phone": "+11234567890"});
    world.invoke(&event).await.unwrap();
    let call = &world.tiktok.mapping_calls()[0];
    let filled: Vec<Vec<bool>> =
        call.batch_data.iter().map(|row| row.iter().map(|cell| !cell.id.is_empty()).collect()).collect();
    assert_eq!(filled, [vec![true, true], vec![true, false]]);
    assert_eq!(world.tiktok.member_count(&audience), 3);
}

#[tokio::test]
async fn ids_that_come_as_numbers_are_not_rounded() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = native("Audience Entered", &audience, "testing@testing.com");
    let text = event.to_string().replace(&format!("\"{audience}\""), &audience);
    let text = text.replace(&format!("\"{ADVERTISER}\""), ADVERTISER);
    let reply = world.invoke_text(&text).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1, "{reply}");
    assert_eq!(world.tiktok.member_count(&audience), 1);
}

#[tokio::test]
async fn an_audience_is_found_by_its_name_and_asked_for_once() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "testing@testing.com");
    event["context"]["personas"].as_object_mut().unwrap().remove("external_audience_id");
    for _ in 0..2 {
        let reply = world.invoke(&json!([event, event])).await.unwrap();
        assert_eq!(reply["results"][1]["outcome"], "delivered", "{reply}");
        assert_eq!(reply["results"][0]["outcome"], "superseded", "{reply}");
    }
    assert_eq!(world.tiktok.member_count(&audience), 1);
    assert_eq!(world.tiktok.call_count(Endpoint::AudienceList), 1);
}

#[tokio::test]
async fn an_audience_that_is_missing_is_created_where_that_is_wanted() {
    let world = World::configured(&json!({"settings": {"auto_create_audiences": true}}));
    let mut event = native("Audience Entered", "1", "testing@testing.com");
    event["context"]["personas"].as_object_mut().unwrap().remove("external_audience_id");
    let reply = world.invoke(&event).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1, "{reply}");
    let created = world.tiktok.audiences_named("vip");
    assert_eq!(created.len(), 1);
    assert_eq!(world.tiktok.member_count(&created[0]), 1);
}

fn create(name: &str) -> Value {
    json!({"type": "track", "event": "Create Audience", "properties": {"name": name}})
}

fn legacy_create(allow_duplicate: bool) -> Value {
    json!({"mappings": [{"name": "Create", "action": "createAudience", "fields": {
        "selected_advertiser_id": ADVERTISER, "custom_audience_name": {"@path": "$.properties.name"},
        "allow_duplicate_name": allow_duplicate}}]})
}

#[tokio::test]
async fn create_audience_finds_before_it_creates_and_cuts_long_names() {
    let world = World::configured(&legacy_create(false));
    let first = world.invoke(&create("summer")).await.unwrap();
    let again = world.invoke(&create("summer")).await.unwrap();
    let (first, again) = (&first["results"][0]["actions"][0], &again["results"][0]["actions"][0]);
    assert_eq!((&first["created"], &again["created"]), (&json!(true), &json!(false)));
    assert_eq!(first["audience_id"], again["audience_id"]);
    world.invoke(&create(&"x".repeat(80))).await.unwrap();
    assert_eq!(world.tiktok.audiences_named(&format!("{}...", "x".repeat(67))).len(), 1);
}

#[tokio::test]
async fn create_audience_makes_a_twin_only_when_told_to() {
    let world = World::configured(&legacy_create(true));
    world.invoke(&create("summer")).await.unwrap();
    world.invoke(&create("summer")).await.unwrap();
    assert_eq!(world.tiktok.audiences_named("summer").len(), 2);
}

#[tokio::test]
async fn a_legacy_pair_may_add_on_an_exit() {
    let world = World::start();
    let winback = world.tiktok.add_audience(Audience::new(ADVERTISER, "win-back"));
    let world = World::reconfigured(
        world,
        &json!({"mappings": [{"name": "Win back", "action": "addUser", "trigger": "event = \"Audience Exited\"",
            "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": winback}}]}),
    );
    let reply = world.invoke(&native("Audience Exited", "1", "testing@testing.com")).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1, "{reply}");
    assert_eq!(world.tiktok.member_count(&winback), 1);
}

#[tokio::test]
async fn identify_calls_state_membership_in_their_traits() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("", &audience, "testing@testing.com");
    event["type"] = json!("identify");
    event["traits"] = json!({"vip": true});
    world.invoke(&event).await.unwrap();
    assert_eq!(world.tiktok.member_count(&audience), 1);
    event["traits"]["vip"] = json!(false);
    world.invoke(&event).await.unwrap();
    assert_eq!(world.tiktok.member_count(&audience), 0);
}

#[tokio::test]
async fn identify_calls_of_rudderstack_state_membership_in_context_traits() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("", &audience, "testing@testing.com");
    event["type"] = json!("identify");
    for (own, in_context, members) in [
        (json!(null), json!(true), 1),
        (json!({"plan": "gold"}), json!(false), 0),
        (json!({"vip": true}), json!(false), 1),
        (json!({"vip": null}), json!(false), 1),
    ] {
        event["traits"] = own;
        event["context"]["traits"]["vip"] = in_context;
        world.invoke(&event).await.unwrap();
        assert_eq!(world.tiktok.member_count(&audience), members, "{}", event["traits"]);
    }
    // What a track call says of the person is no membership: that is in its properties.
    event["type"] = json!("track");
    event["properties"] = json!({});
    let reply = world.invoke(&event).await.unwrap();
    assert_eq!(reply["summary"]["skipped"], 1, "{reply}");
}

#[tokio::test]
async fn an_audience_for_one_kind_of_id_gets_no_other() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "testing@testing.com");
    event["context"]["traits"]["phone"] = json!("+11234567890");
    event["context"]["personas"]["audience_settings"]["idType"] = json!(" phone_sha256 ");
    world.invoke(&event).await.unwrap();
    assert_eq!(world.tiktok.mapping_calls()[0].id_schema, ["PHONE_SHA256"]);

    let mut event = native("Audience Exited", &audience, "testing@testing.com");
    event["context"]["traits"]["phone"] = json!("+11234567890");
    event["context"]["personas"]["audience_settings"]["idType"] = json!("PHONE_SHA256");
    world.invoke(&event).await.unwrap();
    assert_eq!(world.tiktok.mapping_calls()[1].id_schema, ["EMAIL_SHA256", "PHONE_SHA256"], "a remove");
}

#[tokio::test]
async fn a_device_that_refuses_tracking_is_not_added_however_it_says_so() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    for flag in [json!(false), json!("false"), json!(" False")] {
        let mut event = native("Audience Entered", &audience, "testing@testing.com");
        event["context"]["device"] = json!({"advertisingId": "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25",
            "type": "ios", "adTrackingEnabled": flag});
        world.tiktok.forget();
        world.invoke(&event).await.unwrap();
        assert_eq!(world.tiktok.mapping_calls()[0].id_schema, ["EMAIL_SHA256"], "{flag}");
    }
}

#[tokio::test]
async fn what_may_succeed_later_fails_the_invocation_of_one_event_or_an_array() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "gone"));
    world.secrets.remove(crate::world::SECRET_ID);
    let event = native("Audience Entered", &audience, "testing@testing.com");
    for payload in [json!(event), json!([event])] {
        let error = world.invoke(&payload).await.unwrap_err();
        assert!(matches!(error, HandlerError::InvocationError(_)), "{error}");
        assert!(error.to_string().contains("1 of 1 events may succeed later: 0"), "{error}");
    }
    let report = world.invoke(&json!({"events": [event]})).await.unwrap();
    let error = &report["results"][0]["actions"][0]["error"];
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("SECRET_UNAVAILABLE"), &json!("the secret does not exist"))
    );
}

#[tokio::test]
async fn payloads_that_are_no_events_say_what_and_where() {
    let world = World::start();
    for (payload, sentence) in [
        ("\"jane@example.com\"", "found a string"),
        ("7", "found a number"),
        ("{\"a\":", "the payload is not JSON at byte 5: the text ends here"),
        ("", "the payload is not JSON at byte 0: the text ends here"),
        (r#"{"Records":[{"eventSource":"aws:s3"}]}"#, "Records[0] is of S3: expected aws:sqs"),
        (r#"{"Records":[]}"#, "Records is empty"),
        (r#"[{"eventSource":"aws:kinesis","data":"e30="}]"#, "a bare record, as EventBridge Pipes sends it"),
        (r#"{"Type":"Notification","TopicArn":"t","Message":"{}"}"#, "an envelope of SNS, which is not opened here"),
    ] {
        let error = world.invoke_text(payload).await.unwrap_err().to_string();
        assert!(error.contains(sentence) && !error.contains("jane"), "{payload}: {error}");
    }
}
