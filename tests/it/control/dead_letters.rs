//! The dead-letter queue: looked at, sent back, emptied.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::aws_json::AwsFault;
use crate::support::fake_sqs::{Attribute, Message, PartialFailure};
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::{Wired, World, entries, native};

const HOUR: i64 = 3_600_000;

async fn operate(world: &World, operation: &str, arguments: Value) -> Value {
    let mut payload = arguments;
    payload["operation"] = json!(operation);
    world.invoke(&payload).await.unwrap()
}

/// The code with which an operation is refused.
async fn refused(world: &World, payload: Value) -> String {
    world.invoke(&payload).await.unwrap_err().to_string()
}

/// A world in whose queue are: so many without a usable identifier, 100 hours old, and as many for an unknown audience.
async fn filled(each: usize) -> World {
    filled_of(Wired::Both, each).await
}

async fn filled_of(wired: Wired, each: usize) -> World {
    let world = World::fast(wired);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let unusable: Vec<_> = (0..each).map(|_| native("Audience Entered", &audience, "not an address")).collect();
    let unknown = entries("1999999999999999999", 0..each);
    world.invoke(&json!({"events": unusable})).await.unwrap();
    world.queues.sqs.age(&world.queues.rejected, 100 * HOUR);
    world.invoke(&json!({"events": unknown})).await.unwrap();
    assert_eq!(waiting(&world, &world.queues.rejected), 2 * each);
    world
}

/// How many messages can be received.
fn waiting(world: &World, queue: &str) -> usize {
    world.queues.sqs.messages(queue).iter().filter(|message| !message.received).count()
}

#[tokio::test]
async fn what_comes_back_while_a_run_is_under_way_waits_for_the_next() {
    let world = filled(2).await;
    let rejected = &world.queues.rejected;
    // Of the four two are put there after the run's start.
    world.queues.sqs.age(rejected, -HOUR);
    let first = operate(&world, "redrive", json!({})).await;
    assert_eq!((&first["seen"], &first["done"], &first["more"]), (&json!(4), &json!(2), &json!(false)), "{first}");
    assert_eq!(operate(&world, "redrive", json!({"older_than_hours": 0})).await["done"], 0);
    assert_eq!(waiting(&world, rejected), 2);
    world.queues.sqs.age(rejected, 2 * HOUR);
    assert_eq!(operate(&world, "redrive", json!({})).await["done"], 2);
}

#[tokio::test]
async fn they_are_counted_and_left_where_they_are() {
    let world = filled(15).await;
    let found = operate(&world, "rejected", json!({})).await;
    assert_eq!(
        (&found["messages"], &found["seen"], &found["more"]),
        (&json!(30), &json!(30), &json!(false)),
        "{found}"
    );
    assert_eq!(found["oldest_age_hours"], 100, "{found}");
    let ages = json!({"under_1_day": 15, "under_3_days": 0, "under_10_days": 15, "older": 0});
    assert_eq!(found["ages"], ages);
    let reasons = found["reasons"].as_array().unwrap();
    let told: Vec<_> =
        reasons.iter().map(|each| (each["reason"].as_str().unwrap(), &each["messages"], &each["actor"])).collect();
    let (person, operator) = (json!("person"), json!("operator"));
    let count = json!(15);
    assert_eq!(told, [("NO_USABLE_IDENTIFIER", &count, &person), ("TIKTOK_REFUSED", &count, &operator)]);
    assert_eq!(reasons[0]["mappings"], json!({"Add to Audience": 15}));
    assert_eq!(reasons[0]["samples"].as_array().unwrap().len(), 5);
    assert_eq!(reasons[0]["samples"][0]["message_id"], "m-1");
    assert!(!found.to_string().contains("example.com"), "{found}");
    assert_eq!(waiting(&world, &world.queues.rejected), 30, "every message was given back");
}

#[tokio::test]
async fn the_chosen_are_sent_to_the_buffer_as_they_were_and_the_others_stay() {
    let world = filled(15).await;
    let before: Vec<_> =
        world.queues.sqs.messages(&world.queues.rejected).into_iter().map(|message| message.body).collect();
    let done = operate(&world, "redrive", json!({"reason": "TIKTOK_REFUSED", "mapping": "Add to Audience"})).await;
    assert_eq!((&done["done"], &done["failed"], &done["more"]), (&json!(15), &json!(0), &json!(false)), "{done}");
    assert_eq!(waiting(&world, &world.queues.rejected), 15);
    let sent = world.queues.sqs.messages(&world.queues.buffer);
    assert!(sent.iter().all(|message| before.contains(&message.body)));
    let attributes: BTreeSet<_> = sent.iter().flat_map(|message| message.attributes.keys()).collect();
    assert_eq!(Vec::from_iter(attributes), ["received_at"], "why it was rejected is over");
    assert_eq!(sent.len(), 15);
    for selection in [json!({"mapping": "Another"}), json!({"older_than_hours": 101}), json!({"reason": "TOO_LARGE"})] {
        assert_eq!(operate(&world, "redrive", selection).await["done"], 0);
    }
    let limited = operate(&world, "redrive", json!({"older_than_hours": 99, "limit": 4})).await;
    assert_eq!((&limited["done"], &limited["more"]), (&json!(4), &json!(true)), "{limited}");
    assert_eq!(operate(&world, "redrive", json!({})).await["done"], 11);
    assert_eq!(waiting(&world, &world.queues.rejected), 0);
}

/// A stack delivers while the sender waits, and yet has a queue for what is tried again.
#[tokio::test]
async fn events_that_are_not_buffered_can_be_sent_again() {
    let world = filled_of(Wired::Redrive, 2).await;
    assert!(world.queues.sqs.messages(&world.queues.buffer).is_empty());
    assert_eq!(operate(&world, "redrive", json!({})).await["done"], 4);
    assert_eq!(waiting(&world, &world.queues.buffer), 4);
    assert_eq!(waiting(&world, &world.queues.rejected), 0);
}

/// SQS moves a message whose retries are used up with all of its attributes.
#[tokio::test]
async fn one_that_comes_back_is_counted_by_why_it_has_come_back() {
    let world = filled(1).await;
    let (sqs, rejected) = (&world.queues.sqs, &world.queues.rejected);
    let arrivals = |queue| {
        let messages: Vec<Message> = sqs.messages(queue);
        messages.iter().map(|message| message.attribute("received_at").unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let before = arrivals(rejected);
    assert_eq!(operate(&world, "redrive", json!({})).await["done"], 2);
    assert_eq!(arrivals(&world.queues.buffer), before, "each keeps the time at which it arrived");
    for message in sqs.messages(&world.queues.buffer) {
        sqs.put(rejected, Message { received: false, ..message });
    }
    let found = operate(&world, "rejected", json!({})).await;
    let reasons = found["reasons"].as_array().unwrap();
    assert_eq!((reasons.len(), &reasons[0]["reason"]), (1, &json!("RETRIES_USED_UP")), "{found}");
    assert_eq!(operate(&world, "redrive", json!({"reason": "TIKTOK_REFUSED"})).await["done"], 0);
}

/// What EventBridge could not hand over was never tried.
#[tokio::test]
async fn what_was_not_handed_over_is_told_from_what_was_given_up() {
    let world = filled(1).await;
    let (sqs, rejected) = (&world.queues.sqs, &world.queues.rejected);
    let first = sqs.messages(rejected).remove(0);
    let attributes = [("ERROR_CODE", "NO_PERMISSIONS"), ("RULE_ARN", "arn:aws:events:us-east-1:1:rule/events")];
    let text = |value: &str| {
        let (data_type, string_value) = ("String".to_owned(), Some(value.to_owned()));
        Attribute { data_type, string_value, binary_value: None }
    };
    let attributes = attributes.map(|(name, value)| (name.to_owned(), text(value))).into();
    sqs.put(rejected, Message { id: "diverted".to_owned(), attributes, received: false, ..first });
    let found = operate(&world, "rejected", json!({"reason": "NOT_HANDED_OVER"})).await;
    assert_eq!((&found["messages"], &found["reasons"][0]["reason"]), (&json!(1), &json!("NOT_HANDED_OVER")), "{found}");
    assert_eq!(operate(&world, "redrive", json!({"reason": "RETRIES_USED_UP"})).await["done"], 0);
    assert_eq!(operate(&world, "redrive", json!({"reason": "NOT_HANDED_OVER"})).await["done"], 1);
}

#[tokio::test]
async fn what_the_buffer_does_not_take_stays() {
    let world = filled(10).await;
    let failure = PartialFailure { positions: vec![1, 3], code: "InternalError".to_owned(), sender_fault: false };
    world.queues.sqs.fail_entries(failure);
    let done = operate(&world, "redrive", json!({})).await;
    assert_eq!((&done["done"], &done["failed"]), (&json!(18), &json!(2)), "{done}");
    assert_eq!(waiting(&world, &world.queues.rejected), 2);
    assert_eq!(operate(&world, "redrive", json!({})).await["done"], 2, "and goes the next time");
    assert_eq!(world.queues.sqs.messages(&world.queues.buffer).len(), 20);
}

#[tokio::test]
async fn deletion_needs_its_reason_once_more() {
    let world = filled(5).await;
    let reason = "NO_USABLE_IDENTIFIER";
    for (payload, code) in [
        (json!({"operation": "discard", "reason": reason}), "MISSING_REQUIRED_FIELD"),
        (json!({"operation": "discard", "reason": reason, "confirm": "all"}), "NOT_CONFIRMED"),
        (json!({"operation": "discard", "confirm": reason}), "NOT_CONFIRMED"),
        (json!({"operation": "discard", "reason": "NO_USABLE_IDENTIFER", "confirm": "all"}), "INVALID_FIELD"),
        (json!({"operation": "redrive", "limit": 0}), "INVALID_FIELD"),
        (json!({"operation": "redrive", "older_than_hours": "soon"}), "INVALID_FIELD"),
    ] {
        let error = refused(&world, payload.clone()).await;
        assert!(error.starts_with(code), "{payload}: {error}");
    }
    assert_eq!(waiting(&world, &world.queues.rejected), 10);
    let done = operate(&world, "discard", json!({"reason": reason, "confirm": reason})).await;
    assert_eq!(done["done"], 5, "{done}");
    assert_eq!(operate(&world, "discard", json!({"confirm": "all"})).await["done"], 5);
    assert!(world.queues.sqs.messages(&world.queues.rejected).is_empty());
    assert!(world.queues.sqs.messages(&world.queues.buffer).is_empty());
}

#[tokio::test]
async fn a_queue_that_is_missing_or_out_of_reach_is_named() {
    let world = World::fast(Wired::Nothing);
    assert!(refused(&world, json!({"operation": "rejected"})).await.starts_with("NO_DEAD_LETTER_QUEUE"));
    let world = World::fast(Wired::Rejected);
    assert!(refused(&world, json!({"operation": "redrive"})).await.starts_with("NO_BUFFER"));
    world.queues.sqs.always(Some(AwsFault::Error { status: 403, name: "AccessDenied".to_owned() }));
    assert!(refused(&world, json!({"operation": "rejected"})).await.starts_with("QUEUE_UNAVAILABLE"));
}

/// More than one call holds at a time, and more than any other test: nobody is seen twice, nobody is lost.
#[tokio::test]
async fn two_thousand_are_each_seen_once() {
    let world = filled(1_000).await;
    let found = operate(&world, "rejected", json!({})).await;
    assert_eq!((&found["messages"], &found["seen"]), (&json!(2_000), &json!(2_000)));
    assert_eq!(waiting(&world, &world.queues.rejected), 2_000);
}

/// Dead letters of the run that is larger than a call, a worker or a run's time. `DEAD_LETTERS=100000 cargo test` has it
/// at the size that a run may have at most.
const MANY: Option<&str> = option_env!("DEAD_LETTERS");

/// A world in whose queue are so many, each for another person and every third for another reason.
fn crowded() -> (World, BTreeSet<String>) {
    let world = World::fast(Wired::Both);
    let count: u32 = MANY.map_or(3_000, |many| many.parse().unwrap());
    let text = |value: &str| {
        let (data_type, string_value) = ("String".to_owned(), Some(value.to_owned()));
        Attribute { data_type, string_value, binary_value: None }
    };
    let bodies = (0..count).map(|number| {
        let reason = if number % 3 == 0 { "NO_USABLE_IDENTIFIER" } else { "NO_SUCH_AUDIENCE" };
        let body =
            json!([{"type": "track", "messageId": format!("m-{number}"), "event": "Audience Entered"}]).to_string();
        let attributes = BTreeMap::from([
            ("reason".to_owned(), text(reason)),
            ("actor".to_owned(), text("operator")),
            ("mappings".to_owned(), text("Add to Audience")),
        ]);
        let message = Message {
            id: format!("dead-{number}"),
            body: body.clone(),
            attributes,
            group: None,
            deduplication: None,
            delay_seconds: 0,
            received: false,
            sent_at: jiff::Timestamp::now().as_millisecond() - HOUR,
        };
        world.queues.sqs.put(&world.queues.rejected, message);
        body
    });
    let bodies = bodies.collect();
    (world, bodies)
}

/// The alarm on old dead letters is needed most where there are more than a run can see.
#[tokio::test]
async fn a_run_that_is_cut_tells_the_age_of_the_oldest_that_it_saw() {
    let world = filled(200).await;
    world.queues.sqs.always(Some(AwsFault::Delay(Duration::from_millis(1_500))));
    let looked = world.invoke_within(&json!({"operation": "rejected"}), Duration::from_secs(6)).await.unwrap();
    assert!(looked["more"] == true && looked["seen"].as_u64() > Some(0), "it was not cut: {looked}");
    let oldest = looked["oldest_age_hours"].as_u64().unwrap();
    assert_eq!(world.metric("OldestDeadLetterAge").map(|seconds| seconds / 3_600), Some(oldest), "{looked}");
}

/// Calls an operation until it says that there is no more; gives how often, and what was done in all.
async fn until_done(world: &World, payload: &Value, remaining: Duration) -> (usize, u64) {
    let mut done = 0;
    for runs in 1.. {
        let reply = world.invoke_within(payload, remaining).await.unwrap();
        done += reply["done"].as_u64().unwrap();
        assert_eq!(reply["failed"], 0, "{reply}");
        if reply["more"] == false {
            return (runs, done);
        }
        assert!(runs < 200, "it does not end: {reply}");
    }
    unreachable!("the loop returns")
}

/// A run whose time is up says so, and the next one goes on: each message is in exactly one place at the end.
#[tokio::test]
async fn a_run_that_is_cut_by_its_time_is_resumed_and_nothing_is_lost() {
    let (world, bodies) = crowded();
    let (sqs, rejected, buffer) = (&world.queues.sqs, &world.queues.rejected, &world.queues.buffer);
    // Slow enough that no run of six seconds, of which two are for the reply, ends by itself.
    if MANY.is_none() {
        sqs.always(Some(AwsFault::Delay(Duration::from_millis(80))));
    }
    let time = MANY.map_or(Duration::from_secs(6), |_| Duration::from_mins(15));
    let redrive = json!({"operation": "redrive", "reason": "NO_SUCH_AUDIENCE"});
    let (runs, redriven) = until_done(&world, &redrive, time).await;
    assert!(MANY.is_some() || runs > 1, "it was never cut");
    sqs.always(None);
    let redriven_bodies: BTreeSet<_> = sqs.messages(buffer).into_iter().map(|message| message.body).collect();
    assert_eq!((redriven_bodies.len() as u64, sqs.messages(buffer).len() as u64), (redriven, redriven), "each once");
    let kept: BTreeSet<_> = sqs.messages(rejected).into_iter().map(|message| message.body).collect();
    assert!(redriven_bodies.is_disjoint(&kept));
    assert_eq!(redriven_bodies.union(&kept).cloned().collect::<BTreeSet<_>>(), bodies);
    assert_eq!(waiting(&world, rejected), kept.len(), "what was not chosen was given back");
    let found = operate(&world, "rejected", json!({})).await;
    assert_eq!(found["messages"], kept.len(), "{found}");
    let discard = json!({"operation": "discard", "confirm": "all"});
    let (_, discarded) = until_done(&world, &discard, time).await;
    assert_eq!(discarded, kept.len() as u64);
    assert!(sqs.messages(rejected).is_empty());
}
