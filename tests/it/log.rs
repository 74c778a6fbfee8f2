//! The lines that the binary logs, as Lambda and people read them.

use serde_json::{Value, json};

use crate::bootstrap::{Bootstrap, Printed};
use crate::support::aws_json::AwsFault;
use crate::support::fake_runtime::Outcome;
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::FakeSqs;
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::world::{SECRET_ID, native};

fn with_message<'l>(lines: &'l [Value], message: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

/// The log lines, each in Lambda's JSON log format.
fn log(printed: &Printed) -> Vec<Value> {
    assert_eq!(printed.stderr, "");
    let lines = printed.log();
    for line in &lines {
        line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert!(["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().unwrap()), "{line}");
        assert!(line["message"].is_string(), "{line}");
    }
    lines
}

#[tokio::test]
async fn an_invocation_has_one_line_and_one_per_event_that_failed() {
    let function = Bootstrap::start(&json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let events = [
        native("Audience Entered", &audience, "ann@example.com"),
        native("Audience Entered", &audience, "not an address"),
        native("Audience Entered", &audience, " "),
        native("Audience Entered", "1999999999999999999", "bob@example.com"),
    ];
    function.invoke(json!({"events": events})).await.json();
    function.invoke(native("Audience Entered", &audience, "cid@example.com")).await.json();
    let log = log(&function.stop());
    let versions: Vec<_> = log.iter().map(|line| line["version"].as_str()).collect();
    assert_eq!(versions[0], Some(tiktok_audiences::VERSION));
    assert!(versions[1..].iter().all(Option::is_none), "{versions:?}");
    let done = with_message(&log, "invocation done");
    let [first, second] = *done else { panic!("{log:?}") };
    let expected = json!({"ingress": "direct", "received": 4, "delivered": 1, "accepted": 0, "superseded": 0, "skipped": 1,
                          "rejected": 2, "retryable": 0, "calls": 3, "left_out": 1, "failures_without_a_line": null});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}: {first}");
    }
    assert!(first["slowest_call_ms"].is_u64(), "{first}");
    assert_eq!(first["requestId"], "00000000-0000-4000-8000-000000000001");
    assert_eq!(second["requestId"], "00000000-0000-4000-8000-000000000002");
    let failed = with_message(&log, "event not delivered");
    assert!(failed.iter().all(|line| line["message_id"] == "m-1"), "{failed:?}");
    let actors: Vec<_> = failed.iter().map(|line| line["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["person", "operator"]);
    let failed: Vec<_> = failed.iter().map(|line| (&line["index"], &line["reason"], &line["tiktok_code"])).collect();
    let (unusable, refused) = (json!("NO_USABLE_IDENTIFIER"), json!("TIKTOK_REFUSED"));
    assert_eq!(failed, [(&json!(1), &unusable, &Value::Null), (&json!(3), &refused, &json!(40007))]);
}

/// Three events: delivered, nothing to do, no address.
fn three(audience: &str) -> Value {
    json!({"events": [
        native("Audience Entered", audience, "ann@example.com"),
        native("Something Else", audience, "bob@example.com"),
        native("Audience Entered", audience, "not an address"),
    ]})
}

#[tokio::test]
async fn each_event_has_a_line_where_all_are_asked_for() {
    let expected = [("delivered", None), ("skipped", Some("NO_MAPPING")), ("rejected", Some("NO_USABLE_IDENTIFIER"))];
    for (variables, expected) in [
        ([("LOG_EVENTS", "all"), ("AWS_LAMBDA_LOG_LEVEL", "INFO")], expected.as_slice()),
        ([("LOG_EVENTS", "failed"), ("AWS_LAMBDA_LOG_LEVEL", "INFO")], &expected[2..]),
        ([("LOG_EVENTS", ""), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")], &expected[1..]),
    ] {
        let function = Bootstrap::start(&json!({}), &variables);
        let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        function.invoke(three(&audience)).await.json();
        let lines = function.stop().log();
        let of_events = lines.iter().filter(|line| line["outcome"].is_string());
        let of_events: Vec<_> =
            of_events.map(|line| (line["outcome"].as_str().unwrap(), line["reason"].as_str())).collect();
        assert_eq!(of_events, expected, "{variables:?}");
    }
}

#[tokio::test]
async fn failures_beyond_a_hundred_are_counted_unless_all_are_asked_for() {
    let events: Vec<_> = (0..105).map(|_| native("Audience Entered", "1", "not an address")).collect();
    for (which, lines, without) in [("failed", 100, json!(5)), ("all", 105, Value::Null)] {
        let function = Bootstrap::start(&json!({}), &[("LOG_EVENTS", which)]);
        function.invoke(json!({"events": events})).await.json();
        let log = log(&function.stop());
        assert_eq!(with_message(&log, "event not delivered").len(), lines, "{which}");
        assert_eq!(with_message(&log, "invocation done")[0]["failures_without_a_line"], without, "{which}");
    }
}

#[tokio::test]
async fn a_deletion_request_has_a_line_for_each_call_whatever_is_asked_for() {
    let function = Bootstrap::start(&json!({}), &[]);
    for name in ["first", "second"] {
        function.tiktok.add_audience(Audience::new(ADVERTISER, name));
    }
    let request = json!({"type": "delete", "messageId": "d-1", "traits": {"email": "jo@example.com"}});
    function.invoke(json!({"events": [request]})).await.json();
    let log = log(&function.stop());
    let lines = with_message(&log, "deletion request");
    let [line] = *lines else { panic!("{log:?}") };
    let told = (&line["message_id"], &line["outcome"], &line["audiences"], &line["advertiser_id"]);
    assert_eq!(told, (&json!("d-1"), &json!("delivered"), &json!(2), &json!(ADVERTISER)), "{line}");
    assert!(line["request_id"].is_string() && line["audience_ids"].as_str().unwrap().contains(','), "{line}");
}

/// Also one that does not get as far as an ad account.
#[tokio::test]
async fn a_deletion_request_that_fails_early_has_its_line() {
    let secrets = FakeSecrets::start();
    secrets.set(SECRET_ID, "{}");
    let function = Bootstrap::start_with(secrets, &json!({}), &[]);
    let request = json!({"type": "delete", "messageId": "d-1", "traits": {"email": "jo@example.com"}});
    function.invoke(json!({"events": [request]})).await.json();
    let log = log(&function.stop());
    let lines = with_message(&log, "deletion request");
    let [line] = *lines else { panic!("{log:?}") };
    assert_eq!((&line["message_id"], &line["audiences"]), (&json!("d-1"), &json!(0)), "{line}");
    assert!(["retryable", "rejected"].contains(&line["outcome"].as_str().unwrap()), "{line}");
}

/// What an event that is put into the buffer costs: no line, and a line of metrics without zeros.
#[tokio::test]
async fn an_accepted_event_is_counted_and_not_logged() {
    let sqs = FakeSqs::start();
    let (endpoint, buffer) = (sqs.endpoint_url(), sqs.queue("buffer"));
    let variables = [("AWS_ENDPOINT_URL_SQS", endpoint.as_str()), ("BUFFER_QUEUE_URL", &buffer)];
    let function = Bootstrap::start(&json!({}), &variables);
    function.invoke(native("Audience Entered", "1", "ann@example.com")).await.json();
    let printed = function.stop();
    assert_eq!(log(&printed), Vec::<Value>::new());
    let metrics = printed.metrics();
    let [line] = metrics.as_slice() else { panic!("{metrics:?}") };
    assert_eq!((&line["Received"], &line["Accepted"], &line["Rejected"]), (&json!(1), &json!(1), &Value::Null));
    assert!(printed.stdout.len() < 400, "{} bytes: {}", printed.stdout.len(), printed.stdout);
}

#[tokio::test]
async fn an_invocation_that_fails_as_a_whole_says_why_once() {
    let function = Bootstrap::start(&json!({}), &[]);
    let reply = function.invoke(json!({"Records": [{"eventSource": "aws:unheard"}]})).await;
    assert!(matches!(reply, Outcome::Error { ref kind, .. } if kind == "InvalidPayload"), "{reply:?}");
    let log = log(&function.stop());
    let [line] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((&line["message"], &line["error_type"]), (&json!("invocation failed"), &json!("InvalidPayload")));
}

#[tokio::test]
async fn a_refused_request_is_one_line() {
    let function = Bootstrap::start(&json!({}), &[]);
    let request = |path: &str| {
        json!({"version": "2.0", "rawPath": path, "headers": {}, "body": "{}", "isBase64Encoded": false,
               "requestContext": {"http": {"method": "POST", "path": path}}})
    };
    for (path, status) in [("/events", 503), ("/v1/track", 503), ("/nowhere", 404), ("/health", 405)] {
        assert_eq!(function.invoke(request(path)).await.json()["statusCode"], status, "{path}");
    }
    let log = log(&function.stop());
    let statuses: Vec<_> = log.iter().map(|line| (&line["message"], line["status"].as_u64().unwrap())).collect();
    let refused = &json!("request refused");
    assert_eq!(statuses, [(refused, 503), (refused, 503), (refused, 404), (refused, 405)]);
}

#[tokio::test]
async fn what_is_odd_about_the_configuration_is_said_once_at_the_start() {
    let mapping = |name, audience| {
        let fields = json!({"selected_advertiser_id": ADVERTISER, "audience_id": audience});
        json!({"name": name, "action": "addUser", "fields": fields})
    };
    let destination = json!({"mappings": [mapping("One", "1"), mapping("Two", "2")]});
    let function = Bootstrap::start(&destination, &[]);
    for _ in 0..2 {
        function.invoke("[]").await.json();
    }
    let log = log(&function.stop());
    let warnings = with_message(&log, "the configuration works, but probably not as meant");
    assert_eq!(warnings.len(), 1, "{log:?}");
    assert!(warnings[0]["problem"].as_str().unwrap().contains("mappings"), "{log:?}");
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_ends_the_start_in_one_line() {
    let function = Bootstrap::start(&json!({"setings": {}}), &[("TIKTOK_SECRET_TTL_SECONDS", "soon")]);
    let (status, printed) = function.wait();
    assert_eq!(status.code(), Some(1));
    let log = log(&printed);
    let [line] = log.as_slice() else { panic!("{log:?}") };
    let error = line["error"].as_str().unwrap();
    assert_eq!((&line["level"], &line["version"]), (&json!("ERROR"), &json!(tiktok_audiences::VERSION)));
    assert!(error.contains("TIKTOK_SECRET_TTL_SECONDS") && error.contains("setings"), "{error}");
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_said_once_with_its_cause() {
    let function = Bootstrap::start(&json!({}), &[("TIKTOK_SECRET_TTL_SECONDS", "0")]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let event = native("Audience Entered", &audience, "ann@example.com");
    function.secrets.next(AwsFault::error("AccessDeniedException"));
    let reply = function.invoke(&event).await;
    assert!(matches!(reply, Outcome::Error { ref kind, .. } if kind == "Retryable"), "{reply:?}");
    function.invoke(&event).await.json();
    function.secrets.always(Some(AwsFault::error("AccessDeniedException")));
    for _ in 0..2 {
        function.invoke(&event).await.json();
    }
    let log = log(&function.stop());
    let unusable = with_message(&log, "the secret can't be used");
    assert_eq!(unusable.len(), 1, "{log:?}");
    assert!(unusable[0]["error"].as_str().unwrap().contains("AccessDeniedException"), "{log:?}");
    let older = with_message(&log, "the secret cannot be refreshed; its older copy stays in use");
    assert_eq!(older.len(), 1, "{log:?}");
    assert_eq!(with_message(&log, "invocation done").len(), 4);
}
