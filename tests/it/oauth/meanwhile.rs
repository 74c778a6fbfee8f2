//! The way back against the clock: links that expire, calls that hang, and what changes meanwhile.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tiktok_audiences::{clock, handler};

use super::{call_back, consent, granting, link, request, sent_back, shown, stored, unchanged, world};
use crate::control::secret;
use crate::support::fake_tiktok::{ADVERTISER, Endpoint, Fault, Grant, Life, OTHER_ADVERTISER, Rule, TOKEN};
use crate::world::{SECRET_ID, World};

/// What the consent page sends back to somebody who picks only these ad accounts.
async fn consent_to(world: &World, advertisers: &[&str]) -> Vec<(String, String)> {
    let mut link = link(world).await;
    link.set_path(&format!("{}/approve", link.path()));
    link.query_pairs_mut().extend_pairs([("picked", "1"), ("scope", "3")]);
    link.query_pairs_mut().extend_pairs(advertisers.iter().map(|id| ("advertiser_id", id)));
    sent_back(link).await
}

#[tokio::test]
async fn a_link_is_good_for_ten_minutes() {
    let world = world();
    let before = stored(&world);
    let parameters = consent(&world).await;
    let query: serde_json::Map<_, _> = parameters.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    for (minutes, status) in [(11, 410), (-2, 410), (9, 200)] {
        let mut invocation_time = clock::invocation_time_with(Duration::from_secs(30));
        invocation_time.wall += SignedDuration::from_mins(minutes);
        let payload = request("GET", &json!(query)).to_string();
        let reply = Box::pin(handler::handle(&world.app, &payload, invocation_time)).await.unwrap();
        let answer = shown(&serde_json::from_str(&reply).unwrap());
        if status == 410 {
            unchanged(&world, &before, answer, status, "STATE_EXPIRED");
        } else {
            assert_eq!(answer.0, status, "{}", answer.1);
        }
    }
}

#[tokio::test]
async fn a_tiktok_that_hangs_has_its_page() {
    let world = world();
    let before = stored(&world);
    let parameters = consent(&world).await;
    world.tiktok.rule(Rule::on(Endpoint::AccessToken), Fault::Hang);
    let query: serde_json::Map<_, _> = parameters.into_iter().map(|(key, value)| (key, json!(value))).collect();
    let reply = world.invoke_within(&request("GET", &json!(query)), Duration::from_secs(4)).await.unwrap();
    unchanged(&world, &before, shown(&reply), 503, "TIKTOK_UNAVAILABLE");
}

#[tokio::test]
async fn what_is_only_good_to_know_cannot_cost_the_token() {
    let world = world();
    let parameters = consent(&world).await;
    for endpoint in [Endpoint::AdvertiserList, Endpoint::UserInfo] {
        world.tiktok.rule(Rule::on(endpoint), Fault::Hang);
    }
    let (status, body) = call_back(&world, &parameters).await;
    assert!(status == 200 && body.contains(&format!("<li>{ADVERTISER}</li>")), "{body}");
    assert_ne!(stored(&world)["access_token"], TOKEN);
}

#[tokio::test]
async fn of_two_who_connect_at_once_the_later_does_not_undo_what_the_earlier_stored() {
    let world = world();
    world.tiktok.end_token(TOKEN, Life::Revoked);
    let (less, all) = (consent_to(&world, &[ADVERTISER]).await, consent(&world).await);
    world.tiktok.next_on(Endpoint::UserInfo, Fault::Delay(Duration::from_secs(2)));
    let meanwhile = async {
        // The first has compared its token with the dead one by now, and is about to store it.
        while world.tiktok.call_count(Endpoint::UserInfo) == 0 {
            tokio::task::yield_now().await;
        }
        call_back(&world, &all).await
    };
    let (first, second) = tokio::join!(call_back(&world, &less), meanwhile);
    assert_eq!(second.0, 200, "{}", second.1);
    assert!(first.0 == 409 && first.1.contains("Code: SECRET_CHANGED"), "{}", first.1);
    assert_eq!(stored(&world)["advertiser_ids"], json!([ADVERTISER, OTHER_ADVERTISER]));
}

#[tokio::test]
async fn other_keys_that_change_during_the_callback_are_kept() {
    let world = world();
    let parameters = consent(&world).await;
    world.tiktok.next_on(Endpoint::AccessToken, Fault::Delay(Duration::from_millis(200)));
    let rotate = async {
        while world.tiktok.call_count(Endpoint::AccessToken) == 0 {
            tokio::task::yield_now().await;
        }
        let mut rotated = secret();
        rotated["write_keys"] = json!(["key-2"]);
        world.secrets.set(SECRET_ID, &rotated.to_string());
    };
    let (answer, ()) = tokio::join!(call_back(&world, &parameters), rotate);
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert_eq!(stored(&world)["write_keys"], json!(["key-2"]));
    assert_ne!(stored(&world)["access_token"], TOKEN);
}

#[tokio::test]
async fn a_secret_that_is_rotated_meanwhile_keeps_what_was_rotated() {
    let world = world();
    let parameters = consent(&world).await;
    let mut rotated = secret();
    rotated["write_keys"] = json!(["key-2"]);
    world.secrets.set(SECRET_ID, &rotated.to_string());
    assert_eq!(call_back(&world, &parameters).await.0, 200);
    assert_eq!(stored(&world)["write_keys"], json!(["key-2"]));
    assert_ne!(stored(&world)["access_token"], TOKEN);
}

#[tokio::test]
async fn a_secret_of_another_app_is_not_overwritten() {
    let world = world();
    let parameters = consent(&world).await;
    let mut rotated = secret();
    rotated["app_secret"] = json!("fake-app-secret-0002");
    world.secrets.set(SECRET_ID, &rotated.to_string());
    let answer = call_back(&world, &parameters).await;
    unchanged(&world, &rotated, answer, 409, "SECRET_CHANGED");
}

/// What is written of the token, as the function writes it at the end of the invocation.
fn token_valid(world: &World) -> Vec<Value> {
    world.app.metrics.calls(&world.app.client.take_attempts(), &world.app.client.take_batch_rows());
    let written = world.app.metrics.take(jiff::Timestamp::now());
    let lines = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| line.get("TokenValid").cloned()).collect()
}

/// The alarm is about the token in the secret: the one that is replaced says nothing of it, nor does one that is not kept.
#[tokio::test]
async fn the_metric_of_the_token_is_that_of_the_one_in_the_secret() {
    let world = world();
    world.tiktok.end_token(TOKEN, Life::Revoked);
    let failed = world.invoke(&json!({"operation": "listAudiences"})).await;
    assert_eq!((failed.is_err(), token_valid(&world)), (true, vec![json!(0)]));
    assert_eq!(call_back(&world, &consent(&world).await).await.0, 200);
    assert!(world.tiktok.call_count(Endpoint::UserInfo) > 0, "nobody asked about the token that is replaced");
    assert_eq!(token_valid(&world), [json!(1)], "stored");

    let world = granting(Grant::of([ADVERTISER, OTHER_ADVERTISER]).with_scopes([1, 30]), &json!({}));
    world.tiktok.end_token(TOKEN, Life::Revoked);
    assert_eq!(call_back(&world, &consent(&world).await).await.0, 422);
    assert_eq!(token_valid(&world), Vec::<Value>::new(), "not stored");
}
