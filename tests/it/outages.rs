//! Tokens that die, secrets that can't be read, throttles, and time that runs out: nothing is lost, the reply is in time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Endpoint, FakeTiktok, Fault, Grant, OTHER_ADVERTISER, Rule, TOKEN,
};
use crate::world::{SECRET_ID, World, counts, entries, fast, tally};

/// A token that is granted when the first one is revoked.
const NEXT_TOKEN: &str = "fake-access-token-0002";

fn vip(world: &World) -> String {
    world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"))
}

fn with(settings: &Value) -> World {
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
    World::with(FakeTiktok::start(), &fast(settings), &secret)
}

async fn deliver(world: &World, events: Vec<Value>) -> Value {
    world.invoke(&json!({"events": events})).await.unwrap()
}

fn rotate(world: &World) {
    world.tiktok.grant(NEXT_TOKEN, Grant::of([ADVERTISER, OTHER_ADVERTISER]));
    let secret = json!({"access_token": NEXT_TOKEN, "advertiser_ids": [ADVERTISER]});
    world.secrets.set(SECRET_ID, &secret.to_string());
}

fn fetches(world: &World) -> usize {
    world.secrets.call_count("GetSecretValue")
}

#[tokio::test]
async fn a_token_rotated_in_the_middle_of_a_batch_costs_one_fetch_and_no_event() {
    let world = with(&json!({"batch_rows": 10}));
    let audience = vip(&world);
    deliver(&world, entries(&audience, 0..1)).await;
    rotate(&world);
    world.tiktok.revoke_after(TOKEN, 4);
    let report = deliver(&world, entries(&audience, 0..200)).await;
    assert_eq!(tally(&report), counts(&[("delivered", 200)]));
    assert_eq!((fetches(&world), world.tiktok.member_count(&audience)), (2, 200));
}

#[tokio::test]
async fn a_token_revoked_in_the_middle_of_a_batch_delays_the_rest_until_there_is_another() {
    let world = with(&json!({"batch_rows": 10}));
    let audience = vip(&world);
    world.tiktok.revoke_after(TOKEN, 4);
    let first = deliver(&world, entries(&audience, 0..200)).await;
    assert_eq!(tally(&first), counts(&[("delivered", 40), ("retryable TIKTOK_UNAUTHORIZED", 160)]));
    // Four calls under way, each made again with the reloaded secret; nothing after them.
    assert!(world.tiktok.call_count(Endpoint::Mapping) <= 4 + 4 * 2, "{:?}", world.tiktok.code_counts());
    assert_eq!(fetches(&world), 2);
    rotate(&world);
    let again = deliver(&world, entries(&audience, 0..200)).await;
    assert_eq!(tally(&again), counts(&[("delivered", 200)]));
}

#[tokio::test]
async fn a_permission_taken_away_delays_events_until_it_is_given_back() {
    let world = with(&json!({}));
    let audience = vip(&world);
    world.tiktok.grant(TOKEN, Grant::of([ADVERTISER]).with_scopes([1]));
    let first = deliver(&world, entries(&audience, 0..10)).await;
    assert_eq!(tally(&first), counts(&[("retryable TIKTOK_BLOCKED", 10)]));
    world.tiktok.grant(TOKEN, Grant::of([ADVERTISER]));
    let again = deliver(&world, entries(&audience, 0..10)).await;
    assert_eq!(tally(&again), counts(&[("delivered", 10)]));
}

#[tokio::test]
async fn a_secret_that_can_not_be_read_is_asked_for_a_few_times_and_not_by_each_event() {
    let world = with(&json!({"batch_rows": 10}));
    let audience = vip(&world);
    world.secrets.always(Some(AwsFault::error("AccessDeniedException")));
    let mut events = entries(&audience, 0..200);
    for event in events.iter_mut().step_by(2) {
        event["context"]["personas"].as_object_mut().unwrap().remove("audience_settings");
    }
    let first = deliver(&world, events.clone()).await;
    assert_eq!(tally(&first), counts(&[("retryable SECRET_UNAVAILABLE", 200)]));
    assert!(fetches(&world) <= 5, "{} fetches", fetches(&world));
    world.secrets.always(None);
    assert_eq!(tally(&deliver(&world, events).await), counts(&[("delivered", 200)]));
}

fn for_both(world: &World, people: usize) -> (Vec<Value>, String) {
    let (mine, other) = (vip(world), world.tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "vip")));
    let mut events = entries(&mine, 0..people);
    for mut event in entries(&other, 0..people) {
        event["context"]["personas"]["audience_settings"]["advertiserId"] = json!(OTHER_ADVERTISER);
        events.push(event);
    }
    (events, other)
}

#[tokio::test]
async fn a_throttled_advertiser_does_not_stop_another() {
    let world = with(&json!({"batch_rows": 10}));
    let (events, other) = for_both(&world, 100);
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(ADVERTISER), Fault::Code(40133));
    let report = deliver(&world, events).await;
    assert_eq!(tally(&report), counts(&[("delivered", 100), ("retryable TIKTOK_THROTTLED", 100)]));
    assert_eq!(world.tiktok.member_count(&other), 100);
    // The calls that wait until they may be made again do not take all places meanwhile.
    let calls = world.tiktok.mapping_calls();
    assert!(calls[..5].iter().any(|call| call.advertiser_ids == [OTHER_ADVERTISER]), "{:?}", &calls[..5]);
    // Four calls under way, three attempts each; the other six are not tried.
    assert!(world.tiktok.code_counts()[&Some(40133)] <= 12, "{:?}", world.tiktok.code_counts());
}

/// A refusal of the list says nothing about who waits for it; one of the advertiser itself does.
#[tokio::test]
async fn a_list_that_is_refused_rejects_nobody() {
    for (code, expected) in [
        (40000, "retryable TIKTOK_UNAVAILABLE"),
        (40002, "retryable TIKTOK_UNAVAILABLE"),
        (40007, "retryable TIKTOK_UNAVAILABLE"),
        (40061, "retryable TIKTOK_UNAVAILABLE"),
        (40501, "retryable TIKTOK_UNAVAILABLE"),
        (40700, "retryable TIKTOK_UNAVAILABLE"),
        (49999, "retryable TIKTOK_UNAVAILABLE"),
        (40001, "retryable TIKTOK_BLOCKED"),
        (40133, "retryable TIKTOK_THROTTLED"),
        (40300, "rejected TIKTOK_REFUSED"),
    ] {
        let world = with(&json!({"auto_create_audiences": true}));
        let audience = vip(&world);
        world.tiktok.rule(Rule::on(Endpoint::AudienceList), Fault::Message { code, message: "no".to_owned() });
        let mut events = entries(&audience, 0..3);
        for event in &mut events {
            event["context"]["personas"].as_object_mut().unwrap().remove("external_audience_id");
        }
        let deletion =
            json!({"type": "delete", "userId": "u", "messageId": "m", "traits": {"email": "jo@example.com"}});
        events.push(deletion);
        let report = deliver(&world, events.clone()).await;
        assert_eq!(tally(&report), counts(&[(expected, 4)]), "{code}: {report}");
        assert_eq!(report["results"][0]["actions"][0]["error"]["tiktok_code"], code, "{report}");
        assert_eq!(world.tiktok.call_count(Endpoint::Mapping), 0, "{code}");
        world.tiktok.clear_faults();
        assert_eq!(tally(&deliver(&world, events).await), counts(&[("delivered", 4)]), "{code}");
    }
}

#[tokio::test]
async fn an_advertiser_whose_list_hangs_does_not_use_up_the_time_of_another() {
    let world = with(&json!({}));
    let other = world.tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "name1"));
    world.tiktok.rule(Rule::on(Endpoint::AudienceList).mentioning(ADVERTISER), Fault::Hang);
    let events: Vec<Value> = (0..20)
        .map(|number| {
            let mut event = named(number % 2);
            event["context"]["traits"]["email"] = json!(crate::world::person(number));
            if number % 2 == 1 {
                event["context"]["personas"]["audience_settings"]["advertiserId"] = json!(OTHER_ADVERTISER);
            }
            event
        })
        .collect();
    let report = reply_within(&world, events, Duration::from_secs(6)).await;
    assert_eq!(tally(&report), counts(&[("delivered", 10), ("retryable OUT_OF_TIME", 10)]));
    assert_eq!(world.tiktok.member_count(&other), 10);
}

#[tokio::test]
async fn a_throttled_app_stops_everybody() {
    let world = with(&json!({"batch_rows": 10}));
    let (events, _other) = for_both(&world, 100);
    world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(40100));
    let report = deliver(&world, events).await;
    assert_eq!(tally(&report), counts(&[("retryable TIKTOK_THROTTLED", 200)]));
    assert!(world.tiktok.call_count(Endpoint::Mapping) <= 12, "{:?}", world.tiktok.code_counts());
}

#[tokio::test]
async fn nothing_starts_that_can_not_finish() {
    let world = with(&json!({}));
    let audience = vip(&world);
    let payload = json!({"events": entries(&audience, 0..10)});
    let report = world.invoke_within(&payload, Duration::from_millis(2_900)).await.unwrap();
    assert_eq!(tally(&report), counts(&[("retryable OUT_OF_TIME", 10)]));
    assert_eq!(world.tiktok.calls().len(), 0);
}

/// A reply to events of an invocation of four seconds, which has to come two seconds before its end.
async fn reply_in_time(world: &World, events: Vec<Value>) -> Value {
    reply_within(world, events, Duration::from_secs(4)).await
}

async fn reply_within(world: &World, events: Vec<Value>, remaining: Duration) -> Value {
    let started = Instant::now();
    let report = world.invoke_within(&json!({"events": events}), remaining).await.unwrap();
    // Of the two seconds that are kept for the reply one is for the machine that the test runs on.
    assert!(started.elapsed() < remaining.saturating_sub(Duration::from_millis(1_100)), "{:?}", started.elapsed());
    report
}

#[tokio::test]
async fn when_tiktok_hangs_the_reply_is_in_time() {
    let world = with(&json!({"batch_rows": 10}));
    let audience = vip(&world);
    world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Hang);
    let report = reply_in_time(&world, entries(&audience, 0..200)).await;
    let expected = counts(&[("retryable TIKTOK_UNAVAILABLE", 40), ("retryable OUT_OF_TIME", 160)]);
    assert_eq!(tally(&report), expected);
}

#[tokio::test]
async fn when_the_secret_hangs_the_reply_is_in_time() {
    let world = with(&json!({"batch_rows": 10}));
    let audience = vip(&world);
    world.secrets.always(Some(AwsFault::Hang));
    let mut events = entries(&audience, 0..200);
    for event in events.iter_mut().step_by(2) {
        event["context"]["personas"].as_object_mut().unwrap().remove("audience_settings");
    }
    let report = reply_in_time(&world, events).await;
    assert_eq!(report["summary"]["retryable"], 200, "{}", report["summary"]);
}

fn named(number: usize) -> Value {
    let mut event = entries("1", number..number + 1).remove(0);
    let personas = &mut event["context"]["personas"];
    personas.as_object_mut().unwrap().remove("external_audience_id");
    personas["computation_key"] = json!(format!("name{number}"));
    event["properties"] = json!({format!("name{number}"): true});
    event
}

#[tokio::test]
async fn when_a_look_up_hangs_the_reply_is_in_time_and_known_audiences_are_served() {
    let world = with(&json!({}));
    let audience = vip(&world);
    world.tiktok.rule(Rule::on(Endpoint::AudienceList), Fault::Hang);
    let mut events: Vec<Value> = (0..50).map(named).collect();
    events.extend(entries(&audience, 0..50));
    let report = reply_within(&world, events, Duration::from_secs(6)).await;
    assert_eq!(tally(&report), counts(&[("delivered", 50), ("retryable OUT_OF_TIME", 50)]));
}

#[tokio::test]
async fn a_list_that_can_not_be_read_is_not_read_for_each_name() {
    let world = with(&json!({}));
    vip(&world);
    world.tiktok.rule(Rule::on(Endpoint::AudienceList), Fault::Code(50000));
    let report = deliver(&world, (0..50).map(named).collect()).await;
    assert_eq!(tally(&report), counts(&[("retryable TIKTOK_UNAVAILABLE", 50)]));
    assert_eq!(world.tiktok.call_count(Endpoint::AudienceList), 3);
}
