//! `ensureAudiences`: found, created, converging.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tiktok_audiences::{clock, handler};

use super::{another, control, failure, secret};
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault, Life, OTHER_ADVERTISER, Rule, TOKEN,
};
use crate::world::{SECRET_ID, World};

const ENSURE: &str = "ensureAudiences";

fn two() -> Value {
    json!({"settings": {"advertiser_id": ADVERTISER, "calls_per_second": 1000},
           "audiences": [{"name": "vip"}, {"name": "lapsed", "advertiser_id": OTHER_ADVERTISER}]})
}

fn results(reply: &Value) -> Vec<(&str, &str)> {
    let lines = reply["audiences"].as_array().unwrap().iter();
    lines.map(|line| (line["name"].as_str().unwrap(), line["result"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn configured_audiences_are_created_once_and_found_afterwards() {
    let world = control(FakeTiktok::start(), &two());
    let first = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    assert_eq!((&first["ok"], results(&first)), (&json!(true), vec![("vip", "created"), ("lapsed", "created")]));
    let bare = json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    let second = world.invoke(&bare).await.unwrap();
    assert_eq!(results(&second), [("vip", "found"), ("lapsed", "found")]);
    assert_eq!(first["audiences"][1]["audience_id"], second["audiences"][1]["audience_id"]);
    assert_eq!(second["audiences"][1]["advertiser_id"], OTHER_ADVERTISER);
    assert_eq!(world.tiktok.audiences().len(), 2);
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_call_may_bring_its_own_list() {
    let world = control(FakeTiktok::start(), &two());
    let own = json!({"operation": ENSURE, "audiences": [{"name": "own"}]});
    assert_eq!(results(&world.invoke(&own).await.unwrap()), [("own", "created")]);
    let none = json!({"operation": ENSURE, "audiences": []});
    assert_eq!(world.invoke(&none).await.unwrap(), json!({"ok": true, "audiences": []}));
    for (audiences, expected) in [
        (json!({"name": "x"}), "INVALID_FIELD: audiences must be an array, not an object"),
        (json!(["x"]), "INVALID_FIELD: audiences must be an array of {name, advertiser_id}, not a string"),
        (json!([{"name": " "}]), "MISSING_REQUIRED_FIELD: the name of an item of audiences is missing"),
        (json!([{"name": "x".repeat(71)}]), "NAME_TOO_LONG: a name in audiences has more than 70 characters"),
        (
            json!([{"name": "x", "id": 1}]),
            "UNKNOWN_ARGUMENT: an item of audiences takes name, advertiser_id and share_with only",
        ),
        (json!([{"name": "x", "advertiser_id": "a"}]), "BAD_ADVERTISER_ID: advertiser_id must be 1 to 30 digits"),
    ] {
        assert_eq!(failure(&world, &json!({"operation": ENSURE, "audiences": audiences})).await.1, expected);
    }
    assert_eq!(world.tiktok.audiences().len(), 1);
}

#[tokio::test]
async fn an_audience_that_was_deleted_since_is_made_again() {
    let world = control(FakeTiktok::start(), &two());
    let first = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    let id = first["audiences"][0]["audience_id"].as_str().unwrap();
    let dead = |audience: &mut Audience| audience.condition = Condition::Dead;
    world.tiktok.change_audience(id, dead);
    let second = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    assert_eq!(results(&second), [("vip", "created"), ("lapsed", "found")]);
}

#[tokio::test]
async fn one_failing_entry_does_not_stop_the_others() {
    let world = control(
        FakeTiktok::start(),
        &json!({"settings": {"advertiser_id": ADVERTISER},
        "audiences": [{"name": "foreign", "advertiser_id": "1"}, {"name": "vip"}]}),
    );
    let reply = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    assert_eq!((&reply["ok"], results(&reply)), (&json!(false), vec![("foreign", "failed"), ("vip", "created")]));
    assert_eq!(reply["audiences"][0]["error"]["code"], "TIKTOK_BLOCKED");
}

#[tokio::test]
async fn what_may_pass_fails_the_run_after_the_others_were_made() {
    let world = control(FakeTiktok::start(), &two());
    world.tiktok.rule(Rule::any().mentioning("vip"), Fault::Status(503));
    let (kind, message) = failure(&world, &json!({"operation": ENSURE})).await;
    assert_eq!(kind, "Retryable");
    assert!(
        message.starts_with("NOT_ENSURED: 1 of 2 audiences could not be ensured: `vip`: TIKTOK_UNAVAILABLE"),
        "{message}"
    );
    assert_eq!(world.tiktok.audiences_named("lapsed").len(), 1);
}

#[tokio::test]
async fn a_dead_token_fails_the_run_for_good() {
    let world = control(FakeTiktok::start(), &two());
    world.tiktok.end_token(TOKEN, Life::Revoked);
    let (kind, message) = failure(&world, &json!({"operation": ENSURE})).await;
    assert!(kind == "OperationFailed" && message.contains("2 of 2 audiences"), "{message}");
    assert!(message.contains("TIKTOK_UNAUTHORIZED"), "{message}");
}

#[tokio::test]
async fn a_lost_answer_to_a_create_leaves_one_audience() {
    for fault in [Fault::HangUpAfterBody, Fault::Status(504), Fault::Garbage] {
        let world = control(FakeTiktok::start(), &two());
        world.tiktok.next_on(Endpoint::SegmentAudience, fault.applied());
        let reply = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
        assert_eq!(results(&reply), [("vip", "created"), ("lapsed", "created")]);
        assert_eq!(world.tiktok.audiences_named("vip").len(), 1);
    }
}

/// While an audience is created another one is there that is older.
async fn check_twin(world: &World) {
    world.tiktok.next_on(Endpoint::SegmentAudience, Fault::Delay(Duration::from_millis(200)));
    let payload = json!({"operation": ENSURE, "audiences": [{"name": "vip"}]});
    let elsewhere = async {
        while world.tiktok.call_count(Endpoint::SegmentAudience) == 0 {
            tokio::task::yield_now().await;
        }
        let mut older = Audience::new(ADVERTISER, "vip").with_id("17");
        older.created = Some("2026-01-01T00:00:00Z".parse().unwrap());
        world.tiktok.add_audience(older)
    };
    let (reply, older) = tokio::join!(world.invoke(&payload), elsewhere);
    let line = &reply.unwrap()["audiences"][0];
    assert_eq!((&line["result"], &line["audience_id"]), (&json!("found"), &json!(older)));
    assert!(line["removed_younger_twin"].is_string() && line.get("younger_twins").is_none(), "{line}");
    assert_eq!(world.tiktok.audiences_named("vip"), [older]);
}

#[tokio::test]
async fn a_younger_twin_is_removed_and_reported() {
    check_twin(&control(FakeTiktok::start(), &two())).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_deletion_of_a_twin_does_not_matter() {
    let world = control(FakeTiktok::start(), &two());
    // The create meets a fault of its own, so that the deletion is the first call that meets the rule.
    world.tiktok.rule(Rule::on(Endpoint::SegmentAudience).nth(1), Fault::Status(504).applied());
    check_twin(&world).await;
    assert_eq!(world.tiktok.call_count(Endpoint::SegmentAudience), 3);
}

#[tokio::test]
async fn twins_that_nobody_removes_are_reported_with_a_remedy() {
    let world = control(FakeTiktok::start(), &two());
    let [oldest, twin, third] = [(); 3].map(|()| world.tiktok.add_audience(Audience::new(ADVERTISER, "vip")));
    let reply = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    assert_eq!((&reply["ok"], results(&reply)), (&json!(true), vec![("vip", "found"), ("lapsed", "created")]));
    let [vip, lapsed] = [&reply["audiences"][0], &reply["audiences"][1]];
    assert_eq!((&vip["audience_id"], &vip["younger_twins"]), (&json!(oldest), &json!([twin, third])));
    assert!(vip["remedy"].as_str().unwrap().contains("deleteAudience"), "{vip}");
    assert!(lapsed.get("younger_twins").or(lapsed.get("remedy")).is_none(), "{lapsed}");
    assert_eq!(world.tiktok.audiences_named("vip").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_runs_of_twenty_names_at_once_end_with_the_twenty_oldest_audiences() {
    let names: Vec<_> = (0..20).map(|number| format!("audience {number}")).collect();
    let audiences: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    let destination =
        json!({"settings": {"advertiser_id": ADVERTISER, "calls_per_second": 1000}, "audiences": audiences});
    let (tiktok, secrets) = (FakeTiktok::start(), FakeSecrets::start());
    secrets.set(SECRET_ID, &secret().to_string());
    let apps: Vec<_> = (0..50).map(|_| another(&tiktok, &secrets, &destination)).collect();
    let payload = json!({"operation": ENSURE}).to_string();
    let run = |app| handler::handle(app, &payload, clock::invocation_time_with(Duration::from_mins(5)));
    let replies = join_all(apps.iter().map(run)).await;
    let mut removed = 0;
    for reply in replies {
        let reply: Value = serde_json::from_str(&reply.unwrap()).unwrap();
        for line in reply["audiences"].as_array().unwrap() {
            let oldest = tiktok.audiences_named(line["name"].as_str().unwrap());
            assert_eq!(line["audience_id"], oldest[0].as_str(), "{line}");
            removed += usize::from(line.get("removed_younger_twin").is_some());
        }
    }
    let all = tiktok.audiences();
    let alive: BTreeSet<_> = names.iter().flat_map(|name| tiktok.audiences_named(name)).collect();
    assert_eq!(alive.len(), 20);
    for name in &names {
        let oldest = all.iter().find(|audience| audience.name == *name).unwrap();
        assert!(alive.contains(&oldest.id), "{name}");
    }
    assert_eq!(all.len(), 20 + removed);
    assert!(removed > 0, "the runs did not overlap");
    assert_eq!(tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn without_configured_audiences_there_is_nothing_to_do() {
    let world = control(FakeTiktok::start(), &json!({}));
    let reply = world.invoke(&json!({"operation": ENSURE})).await.unwrap();
    assert_eq!(reply, json!({"ok": true, "audiences": []}));
    assert!(world.tiktok.calls().is_empty());
}
