//! What Lambda's Runtime API hands to the binary besides the payload.

use serde_json::json;

use crate::bootstrap::{Bootstrap, DEADLINE};
use crate::world::native;

/// Both are the caller's, and say nothing to this function.
const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";
const IDENTITY: &str = "lambda-runtime-cognito-identity";

#[tokio::test]
async fn no_header_of_the_caller_ends_the_process() {
    let mut function = Bootstrap::start(&json!({}), &[]);
    for (name, value) in [
        (CLIENT_CONTEXT, "not JSON"),
        (CLIENT_CONTEXT, "[]"),
        (CLIENT_CONTEXT, r#"{"custom":{"a":1}}"#),
        (CLIENT_CONTEXT, "\u{e9}"),
        (IDENTITY, "{}"),
        (IDENTITY, "not JSON"),
        ("lambda-runtime-aws-tenant-id", "\u{e9}"),
    ] {
        let event = native("Audience Entered", "1", "not an address").to_string();
        let outcome = function.runtime.enqueue_with(event, DEADLINE, vec![(name, value.to_owned())]).outcome().await;
        assert_eq!(outcome.json()["summary"]["received"], 1, "{name}: {value}");
        assert!(function.is_alive(), "{name}: {value}");
    }
    assert!(function.runtime.violations().is_empty());
}

#[tokio::test]
async fn an_invocations_ids_stand_in_each_of_its_lines() {
    let function = Bootstrap::start(&json!({}), &[("AWS_LAMBDA_LOG_LEVEL", "WARN")]);
    for _ in 0..2 {
        function.invoke(r#"{"operation":"no such operation"}"#).await;
    }
    let lines = function.stop().log();
    let ids: Vec<_> = lines.iter().map(|line| line["requestId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]);
    assert!(lines.iter().all(|line| line["xrayTraceId"].as_str().unwrap().starts_with("Root=1-")), "{lines:?}");
}

#[tokio::test]
async fn a_process_whose_runtime_api_is_gone_says_so_and_not_that_it_cannot_start() {
    let mut function = Bootstrap::start(&json!({}), &[]);
    function.invoke(r#"{"operation":"no such operation"}"#).await;
    function.lose_runtime();
    let (status, printed) = function.wait();
    assert_eq!(status.code(), Some(1));
    let last = printed.log().pop().unwrap();
    assert_eq!(last["message"], "the function ends; Lambda starts it again");
    assert!(last["error"].as_str().unwrap().starts_with("Lambda's Runtime API cannot be reached"), "{last}");
}
