//! A panic that is injected into the binary: the event at fault is rejected, its neighbours are delivered, and the process
//! goes on. `RUSTC_WORKSPACE_WRAPPER=$PWD/tests/inject_panic cargo test --test it panics::`; the shipped binary has no such
//! hook.
//!
//! `BOOTSTRAP` names another build to test than the one beside this test, such as one that aborts at a panic.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use crate::bootstrap::{Bootstrap, DEADLINE};
use crate::support::fake_runtime::Outcome;
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::{hash_of, native, person};

/// Of one event: see `isolation::inject`.
const IN_EVALUATION: &str = "Panic in evaluation";
/// Of none.
const IN_DELIVERY: &str = "Panic in delivery";

/// A batch of a queue of people who enter an audience, some of them with this text in their events.
fn batch(audience: &str, people: Range<usize>, text: &str, at: &[usize]) -> Value {
    let record = |number: usize| {
        let mut event = native("Audience Entered", audience, &person(number));
        if at.contains(&number) {
            event["properties"]["note"] = json!(text);
        }
        json!({"eventSource": "aws:sqs", "messageId": format!("m-{number}"), "body": event.to_string(),
               "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:buffer", "attributes": {}})
    };
    json!({"Records": people.map(record).collect::<Vec<_>>()})
}

#[tokio::test]
async fn an_event_that_panics_is_rejected_and_its_neighbours_are_delivered() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "people"));
    let bad = [3, 4, 9];
    let outcome = function.invoke(batch(&audience, 0..10, IN_EVALUATION, &bad)).await;
    assert_eq!(outcome.json(), json!({"batchItemFailures": []}));
    let good: BTreeSet<_> =
        (0..10).filter(|number| !bad.contains(number)).map(|number| hash_of(&person(number))).collect();
    let members = function.tiktok.members(&audience).into_iter().map(|(_, hash)| hash);
    assert_eq!(members.collect::<BTreeSet<_>>(), good);
    let kept = function.sqs.messages(&function.rejected);
    assert_eq!(kept.len(), bad.len());
    assert!(
        kept.iter().all(|message| message
            .attributes
            .values()
            .any(|attribute| attribute.string_value.as_deref() == Some("PANICKED"))),
        "{kept:?}"
    );

    // The next invocation begins anew: the same positions are no longer set aside.
    let outcome = function.invoke(batch(&audience, 10..20, "", &[])).await;
    assert_eq!(outcome.json(), json!({"batchItemFailures": []}));
    assert_eq!(function.tiktok.members(&audience).len(), good.len() + 10);
    assert!(function.runtime.violations().is_empty());
    let printed = function.stop();
    let panics = printed.log().iter().filter(|line| line["message"] == "panicked").count();
    assert_eq!(panics, bad.len());
    assert!(!printed.stdout.contains(IN_EVALUATION) && printed.stderr.is_empty(), "{}", printed.stderr);
}

#[tokio::test]
async fn a_panic_that_is_no_events_is_an_error_of_its_invocation_alone() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "people"));
    let Outcome::Error { kind, message } = function.invoke(batch(&audience, 0..3, IN_DELIVERY, &[1])).await else {
        panic!("a reply")
    };
    assert_eq!(kind, "Panicked");
    assert!(!message.contains(IN_DELIVERY), "{message}");
    let outcome = function.invoke(batch(&audience, 0..3, "", &[])).await;
    assert_eq!(outcome.json(), json!({"batchItemFailures": []}));
    assert_eq!(function.tiktok.members(&audience).len(), 3);
}

#[tokio::test]
async fn a_process_that_panics_again_and_again_ends() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "people"));
    let all: Vec<_> = (0..40).collect();
    let outcome = function.runtime.enqueue(batch(&audience, 0..40, IN_EVALUATION, &all).to_string(), DEADLINE);
    let (status, printed) = function.wait();
    assert!(!status.success());
    assert_eq!(printed.log().iter().filter(|line| line["message"] == "panicked").count(), 33);
    drop(outcome);
}
