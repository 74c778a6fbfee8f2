//! The fake Runtime API's own tests.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use crate::raw::http_client;
use crate::support::fake_runtime::{FakeRuntime, Outcome, Start};

const LONG: Duration = Duration::from_mins(1);

/// A runtime that asks for one invocation and does one thing with it.
struct Function {
    http: Client,
    base: String,
}

impl Function {
    fn of(fake: &FakeRuntime) -> Self {
        let environment = fake.environment();
        let (_, api) = environment.iter().find(|(name, _)| *name == "AWS_LAMBDA_RUNTIME_API").unwrap();
        Self { http: http_client(None), base: format!("http://{api}/2018-06-01/runtime") }
    }

    async fn next(&self) -> (String, i64, String) {
        let response = self.http.get(format!("{}/invocation/next", self.base)).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (id, deadline) = (header("lambda-runtime-aws-request-id"), header("lambda-runtime-deadline-ms"));
        assert!(header("lambda-runtime-invoked-function-arn").starts_with("arn:aws:lambda:"));
        (id, deadline.parse().unwrap(), response.text().await.unwrap())
    }

    async fn post(&self, path: &str, body: String) -> u16 {
        self.http.post(format!("{}{path}", self.base)).body(body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn an_invocation_comes_out_as_it_went_in() {
    let fake = FakeRuntime::start();
    let function = Function::of(&fake);
    let work = async {
        let (id, deadline, payload) = function.next().await;
        let left = deadline - jiff::Timestamp::now().as_millisecond();
        assert!((50_000..=60_000).contains(&left), "{left}");
        assert_eq!(function.post(&format!("/invocation/{id}/response"), payload).await, 202);
    };
    let (outcome, ()) = tokio::join!(fake.invoke(r#"{"a":1}"#, LONG), work);
    assert_eq!(outcome.json(), json!({ "a": 1 }));
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn errors_and_oversize_responses_are_reported_as_lambda_does() {
    let error = json!({ "errorType": "Retryable", "errorMessage": "2 of 3" }).to_string();
    let retryable = Outcome::Error { kind: "Retryable".to_owned(), message: "2 of 3".to_owned() };
    let message = "the response is over 6 MB".to_owned();
    let too_large = Outcome::Error { kind: "Function.ResponseSizeTooLarge".to_owned(), message };
    for (name, end, body, status, expected) in [
        ("a reported error", "error", error, 202, retryable),
        ("a response over the limit", "response", "x".repeat(6_291_557), 413, too_large),
        (
            "a response at the limit",
            "response",
            "x".repeat(6_291_556),
            202,
            Outcome::Response("x".repeat(6_291_556).into()),
        ),
    ] {
        let fake = FakeRuntime::start();
        let function = Function::of(&fake);
        let pending = fake.enqueue("{}", LONG);
        let (id, ..) = function.next().await;
        assert_eq!(function.post(&format!("/invocation/{id}/{end}"), body).await, status, "{name}");
        assert!(pending.outcome().await == expected, "{name}");
    }
}

#[tokio::test]
async fn invocations_wait_their_turn() {
    let fake = FakeRuntime::start();
    let function = Function::of(&fake);
    let pending = [fake.enqueue("1", LONG), fake.enqueue("2", LONG)];
    for _ in 0..2 {
        let (id, _, payload) = function.next().await;
        function.post(&format!("/invocation/{id}/response"), payload).await;
    }
    let [first, second] = pending;
    assert_eq!((first.outcome().await.json(), second.outcome().await.json()), (json!(1), json!(2)));
}

#[tokio::test]
async fn a_function_that_never_answers_times_out() {
    let fake = FakeRuntime::start();
    assert_eq!(fake.invoke("{}", Duration::from_millis(10)).await, Outcome::TimedOut);
}

#[tokio::test]
async fn the_first_sign_of_life_is_kept() {
    let fake = FakeRuntime::start();
    let function = Function::of(&fake);
    let reason = json!({ "errorType": "ConfigError", "errorMessage": "TIKTOK_SECRET_ID" });
    assert_eq!(function.post("/init/error", reason.to_string()).await, 202);
    assert_eq!(fake.started().await, Start::Failed(reason));

    let fake = FakeRuntime::start();
    let function = Function::of(&fake);
    let pending = fake.enqueue("{}", LONG);
    function.next().await;
    assert!(matches!(fake.started().await, Start::Ready(_)));
    drop(pending);
}

#[tokio::test]
async fn what_no_runtime_does_is_noted() {
    let fake = FakeRuntime::start();
    let function = Function::of(&fake);
    assert_eq!(function.post("/invocation/nobody/response", "{}".to_owned()).await, 400);
    assert_eq!(function.post("/exit", Value::Null.to_string()).await, 404);
    assert_eq!(fake.violations().len(), 2);
}
