//! Which function takes which invocation: the table of `FUNCTION_ROLE`, driven by the fixtures.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tiktok_audiences::config::Role;

use crate::world::World;

const ROLES: [Role; 4] = [Role::Ingest, Role::Deliver, Role::Control, Role::All];

/// How an invocation ends that is for another function; nothing if it is for this one.
async fn refusal(world: &World, payload: &Value) -> Option<String> {
    let turned_away = ["NotThisFunction", "NoEvents", "NoOperations"];
    match world.invoke(payload).await.map_err(Diagnostic::from) {
        Ok(reply) => (reply["statusCode"] == 404).then(|| "404".to_owned()),
        Err(error) => turned_away.contains(&error.error_type.as_str()).then_some(error.error_type),
    }
}

/// Holds a fixture against what the ingest, deliver and control functions say to it; one for all takes everything.
async fn decided(fixture: &str, expected: [Option<&str>; 3]) {
    let payload: Value = serde_json::from_str(fixture).unwrap();
    let mut world = World::start();
    for (role, expected) in ROLES.into_iter().zip(expected.into_iter().chain([None])) {
        world.app.environment.role = role;
        assert_eq!(refusal(&world, &payload).await.as_deref(), expected, "{role:?}: {payload}");
    }
}

#[tokio::test]
async fn what_is_sent_is_for_ingest() {
    for fixture in [
        include_str!("../../events/direct_audience_entered.json"),
        include_str!("../../events/direct_array_one_bad_record.json"),
        include_str!("../../events/direct_events_report.json"),
        include_str!("../../events/eventbridge_segment_partner.json"),
        include_str!("../../events/sns_audience_entered.json"),
        include_str!("../../events/redrive_asynchronous_failure.json"),
    ] {
        decided(fixture, [None, Some("NotThisFunction"), Some("NoEvents")]).await;
    }
}

#[tokio::test]
async fn what_lambda_reads_is_for_deliver() {
    for fixture in [
        include_str!("../../events/sqs_array_body.json"),
        include_str!("../../events/sqs_fifo.json"),
        include_str!("../../events/kinesis_json.json"),
        include_str!("../../events/rows_of_a_list.json"),
    ] {
        decided(fixture, [Some("NotThisFunction"), None, Some("NoEvents")]).await;
    }
}

#[tokio::test]
async fn operations_are_for_control() {
    for fixture in [
        include_str!("../../events/control_check.json"),
        include_str!("../../events/control_list_audiences.json"),
        include_str!("../../events/schedule_ensure_audiences.json"),
        include_str!("../../events/schedule_scheduled_event.json"),
    ] {
        decided(fixture, [Some("NoOperations"), Some("NoOperations"), None]).await;
    }
}

#[tokio::test]
async fn each_route_is_for_one_function() {
    let (events, callback, health) = (
        include_str!("../../events/http_v2_iam.json"),
        include_str!("../../events/http_v2_oauth_forged_state.json"),
        include_str!("../../events/http_v2_health.json"),
    );
    decided(events, [None, Some("404"), Some("404")]).await;
    decided(callback, [Some("404"), Some("404"), None]).await;
    decided(health, [None, Some("404"), None]).await;
}

#[tokio::test]
async fn every_function_answers_whether_its_configuration_loads_and_asks_nobody() {
    let payload = json!({"operation": "check", "only": "configuration"});
    let mut world = World::start();
    world.secrets.remove(crate::world::SECRET_ID);
    for role in ROLES {
        world.app.environment.role = role;
        let reply = world.invoke(&payload).await.unwrap();
        assert_eq!((&reply["ok"], &reply["token_valid"]), (&json!(true), &Value::Null), "{role:?}: {reply}");
        let items: Vec<_> =
            reply["items"].as_array().unwrap().iter().map(|item| item["item"].as_str().unwrap()).collect();
        assert_eq!(items, ["mappings", "dead-letter queue", "buffer queue"], "{role:?}");
    }
    assert!(world.tiktok.calls().is_empty() && world.secrets.calls().is_empty());
}

#[tokio::test]
async fn a_check_of_something_else_is_refused() {
    let mut world = World::start();
    world.app.environment.role = Role::Control;
    for only in [json!("audiences"), json!(3)] {
        let error = Diagnostic::from(world.invoke(&json!({"operation": "check", "only": only})).await.unwrap_err());
        assert!(error.error_message.starts_with("INVALID_FIELD: only must be"), "{error:?}");
    }
}
