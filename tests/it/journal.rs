//! The delivery journal: a line for each identifier that was sent, with what became of it, and nothing lost for it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tiktok_audiences::clock::invocation_time_with;
use tiktok_audiences::identity::{Direction, Rules, email};
use tiktok_audiences::journal::{Answered, Journal, Line};
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};
use tiktok_audiences::net::https;
use tiktok_audiences::net::signed::{Endpoints, SignedClient};
use tiktok_audiences::tiktok::{AdvertiserId, AudienceId};

use crate::bootstrap::Bootstrap;
use crate::support::aws_json::AwsFault;
use crate::support::fake_firehose::FakeFirehose;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Fault};
use crate::world::{hash_of, native, person};

fn started(firehose: &FakeFirehose, destination: &Value) -> Bootstrap {
    let endpoint = firehose.endpoint_url();
    Bootstrap::start(destination, &[("AWS_ENDPOINT_URL_FIREHOSE", &endpoint), ("JOURNAL_STREAM", "journal-1")])
}

/// A client for which Firehose is this one.
fn client(firehose: &FakeFirehose) -> SignedClient {
    let keys = AwsKeys { access_key_id: "test".to_owned(), secret_access_key: "test".into(), session_token: None };
    let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
    let endpoints = Endpoints { firehose: Some(firehose.endpoint_url().parse().unwrap()), ..Endpoints::default() };
    SignedClient::new(&settings, endpoints, https::client(None).unwrap()).unwrap()
}

/// The sum of a metric by function alone.
fn total(lines: &[Value], name: &str) -> u64 {
    let alone =
        lines.iter().filter(|line| line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == json!([["FunctionName"]]));
    alone.filter_map(|line| line[name].as_u64()).sum()
}

#[tokio::test]
async fn each_identifier_has_a_line_with_what_became_of_it() {
    let firehose = FakeFirehose::start();
    let function = started(&firehose, &json!({}));
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let (ann, bob, cid) = (hash_of("ann@example.com"), hash_of("bob@example.com"), hash_of("cid@example.com"));
    function.tiktok.poison(&bob);
    let mut with_phone = native("Audience Entered", &audience, "ann@example.com");
    with_phone["context"]["traits"]["phone"] = json!("+12025550143");
    let events = [
        with_phone,
        native("Audience Entered", &audience, "bob@example.com"),
        native("Audience Exited", &audience, "cid@example.com"),
        native("Audience Entered", &audience, "not an address"),
    ];
    let reply = function.invoke(json!({"events": events})).await.json();
    assert_eq!(reply["summary"]["delivered"], 2, "{reply}");
    let lines = firehose.lines();
    assert_eq!(firehose.streams(), ["journal-1"]);
    let mut found: Vec<_> = lines
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default();
            (text("event_id"), text("action"), text("column"), text("hash"), text("outcome"), text("reason"))
        })
        .collect();
    found.sort_unstable();
    let id = |index: usize| format!("00000000-0000-4000-8000-000000000001-{index}");
    let (first, second, third) = (id(0), id(1), id(2));
    let phone = hash_of("+12025550143");
    let expected = [
        (first.as_str(), "add", "EMAIL_SHA256", ann.as_str(), "delivered", ""),
        (&first, "add", "PHONE_SHA256", &phone, "delivered", ""),
        (&second, "add", "EMAIL_SHA256", &bob, "rejected", "TIKTOK_REFUSED"),
        (&third, "delete", "EMAIL_SHA256", &cid, "delivered", ""),
    ];
    assert_eq!(found, expected);
    for line in &lines {
        line["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let told = (&line["message_id"], &line["advertiser_id"], &line["audience_id"]);
        assert_eq!(told, (&json!("m-1"), &json!(ADVERTISER), &json!(audience)));
        assert!(line["mapping"].is_string() && line["request_id"].is_string(), "{line}");
    }
    let printed = function.stop();
    assert!(!printed.stdout.contains(&ann) && !printed.stdout.contains(&phone), "no hash in the log");
}

/// Rows of one event may end differently, and each line has the end of its own.
#[tokio::test]
async fn a_line_has_the_outcome_of_its_row_and_not_of_its_event() {
    let firehose = FakeFirehose::start();
    let function = started(&firehose, &json!({}));
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    function.tiktok.poison(&hash_of("bob@example.com"));
    let mut event = native("Audience Entered", &audience, "");
    event["context"]["traits"]["email"] = json!(["ann@example.com", "bob@example.com"]);
    function.invoke(json!({"events": [event]})).await.json();
    let lines = firehose.lines();
    let found: BTreeMap<_, _> =
        lines.iter().map(|line| (line["hash"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect();
    let (ann, bob) = (hash_of("ann@example.com"), hash_of("bob@example.com"));
    assert_eq!(found, BTreeMap::from([(ann.as_str(), "delivered"), (bob.as_str(), "rejected")]));
}

/// With more patience than any machine needs: the journal of an invocation has two seconds.
#[tokio::test]
async fn a_record_that_is_not_taken_is_put_again() {
    let firehose = FakeFirehose::start();
    firehose.next(AwsFault::Status(503));
    firehose.fail_records(vec![0, 2]);
    firehose.fail_records(vec![1]);
    let people: Vec<_> = (0..1_500).map(|number| email(&person(number), &Rules::default()).unwrap().unwrap()).collect();
    let answered = Answered {
        direction: Direction::Add,
        advertiser: AdvertiserId::parse(ADVERTISER).unwrap(),
        outcome: "delivered",
        reason: None,
        request_id: Some("2026r"),
    };
    let audience = AudienceId::parse("1800000000000000001").unwrap();
    let message_id = Some("m".repeat(200));
    let line = |hashed| Line {
        event_index: 0,
        message_id: message_id.as_deref(),
        mapping: Some("VIPs in"),
        audience,
        hashed,
        answered,
    };
    let long = Duration::from_mins(5);
    let journal = Journal::new("journal-1".to_owned()).with_patience(long);
    let lost =
        journal.write(&client(&firehose), people.iter().map(line), invocation_time_with(long).budget(None)).await;
    assert_eq!(lost, 0);
    let lines = firehose.lines();
    let mut hashes: Vec<_> = lines.iter().map(|line| line["hash"].as_str().unwrap().to_owned()).collect();
    hashes.sort_unstable();
    let mut expected: Vec<_> = (0..1_500).map(|number| hash_of(&person(number))).collect();
    expected.sort_unstable();
    assert_eq!(hashes, expected, "each once");
    assert_eq!(firehose.streams().len(), 3, "as many records");
    assert_eq!(firehose.calls(), 4);
}

#[tokio::test]
async fn a_journal_that_fails_is_counted_and_undoes_nothing() {
    for fault in [AwsFault::error("AccessDeniedException"), AwsFault::Garbage, AwsFault::Hang, AwsFault::HangUp] {
        let firehose = FakeFirehose::start();
        firehose.always(Some(fault.clone()));
        let function = started(&firehose, &json!({}));
        let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        let events = [0, 1].map(|number| native("Audience Entered", &audience, &person(number)));
        let reply = function.invoke(json!({"events": events})).await.json();
        assert_eq!(reply["summary"]["delivered"], 2, "{fault:?}");
        assert_eq!(function.tiktok.member_count(&audience), 2);
        let printed = function.stop();
        assert_eq!(total(&printed.metrics(), "JournalFailed"), 2, "{fault:?}");
        let log = printed.log();
        let said = log.iter().filter(|line| line["message"] == "the journal lacks lines; the deliveries stand");
        assert_eq!(said.count(), 1, "{fault:?}: {log:?}");
    }
}

#[tokio::test]
async fn what_may_succeed_later_is_in_it_as_such() {
    let firehose = FakeFirehose::start();
    let function = started(&firehose, &json!({}));
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    function.tiktok.next(Fault::Code(40100));
    function.tiktok.next(Fault::Code(40100));
    function.tiktok.next(Fault::Code(40100));
    let event = native("Audience Entered", &audience, "ann@example.com");
    let reply = function.invoke(json!({"events": [event]})).await.json();
    assert_eq!(reply["summary"]["retryable"], 1, "{reply}");
    let lines = firehose.lines();
    assert_eq!((&lines[0]["outcome"], &lines[0]["reason"]), (&json!("retryable"), &json!("TIKTOK_THROTTLED")));
}
