//! Records: RudderStack's two shapes and the canonical one, from the payload to what TikTok received.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, TOKEN};
use crate::world::World;

/// A member of an audience, of a normalised value.
pub(super) fn member(column: &str, normal: &str) -> (String, String) {
    (column.to_owned(), hash(normal))
}

/// The hash of a normalised value.
pub(super) fn hash(normal: &str) -> String {
    const_hex::encode(Sha256::digest(normal))
}

/// An event that is kept among the examples, for another audience and advertiser.
pub(super) fn example(text: &str, audience: &str) -> Value {
    let text = text.replace("1800000000000000001", audience).replace("7000000000000000001", ADVERTISER);
    serde_json::from_str(&text).unwrap()
}

async fn deliver(world: &World, event: &Value) {
    let reply = world.invoke(event).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1, "{reply}");
}

#[tokio::test]
async fn the_example_of_a_record_adds_its_person() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = example(include_str!("../../events/direct_rudderstack_record.json"), &audience);
    deliver(&world, &event).await;
    let expected = [member("EMAIL_SHA256", "riley@example.com"), member("PHONE_SHA256", "+12025550161")];
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from(expected));
    let mut delete = event;
    delete["action"] = json!("delete");
    deliver(&world, &delete).await;
    assert_eq!(world.tiktok.members(&audience), BTreeSet::new());
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_example_of_a_list_adds_and_removes_in_one_call_each() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    deliver(&world, &example(include_str!("../../events/direct_rudderstack_record.json"), &audience)).await;
    world.tiktok.forget();
    let event = example(include_str!("../../events/direct_rudderstack_audience_list.json"), &audience);
    let reply = world.invoke(&event).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 1, "{reply}");
    assert_eq!(reply["results"][0]["actions"].as_array().unwrap().len(), 2, "one per verb: {reply}");
    let expected = [
        member("EMAIL_SHA256", "sofia@example.com"),
        member("EMAIL_SHA256", "tomas@example.com"),
        member("PHONE_SHA256", "+12025550161"),
    ];
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from(expected));
    let calls = world.tiktok.mapping_calls();
    let calls: Vec<_> = calls.iter().map(|call| (call.action.as_str(), call.batch_data.len())).collect();
    assert_eq!(calls, [("add", 2), ("delete", 1)]);
}

#[tokio::test]
async fn the_examples_of_canonical_records_add_and_remove() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let reply = world.invoke(&example(include_str!("../../events/direct_canonical_record.json"), &audience)).await;
    let reply = reply.unwrap();
    assert_eq!(reply["results"][0]["outcome"], "delivered", "{reply}");
    assert_eq!(reply["results"][0]["message_id"], "row-1015");
    let (phone, idfa) =
        (member("PHONE_SHA256", "+12025550127"), member("IDFA_SHA256", "7f1b3c52-0e9d-4a7b-8c34-5d6e7f809a1b"));
    let email = member("EMAIL_SHA256", "ninafalk@example.com");
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from([email, phone.clone(), idfa.clone()]));
    deliver(&world, &example(include_str!("../../events/direct_canonical_remove.json"), &audience)).await;
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from([phone, idfa]));
}

#[tokio::test]
async fn the_later_of_two_records_wins_in_every_format_of_times() {
    for (later, earlier) in [
        (json!("2026-01-05T10:00:00Z"), json!("2026-01-05T10:00:00+01:00")),
        (json!("2026-01-05 10:00:00"), json!("2026-01-05 09:00:00")),
        (json!("2026-01-05T10:00:00"), json!("2026-01-05T09:00:00Z")),
        (json!("2026-01-05 10:00:00 UTC"), json!("2026-01-05")),
        (json!(1_767_607_200), json!("1767603600")),
        (json!(1_767_607_200_000_u64), json!(1_767_603_600)),
    ] {
        let world = World::fast(crate::world::Wired::Nothing);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let record = |action: &str, time: &Value| json!({"action": action, "audience_id": audience, "email": "jo@example.com", "timestamp": time});
        let events = json!({"events": [record("add", &later), record("remove", &earlier)]});
        let reply = world.invoke(&events).await.unwrap();
        let outcomes = (&reply["results"][0]["outcome"], &reply["results"][1]["outcome"]);
        assert_eq!(outcomes, (&json!("delivered"), &json!("superseded")), "{later} {earlier}: {reply}");
    }
}

#[tokio::test]
async fn rows_of_different_columns_are_aligned_with_the_schema() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let record = |identifiers: Value| {
        json!({"type": "record", "action": "insert", "identifiers": identifiers, "fields": {},
               "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]}})
    };
    let events = json!([
        record(json!({"PHONE_SHA256": "+12025550143"})),
        record(json!({"AAID_MD5": "ab-1", "EMAIL_SHA256": "jo@example.com"})),
    ]);
    let reply = world.invoke(&events).await.unwrap();
    assert_eq!(reply["summary"]["delivered"], 2, "{reply}");
    let calls = world.tiktok.mapping_calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].id_schema, ["EMAIL_SHA256", "PHONE_SHA256", "AAID_MD5"]);
    let ids: Vec<Vec<_>> =
        calls[0].batch_data.iter().map(|row| row.iter().map(|cell| cell.id.as_str()).collect()).collect();
    let (phone, email) = (hash("+12025550143"), hash("jo@example.com"));
    // MD5 of `ab-1`.
    assert_eq!(ids, [["", &phone, ""], [&email, "", "2548bf76cf50c7aa144e2572ee938ffc"]]);
}

#[tokio::test]
async fn a_person_of_a_list_who_cannot_be_sent_does_not_hold_up_the_others() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = json!({
        "type": "audienceList", "messageId": "list-1",
        "properties": {"listData": {"add": [
            {"EMAIL_SHA256": "jo@example.com"}, {"EMAIL_SHA256": hash("al@example.com")}, {"EMAIL_SHA256": "nobody"},
        ]}},
        "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
    });
    let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
    assert_eq!(reply["summary"]["rejected"], 1, "{reply}");
    let codes: Vec<_> = reply["results"][0]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["error"]["code"].as_str().unwrap_or("none"))
        .collect();
    assert_eq!(BTreeSet::from_iter(codes), BTreeSet::from(["none", "HASHING_MISMATCH", "NO_USABLE_IDENTIFIER"]));
    assert!(!reply.to_string().contains(&hash("al@example.com")));
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from([member("EMAIL_SHA256", "jo@example.com")]));
}

#[tokio::test]
async fn a_list_is_one_in_either_of_rudderstacks_spellings() {
    for kind in ["audienceList", "audiencelist"] {
        let world = World::start();
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let event = json!({
            "type": kind, "properties": {"listData": {"add": [{"EMAIL_SHA256": "jo@example.com"}]}},
            "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
        });
        deliver(&world, &event).await;
        assert_eq!(world.tiktok.member_count(&audience), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_record_without_a_mapping_for_records_is_told_so() {
    let add = json!([{"action": "addUser", "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": "1"}}]);
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    for (mappings, event, expected) in [
        (&add, json!({"action": "add", "audience_id": "1", "email": "jo@example.com"}), "records need"),
        (&add, json!({"type": "record", "action": "insert"}), "records need"),
        (&json!([]), json!({"type": "audiencelist"}), "records need"),
        (&add, json!({"type": "track", "event": "Order"}), "no enabled mapping's trigger"),
    ] {
        let world = World::with(FakeTiktok::start(), &json!({"mappings": mappings}), &secret);
        let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
        let error = &reply["results"][0]["actions"][0]["error"];
        assert_eq!(error["code"], "NO_MAPPING", "{reply}");
        assert!(error["message"].as_str().unwrap().starts_with(expected), "{event}: {reply}");
    }
}

#[tokio::test]
async fn a_person_on_both_lists_is_neither_added_nor_removed() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let person = json!([{"EMAIL_SHA256": "jo@example.com"}]);
    let event = json!({
        "type": "audienceList", "properties": {"listData": {"add": person, "remove": person}},
        "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
    });
    let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
    for action in reply["results"][0]["actions"].as_array().unwrap() {
        let error = &action["error"];
        assert_eq!((&error["code"], &error["actor"]), (&json!("CONFLICTING_MAPPINGS"), &json!("sender")), "{reply}");
        assert_eq!(error["message"], "the event's lists `add` and `remove` name the same person");
    }
    assert!(world.tiktok.mapping_calls().is_empty());
}

#[tokio::test]
async fn a_large_list_is_split_and_delivered_whole() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let people: Vec<_> = (0..2_500).map(|number| json!({"EMAIL_SHA256": format!("p{number}@example.com")})).collect();
    let event = json!({
        "type": "audienceList", "properties": {"listData": {"add": people}},
        "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
    });
    deliver(&world, &event).await;
    assert_eq!(world.tiktok.member_count(&audience), 2_500);
    let rows: Vec<_> = world.tiktok.mapping_calls().iter().map(|call| call.batch_data.len()).collect();
    assert_eq!(BTreeSet::from_iter(rows), BTreeSet::from([500, 1_000]));
}

#[tokio::test]
async fn canonical_records_go_to_the_first_enabled_mapping_of_the_action() {
    let record = json!({"action": "add", "audience_name": "vip", "email": "jo@example.com"});
    for (name, mappings, expected) in [
        (
            "whatever the trigger is",
            json!([{"action": "addUser", "trigger": "type != \"track\"",
                    "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": "1"}},
                   {"action": "syncRecords", "name": "off", "enabled": false},
                   {"action": "syncRecords", "name": "warehouse", "trigger": "type = \"record\""},
                   {"action": "syncRecords", "name": "later"}]),
            ("delivered", "warehouse"),
        ),
        ("none is enabled", json!([{"action": "syncRecords", "enabled": false}]), ("skipped", "NO_MAPPING")),
    ] {
        let world = World::configured(&json!({"mappings": mappings}));
        let _audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let reply = world.invoke(&json!({"events": [record.clone()]})).await.unwrap();
        let action = &reply["results"][0]["actions"][0];
        let said = action["mapping"].as_str().or(action["error"]["code"].as_str()).unwrap();
        assert_eq!((reply["results"][0]["outcome"].as_str().unwrap(), said), expected, "{name}: {reply}");
    }
}

#[tokio::test]
async fn records_that_no_contract_knows_are_rejected_by_name_and_without_values() {
    let world = World::start();
    let record = |identifiers: Value| {
        json!({"type": "record", "action": "insert", "identifiers": identifiers,
               "context": {"externalId": [{"type": "TIKTOK_AUDIENCE-1"}]}})
    };
    for (event, code, named) in [
        (json!({"action": "add", "audience_id": "1", "mail": "jo@example.com"}), "UNKNOWN_KEY", "`mail`"),
        (json!({"action": "add", "audience_id": "1", "jo@example.com": "x"}), "UNKNOWN_KEY", "unknown key"),
        (record(json!({"EMAIL_SHA265": "jo@example.com"})), "UNKNOWN_KEY", "`EMAIL_SHA265`"),
        (record(json!({"jo_doe": "jo@example.com"})), "UNKNOWN_KEY", "unknown key, known are"),
        (record(json!({"EMAIL_SHA256": hash("jo@example.com")})), "HASHING_MISMATCH", "EMAIL_SHA256"),
        (record(json!({"EMAIL_SHA256": "jo@example"})), "NO_USABLE_IDENTIFIER", "EMAIL_SHA256"),
        (json!({"type": "record", "action": "insert"}), "INVALID_RECORD", "identifiers"),
    ] {
        let reply = world.invoke(&json!({"events": [event]})).await.unwrap();
        let error = &reply["results"][0]["actions"][0]["error"];
        assert_eq!((&reply["results"][0]["outcome"], &error["code"]), (&json!("rejected"), &json!(code)), "{reply}");
        assert!(error["message"].as_str().unwrap().contains(named), "{reply}");
        assert!(!reply.to_string().contains("jo@") && !reply.to_string().contains(&hash("jo@example.com")), "{reply}");
    }
    assert!(world.tiktok.calls().is_empty());
}

#[tokio::test]
async fn records_and_deletion_requests_come_through_a_queue_as_they_come_directly() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let list = json!({
        "type": "audienceList",
        "properties": {"listData": {"add": [{"EMAIL_SHA256": "jo@example.com"}, {"EMAIL_SHA256": "al@example.com"}]}},
        "context": {"externalId": [{"type": format!("TIKTOK_AUDIENCE-{audience}")}]},
    });
    let canonical = json!({"action": "add", "audience_id": audience, "email": "ed@example.com", "id": "row-1"});
    let delete =
        json!({"regulationType": "suppress_with_delete", "users": [{"userId": "1", "email": "al@example.com"}]});
    let bodies = [json!([list]).to_string(), canonical.to_string(), delete.to_string()];
    let records: Vec<_> = bodies
        .iter()
        .zip(1..)
        .map(|(body, number)| {
            json!({"messageId": format!("m-{number}"), "receiptHandle": "r", "body": body, "attributes": {},
                   "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                   "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:events"})
        })
        .collect();
    let reply = world.invoke(&json!({"Records": records})).await.unwrap();
    assert_eq!(reply, json!({"batchItemFailures": []}));
    let expected = [member("EMAIL_SHA256", "jo@example.com"), member("EMAIL_SHA256", "ed@example.com")];
    assert_eq!(world.tiktok.members(&audience), BTreeSet::from(expected));
}
