//! The buffer: nothing is acknowledged before a durable write, and what was written is delivered in large calls.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tiktok_audiences::handler;

use crate::envelope::{Answer, Door, Record, Way, invoke, payload};
use crate::request::Request;
use crate::support::aws_json::AwsFault;
use crate::support::fake_sqs::PartialFailure;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, Rule, TOKEN};
use crate::world::{Wired, World, entries, fast, hash_of, later, native, person};

fn world() -> (World, String) {
    let world = World::fast(Wired::Both);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    (world, audience)
}

fn records(events: &[Value]) -> Vec<Record> {
    let record = |(number, event): (usize, &Value)| Record {
        id: number.to_string(),
        group: "g".to_owned(),
        body: event.to_string(),
    };
    events.iter().enumerate().map(record).collect()
}

/// Takes everything out of the buffer, as a queue hands it to the function: with its attributes.
fn drained(world: &World) -> Vec<Value> {
    let message = |message: crate::support::fake_sqs::Message| {
        let received_at = message.attribute("received_at").unwrap().to_owned();
        json!({
            "messageId": message.id, "body": message.body, "eventSource": "aws:sqs",
            "attributes": {"SentTimestamp": "1795000000000"},
            "messageAttributes": {"received_at": {"stringValue": received_at, "dataType": "Number"}},
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:buffer",
        })
    };
    world.queues.sqs.drain(&world.queues.buffer).into_iter().map(message).collect()
}

/// Delivers what is in the buffer, in batches of so many messages.
async fn drain(world: &World, batch: usize) {
    for messages in drained(world).chunks(batch) {
        let reply = world.invoke(&json!({"Records": messages})).await.unwrap();
        assert_eq!(reply, json!({"batchItemFailures": []}));
    }
}

fn summary(outcome: &str, count: usize) -> Answer {
    let mut summary = json!({"received": count, "delivered": 0, "accepted": 0, "superseded": 0, "skipped": 0,
        "rejected": 0, "retryable": 0});
    summary[outcome] = json!(count);
    Answer::Report(summary)
}

#[tokio::test]
async fn who_can_wait_is_answered_after_a_durable_write() {
    for (way, accepted) in [
        (Way::Array, summary("accepted", 20)),
        (Way::Http(Door::Api), Answer::Status(202)),
        (Way::Http(Door::Rest), Answer::Status(202)),
        (Way::Http(Door::Url), Answer::Status(202)),
        (Way::Http(Door::Sdk), Answer::Status(200)),
        (Way::Redrive, summary("accepted", 20)),
        (Way::EventBridge, summary("accepted", 20)),
        (Way::Sns, summary("accepted", 20)),
        // These are delivered at once: their caller reads the outcome, or they come from a queue already.
        (Way::Envelope, summary("delivered", 20)),
        (Way::Http(Door::Waiting), Answer::Status(200)),
        (Way::Sqs, Answer::Again(Vec::new())),
        (Way::Fifo, Answer::Again(Vec::new())),
        (Way::Kinesis, Answer::Again(Vec::new())),
    ] {
        let (world, audience) = world();
        let is_delivered =
            matches!(way, Way::Envelope | Way::Http(Door::Waiting) | Way::Sqs | Way::Fifo | Way::Kinesis);
        let is_buffered = !is_delivered;
        assert_eq!(invoke(&world, way, &records(&entries(&audience, 0..20))).await, accepted, "{way:?}");
        assert_eq!(world.tiktok.call_count(Endpoint::Mapping), u64::from(!is_buffered), "{way:?}");
        assert_eq!(world.queues.sqs.messages(&world.queues.buffer).len(), usize::from(is_buffered), "{way:?}");
        drain(&world, 10).await;
        assert_eq!(world.tiktok.member_count(&audience), 20, "{way:?}");
    }
}

#[tokio::test]
async fn what_the_buffer_does_not_take_is_not_accepted() {
    for fault in [AwsFault::error("AccessDenied"), AwsFault::Status(500), AwsFault::Garbage, AwsFault::HangUp] {
        for way in [Way::Array, Way::Http(Door::Api), Way::EventBridge, Way::Sns] {
            let (world, audience) = world();
            world.queues.sqs.always(Some(fault.clone()));
            let answer = invoke(&world, way, &records(&entries(&audience, 0..3))).await;
            let expected =
                if way == Way::Http(Door::Api) { Answer::Status(503) } else { Answer::Failed("Retryable".to_owned()) };
            assert_eq!(answer, expected, "{way:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn the_events_of_a_failed_entry_are_sent_again_and_only_those_are_named() {
    let (world, audience) = world();
    // Two messages of 64 KB: the second fails twice.
    let mut events = entries(&audience, 0..4);
    for event in &mut events {
        event["properties"]["padding"] = json!("x".repeat(30_000));
    }
    world.queues.sqs.fail_entries(PartialFailure {
        positions: vec![1],
        code: "InvalidParameterValue".to_owned(),
        sender_fault: true,
    });
    let error = world.invoke(&json!(events)).await.unwrap_err().to_string();
    assert!(error.starts_with("2 of 4 events may succeed later: 2, 3 (delivered 0, accepted 2"), "{error}");
}

#[tokio::test]
async fn what_is_no_event_is_rejected_before_the_buffer_and_kept() {
    let (world, audience) = world();
    let mut events = entries(&audience, 0..2);
    events.push(json!(7));
    let answer = Request::post("/events", json!(events).to_string()).iam().send(&world, "v2").await;
    assert_eq!((answer.status, &answer.body["summary"]["accepted"]), (207, &json!(2)));
    assert_eq!(world.queues.sqs.messages(&world.queues.rejected).len(), 1);
    drain(&world, 10).await;
    assert_eq!(world.tiktok.member_count(&audience), 2);
}

/// Messages as Lambda hands them over: at most so many bytes to an invocation, whatever the batch size.
///
/// Source: AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings", batching.
fn in_invocations(messages: Vec<Value>) -> Vec<Vec<Value>> {
    const MOST_BYTES: usize = 6 * 1024 * 1024;
    let mut invocations = vec![Vec::new()];
    let mut bytes = 0;
    for message in messages {
        bytes += message.to_string().len() + 1;
        if bytes > MOST_BYTES {
            bytes = message.to_string().len() + 1;
            invocations.push(Vec::new());
        }
        invocations.last_mut().unwrap().push(message);
    }
    invocations
}

#[tokio::test]
async fn ten_thousand_webhooks_become_at_most_twenty_calls() {
    let (world, audience) = world();
    let send = async |event: Value| {
        world.invoke_text(&payload(Way::Http(Door::Api), &records(&[event]))).await.unwrap()["statusCode"].clone()
    };
    let statuses = stream::iter(entries(&audience, 0..10_000)).map(send).buffer_unordered(16);
    assert!(statuses.all(async |status| status == 202).await);
    assert_eq!(world.tiktok.calls().len(), 0);
    let written = drained(&world);
    assert_eq!(written.len(), 10_000, "a message for each webhook");
    for messages in in_invocations(written) {
        let reply = world.invoke(&json!({"Records": messages})).await.unwrap();
        assert_eq!(reply, json!({"batchItemFailures": []}));
    }
    assert_eq!(world.tiktok.member_count(&audience), 10_000);
    let calls = world.tiktok.call_count(Endpoint::Mapping);
    assert!(calls <= 20, "{calls} calls");
}

#[tokio::test]
async fn who_waits_gets_the_outcome_and_leftovers_are_queued() {
    let (world, audience) = world();
    let bad = world.tiktok.add_audience(Audience::new(ADVERTISER, "other"));
    let events = [entries(&audience, 0..2), entries(&bad, 2..4)].concat();
    let ask = Request::post("/events", json!(events).to_string()).iam().header("prefer", "respond-async, wait=10");
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&bad), Fault::Code(40001));
    let answer = ask.send(&world, "v2").await;
    let summary = &answer.body["summary"];
    assert_eq!((answer.status, &summary["delivered"], &summary["accepted"]), (200, &json!(2), &json!(2)), "{summary}");
    let report = world.invoke(&json!({"events": events})).await.unwrap();
    assert_eq!(report["summary"]["accepted"], 2, "{report}");
    world.tiktok.clear_faults();
    assert_eq!(world.tiktok.member_count(&bad), 0);
    drain(&world, 10).await;
    assert_eq!(world.tiktok.member_count(&bad), 2);
    // Without the buffer's help they stay with the caller.
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&bad), Fault::Code(40001));
    world.queues.sqs.always(Some(AwsFault::error("AccessDenied")));
    assert_eq!(ask.send(&world, "v2").await.status, 503);
}

/// Sent again with its message, an event that is done would be done once more, and bring back a person who has left
/// meanwhile.
#[tokio::test]
async fn what_is_left_of_a_message_is_queued_on_its_own() {
    let world = World::fast(Wired::Redrive);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let busy = world.tiktok.add_audience(Audience::new(ADVERTISER, "busy"));
    let message = |events: &[Value]| records(&[json!(events)]);
    let [good, bad] = [entries(&audience, 0..1), entries(&busy, 1..3)];
    let refuse = || world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&busy), Fault::Code(40001));
    let buffered = || world.queues.sqs.messages(&world.queues.buffer);
    let (nothing, all) = (Answer::Again(Vec::new()), Answer::Again(vec!["0".to_owned()]));
    let failed = Answer::Failed("Retryable".to_owned());

    refuse();
    let mixed = message(&[good.clone(), bad.clone()].concat());
    assert_eq!(invoke(&world, Way::Fifo, &mixed).await, failed, "a queue that keeps order keeps its messages");
    assert_eq!(invoke(&world, Way::Sqs, &message(&bad)).await, failed, "nothing of it is done");
    assert!(buffered().is_empty());
    world.queues.sqs.always(Some(AwsFault::error("AccessDenied")));
    assert_eq!(invoke(&world, Way::Sqs, &mixed).await, failed, "it can't be queued");
    world.queues.sqs.always(None);
    assert_eq!(invoke(&world, Way::Sqs, &mixed).await, nothing);
    assert_eq!(buffered().len(), 1);

    let exit = native("Audience Exited", &audience, &person(0));
    world.tiktok.clear_faults();
    assert_eq!(invoke(&world, Way::Sqs, &message(&[exit])).await, nothing);
    drain(&world, 10).await;
    assert_eq!((world.tiktok.member_count(&audience), world.tiktok.member_count(&busy)), (0, 2));

    refuse();
    let world = World::rewired(world, &fast(&json!({})), Wired::Both);
    let others = records(&[json!([good.clone(), bad].concat()), json!(good)]);
    assert_eq!(invoke(&world, Way::Sqs, &others).await, all, "it has no queue for them");
}

/// Of one that is rejected in part, the part that is queued brings the rest back.
#[tokio::test]
async fn an_event_is_not_kept_twice() {
    let mapping = |name: &str, audience: &str| {
        json!({"name": name, "action": "addToAudience", "trigger": "type = \"track\"",
               "fields": {"external_audience_id": audience}})
    };
    let world = World::fast(Wired::Both);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mappings = json!([mapping("known", &audience), mapping("unknown", "1999999999999999999")]);
    let mut destination = fast(&json!({"advertiser_id": ADVERTISER}));
    destination["mappings"] = mappings;
    let world = World::rewired(world, &destination, Wired::Both);
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&audience), Fault::Code(40001));
    let report = world.invoke(&json!({"events": entries(&audience, 0..1)})).await.unwrap();
    let outcomes: Vec<_> =
        report["results"][0]["actions"].as_array().unwrap().iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["accepted", "rejected"], "{report}");
    assert_eq!(world.queues.sqs.messages(&world.queues.rejected).len(), 0);
    world.tiktok.clear_faults();
    drain(&world, 10).await;
    assert_eq!((world.queues.sqs.messages(&world.queues.rejected).len(), world.tiktok.member_count(&audience)), (1, 1));
}

/// A sender who is told 503 sends all of its request again.
#[tokio::test]
async fn what_is_sent_again_is_not_kept_yet() {
    let world = World::fast(Wired::Rejected);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let events = [entries("1999999999999999999", 0..1), entries(&audience, 1..2)].concat();
    let ask = Request::post("/events", json!(events).to_string()).iam().header("prefer", "wait=10");
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&audience), Fault::Code(40001));
    let kept = || world.queues.sqs.messages(&world.queues.rejected).len();
    assert_eq!((ask.send(&world, "v2").await.status, kept()), (503, 0));
    world.tiktok.clear_faults();
    assert_eq!((ask.send(&world, "v2").await.status, kept()), (207, 1));
}

#[tokio::test]
async fn events_without_a_time_of_their_own_keep_the_order_of_their_arrival() {
    let (world, audience) = world();
    for (second, name) in (0..).zip(["Audience Entered", "Audience Exited", "Audience Entered", "Audience Exited"]) {
        let event = native(name, &audience, &person(1)).to_string();
        handler::handle(&world.app, &event, later(Duration::from_secs(second))).await.unwrap();
    }
    let mut messages = drained(&world);
    messages.reverse();
    world.invoke(&json!({"Records": messages})).await.unwrap();
    assert_eq!(world.tiktok.member_count(&audience), 0);
    assert_eq!(world.tiktok.call_count(Endpoint::Mapping), 1, "one operation for the one person");
}

#[tokio::test]
async fn the_write_key_goes_neither_to_a_queue_nor_to_tiktok() {
    let key = "canary-write-key-0001";
    let secret = json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER], "write_keys": [key]});
    let (world, audience) = world();
    world.secrets.set(crate::world::SECRET_ID, &secret.to_string());
    let mut event = native("Audience Entered", &audience, &person(1));
    event["writeKey"] = json!(key);
    let batch = json!({"batch": [event], "writeKey": key});
    let array = json!([native("Audience Entered", &audience, &person(2)), 7]);
    for (path, body) in [("/events", &event), ("/events", &batch), ("/v1/track", &event), ("/v1/batch", &batch)] {
        let answer = Request::post(path, body.to_string()).send(&world, "v2").await;
        assert!([200, 202].contains(&answer.status), "{path}: {}", answer.body);
    }
    Request::post("/events", array.to_string()).iam().send(&world, "v2").await;
    let queues = [&world.queues.buffer, &world.queues.rejected];
    let kept: Vec<String> =
        queues.iter().flat_map(|url| world.queues.sqs.messages(url)).map(|message| message.body).collect();
    assert!(kept.len() >= 5 && kept.iter().all(|body| !body.contains(key)), "{} messages", kept.len());
    drain(&world, 10).await;
    let members = world.tiktok.members(&audience);
    assert!(members.contains(&("EMAIL_SHA256".to_owned(), hash_of(&person(1)))) && members.len() == 2);
}

#[tokio::test]
async fn a_record_that_no_queue_can_hold_is_kept_by_its_place_and_its_shard_goes_on() {
    let (world, audience) = world();
    let broken = Record { id: "4959".to_owned(), group: "g".to_owned(), body: "\u{1}".repeat(900_000) };
    let good = native("Audience Entered", &audience, "jane.doe@example.com").to_string();
    let good = Record { id: "4960".to_owned(), group: "g".to_owned(), body: good };
    assert_eq!(invoke(&world, Way::Kinesis, &[broken, good]).await, Answer::Again(Vec::new()));
    assert_eq!(world.tiktok.member_count(&audience), 1);
    let letters = world.queues.sqs.messages(&world.queues.rejected);
    let letter: Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(letter["too_large"]["sequence_number"], "4959", "{letter}");
    assert_eq!(letter["too_large"]["bytes"], 900_000, "{letter}");
    assert_eq!(letters[0].attribute("reason"), Some("INVALID_RECORD,TOO_LARGE"));
}

#[tokio::test]
async fn a_message_of_too_many_events_is_one_dead_letter() {
    let (world, _audience) = world();
    let many = format!("[1{}]", ",1".repeat(10_000));
    let message = |body: String| Record { id: "m".to_owned(), group: "g".to_owned(), body };
    assert_eq!(invoke(&world, Way::Sqs, &[message(many)]).await, Answer::Again(Vec::new()));
    let letters = world.queues.sqs.messages(&world.queues.rejected);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].attribute("reason"), Some("TOO_MANY_EVENTS"));
}
