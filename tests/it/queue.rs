//! The two queues against SQS: what is written, what is confirmed, and what each failure costs.

use std::time::Duration;

use tiktok_audiences::clock::{TimeBudget, invocation_time_with};
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};
use tiktok_audiences::net::https;
use tiktok_audiences::net::signed::{Endpoints, SignedClient};
use tiktok_audiences::outcome::{Actor, Reason};
use tiktok_audiences::queue::{Buffered, Original, Queue, RejectedEvent, Written};
use tokio::time::Instant;

use super::support::aws_json::AwsFault;
use super::support::fake_sqs::{FakeSqs, PartialFailure};

const AT: i64 = 1_790_000_000_000;

fn queue(sqs: &FakeSqs, url: String) -> Queue {
    let keys = AwsKeys {
        access_key_id: "AKIAEXAMPLE".to_owned(),
        secret_access_key: "example".into(),
        session_token: Some("example".into()),
    };
    let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
    let endpoints = Endpoints { sqs: Some(sqs.endpoint_url().parse().unwrap()), ..Endpoints::default() };
    Queue::new(SignedClient::new(&settings, endpoints, https::client(None).unwrap()).unwrap(), url).unwrap()
}

/// Time enough.
fn time() -> TimeBudget {
    within(Duration::from_secs(30))
}

fn within(work: Duration) -> TimeBudget {
    invocation_time_with(Duration::from_mins(15)).budget(Some(work))
}

/// Events that fill a message each, so that `count` of them are `count` messages.
fn large(count: usize) -> Vec<Buffered<'static>> {
    (0..count).map(|number| buffered(format!("\"{number:03}{}\"", "x".repeat(60_000)))).collect()
}

fn buffered(text: String) -> Buffered<'static> {
    Buffered { text: text.into(), received_at: AT, is_joined: false }
}

fn rejected(original: Original<'_>) -> RejectedEvent<'_> {
    RejectedEvent {
        original,
        received_at: AT,
        reasons: vec![Reason::NoAdvertiser],
        actor: Actor::Operator,
        mappings: vec!["VIPs in"],
        message: Reason::NoAdvertiser.message().into(),
    }
}

/// The first characters of each body in the queue, which number the events of [`large`].
fn numbers(sqs: &FakeSqs, url: &str) -> Vec<String> {
    let mut numbers: Vec<_> =
        sqs.messages(url).iter().map(|message| message.body.chars().skip(2).take(3).collect::<String>()).collect();
    numbers.sort();
    numbers
}

fn failure(positions: &[usize], code: &str, sender_fault: bool) -> PartialFailure {
    PartialFailure { positions: positions.to_vec(), code: code.to_owned(), sender_fault }
}

#[tokio::test]
async fn ten_thousand_events_become_few_messages_and_stay_in_order() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    let texts: Vec<_> =
        (0..10_000).map(|number| format!(r#"{{"n":{number},"e":"é😀\u0000{}"}}"#, '\u{ffff}')).collect();
    let events: Vec<_> =
        texts.iter().map(|text| Buffered { text: text.into(), received_at: AT, is_joined: false }).collect();
    let written = queue(&sqs, url.clone()).buffer(&events, time()).await;
    assert!(written.iter().all(|written| *written == Written::Durable) && written.len() == 10_000);

    let mut messages = sqs.drain(&url);
    assert!(messages.len() < 12 && sqs.calls().len() == 1, "{} in {}", messages.len(), sqs.calls().len());
    messages.sort_by_key(|message| message.attribute("received_at").unwrap().parse::<i64>().unwrap());
    assert_eq!(messages[0].attribute("received_at"), Some("1790000000000"));
    let bodies = messages.iter().map(|message| serde_json::from_str::<Vec<serde_json::Value>>(&message.body).unwrap());
    let read: Vec<_> = bodies.flatten().collect();
    let given: Vec<serde_json::Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert!(read == given, "the events that were read are not those that were given");
}

#[tokio::test]
async fn an_event_that_is_too_large_fails_alone() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    let event = |bytes: usize| buffered(format!("\"{}\"", "x".repeat(bytes - 2)));
    // 1 MiB less brackets and the attribute
    let largest = 1_048_576 - 2 - 30;
    let written =
        queue(&sqs, url.clone()).buffer(&[event(10), event(largest), event(largest + 1), event(10)], time()).await;
    assert_eq!(written, [Written::Durable, Written::Durable, Written::TooLarge, Written::Durable]);
    assert_eq!(sqs.messages(&url).len(), 3);
}

#[tokio::test]
async fn what_sqs_fails_to_take_is_sent_once_more() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    sqs.fail_entries(failure(&[1, 3], "InternalError", false));
    let written = queue(&sqs, url.clone()).buffer(&large(5), time()).await;
    assert_eq!(written, [Written::Durable; 5]);
    assert_eq!(sqs.calls().iter().map(|call| call.entries).collect::<Vec<_>>(), [5, 2]);
    assert_eq!(numbers(&sqs, &url), ["000", "001", "002", "003", "004"]);
}

#[tokio::test]
async fn what_sqs_fails_to_take_twice_has_failed() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    sqs.fail_entries(failure(&[1, 3], "InternalError", false));
    sqs.fail_entries(failure(&[0], "InternalError", false));
    let written = queue(&sqs, url.clone()).buffer(&large(4), time()).await;
    assert_eq!(written, [Written::Durable, Written::Failed, Written::Durable, Written::Durable]);
    assert_eq!(sqs.calls().len(), 2);
    assert_eq!(numbers(&sqs, &url), ["000", "002", "003"]);
}

#[tokio::test]
async fn a_message_that_sqs_blames_is_not_sent_again() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    sqs.fail_entries(failure(&[2], "InvalidParameterValue", true));
    let written = queue(&sqs, url).buffer(&large(3), time()).await;
    assert_eq!(written, [Written::Durable, Written::Durable, Written::Failed]);
    assert_eq!(sqs.calls().len(), 1);
}

#[tokio::test]
async fn every_event_of_a_failed_message_has_failed() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    sqs.fail_entries(failure(&[0], "InvalidParameterValue", true));
    let mut events: Vec<_> = (0..3).map(|_| buffered("{}".to_owned())).collect();
    events.extend(large(1));
    let written = queue(&sqs, url).buffer(&events, time()).await;
    assert_eq!(written[..3], [Written::Failed; 3]);
}

#[tokio::test]
async fn a_call_that_breaks_or_is_throttled_is_repeated() {
    for fault in [AwsFault::HangUp, AwsFault::Status(503), AwsFault::error("RequestThrottled")] {
        let sqs = FakeSqs::start();
        let url = sqs.queue("buffer");
        sqs.next(fault.clone());
        let written = queue(&sqs, url.clone()).buffer(&large(1), time()).await;
        assert_eq!((written, sqs.messages(&url).len()), (vec![Written::Durable], 1), "{fault:?}");
    }
}

#[tokio::test]
async fn a_queue_that_takes_nothing_fails_every_event_after_few_calls() {
    // Eight calls are under way at a time, and each is repeated twice where that may help.
    for (fault, most_calls) in
        [(AwsFault::error("AccessDenied"), 8), (AwsFault::Status(500), 24), (AwsFault::Garbage, 8)]
    {
        let sqs = FakeSqs::start();
        let url = sqs.queue("rejected");
        sqs.always(Some(fault.clone()));
        let events = vec![rejected(Original::Event("{}")); 300];
        let written = queue(&sqs, url).reject(&events, time()).await;
        assert_eq!(written, [Written::Failed; 300], "{fault:?}");
        assert!(sqs.calls().len() <= most_calls, "{fault:?}: {} calls", sqs.calls().len());
    }
}

#[tokio::test]
async fn a_missing_queue_fails_every_event() {
    let sqs = FakeSqs::start();
    let url = format!("{}/123456789012/missing", sqs.endpoint_url());
    assert_eq!(queue(&sqs, url).buffer(&large(2), time()).await, [Written::Failed; 2]);
}

#[tokio::test]
async fn nothing_is_sent_after_the_time() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    let written = queue(&sqs, url).buffer(&large(2), within(Duration::ZERO)).await;
    assert_eq!((written, sqs.calls().len()), (vec![Written::Failed; 2], 0));
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_at_the_time() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("buffer");
    sqs.always(Some(AwsFault::Hang));
    let started = Instant::now();
    let written = queue(&sqs, url).buffer(&large(2), within(Duration::from_millis(300))).await;
    assert_eq!(written, [Written::Failed; 2]);
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn nothing_to_write_is_no_call() {
    let sqs = FakeSqs::start();
    let queue = queue(&sqs, sqs.queue("buffer"));
    assert!(queue.buffer(&[], time()).await.is_empty() && queue.reject(&[], time()).await.is_empty());
    assert!(sqs.calls().is_empty());
}

#[tokio::test]
async fn a_rejected_event_says_why_and_keeps_its_text() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("rejected");
    let text = "{ \"type\":\"track\",\t\"big\": 7318294418293948234567 }";
    let events = [rejected(Original::Event(text)), rejected(Original::Record(b"a\0b"))];
    assert_eq!(queue(&sqs, url.clone()).reject(&events, time()).await, [Written::Durable; 2]);

    let messages = sqs.messages(&url);
    let said = |number: usize| {
        let attribute = |name| messages[number].attribute(name).unwrap_or_default();
        (messages[number].body.as_str(), ["reason", "mappings", "message", "received_at", "encoding"].map(attribute))
    };
    let why = ["NO_ADVERTISER", "VIPs in", Reason::NoAdvertiser.message(), "1790000000000"];
    assert_eq!(said(0), (text, [why[0], why[1], why[2], why[3], ""]));
    assert_eq!(said(1), ("YQBi", [why[0], why[1], why[2], why[3], "base64"]));
}

#[tokio::test]
async fn many_rejected_events_are_a_message_each() {
    let sqs = FakeSqs::start();
    let url = sqs.queue("rejected");
    let events = vec![rejected(Original::Event("{}")); 1_005];
    let written = queue(&sqs, url.clone()).reject(&events, time()).await;
    assert!(written.iter().all(|written| *written == Written::Durable));
    assert_eq!((sqs.messages(&url).len(), sqs.calls().len()), (1_005, 101));
}
