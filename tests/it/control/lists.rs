//! The first and the last step of a list, on objects in a bucket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};
use tiktok_audiences::net::https;
use tiktok_audiences::net::signed::{Endpoints, SignedClient};

use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::support::server::{Answer, Listen, Request, Server};
use crate::world::{Wired, World, fast};

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A bucket: objects by path, and nothing but getting and putting.
struct Bucket {
    objects: Objects,
    server: Server,
}

impl Bucket {
    fn start() -> Self {
        let objects = Objects::default();
        let shared = Arc::clone(&objects);
        let server = Server::start(Listen::default(), move |mut request: Request| {
            let objects = Arc::clone(&shared);
            async move {
                assert!(request.header("authorization").is_some_and(|value| value.contains("/s3/aws4_request")));
                let path = request.path.clone();
                let body = request.body().await.unwrap_or_default();
                let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
                if request.method == "PUT" {
                    objects.insert(path, body.to_vec());
                    return Some(Answer::new(200, "text/plain", ""));
                }
                Some(match objects.get(&path) {
                    Some(_) if path.contains("secret") => {
                        Answer::new(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>")
                    }
                    Some(object) => Answer::new(206, "text/plain", object.clone()),
                    None => Answer::new(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"),
                })
            }
        });
        Self { objects, server }
    }

    fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        // As the path says it.
        let path = format!("/lists/{}", key.replace('%', "%25").replace(' ', "%20"));
        self.objects.lock().unwrap().insert(path, content.as_ref().to_vec());
    }

    fn text(&self, key: &str) -> String {
        let objects = self.objects.lock().unwrap();
        String::from_utf8(objects.get(&format!("/lists/{key}")).unwrap().clone()).unwrap()
    }
}

fn world() -> (World, Bucket, String) {
    let (mut world, bucket) = (World::fast(Wired::Nothing), Bucket::start());
    let keys =
        AwsKeys { access_key_id: "test".to_owned(), secret_access_key: "test".to_owned().into(), session_token: None };
    let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
    let endpoints = Endpoints { s3: Some(bucket.server.origin().parse().unwrap()), ..Endpoints::default() };
    world.app.aws = SignedClient::new(&settings, endpoints, https::client(None).unwrap()).unwrap();
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "50% off/VIP"));
    (world, bucket, audience)
}

async fn prepare(world: &World, list: Value) -> Result<Value, String> {
    let payload = json!({"operation": "prepareList", "bucket": "lists", "list": list});
    world.invoke(&payload).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_key_says_what_becomes_of_its_file() {
    let (world, bucket, audience) = world();
    let key = format!("in/add/{ADVERTISER}/50%25 off%2FVIP/2026/people.csv");
    bucket.put(&key, "\u{feff}E-Mail,\"Plan, yearly\"\njane@example.com,gold\n");
    let prepared = prepare(&world, json!({"key": key, "from_key": true})).await.unwrap();
    let batch = json!({
        "action": "add", "audience_id": audience, "audience_name": null, "advertiser_id": ADVERTISER, "country": null,
        "columns": null, "hash": null,
    });
    let expected = json!({
        "bucket": "lists", "key": key, "prefix": "", "format": "CSV", "batch": batch, "max_unusable_percent": 20.0,
    });
    assert_eq!(prepared, expected);
    let delivered =
        world.invoke(&json!({"Items": [{"E-Mail": "jane@example.com"}], "BatchInput": batch})).await.unwrap();
    assert_eq!(delivered["delivered"], 1, "what is prepared is what a batch takes: {delivered}");
}

#[tokio::test]
async fn records_of_json_lines_may_each_have_other_members() {
    let (world, bucket, audience) = world();
    bucket.put("in/later.jsonl", "\n \n[1]\n{\"name\":\"x\"}\n{\"email\":\"jane@example.com\"}\n");
    bucket.put("in/never.jsonl", "{\"name\":\"x\"}\n{\"plan\":\"y\"}\n");
    bucket.put("in/blank.jsonl", "\n");
    bucket.put("in/latin.jsonl", b"\n{\"name\":\"\xdf\"}\n");
    for (key, expected) in [
        ("in/later.jsonl", ""),
        ("in/never.jsonl", "NO_KNOWN_COLUMN: none of the file's columns (2) is one of the list"),
        ("in/blank.jsonl", "INVALID_RECORD: no line at the file's beginning is a JSON object"),
        ("in/latin.jsonl", "NOT_UTF8: the file is not UTF-8 at byte 10"),
    ] {
        let list = json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "key": key});
        let refused = prepare(&world, list).await.err().unwrap_or_default();
        assert!(refused.starts_with(expected) && refused.is_empty() == expected.is_empty(), "{key}: {refused}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_right_is_refused_before_its_first_row() {
    let (world, bucket, audience) = world();
    bucket.put("in/a.csv", "Name,Plan\nJane,gold\n");
    bucket.put("in/secret.csv", "email\n");
    bucket.put("in/empty.csv", "");
    bucket.put("in/latin.csv", b"e-mail,stra\xdfe\n");
    bucket.put("in/quote.csv", "\"email,phone\n");
    bucket.put("in/line.csv", format!("email,{}", "x".repeat(20_000)));
    bucket.put("in/a.jsonl", "[1]\n");
    bucket.put("in/b.csv.gz", "email\n");
    let of = |key: &str| json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "key": key});
    for (list, expected) in [
        (json!({"key": "lists/a.csv", "from_key": true}), "KEY_LAYOUT: the key is not under in/"),
        (json!({"key": "in/a.csv"}), "INVALID_LIST: list.action is missing"),
        (json!({"key": "in/a.csv", "prefix": "in/"}), "INVALID_LIST: list has key and prefix"),
        (json!({"actoin": "add"}), "UNKNOWN_ARGUMENT: list takes action, "),
        (of("in/a.xlsx"), "UNKNOWN_FORMAT: "),
        (of("in/a.csv"), "NO_KNOWN_COLUMN: none of the file's columns (2) is one of the list"),
        (of("in/missing.csv"), "NO_SUCH_OBJECT: "),
        (of("in/secret.csv"), "ACCESS_DENIED: "),
        (of("in/empty.csv"), "EMPTY_FILE: "),
        (of("in/latin.csv"), "NOT_UTF8: the file is not UTF-8 at byte 11"),
        (of("in/quote.csv"), "UNCLOSED_QUOTE: "),
        (of("in/line.csv"), "HEADER_TOO_LONG: "),
        (of("in/a.jsonl"), "INVALID_RECORD: "),
        (of("in/b.csv.gz"), "NOT_GZIP: "),
        (
            json!({"action": "add", "audience_name": "other", "advertiser_id": ADVERTISER, "prefix": "in/x/", "format": "csv"}),
            "NO_SUCH_AUDIENCE: ",
        ),
        (
            json!({"action": "add", "audience_id": "99", "advertiser_id": ADVERTISER, "prefix": "in/x/", "format": "csv"}),
            "NO_SUCH_AUDIENCE: ",
        ),
    ] {
        let refused = prepare(&world, list.clone()).await.unwrap_err();
        assert!(refused.starts_with(expected), "{list}: {refused}");
    }
}

fn reply(rows: u64, unusable: u64) -> String {
    let rejected: Vec<_> = (1..=unusable).map(|row| json!({"row": row, "code": "NO_USABLE_IDENTIFIER"})).collect();
    json!({
        "rows": rows, "delivered": 0, "usable": rows - unusable, "duplicates": 1, "skipped": 0, "rejected": unusable,
        "reasons": {"NO_USABLE_IDENTIFIER": unusable}, "left_out": {}, "ignored_columns": 2, "rejected_rows": rejected,
        "truncated": false,
    })
    .to_string()
}

fn manifest(bucket: &Bucket, place: &str, succeeded: &[String], failed: &[Value]) -> String {
    bucket.put(&format!("{place}/SUCCEEDED_0.json"), succeeded.join("\n"));
    bucket.put(&format!("{place}/FAILED_0.json"), Value::from(failed.to_vec()).to_string());
    let file = |name: &str| json!([{"Key": format!("{place}/{name}_0.json"), "Size": 1}]);
    let files = json!({"FAILED": file("FAILED"), "PENDING": [], "SUCCEEDED": file("SUCCEEDED")});
    let key = format!("{place}/manifest.json");
    bucket.put(&key, json!({"DestinationBucket": "lists", "MapRunArn": "arn", "ResultFiles": files}).to_string());
    key
}

#[tokio::test]
async fn the_preflight_goes_on_up_to_its_limit_and_its_summary_is_kept() {
    let (world, bucket, _audience) = world();
    let key = manifest(&bucket, "runs/r1/preflight/id", &[reply(500, 0), reply(100, 30)], &[]);
    let summarize = |limit: f64| {
        json!({"operation": "summarizeList", "phase": "preflight", "run": "r1", "bucket": "lists", "manifest": key,
               "started": "2026-11-25T19:00:00Z", "max_unusable_percent": limit})
    };
    let summary = world.invoke(&summarize(5.0)).await.unwrap();
    let counts =
        ["batches", "rows", "usable", "rejected", "ignored_columns"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!((summary["proceed"].as_bool(), counts), (Some(true), [2, 600, 570, 30, 2]), "{summary}");
    let stopped = world.invoke(&summarize(4.9)).await.unwrap();
    assert_eq!(stopped["proceed"], false);
    assert_eq!(
        stopped["sentence"],
        "30 of 600 rows can't be sent (5.0 percent, at most 4.9 may): nothing was delivered"
    );
    let kept: Value = serde_json::from_str(&bucket.text("results/r1/summary.json")).unwrap();
    assert_eq!(kept["sentence"], stopped["sentence"]);
    assert_eq!(bucket.text("results/r1/rejected.csv").lines().count(), 31);
}

/// The reply to a batch that was sent: so many delivered, and the rest rejected or skipped by reason.
fn sent(delivered: u64, rejected: &[(&str, u64)], skipped: &[(&str, u64)]) -> String {
    let sum = |reasons: &[(&str, u64)]| reasons.iter().map(|(_, count)| count).sum::<u64>();
    let reasons: BTreeMap<_, _> = rejected.iter().chain(skipped).copied().collect();
    json!({
        "rows": delivered + sum(rejected) + sum(skipped), "delivered": delivered, "duplicates": 0,
        "skipped": sum(skipped), "rejected": sum(rejected), "reasons": reasons, "left_out": {}, "ignored_columns": 0,
        "rejected_rows": [], "truncated": false,
    })
    .to_string()
}

#[tokio::test]
async fn a_delivery_that_is_refused_has_not_ended_well() {
    let (world, bucket, _audience) = world();
    for (reply, limit, refused) in [
        (sent(0, &[("TIKTOK_REFUSED", 500)], &[]), 20.0, true),
        (sent(0, &[("TIKTOK_REFUSED", 500)], &[]), 100.0, true),
        (sent(390, &[("TIKTOK_REFUSED", 110)], &[]), 20.0, true),
        (sent(400, &[("TIKTOK_REFUSED", 90), ("NO_USABLE_IDENTIFIER", 10)], &[]), 20.0, false),
        (sent(350, &[("NO_USABLE_IDENTIFIER", 100)], &[("NO_IDENTIFIER", 50)]), 20.0, false),
        (sent(0, &[("INVALID_RECORD", 1)], &[("SHADOW", 499)]), 20.0, false),
    ] {
        let key = manifest(&bucket, "runs/r4/deliver/id", std::slice::from_ref(&reply), &[]);
        let payload = json!({"operation": "summarizeList", "phase": "deliver", "run": "r4", "bucket": "lists",
            "manifest": key, "max_unusable_percent": limit});
        let summary = world.invoke(&payload).await.unwrap();
        assert_eq!(summary["proceed"], !refused, "{summary}");
        let sentence = summary["sentence"].as_str().unwrap();
        assert_eq!(sentence.contains(" refused ("), refused, "{sentence}");
        assert!(!refused || sentence.contains("at most") && sentence.contains(": TIKTOK_REFUSED "), "{sentence}");
    }
}

#[tokio::test]
async fn a_failure_says_no_more_than_is_known_and_may_be_shown() {
    let (world, _bucket, _audience) = world();
    let row = "the value {\"email\":\"jane@example.com\"} is no object";
    let own =
        json!({"errorType": "OperationFailed", "errorMessage": "KEY_LAYOUT: the key is not under in/"}).to_string();
    let (first, second) =
        ("arn:aws:states:us-east-1:1:mapRun:m/Csv:first", "arn:aws:states:us-east-1:1:mapRun:m/Csv:second");
    for (map_runs, error, cause, expected) in [
        (
            json!([first, second]),
            "States.QueryEvaluationError",
            row,
            "the list failed in its deliver phase; it is not known how many rows were delivered: \
             States.QueryEvaluationError",
        ),
        (
            json!([first]),
            "States.ItemReaderFailed",
            row,
            "the list failed in its preflight phase after 0 rows were delivered: States.ItemReaderFailed",
        ),
        (
            json!([]),
            "OperationFailed",
            own.as_str(),
            "the list failed in its preflight phase after 0 rows were delivered: OperationFailed: KEY_LAYOUT: the key is \
             not under in/",
        ),
    ] {
        let payload = json!({"operation": "summarizeList", "phase": "failed", "run": "r5", "bucket": "lists",
            "status": "FAILED", "error": error, "cause": cause, "map_runs": map_runs});
        assert_eq!(world.invoke(&payload).await.unwrap()["sentence"], expected);
    }
}

#[tokio::test]
async fn a_failure_may_pass_if_each_of_its_batches_may() {
    let (world, bucket, _audience) = world();
    let failed = |error: &str| json!({"Error": error, "Input": "{\"Items\":[{\"email\":\"jane@example.com\"}]}"});
    for (errors, status, expected) in [
        (vec!["Retryable", "Lambda.TooManyRequestsException"], "FAILED", true),
        (vec!["Retryable", "InvalidPayload"], "FAILED", false),
        (vec!["Retryable"], "ABORTED", false),
    ] {
        let errors: Vec<_> = errors.into_iter().map(failed).collect();
        manifest(&bucket, "runs/r2/deliver/second", &[reply(500, 0)], &errors);
        let payload = json!({
            "operation": "summarizeList", "phase": "failed", "run": "r2", "bucket": "lists", "status": status,
            "error": "States.ExceedToleratedFailureThreshold", "cause": "too many",
            "map_runs": ["arn:aws:states:us-east-1:1:mapRun:m/Csv:first", "arn:aws:states:us-east-1:1:mapRun:m/Csv:second"],
        });
        let summary = world.invoke(&payload).await.unwrap();
        assert_eq!(summary["may_pass"], expected, "{errors:?} {status}: {summary}");
        assert!(!summary.to_string().contains("jane"), "{summary}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_will_not_be_readable_later() {
    let (world, _bucket, _audience) = world();
    for (error, expected) in [
        ("States.ItemReaderFailed", false),
        ("States.DataLimitExceeded", false),
        ("Runtime.ExitError", true),
        ("States.ExceedToleratedFailureThreshold", true),
    ] {
        let payload = json!({
            "operation": "summarizeList", "phase": "failed", "run": "r3", "bucket": "lists", "status": "FAILED",
            "error": error, "cause": "", "map_runs": ["arn:aws:states:us-east-1:1:mapRun:m/Csv:first"],
        });
        let summary = world.invoke(&payload).await.unwrap();
        assert_eq!(summary["may_pass"], expected, "{error}: {summary}");
    }
}

#[tokio::test]
async fn in_shadow_no_audience_is_made() {
    let (world, _bucket, _audience) = world();
    let world = World::reconfigured(world, &fast(&json!({"shadow": true, "auto_create_audiences": true})));
    let list = json!({
        "action": "add", "audience_name": "new", "advertiser_id": ADVERTISER, "prefix": "in/x/", "format": "csv",
    });
    let batch = prepare(&world, list).await.unwrap()["batch"].clone();
    assert_eq!((&batch["audience_name"], &batch["audience_id"]), (&json!("new"), &Value::Null));
    let reply = world.invoke(&json!({"Items": [{"email": "jane@example.com"}], "BatchInput": batch})).await.unwrap();
    assert_eq!(reply["reasons"], json!({"SHADOW": 1}), "{reply}");
    assert!(world.tiktok.audiences_named("new").is_empty());
}
