//! The metrics that the binary writes, as CloudWatch would read them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tiktok_audiences::metrics::{Metric, NAMESPACE};

use crate::bootstrap::Bootstrap;
use crate::support::fake_runtime::Outcome;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Condition, Fault, Grant, TOKEN};
use crate::world::{SECRET_ID, native};

/// What CloudWatch would extract from a line: name, dimensions and value of each metric.
///
/// Panics when the line breaks a rule of the format.
fn extracted(line: &Value) -> Vec<(String, Vec<String>, Value)> {
    let metadata = &line["_aws"];
    let written = metadata["Timestamp"].as_i64().unwrap();
    assert!((jiff::Timestamp::now().as_millisecond() - written).abs() < 600_000, "{line}");
    let mut found = Vec::new();
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], NAMESPACE);
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()), "{line}");
        for set in directive["Dimensions"].as_array().unwrap() {
            let names: Vec<_> = set.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
            assert!(names.len() <= 30 && names.iter().all(|name| line[name].is_string()), "{line}");
            found.extend(metrics.iter().map(|metric| {
                let name = metric["Name"].as_str().unwrap();
                check_value(&line[name], line);
                (name.to_owned(), names.clone(), line[name].clone())
            }));
        }
    }
    found
}

#[track_caller]
fn check_value(value: &Value, line: &Value) {
    if let Some(values) = value["Values"].as_array() {
        let counts = value["Counts"].as_array().unwrap();
        assert!(values.len() == counts.len() && (1..=100).contains(&values.len()), "{line}");
        assert!(values.iter().chain(counts).all(Value::is_number), "{line}");
    } else {
        assert!(value.is_number(), "{line}");
    }
}

#[track_caller]
fn total(lines: &[Value], name: &str) -> u64 {
    let of_function = |metric: &&(String, Vec<String>, Value)| metric.0 == name && metric.1 == ["FunctionName"];
    let metrics: Vec<_> = lines.iter().flat_map(extracted).collect();
    metrics.iter().filter(of_function).map(|(_, _, value)| value.as_u64().unwrap()).sum()
}

#[tokio::test]
async fn an_invocation_is_counted_once_whatever_the_log_level() {
    let function = Bootstrap::start(&json!({}), &[("AWS_LAMBDA_LOG_LEVEL", "ERROR")]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let busy = Audience { condition: Condition::Busy, ..Audience::new(ADVERTISER, "busy") };
    let busy = function.tiktok.add_audience(busy);
    let events = [
        native("Audience Entered", &audience, "ann@example.com"),
        native("Audience Exited", &audience, "bob@example.com"),
        native("Audience Entered", &audience, "not an address"),
        native("Audience Entered", &audience, " "),
        native("Something Else", &audience, "cid@example.com"),
        native("Audience Entered", &busy, "dee@example.com"),
    ];
    let reply = function.invoke(json!({"events": events})).await.json();
    assert_eq!(reply["summary"]["delivered"], 2, "{reply}");
    let printed = function.stop();
    assert_eq!(printed.log(), Vec::<Value>::new());
    let lines = printed.metrics();
    for (name, expected) in [
        ("Received", 6),
        ("Delivered", 2),
        ("Accepted", 0),
        ("Rejected", 1),
        ("Skipped", 2),
        ("Retryable", 1),
        // The call for both audiences, and then the one for the busy one alone.
        ("TikTokErrors", 2),
        ("AudienceBusy", 2),
        ("TokenValid", 1),
    ] {
        assert_eq!(total(&lines, name), expected, "{name}: {lines:?}");
    }
    let by = |dimension: &str| {
        let values = lines.iter().filter_map(|line| line[dimension].as_str());
        values.collect::<BTreeSet<_>>()
    };
    assert_eq!(by("Reason"), BTreeSet::from(["NO_USABLE_IDENTIFIER", "NO_IDENTIFIER", "NO_MAPPING", "NOT_AN_EMAIL"]));
    assert_eq!(by("Actor"), BTreeSet::from(["person"]));
    assert_eq!(by("Column"), BTreeSet::from(["EMAIL_SHA256"]));
    assert_eq!(by("Code"), BTreeSet::from(["40002"]));
    assert_eq!(by("FunctionName"), BTreeSet::from(["fake-function"]));
}

/// The values of a metric of the function in the order of their lines.
fn values(lines: &[Value], name: &str) -> Vec<u64> {
    let of_function = |metric: &(String, Vec<String>, Value)| metric.0 == name && metric.1 == ["FunctionName"];
    lines.iter().flat_map(extracted).filter(of_function).map(|(_, _, value)| value.as_u64().unwrap()).collect()
}

/// A token that dies and a scope that is taken away show at once, and so does their return, in the same process.
#[tokio::test]
async fn a_token_and_a_permission_that_are_lost_and_given_back_show() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = native("Audience Entered", &audience, "ann@example.com");
    let deliver = async |expected: &str| {
        let outcome = function.invoke(json!({"events": [event]})).await.json();
        assert_eq!(outcome["summary"][expected], 1, "{expected}: {outcome}");
    };
    deliver("delivered").await;
    function.tiktok.rotate(TOKEN, "fake-access-token-0002");
    deliver("retryable").await;
    let secret = json!({"access_token": "fake-access-token-0002", "advertiser_ids": [ADVERTISER]});
    function.secrets.set(SECRET_ID, &secret.to_string());
    deliver("delivered").await;
    function.tiktok.grant("fake-access-token-0002", Grant::of([ADVERTISER]).with_scopes([1]));
    deliver("retryable").await;
    function.tiktok.grant("fake-access-token-0002", Grant::of([ADVERTISER]));
    deliver("delivered").await;
    let lines = function.stop().metrics();
    assert_eq!(values(&lines, "TokenValid"), [1, 0, 1, 1]);
    assert_eq!(values(&lines, "AccountBlocked"), [1]);
}

#[tokio::test]
async fn every_metric_is_there_by_function_alone_and_known_to_the_template() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let body = native("Audience Entered", &audience, "ann@example.com").to_string();
    let sent = (jiff::Timestamp::now().as_millisecond() - 90_000).to_string();
    let message = json!({"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {"SentTimestamp": sent},
                         "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:buffer"});
    let reply = function.invoke(json!({"Records": [message]})).await.json();
    assert_eq!(reply, json!({"batchItemFailures": []}));
    function.tiktok.next(Fault::Code(40001));
    let reply = function.invoke(native("Audience Entered", &audience, "bob@example.com")).await;
    assert!(matches!(reply, Outcome::Error { .. }), "{reply:?}");
    let printed = function.stop();
    let metrics: Vec<_> = printed.metrics().iter().flat_map(extracted).collect();
    let alone = metrics.iter().filter(|(_, dimensions, _)| dimensions == &["FunctionName"]);
    let alone: BTreeSet<_> = alone.map(|(name, ..)| name.as_str()).collect();
    assert!(metrics.iter().all(|(name, ..)| alone.contains(name.as_str())));
    assert!(alone.iter().all(|name| Metric::ALL.iter().any(|metric| metric.name() == *name)), "{alone:?}");
    for name in ["TikTokCalls", "TikTokLatency", "BatchRows", "OldestEventAge", "AccountBlocked", "TokenValid"] {
        assert!(alone.contains(name), "{name} in {alone:?}");
    }
    let age = metrics.iter().find(|(name, ..)| name == "OldestEventAge").unwrap().2.as_u64().unwrap();
    assert!((90..150).contains(&age), "{age}");
}
