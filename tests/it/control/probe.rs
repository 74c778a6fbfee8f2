//! What is assumed of TikTok, observed: each way of behaving is told right, and nothing is left behind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::fake_tiktok::{ADVERTISER, Condition, Endpoint, FakeTiktok, Fault, Limits, Rule};
use crate::world::{World, fast};

async fn probed(tiktok: FakeTiktok) -> (World, Value) {
    let world = control(tiktok, &fast(&json!({"advertiser_id": ADVERTISER})));
    let reply = world.invoke(&json!({"operation": "probe", "confirm": "probe"})).await.unwrap();
    (world, reply)
}

/// Whether each check agrees with what is assumed.
fn agreements(reply: &Value) -> BTreeMap<&str, Option<bool>> {
    let findings = reply["findings"].as_array().unwrap();
    findings.iter().map(|finding| (finding["check"].as_str().unwrap(), finding["agrees"].as_bool())).collect()
}

fn finding<'r>(reply: &'r Value, check: &str) -> &'r Value {
    let findings = reply["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check}: {reply}"))
}

#[track_caller]
fn nothing_is_left(world: &World) {
    let audiences = world.tiktok.audiences();
    assert!(!audiences.is_empty() && audiences.iter().all(|audience| audience.name.starts_with("probe ")));
    assert!(audiences.iter().all(|audience| audience.condition == Condition::Dead), "{audiences:?}");
}

#[tokio::test]
async fn as_assumed() {
    let (world, reply) = probed(FakeTiktok::start()).await;
    assert_eq!(reply["as_assumed"], true, "{reply}");
    assert_eq!(agreements(&reply).len(), 9);
    assert!(agreements(&reply).values().all(|agrees| *agrees == Some(true)), "{reply}");
    let limits = finding(&reply, "limits");
    assert!(limits["observed"].as_str().unwrap().starts_with("9000 people"), "{limits}");
    assert!(limits["consequence"].as_str().unwrap().contains("batch_rows may be raised to 9000"), "{limits}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn partial() {
    let (world, reply) = probed(FakeTiktok::setup().partial().start()).await;
    assert_eq!(reply["as_assumed"], false);
    let row = finding(&reply, "bad_row");
    assert_eq!((&row["agrees"], row["observed"].as_str().unwrap().contains("20001")), (&json!(false), true), "{row}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn stricter_limits() {
    let limits = Limits { mapping_rows: 500, ..Limits::default() };
    let (world, reply) = probed(FakeTiktok::setup().limits(limits).start()).await;
    let limits = finding(&reply, "limits");
    assert_eq!(limits["agrees"], false, "{limits}");
    assert!(limits["consequence"].as_str().unwrap().contains("set batch_rows to 100"), "{limits}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn another_code_for_unknown_audiences_and_an_app_that_is_not_on_the_list() {
    let tiktok = FakeTiktok::start();
    tiktok.next_on(Endpoint::SegmentAudience, Fault::Code(40118));
    let (world, reply) = probed(tiktok).await;
    let listed = finding(&reply, "allow_list");
    assert_eq!(listed["agrees"], false, "{listed}");
    assert!(listed["consequence"].as_str().unwrap().contains("representative"), "{listed}");
    assert!(world.tiktok.audiences().is_empty());
}

#[tokio::test]
async fn a_failure_in_the_middle_leaves_nothing_behind_or_says_what() {
    let tiktok = FakeTiktok::start();
    tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(50000));
    let (world, reply) = probed(tiktok).await;
    assert_eq!(finding(&reply, "editable")["agrees"], false, "{reply}");
    nothing_is_left(&world);
}

#[tokio::test]
async fn nothing_is_done_without_confirmation() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
    for payload in [json!({"operation": "probe"}), json!({"operation": "probe", "confirm": "yes"})] {
        failure(&world, &payload).await;
    }
    assert!(world.tiktok.calls().is_empty());
}
