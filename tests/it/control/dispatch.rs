//! Which invocations are operations, and what they say when they are none.

use serde_json::json;
use tiktok_audiences::config::Role;

use super::{control, failure};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{Endpoint, FakeTiktok, Fault, Rule};
use crate::world::World;

#[tokio::test]
async fn the_ingest_function_takes_no_operations() {
    let mut world = World::start();
    world.app.environment.role = Role::Ingest;
    for payload in [
        json!({"operation": "listAudiences"}),
        json!({"operation": "nonsense"}),
        json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
    ] {
        let (kind, message) = failure(&world, &payload).await;
        assert_eq!(kind, "NoOperations", "{message}");
    }
    assert!(world.tiktok.calls().is_empty());
}

#[tokio::test]
async fn the_control_function_takes_no_events() {
    let world = control(FakeTiktok::start(), &json!({}));
    let (kind, _) = failure(&world, &json!({"type": "track", "event": "Audience Entered"})).await;
    assert_eq!(kind, "NoEvents");
}

#[tokio::test]
async fn an_unknown_operation_names_the_nearest_one() {
    let world = control(FakeTiktok::start(), &json!({}));
    let (kind, message) = failure(&world, &json!({"operation": "list_audiences"})).await;
    assert_eq!(kind, "OperationFailed");
    assert!(message.starts_with("UNKNOWN_OPERATION: did you mean listAudiences?"), "{message}");
    assert!(message.contains("ensureAudiences"), "{message}");
}

#[tokio::test]
async fn what_may_pass_is_an_error_that_lambda_retries() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": "7318294418293948001"}}));
    let list = json!({"operation": "listAudiences"});
    for (fault, kind, code) in [
        (Fault::Status(503), "Retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::Code(50_000), "Retryable", "TIKTOK_UNAVAILABLE"),
        (Fault::Code(40_105), "OperationFailed", "TIKTOK_UNAUTHORIZED"),
        (Fault::Code(40_118), "OperationFailed", "TIKTOK_BLOCKED"),
        (Fault::Code(40_002), "OperationFailed", "TIKTOK_REFUSED"),
    ] {
        world.tiktok.rule(Rule::on(Endpoint::AudienceList), fault);
        let (found, message) = failure(&world, &list).await;
        assert_eq!((found.as_str(), message.starts_with(&format!("{code}: "))), (kind, true), "{message}");
        assert!(!message.contains("fake-access-token"), "{message}");
        world.tiktok.clear_faults();
    }
}

#[tokio::test]
async fn what_was_put_into_the_secret_a_moment_ago_counts() {
    let destination = json!({"settings": {"advertiser_id": "7318294418293948001"}});
    for payload in [
        json!({"operation": "authorizeUrl", "redirect_uri": "https://example.com/oauth/callback"}),
        json!({"operation": "listAdvertisers"}),
        json!({"operation": "listAudiences"}),
        json!({"operation": "check"}),
    ] {
        let world = World::with(FakeTiktok::start(), &destination, &json!({}));
        assert_eq!(world.invoke(&json!({"operation": "check"})).await.unwrap()["token_valid"], false);
        world.secrets.set(crate::world::SECRET_ID, &super::secret().to_string());
        let reply = world.invoke(&payload).await.unwrap();
        assert!(reply.get("token_valid").is_none_or(|valid| *valid == true), "{reply}");
    }
}

#[tokio::test]
async fn a_secret_that_is_out_of_reach_is_retried_and_one_that_is_missing_is_not() {
    let list = json!({"operation": "listAudiences", "advertiser_id": "7318294418293948001"});
    let world = control(FakeTiktok::start(), &json!({}));
    world.secrets.always(Some(AwsFault::Status(500)));
    assert_eq!(failure(&world, &list).await.0, "Retryable");
    world.secrets.always(None);
    world.secrets.remove(crate::world::SECRET_ID);
    let (kind, message) = failure(&world, &list).await;
    assert_eq!((kind.as_str(), message.as_str()), ("OperationFailed", "SECRET_UNAVAILABLE: the secret does not exist"));
}
