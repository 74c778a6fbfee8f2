//! What a function has done before its first invocation arrives.

use serde_json::json;
use tokio::time::timeout;

use crate::bootstrap::{Bootstrap, DEADLINE, secrets};
use crate::support::aws_json::AwsFault;
use crate::support::fake_runtime::Start;
use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::upstream::{Turn, Upstream, until};
use crate::world::native;

/// Waits until the function has asked for its first invocation.
async fn started(function: &Bootstrap) {
    let start = timeout(DEADLINE, function.runtime.started()).await.unwrap();
    assert!(matches!(start, Start::Ready(_)), "{start:?}");
}

/// An answer of TikTok's to a call that it takes.
fn taken() -> Turn {
    Turn::json(json!({"code": 0, "message": "OK", "request_id": "r-1", "data": {}}).to_string())
}

#[tokio::test]
async fn the_first_invocation_finds_the_secret_and_a_connection() {
    let tiktok = Upstream::start([taken()]).await;
    let function = Bootstrap::start(&json!({}), &[("TIKTOK_API_BASE_URL", &tiktok.url)]);
    started(&function).await;
    until("TikTok is connected", || tiktok.connections() == 1).await;
    assert_eq!(function.secrets.call_count("GetSecretValue"), 1);
    assert!(tiktok.seen().is_empty(), "nothing is asked of TikTok ahead");

    let event = native("Audience Entered", "1700000000000000001", "ann@example.com");
    let report = function.invoke(json!({"events": [event]})).await.json();
    assert_eq!(report["summary"]["delivered"], 1, "{report}");
    assert_eq!((tiktok.connections(), tiktok.seen().len()), (1, 1));
    assert_eq!(function.secrets.call_count("GetSecretValue"), 1);
}

#[tokio::test]
async fn nothing_is_fetched_that_the_function_will_not_use() {
    let buffer = [("BUFFER_QUEUE_URL", "http://127.0.0.1:9/buffer")];
    let uncached = [("TIKTOK_SECRET_TTL_SECONDS", "0")];
    for (role, variables, secrets, connections) in [
        ("all", [].as_slice(), 1, 1),
        ("deliver", &[], 1, 1),
        ("ingest", &[], 1, 1),
        ("ingest", &buffer, 1, 0),
        ("control", &[], 0, 0),
        ("all", &uncached, 0, 0),
    ] {
        let tiktok = Upstream::start([]).await;
        let own = [("TIKTOK_API_BASE_URL", tiktok.url.as_str()), ("FUNCTION_ROLE", role)];
        let function = Bootstrap::start(&json!({}), &[own.as_slice(), variables].concat());
        started(&function).await;
        // A connection is there when the function has made it, and counted a little later.
        until("TikTok is connected", || tiktok.connections() >= connections).await;
        let made = (function.secrets.call_count("GetSecretValue"), tiktok.connections());
        assert_eq!(made, (secrets, connections), "{role} {variables:?}");
    }
}

#[tokio::test]
async fn a_failure_is_nobodys() {
    let secrets = secrets();
    secrets.next(AwsFault::error("AccessDeniedException"));
    let function = Bootstrap::start_with(secrets, &json!({}), &[]);
    let audience = function.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    started(&function).await;
    assert_eq!(function.secrets.call_count("GetSecretValue"), 1);
    let report = function.invoke(json!({"events": [native("Audience Entered", &audience, "ann@example.com")]})).await;
    assert_eq!(report.json()["summary"]["delivered"], 1);
    assert_eq!(function.secrets.call_count("GetSecretValue"), 2);
    let log = function.stop().log();
    assert!(log.iter().all(|line| line["level"] == "INFO"), "{log:?}");
}

#[tokio::test]
async fn a_secret_that_does_not_come_keeps_neither_the_connection_nor_the_invocation_waiting() {
    let (secrets, tiktok) = (secrets(), Upstream::start([taken()]).await);
    secrets.always(Some(AwsFault::Hang));
    let function = Bootstrap::start_with(secrets, &json!({}), &[("TIKTOK_API_BASE_URL", &tiktok.url)]);
    until("TikTok is connected", || tiktok.connections() == 1).await;
    started(&function).await;
    function.secrets.always(None);
    let event = native("Audience Entered", "1700000000000000001", "ann@example.com");
    let report = function.invoke(json!({"events": [event]})).await.json();
    assert_eq!(report["summary"]["delivered"], 1, "{report}");
}
