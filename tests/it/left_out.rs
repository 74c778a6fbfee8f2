//! Identifiers that are there and not sent: named, also where the event is delivered by another.

use serde_json::{Value, json};

use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, Fault, TOKEN};
use crate::world::{World, native};

/// The first action of the only event.
async fn action(world: &World, event: &Value) -> Value {
    let report = world.invoke(&json!({"events": [event]})).await.unwrap();
    report["results"][0]["actions"][0].clone()
}

#[track_caller]
fn check(action: &Value, outcome: &str, left_out: &Value) {
    assert_eq!((action["outcome"].as_str(), &action["left_out"]), (Some(outcome), left_out), "{action}");
}

#[tokio::test]
async fn a_national_phone_number_beside_an_address_is_named() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "jane.doe@example.com");
    event["context"]["traits"]["phone"] = json!("(415) 555-0100");
    let left_out = json!([{"field": "phone", "reason": "NO_COUNTRY_CODE"}]);
    check(&action(&world, &event).await, "delivered", &left_out);
    event["context"]["traits"]["email"] = json!("jane");
    let left_out =
        json!([{"field": "email", "reason": "NOT_AN_EMAIL"}, {"field": "phone", "reason": "NO_COUNTRY_CODE"}]);
    check(&action(&world, &event).await, "rejected", &left_out);
    event["context"]["traits"] = json!({"email": "jane.doe@example.com", "phone": "+14155550100"});
    check(&action(&world, &event).await, "delivered", &Value::Null);
    event["context"]["traits"] = json!({"email": "jane.doe@example.com", "phone": ["1", "2", " "]});
    let left_out = json!([{"field": "phone", "reason": "NO_COUNTRY_CODE", "count": 2}]);
    check(&action(&world, &event).await, "delivered", &left_out);
}

#[tokio::test]
async fn a_value_of_another_kind_does_not_stop_the_persons_others() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "jane.doe@example.com");
    let left_out = json!([{"field": "email", "reason": "NOT_A_TEXT"}]);
    for email in [json!({"primary": "jane.doe@example.com"}), json!(["jane.doe@example.com", {}])] {
        event["context"]["traits"] = json!({"email": email, "phone": "+14155550100"});
        check(&action(&world, &event).await, "delivered", &left_out);
        let record = json!({"action": "add", "audience_id": audience, "email": email, "phone": "+14155550100"});
        check(&action(&world, &record).await, "delivered", &left_out);
    }
    event["context"]["traits"] = json!({"email": {}});
    check(&action(&world, &event).await, "rejected", &left_out);
}

#[tokio::test]
async fn what_the_audience_does_not_take_is_named() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut event = native("Audience Entered", &audience, "jane.doe@example.com");
    event["context"]["traits"]["phone"] = json!("+14155550100");
    event["context"]["personas"]["audience_settings"]["idType"] = json!("PHONE_SHA256");
    let left_out = json!([{"field": "email", "reason": "OTHER_ID_TYPE"}]);
    check(&action(&world, &event).await, "delivered", &left_out);
}

#[tokio::test]
async fn what_the_event_does_not_turn_on_is_named_and_what_the_mapping_turns_off_is_not() {
    let switch = json!({"@path": "$.properties.sms"});
    for (switch, left_out) in
        [(switch, json!([{"field": "phone", "reason": "SWITCHED_OFF"}])), (json!(false), Value::Null)]
    {
        let mapping = json!({"name": "in", "action": "addToAudience", "fields": {"send_phone": switch}});
        let world = World::configured(&json!({"mappings": [mapping]}));
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let mut event = native("Audience Entered", &audience, "jane.doe@example.com");
        event["context"]["traits"]["phone"] = json!("+14155550100");
        check(&action(&world, &event).await, "delivered", &left_out);
        event["context"]["traits"] = json!({"phone": "+14155550100"});
        check(&action(&world, &event).await, "skipped", &left_out);
        event["context"]["traits"] = json!({"email": "jane.doe@example.com"});
        check(&action(&world, &event).await, "delivered", &Value::Null);
    }
}

#[tokio::test]
async fn a_column_of_a_record_that_the_event_does_not_turn_on_is_named() {
    let fields = json!({"audience_name": "vip", "send_phone": {"@path": "$.context.sms"}});
    let world = World::configured(&json!({"mappings": [{"action": "syncRecords", "fields": fields}]}));
    world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let record = json!({"action": "add", "email": "jane.doe@example.com", "phone": ["+14155550100", " "]});
    let left_out = json!([{"field": "phone", "reason": "SWITCHED_OFF"}]);
    check(&action(&world, &record).await, "delivered", &left_out);
}

#[tokio::test]
async fn one_event_of_many_bad_values_leaves_the_report_to_the_others() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    for (count, code, message) in [
        (10_000, "NO_USABLE_IDENTIFIER", "email: not an email address (10000 values)"),
        (60_000, "INVALID_FIELD", "email has more than 10000 values"),
    ] {
        let mut event = native("Audience Entered", &audience, "");
        event["context"]["traits"]["email"] = (0..count).map(|number| json!(format!("bad {number}"))).collect();
        let good = |email: &str| native("Audience Entered", &audience, email);
        let events = [event, good("jane.doe@example.com"), good("joe@example.com")];
        let report = world.invoke(&json!({"events": events})).await.unwrap();
        let outcomes: Vec<_> = report["results"].as_array().unwrap().iter().map(|result| &result["outcome"]).collect();
        assert_eq!(outcomes, ["rejected", "delivered", "delivered"], "{count}");
        let error = &report["results"][0]["actions"][0]["error"];
        assert_eq!((&error["code"], &error["message"]), (&json!(code), &json!(message)));
    }
}

#[tokio::test]
async fn a_list_counts_what_its_people_are_left_without() {
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    let fields = json!({"advertiser_id": ADVERTISER, "audience_name": "vip"});
    let destination = json!({"mappings": [{"name": "Records", "action": "syncRecords", "fields": fields}]});
    let world = World::with(FakeTiktok::start(), &destination, &secret);
    world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let people = json!([
        {"EMAIL_SHA256": "ann@example.com", "PHONE_SHA256": "555-0143"},
        {"EMAIL_SHA256": "bob@example.com", "PHONE_SHA256": "555-0144"},
        {"EMAIL_SHA256": "cid"},
    ]);
    let list = json!({"type": "audienceList", "properties": {"listData": {"add": people}}});
    let report = world.invoke(&json!({"events": [list]})).await.unwrap();
    let actions = report["results"][0]["actions"].as_array().unwrap();
    let delivered = actions.iter().find(|action| action["outcome"] == "delivered").unwrap();
    let expected = json!([{"field": "PHONE_SHA256", "reason": "NO_COUNTRY_CODE", "count": 2},
                          {"field": "EMAIL_SHA256", "reason": "NOT_AN_EMAIL"}]);
    assert_eq!(delivered["left_out"], expected, "{report}");
}

#[tokio::test]
async fn a_refusal_is_the_persons_or_the_operators() {
    let world = World::start();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    world.tiktok.next(Fault::Code(40002));
    let event = native("Audience Entered", &audience, "jane.doe@example.com");
    let row = action(&world, &event).await;
    assert_eq!((&row["error"]["code"], &row["error"]["actor"]), (&json!("TIKTOK_REFUSED"), &json!("person")), "{row}");
    let event = native("Audience Entered", "1999999999999999999", "jane.doe@example.com");
    let unknown = action(&world, &event).await;
    let found = (&unknown["error"]["code"], &unknown["error"]["actor"]);
    assert_eq!(found, (&json!("TIKTOK_REFUSED"), &json!("operator")), "{unknown}");
}
