//! One audience in several ad accounts, and what several audiences have in common.

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, FakeTiktok, Grant, OTHER_ADVERTISER, TOKEN};
use crate::world::{World, fast, hash_of, person};

/// An ad account that is in another Business Center.
const STRANGER: &str = "7318294418293948999";

async fn operate(world: &World, payload: Value) -> Value {
    world.invoke(&payload).await.unwrap()
}

#[tokio::test]
async fn an_audience_is_shared_seen_and_taken_back() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
    let vip = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let share =
        json!({"operation": "shareAudience", "audience_ids": [vip], "shared_advertiser_ids": [OTHER_ADVERTISER]});
    let shared = operate(&world, share.clone()).await;
    assert_eq!(shared["shared_with"], json!([OTHER_ADVERTISER]), "{shared}");
    operate(&world, share).await;
    let there = operate(&world, json!({"operation": "listAudiences", "advertiser_id": OTHER_ADVERTISER})).await;
    assert_eq!(
        (&there["audiences"][0]["own"], &there["audiences"][0]["usable"]),
        (&json!(false), &json!(false)),
        "{there}"
    );
    let log = json!({"operation": "sharedWith", "audience_id": vip});
    let seen = operate(&world, log.clone()).await;
    assert_eq!(seen["shared_with"][0]["shared_advertiser_id"], OTHER_ADVERTISER, "{seen}");
    assert_eq!(seen["shared_with"][0]["current"], true);
    let unshare = json!({"operation": "unshareAudience", "audience_id": vip, "shared_advertiser_id": OTHER_ADVERTISER});
    assert_eq!(operate(&world, unshare.clone()).await["was_shared"], true);
    assert_eq!(operate(&world, unshare).await["was_shared"], false);
    assert_eq!(operate(&world, log).await["shared_with"][0]["current"], false);
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_tiktok_wants_of_who_shares_is_named() {
    let scopes_without_32 = Grant::of([ADVERTISER, OTHER_ADVERTISER]).with_scopes([30, 31]);
    for (with, grant) in [(STRANGER, None), (OTHER_ADVERTISER, Some(scopes_without_32))] {
        let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
        let vip = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
        if let Some(grant) = grant {
            world.tiktok.grant(TOKEN, grant);
        }
        let share = json!({"operation": "shareAudience", "audience_ids": vip, "shared_advertiser_ids": [with]});
        let error = failure(&world, &share).await;
        assert_eq!(error.0, "OperationFailed");
        assert!(error.1.starts_with("NOT_ALLOWED_TO_SHARE") && error.1.contains("scope 32"), "{error:?}");
    }
}

#[tokio::test]
async fn an_audience_that_is_not_there_and_a_missing_scope_are_named_with_what_to_do() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
    let vip = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let gone = "1899999999999999999";
    let payloads = [
        json!({"operation": "compareAudiences", "audience_id": vip, "compared_audience_ids": [gone]}),
        json!({"operation": "shareAudience", "audience_ids": [gone], "shared_advertiser_ids": [OTHER_ADVERTISER]}),
    ];
    for payload in &payloads {
        let (_, message) = failure(&world, payload).await;
        assert!(message.starts_with("NO_SUCH_AUDIENCE") && message.contains("listAudiences"), "{message}");
    }
    world.tiktok.grant(TOKEN, Grant::of([ADVERTISER]).with_scopes([32]));
    let compare = json!({"operation": "compareAudiences", "audience_id": vip, "compared_audience_ids": [vip]});
    let (_, message) = failure(&world, &compare).await;
    assert!(message.starts_with("NOT_ALLOWED_TO_COMPARE") && message.contains("scope 30"), "{message}");
}

#[tokio::test]
async fn wrong_ids_and_too_many_of_them_are_refused_before_any_call() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
    let many: Vec<_> = (1..=11).map(|number| number.to_string()).collect();
    for (payload, code) in [
        (json!({"operation": "shareAudience", "shared_advertiser_ids": ["1"]}), "MISSING_REQUIRED_FIELD"),
        (json!({"operation": "shareAudience", "audience_ids": ["vip"]}), "BAD_AUDIENCE_ID"),
        (json!({"operation": "shareAudience", "audience_ids": many, "shared_advertiser_ids": ["1"]}), "INVALID_FIELD"),
        (
            json!({"operation": "shareAudience", "audience_ids": "1", "shared_advertiser_ids": ADVERTISER}),
            "INVALID_FIELD",
        ),
        (json!({"operation": "unshareAudience", "audience_id": "1"}), "MISSING_REQUIRED_FIELD"),
        (
            json!({"operation": "compareAudiences", "audience_id": "1", "compared_audience_ids": ["1", "2", "3", "4", "5"]}),
            "INVALID_FIELD",
        ),
    ] {
        let (_, message) = failure(&world, &payload).await;
        assert!(message.starts_with(code), "{payload}: {message}");
    }
    assert!(world.tiktok.calls().is_empty());
}

#[tokio::test]
async fn configured_audiences_are_kept_shared() {
    let destination =
        json!({"audiences": [{"name": "vip", "advertiser_id": ADVERTISER, "share_with": [OTHER_ADVERTISER]}]});
    let world = control(FakeTiktok::start(), &destination);
    let ensure = json!({"operation": "ensureAudiences"});
    let first = operate(&world, ensure.clone()).await;
    assert_eq!(first["audiences"][0]["shared_with"], json!([OTHER_ADVERTISER]), "{first}");
    let second = operate(&world, ensure.clone()).await;
    assert_eq!(second["audiences"][0]["shared_with"], Value::Null, "{second}");
    assert_eq!(world.tiktok.call_count(Endpoint::Share), 1);
    let id = first["audiences"][0]["audience_id"].as_str().unwrap();
    let unshare = json!({"operation": "unshareAudience", "advertiser_id": ADVERTISER, "audience_id": id,
                         "shared_advertiser_id": OTHER_ADVERTISER});
    operate(&world, unshare).await;
    let third = operate(&world, ensure).await;
    assert_eq!(third["audiences"][0]["shared_with"], json!([OTHER_ADVERTISER]), "{third}");
}

/// Two audiences of 1,500 people each, half of them in both.
#[tokio::test]
async fn audiences_are_compared_and_one_too_small_to_be_told_is_named() {
    let world = control(FakeTiktok::start(), &fast(&json!({"advertiser_id": ADVERTISER})));
    let [first, second, small] =
        ["first", "second", "small"].map(|name| world.tiktok.add_audience(Audience::new(ADVERTISER, name)));
    let person = |audience: &str, number: usize| json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "email": hash_of(&person(number))});
    let people =
        (0..1_500).map(|number| person(&first, number)).chain((750..2_250).map(|number| person(&second, number)));
    let people: Vec<_> = people.chain([person(&small, 1)]).collect();
    let mut deliver = world;
    deliver.app.environment.role = tiktok_audiences::config::Role::All;
    deliver.invoke(&json!({"events": people})).await.unwrap();
    let world = deliver;
    let compare = json!({"operation": "compareAudiences", "audience_id": first, "compared_audience_ids": [second]});
    let told = operate(&world, compare).await;
    assert_eq!(
        (&told["complete"], &told["comparison_audiences"][0]["benchmark_overlap_rate"]),
        (&json!(true), &json!(0.5))
    );
    let compare =
        json!({"operation": "compareAudiences", "audience_id": first, "compared_audience_ids": [second, small]});
    let told = operate(&world, compare).await;
    assert_eq!(told["complete"], false, "{told}");
    assert!(told["remedy"].as_str().unwrap().contains("too small"), "{told}");
}

#[tokio::test]
async fn an_audience_in_use_is_not_deleted_and_who_uses_it_is_told() {
    let world = control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}));
    let mut used = Audience::new(ADVERTISER, "vip");
    used.ad_groups = vec!["81".to_owned(), "82".to_owned()];
    let vip = world.tiktok.add_audience(used);
    let delete = json!({"operation": "deleteAudience", "audience_id": vip, "confirm": "vip"});
    let (_, message) = failure(&world, &delete).await;
    assert!(message.starts_with("AUDIENCE_IN_USE") && message.contains("2 ad groups"), "{message}");
}
