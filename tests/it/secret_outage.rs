//! A secret that can't be read for an hour, or that has no token yet: nothing is lost, and nobody has to restart anything.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tiktok_audiences::handler;

use crate::bootstrap::{self, Bootstrap};
use crate::envelope::{Answer, Door, Record, Way, invoke_within};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{ADVERTISER, Audience, FakeTiktok, TOKEN};
use crate::world::{SECRET_ID, Wired, World, entries, later, native, tally};

/// The ways in which Secrets Manager gives no secret.
fn faults() -> [AwsFault; 5] {
    [
        AwsFault::error("AccessDeniedException"),
        AwsFault::Status(503),
        AwsFault::Garbage,
        AwsFault::HangUp,
        AwsFault::Hang,
    ]
}

fn connected() -> Value {
    json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]})
}

#[tokio::test]
async fn a_cold_instance_sends_everything_back_until_the_secret_can_be_read() {
    let ways = [Way::Sqs, Way::Fifo, Way::Kinesis, Way::Array, Way::EventBridge, Way::Sns, Way::Http(Door::Api)];
    let cases = faults().into_iter().flat_map(|fault| ways.map(|way| (fault.clone(), way)));
    // Side by side, since a secret that hangs takes an invocation all of its time.
    let runs = cases.map(async |(fault, way)| {
        let world = World::fast(Wired::Rejected);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let record = |(number, event): (usize, Value)| Record {
            id: format!("{number:04}"),
            group: format!("u-{number}"),
            body: event.to_string(),
        };
        let records: Vec<_> = entries(&audience, 0..5).into_iter().enumerate().map(record).collect();
        world.secrets.always(Some(fault.clone()));
        let answer = invoke_within(&world, way, &records, Duration::from_secs(4)).await;
        let everything =
            if matches!(way, Way::Http(_)) { Answer::Status(503) } else { Answer::Failed("Retryable".to_owned()) };
        assert_eq!(answer, everything, "{fault:?} {way:?}");
        assert_eq!(world.tiktok.calls().len(), 0);
        assert_eq!(world.queues.sqs.messages(&world.queues.rejected).len(), 0, "nothing is given up");

        world.secrets.always(None);
        let answer = invoke_within(&world, way, &records, Duration::from_secs(30)).await;
        let is_done = match &answer {
            Answer::Again(ids) => ids.is_empty(),
            Answer::Status(status) => *status == 200,
            Answer::Report(summary) => summary["delivered"] == 5,
            Answer::Failed(_) => false,
        };
        assert!(is_done && world.tiktok.member_count(&audience) == 5, "{fault:?} {way:?}: {answer:?}");
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_copy_of_the_secret_serves_for_the_hour() {
    let runs = faults().map(async |fault| {
        let world = World::fast(Wired::Nothing);
        let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let deliver = async |minute: u64| {
            let invocation_time = later(Duration::from_mins(minute));
            let people = usize::try_from(minute).unwrap();
            let payload = json!({"events": entries(&audience, people..people + 1)}).to_string();
            let report = Box::pin(handler::handle(&world.app, &payload, invocation_time)).await.unwrap();
            let report: Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["summary"]["delivered"], 1, "minute {minute}, {fault:?}: {report}");
        };
        deliver(0).await;
        world.secrets.always(Some(fault.clone()));
        for minute in [6, 30, 60] {
            deliver(minute).await;
        }
        assert!(world.secrets.call_count("GetSecretValue") > 3, "{fault:?}: nobody asked");
        world.secrets.always(None);
        deliver(61).await;
    });
    join_all(runs).await;
}

/// The token's metric as CloudWatch would read it, one value per invocation.
fn token_valid(function: Bootstrap) -> Vec<u64> {
    function.stop().metrics().iter().filter_map(|line| line["TokenValid"].as_u64()).collect()
}

#[tokio::test]
async fn without_a_secret_or_a_token_the_metric_falls_and_rises_again() {
    let secrets = bootstrap::secrets();
    secrets.always(Some(AwsFault::error("AccessDeniedException")));
    let function = Bootstrap::start_with(secrets, &json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = json!({"events": [native("Audience Entered", &audience, "ann@example.com")]});
    let deliver = async |expected: &str| {
        let report = function.invoke(&event).await.json();
        assert_eq!(report["summary"][expected], 1, "{report}");
    };
    deliver("retryable").await;
    let checked = function.invoke(json!({"operation": "check"})).await.json();
    assert_eq!(checked["ok"], false, "{checked}");
    function.secrets.always(None);
    function.secrets.set(SECRET_ID, "{}");
    deliver("retryable").await;
    function.secrets.set(SECRET_ID, &connected().to_string());
    deliver("delivered").await;
    assert_eq!(token_valid(function), [0, 0, 0, 1]);
}

#[tokio::test]
async fn events_for_the_only_advertiser_wait_until_somebody_has_connected_one() {
    let world = World::with(FakeTiktok::start(), &json!({}), &json!({}));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let mut add = native("Audience Entered", &audience, "ann@example.com");
    add["context"]["personas"].as_object_mut().unwrap().remove("audience_settings");
    let events = json!({"events": [add, {"type": "delete", "email": "bob@example.com"}]});
    let report = world.invoke(&events).await.unwrap();
    assert_eq!(tally(&report).into_iter().collect::<Vec<_>>(), [("retryable SECRET_UNAVAILABLE".to_owned(), 2)]);
    let message = &report["results"][0]["actions"][0]["error"]["message"];
    assert_eq!(message, "the secret has no access_token");

    world.secrets.set(SECRET_ID, &connected().to_string());
    let report = world.invoke(&events).await.unwrap();
    assert_eq!(report["summary"]["delivered"], 2, "{report}");
}
