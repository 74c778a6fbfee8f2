//! The fake Secrets Manager's own tests.

use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::http_client;
use crate::support::aws_json::AwsFault;
use crate::support::fake_secrets::FakeSecrets;

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=AKIAFAKE/20261122/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0";
const TOKEN: &str = "00000000-0000-4000-8000-00000000000a";

async fn call(fake: &FakeSecrets, operation: &str, input: &Value) -> Option<(u16, Value)> {
    let request = http_client(None)
        .post(fake.endpoint_url())
        .header("authorization", SIGNATURE)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("secretsmanager.{operation}"))
        .timeout(Duration::from_millis(200));
    let response = request.body(input.to_string()).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, serde_json::from_slice(&response.bytes().await.ok()?).unwrap_or_default()))
}

fn fake() -> FakeSecrets {
    let fake = FakeSecrets::start();
    fake.set("tiktok", "one");
    fake
}

#[tokio::test]
async fn a_secret_is_read_by_name_and_arn_and_stage() {
    let fake = fake();
    fake.set("tiktok", "two");
    let arn = FakeSecrets::arn("tiktok");
    for (name, input, expected) in [
        ("by name", json!({ "SecretId": "tiktok" }), "two"),
        ("by ARN", json!({ "SecretId": arn }), "two"),
        ("by ARN without its suffix", json!({ "SecretId": arn.trim_end_matches("-AbCdEf") }), "two"),
        ("the previous one", json!({ "SecretId": "tiktok", "VersionStage": "AWSPREVIOUS" }), "one"),
    ] {
        let (status, answer) = call(&fake, "GetSecretValue", &input).await.unwrap();
        assert_eq!((status, &answer["SecretString"]), (200, &json!(expected)), "{name}");
    }
    assert_eq!(fake.call_count("GetSecretValue"), 4);
}

#[tokio::test]
async fn refusals_have_their_names() {
    let fake = fake();
    let put =
        |token: &str, value: &str| json!({ "SecretId": "tiktok", "ClientRequestToken": token, "SecretString": value });
    assert_eq!(call(&fake, "PutSecretValue", &put(TOKEN, "two")).await.unwrap().0, 200);
    for (name, operation, input, error) in [
        ("an unknown secret", "GetSecretValue", json!({ "SecretId": "else" }), "ResourceNotFoundException"),
        (
            "a stage too far back",
            "GetSecretValue",
            json!({ "SecretId": "tiktok", "VersionStage": "PENDING" }),
            "ResourceNotFoundException",
        ),
        ("no secret", "GetSecretValue", json!({}), "SerializationException"),
        ("a short token", "PutSecretValue", put("short", "two"), "InvalidParameterException"),
        ("a token with another value", "PutSecretValue", put(TOKEN, "three"), "ResourceExistsException"),
        ("an unknown operation", "DeleteSecret", json!({ "SecretId": "tiktok" }), "UnknownOperationException"),
    ] {
        let (status, answer) = call(&fake, operation, &input).await.unwrap();
        assert_eq!((status, &answer["__type"]), (400, &json!(error)), "{name}");
        assert_eq!(fake.calls().last().unwrap().error.as_deref(), Some(error), "{name}");
    }
    assert_eq!(fake.value("tiktok").as_deref(), Some("two"));
}

#[tokio::test]
async fn an_unsigned_call_is_refused() {
    let fake = fake();
    let request = http_client(None).post(fake.endpoint_url()).body("{}");
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn a_put_makes_a_version_once() {
    let fake = fake();
    let input = json!({ "SecretId": "tiktok", "ClientRequestToken": TOKEN, "SecretString": "two" });
    for _ in 0..2 {
        let (_, answer) = call(&fake, "PutSecretValue", &input).await.unwrap();
        assert_eq!(answer["VersionId"], TOKEN);
    }
    let previous = json!({ "SecretId": "tiktok", "VersionStage": "AWSPREVIOUS" });
    assert_eq!(call(&fake, "GetSecretValue", &previous).await.unwrap().1["SecretString"], "one");
}

#[tokio::test]
async fn faults_replace_or_lose_the_answer() {
    let put = json!({ "SecretId": "tiktok", "ClientRequestToken": TOKEN, "SecretString": "two" });
    let internal = AwsFault::Error { status: 500, name: "InternalServiceError".to_owned() };
    for (fault, status, value) in [
        (AwsFault::error("AccessDeniedException"), Some(400), "one"),
        (internal, Some(500), "one"),
        (AwsFault::Status(503), Some(503), "one"),
        (AwsFault::Garbage, Some(200), "one"),
        (AwsFault::HangUp, None, "one"),
        (AwsFault::HangUpAfter, None, "two"),
        (AwsFault::Hang, None, "two"),
        (AwsFault::Delay(Duration::from_micros(1)), Some(200), "two"),
    ] {
        let fake = fake();
        fake.next(fault.clone());
        let answer = call(&fake, "PutSecretValue", &put).await;
        assert_eq!(answer.map(|(status, _)| status), status, "{fault:?}");
        assert_eq!(fake.value("tiktok").as_deref(), Some(value), "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_stays_until_it_is_taken_away() {
    let fake = fake();
    let get = json!({ "SecretId": "tiktok" });
    fake.always(Some(AwsFault::Status(500)));
    assert_eq!(call(&fake, "GetSecretValue", &get).await.unwrap().0, 500);
    assert_eq!(call(&fake, "GetSecretValue", &get).await.unwrap().0, 500);
    fake.always(None);
    assert_eq!(call(&fake, "GetSecretValue", &get).await.unwrap().0, 200);
    fake.remove("tiktok");
    assert_eq!(call(&fake, "GetSecretValue", &get).await.unwrap().0, 400);
}
