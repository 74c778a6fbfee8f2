//! Every way in: the same events end in the same members, and what fails is sent again from exactly whom it must.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::envelope::{Answer, Door, Record, Way, invoke, invoke_within};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, Fault, Life, Rule, TOKEN};
use crate::world::{Wired, World, hash_of, native, person};

fn event(audience: &str, name: &str, number: usize, second: usize) -> Value {
    let mut event = native(name, audience, &person(number));
    event["userId"] = json!(format!("u-{number}"));
    let (minute, hour) = (second / 60 % 60, second / 3600);
    event["timestamp"] = json!(format!("2026-11-20T{hour:02}:{minute:02}:{:02}Z", second % 60));
    event
}

fn record(position: usize, group: &str, body: impl Into<String>) -> Record {
    Record { id: position.to_string(), group: group.to_owned(), body: body.into() }
}

/// Four records: the second fails for its audience or its text, the third is of the same group.
fn four(audience: &str, second: impl Into<String>) -> Vec<Record> {
    let of = |number| event(audience, "Audience Entered", number, number).to_string();
    vec![record(0, "u-0", of(0)), record(1, "u-1", second), record(2, "u-1", of(2)), record(3, "u-3", of(3))]
}

fn world(wired: Wired) -> (World, String, String) {
    let world = World::fast(wired);
    let [one, other] = ["one", "other"].map(|name| world.tiktok.add_audience(Audience::new(ADVERTISER, name)));
    (world, one, other)
}

fn again(ids: &[&str]) -> Answer {
    Answer::Again(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn report(outcomes: &[(&str, usize)]) -> Answer {
    let mut summary = json!({"received": 0, "delivered": 0, "accepted": 0, "superseded": 0, "skipped": 0, "rejected": 0,
        "retryable": 0});
    summary["received"] = outcomes.iter().map(|(_, count)| count).sum::<usize>().into();
    for (outcome, count) in outcomes {
        summary[outcome] = json!(count);
    }
    Answer::Report(summary)
}

fn failed() -> Answer {
    Answer::Failed("Retryable".to_owned())
}

#[tokio::test]
async fn the_same_ten_thousand_events_end_in_the_same_members() {
    let names = |number: usize| if number * number % 7 < 3 { "Audience Exited" } else { "Audience Entered" };
    let people = 4_000;
    let mut expected = BTreeSet::new();
    for number in 0..10_000 {
        let cell = ("EMAIL_SHA256".to_owned(), hash_of(&person(number % people)));
        if names(number) == "Audience Entered" {
            expected.insert(cell)
        } else {
            expected.remove(&cell)
        };
    }
    // Every fake gives its first audience the same id.
    let (_world, audience, _other) = world(Wired::Nothing);
    let record = |number: usize| {
        let event = event(&audience, names(number), number % people, number);
        record(number, &format!("u-{}", number % people), event.to_string())
    };
    let records: Vec<Record> = (0..10_000).map(record).collect();
    for way in Way::ALL {
        let (world, own, _other) = world(Wired::Nothing);
        assert_eq!(own, audience);
        let batch = if matches!(way, Way::Http(_)) { 2_500 } else { 10_000 };
        for records in records.chunks(batch) {
            let answer = invoke(&world, way, records).await;
            let is_done = match &answer {
                Answer::Again(ids) => ids.is_empty(),
                Answer::Report(summary) => summary["retryable"] == 0 && summary["rejected"] == 0,
                Answer::Status(status) => *status == 200,
                Answer::Failed(_) => false,
            };
            assert!(is_done, "{way:?}: {answer:?}");
        }
        assert!(world.tiktok.members(&audience) == expected, "{way:?}: other members");
        assert_eq!(world.tiktok.violations(), Vec::<String>::new());
        assert!(world.tiktok.call_count(Endpoint::Mapping) <= 32, "{way:?}");
    }
}

#[tokio::test]
async fn an_outage_for_one_event_sends_again_what_must_be() {
    for way in Way::ALL {
        let (world, one, other) = world(Wired::Rejected);
        world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&other), Fault::Code(40001));
        let records = four(&one, event(&other, "Audience Entered", 1, 1).to_string());
        let answer = invoke(&world, way, &records).await;
        let expected = match way {
            // A stream sends everything from here on again.
            Way::Sqs | Way::Kinesis => again(&["1"]),
            // On a FIFO queue the later message of the same group is sent again too.
            Way::Fifo => again(&["1", "2"]),
            Way::Envelope => report(&[("delivered", 3), ("retryable", 1)]),
            Way::Http(_) => Answer::Status(503),
            Way::Array | Way::EventBridge | Way::Sns | Way::Redrive => failed(),
        };
        assert_eq!(answer, expected, "{way:?}");
        assert_eq!(world.tiktok.member_count(&one), 3, "{way:?}: the others are delivered");
        assert!(world.queues.sqs.calls().is_empty(), "{way:?}: nothing is rejected");
    }
}

/// Everything fails: no source may take anything for done.
async fn check_all_fail(name: &str, spoil: impl Fn(&World), remaining: Duration) {
    let checks = Way::ALL.map(async |way| {
        let (world, one, _other) = world(Wired::Rejected);
        spoil(&world);
        let records = four(&one, event(&one, "Audience Entered", 1, 1).to_string());
        let answer = invoke_within(&world, way, &records, remaining).await;
        let expected = match way {
            Way::Envelope => report(&[("retryable", 4)]),
            Way::Http(_) => Answer::Status(503),
            Way::Array | Way::Sqs | Way::Fifo | Way::Kinesis | Way::EventBridge | Way::Sns | Way::Redrive => failed(),
        };
        assert_eq!(answer, expected, "{name} {way:?}");
        assert!(world.queues.sqs.calls().is_empty(), "{name} {way:?}: nothing is rejected");
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn an_outage_a_dead_token_or_a_timeout_fails_the_whole_invocation() {
    let long = Duration::from_secs(30);
    check_all_fail("outage", |world| world.tiktok.rule(Rule::any(), Fault::Status(503)), long).await;
    check_all_fail("dead token", |world| world.tiktok.end_token(TOKEN, Life::Revoked), long).await;
    let hang = |world: &World| world.tiktok.rule(Rule::any(), Fault::Hang);
    check_all_fail("timeout", hang, Duration::from_millis(3_100)).await;
}

#[tokio::test]
async fn a_bad_record_never_sinks_its_neighbours_and_is_kept_once() {
    for way in Way::ALL {
        for wired in [Wired::Nothing, Wired::Rejected] {
            let (world, one, _other) = world(wired);
            let answer = invoke(&world, way, &four(&one, "[7]")).await;
            let expected = match (way, wired) {
                (Way::Sqs, Wired::Nothing) => again(&["1"]),
                (Way::Fifo, Wired::Nothing) => again(&["1", "2"]),
                // These read no report: what is kept nowhere must not end as a success.
                (Way::Kinesis | Way::EventBridge | Way::Sns, Wired::Nothing) => {
                    Answer::Failed("NoRejectedQueue".to_owned())
                }
                (Way::Sqs | Way::Fifo | Way::Kinesis, _) => again(&[]),
                (Way::Http(Door::Sdk), _) => Answer::Status(200),
                (Way::Http(_), _) => Answer::Status(207),
                (Way::Array | Way::Envelope | Way::EventBridge | Way::Sns | Way::Redrive, _) => {
                    report(&[("delivered", 3), ("rejected", 1)])
                }
            };
            assert_eq!(answer, expected, "{way:?} {wired:?}");
            assert_eq!(world.tiktok.member_count(&one), 3, "{way:?} {wired:?}");
            let kept = world.queues.sqs.messages(&world.queues.rejected);
            assert_eq!(kept.len(), usize::from(wired == Wired::Rejected), "{way:?} {wired:?}");
            for message in kept {
                assert!(["7", "[7]"].contains(&message.body.as_str()), "{way:?}: {}", message.body);
                assert_eq!(message.attribute("reason"), Some("INVALID_RECORD"), "{way:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_source_without_a_dead_letter_queue_is_told_which_variable_is_missing() {
    for way in [Way::Kinesis, Way::EventBridge, Way::Sns] {
        let (world, one, _other) = world(Wired::Nothing);
        let payload = crate::envelope::payload(way, &four(&one, "[7]"));
        let error = world.invoke_text(&payload).await.unwrap_err().to_string();
        assert!(error.contains("REJECTED_QUEUE_URL") && error.contains("1 of 4 events"), "{way:?}: {error}");
    }
}

#[tokio::test]
async fn a_rejected_event_that_can_not_be_kept_is_sent_again() {
    for way in Way::ALL {
        let (world, one, _other) = world(Wired::Rejected);
        world.queues.sqs.always(Some(AwsFault::error("AccessDenied")));
        let answer = invoke(&world, way, &four(&one, "[7]")).await;
        let expected = match way {
            Way::Sqs | Way::Kinesis => again(&["1"]),
            Way::Fifo => again(&["1", "2"]),
            Way::Envelope => report(&[("delivered", 3), ("retryable", 1)]),
            Way::Http(_) => Answer::Status(503),
            Way::Array | Way::EventBridge | Way::Sns | Way::Redrive => failed(),
        };
        assert_eq!(answer, expected, "{way:?}");
        assert_eq!(world.tiktok.member_count(&one), 3, "{way:?}");
    }
}

#[tokio::test]
async fn a_rejected_event_is_kept_when_its_message_is_done_and_not_before() {
    let (world, one, other) = world(Wired::Rejected);
    let mut vague = event(&one, "Audience Entered", 2, 2);
    vague["context"]["traits"] = json!({"email": "no address"});
    let body = json!([event(&other, "Audience Entered", 1, 1), vague]).to_string();
    let records = [record(0, "u-1", body), record(1, "u-2", event(&one, "Audience Entered", 3, 3).to_string())];
    world.tiktok.rule(Rule::on(Endpoint::Mapping).mentioning(&other), Fault::Code(40001));
    assert_eq!(invoke(&world, Way::Sqs, &records).await, again(&["0"]));
    assert!(world.queues.sqs.calls().is_empty(), "the message is sent again with both");
    world.tiktok.clear_faults();
    assert_eq!(invoke(&world, Way::Sqs, &records[..1]).await, again(&[]));
    let kept = world.queues.sqs.messages(&world.queues.rejected);
    assert_eq!(kept.len(), 1);
    assert_eq!(serde_json::from_str::<Value>(&kept[0].body).unwrap(), vague);
    let attributes = ["reason", "mappings", "received_at"].map(|name| kept[0].attribute(name));
    assert_eq!(attributes, [Some("NO_USABLE_IDENTIFIER"), Some("Add to Audience"), Some("1795000000000")]);
}

#[tokio::test]
async fn a_repeated_envelope_changes_nothing() {
    for way in Way::ALL {
        let (world, one, _other) = world(Wired::Rejected);
        let mut records = four(&one, "[7]");
        records.push(record(4, "u-3", event(&one, "Audience Exited", 3, 9).to_string()));
        invoke(&world, way, &records).await;
        let members = world.tiktok.members(&one);
        invoke(&world, way, &records).await;
        assert_eq!((world.tiktok.members(&one), members.len()), (members.clone(), 2), "{way:?}");
    }
}
