//! The fake SQS's own tests.

use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::http_client;
use crate::support::aws_json::AwsFault;
use crate::support::fake_sqs::{FakeSqs, PartialFailure};

const SIGNATURE: &str =
    "AWS4-HMAC-SHA256 Credential=AKIAFAKE/20261122/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0";
/// Bytes of a message and of a batch.
const LIMIT: usize = 1_048_576;

/// The status, the error header and the body; nothing when the connection broke or nothing came.
async fn call(fake: &FakeSqs, operation: &str, input: &Value) -> Option<(u16, String, Value)> {
    let request = http_client(None)
        .post(fake.endpoint_url())
        .header("authorization", SIGNATURE)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AmazonSQS.{operation}"))
        .timeout(Duration::from_millis(500));
    let response = request.body(input.to_string()).send().await.ok()?;
    let status = response.status().as_u16();
    let header = response.headers().get("x-amzn-query-error");
    let header = header.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    Some((status, header, serde_json::from_slice(&response.bytes().await.ok()?).unwrap_or_default()))
}

fn text(value: &str) -> Value {
    json!({ "DataType": "String", "StringValue": value })
}

fn entries(count: usize, body: &str) -> Vec<Value> {
    (0..count).map(|number| json!({ "Id": number.to_string(), "MessageBody": body })).collect()
}

#[tokio::test]
async fn a_batch_is_stored_in_order_with_its_attributes() {
    let fake = FakeSqs::start();
    let url = fake.queue("rejected");
    let attributes = json!({ "reason": text("NO_IDENTIFIER"), "count": { "DataType": "Number", "StringValue": "2" } });
    let first = json!({ "Id": "a", "MessageBody": "hello", "MessageAttributes": attributes, "MessageGroupId": "u-1" });
    let number = json!({ "timestamp": { "DataType": "Number", "StringValue": "1493147359900" } });
    let second = json!({ "Id": "b", "MessageBody": "world", "DelaySeconds": 900, "MessageAttributes": number });
    let input = json!({ "QueueUrl": url, "Entries": [first, second] });
    let (status, _, answer) = call(&fake, "SendMessageBatch", &input).await.unwrap();
    assert_eq!((status, &answer["Failed"]), (200, &Value::Null));
    let entry = &answer["Successful"][0];
    assert_eq!(entry["Id"], "a");
    assert_eq!(entry["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(answer["Successful"][1]["MD5OfMessageAttributes"], "235c5c510d26fb653d073faed50ae77c");

    let messages = fake.drain(&url);
    assert_eq!((messages[0].body.as_str(), messages[1].body.as_str()), ("hello", "world"));
    assert_eq!((messages[0].attribute("reason"), messages[0].attribute("count")), (Some("NO_IDENTIFIER"), Some("2")));
    assert_eq!((messages[0].group.as_deref(), messages[1].delay_seconds), (Some("u-1"), 900));
    assert!(fake.messages(&url).is_empty());
    assert_eq!(fake.calls()[0].entries, 2);
}

#[tokio::test]
async fn a_whole_batch_is_refused_by_name() {
    let fake = FakeSqs::start();
    let url = fake.queue("buffer");
    let with_id = |id: &str| vec![json!({ "Id": id, "MessageBody": "a" })];
    let half = "x".repeat(LIMIT / 2);
    let mut over = entries(2, &half);
    over[0]["MessageAttributes"] = json!({ "a": text("b") });
    for (name, url, entries, error) in [
        ("no entries", url.as_str(), vec![], "EmptyBatchRequest"),
        ("eleven entries", &url, entries(11, "a"), "TooManyEntriesInBatchRequest"),
        ("an id twice", &url, [with_id("a"), with_id("a")].concat(), "BatchEntryIdsNotDistinct"),
        ("an empty id", &url, with_id(""), "InvalidBatchEntryId"),
        ("an id with a dot", &url, with_id("a.b"), "InvalidBatchEntryId"),
        ("an id of 81 characters", &url, with_id(&"x".repeat(81)), "InvalidBatchEntryId"),
        ("attributes over the last byte", &url, over, "BatchRequestTooLong"),
        ("an unknown queue", "http://127.0.0.1/1/else", entries(1, "a"), "QueueDoesNotExist"),
    ] {
        let input = json!({ "QueueUrl": url, "Entries": entries });
        let (status, header, answer) = call(&fake, "SendMessageBatch", &input).await.unwrap();
        assert_eq!(status, 400, "{name}");
        assert_eq!(answer["__type"], format!("com.amazonaws.sqs#{error}"), "{name}");
        assert!(header.starts_with("AWS.SimpleQueueService.") && header.ends_with(";Sender"), "{name}: {header}");
    }
    assert!(fake.messages(&url).is_empty());
    let input = json!({ "QueueUrl": url, "Entries": entries(2, &half) });
    assert_eq!(call(&fake, "SendMessageBatch", &input).await.unwrap().0, 200, "exactly the limit");
}

#[tokio::test]
async fn one_bad_entry_fails_alone() {
    let many: serde_json::Map<_, _> = (0..11).map(|number| (number.to_string(), text("a"))).collect();
    let attribute = |name: &str, value: Value| ("MessageAttributes", json!({ name: value }));
    let number = json!({ "DataType": "Number", "StringValue": "two" });
    let typed = |kind: &str| json!({ "DataType": kind, "StringValue": "a" });
    for (name, (field, value), error) in [
        ("an empty body", ("MessageBody", json!("")), "InvalidParameterValue"),
        ("a character that XML does not know", ("MessageBody", json!("\u{0}")), "InvalidMessageContents"),
        ("eleven attributes", ("MessageAttributes", Value::Object(many)), "InvalidParameterValue"),
        ("a name with a space", attribute("a b", text("c")), "InvalidParameterValue"),
        ("a name of AWS's", attribute("AWS.a", text("c")), "InvalidParameterValue"),
        ("a name that ends in a dot", attribute("a.", text("c")), "InvalidParameterValue"),
        ("an empty value", attribute("a", text("")), "InvalidParameterValue"),
        ("a number that is none", attribute("a", number), "InvalidParameterValue"),
        ("an unknown type", attribute("a", typed("Text")), "InvalidParameterValue"),
        ("a binary without a value", attribute("a", typed("Binary")), "InvalidParameterValue"),
        ("a delay over 15 minutes", ("DelaySeconds", json!(901)), "InvalidParameterValue"),
        ("an empty group", ("MessageGroupId", json!("")), "InvalidParameterValue"),
        ("deduplication in a standard queue", ("MessageDeduplicationId", json!("a")), "InvalidParameterValue"),
    ] {
        let fake = FakeSqs::start();
        let url = fake.queue("buffer");
        let mut batch = entries(2, "fine");
        batch[1][field] = value;
        let (status, _, answer) =
            call(&fake, "SendMessageBatch", &json!({ "QueueUrl": url, "Entries": batch })).await.unwrap();
        assert_eq!(status, 200, "{name}");
        assert_eq!((&answer["Failed"][0]["Id"], &answer["Failed"][0]["Code"]), (&json!("1"), &json!(error)), "{name}");
        assert_eq!(answer["Failed"][0]["SenderFault"], true, "{name}");
        assert_eq!(fake.messages(&url).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_single_message_follows_the_same_rules() {
    let fake = FakeSqs::start();
    let url = fake.queue("buffer");
    for (name, body, status) in [
        ("a message at the limit", "x".repeat(LIMIT), 200),
        ("a message over it", "x".repeat(LIMIT + 1), 400),
        ("an empty message", String::new(), 400),
    ] {
        let input = json!({ "QueueUrl": url, "MessageBody": body });
        assert_eq!(call(&fake, "SendMessage", &input).await.unwrap().0, status, "{name}");
    }
    assert_eq!(fake.messages(&url).len(), 1);
}

#[tokio::test]
async fn a_fifo_queue_wants_a_group_and_stores_once() {
    let fake = FakeSqs::start();
    let url = fake.queue("buffer.fifo");
    let send = |extra: Value| {
        let mut input = json!({ "QueueUrl": url, "MessageBody": "a" });
        input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        input
    };
    let both = json!({ "MessageGroupId": "u-1", "MessageDeduplicationId": "m-1" });
    for (name, extra, status, stored) in [
        ("no group", json!({ "MessageDeduplicationId": "m-1" }), 400, 0),
        ("no deduplication", json!({ "MessageGroupId": "u-1" }), 400, 0),
        ("both", both.clone(), 200, 1),
        ("the same again is accepted and not stored", both, 200, 1),
    ] {
        assert_eq!(call(&fake, "SendMessage", &send(extra)).await.unwrap().0, status, "{name}");
        assert_eq!(fake.messages(&url).len(), stored, "{name}");
    }
}

#[tokio::test]
async fn a_received_message_is_hidden_until_it_is_deleted_or_released() {
    let fake = FakeSqs::start();
    let url = fake.queue("buffer");
    call(&fake, "SendMessage", &json!({ "QueueUrl": url, "MessageBody": "a" })).await.unwrap();
    let receive = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
    let (_, _, answer) = call(&fake, "ReceiveMessage", &receive).await.unwrap();
    assert_eq!(answer["Messages"][0]["Body"], "a");
    assert_eq!(call(&fake, "ReceiveMessage", &receive).await.unwrap().2, json!({}));
    fake.release(&url);
    assert_eq!(call(&fake, "ReceiveMessage", &receive).await.unwrap().2["Messages"][0]["Body"], "a");
    let delete = json!({ "QueueUrl": url, "ReceiptHandle": answer["Messages"][0]["ReceiptHandle"] });
    assert_eq!(call(&fake, "DeleteMessage", &delete).await.unwrap().0, 200);
    assert!(fake.messages(&url).is_empty());
}

#[tokio::test]
async fn failures_can_be_scripted_for_entries_and_for_calls() {
    let fake = FakeSqs::start();
    let url = fake.queue("buffer");
    let input = json!({ "QueueUrl": url, "Entries": entries(3, "a") });
    let failure = PartialFailure { positions: vec![0, 2], code: "InternalError".to_owned(), sender_fault: false };
    fake.fail_entries(failure);
    let (_, _, answer) = call(&fake, "SendMessageBatch", &input).await.unwrap();
    assert_eq!((&answer["Successful"][0]["Id"], answer["Failed"].as_array().unwrap().len()), (&json!("1"), 2));

    fake.always(Some(AwsFault::error("RequestThrottled")));
    fake.next(AwsFault::HangUp);
    assert!(call(&fake, "SendMessageBatch", &input).await.is_none());
    assert_eq!(call(&fake, "SendMessageBatch", &input).await.unwrap().2["__type"], "RequestThrottled");
    fake.always(None);
    assert_eq!(call(&fake, "SendMessageBatch", &input).await.unwrap().0, 200);
    assert_eq!(fake.messages(&url).len(), 4);
}
