//! Lists, and single audiences: created, looked up, deleted.

use serde_json::{Value, json};

use super::{control, failure};
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Condition, Endpoint, FakeTiktok, Fault, Grant, OTHER_ADVERTISER, Rule, TOKEN,
};
use crate::world::{SECRET_ID, World};

fn world() -> World {
    control(FakeTiktok::start(), &json!({"settings": {"advertiser_id": ADVERTISER}}))
}

#[tokio::test]
async fn advertisers_are_listed_with_what_is_configured() {
    let world = world();
    let reply = world.invoke(&json!({"operation": "listAdvertisers"})).await.unwrap();
    let line = |id: &str, configured: bool| json!({"advertiser_id": id, "name": format!("Fake advertiser {id}"), "configured": configured});
    assert_eq!(reply, json!({"advertisers": [line(ADVERTISER, true), line(OTHER_ADVERTISER, false)]}));
}

#[tokio::test]
async fn advertisers_cannot_be_listed_without_the_app() {
    let world = world();
    world.secrets.set(SECRET_ID, &json!({"access_token": TOKEN}).to_string());
    let (kind, message) = failure(&world, &json!({"operation": "listAdvertisers"})).await;
    assert!(kind == "OperationFailed" && message.starts_with("NO_APP: the secret has no app_id"), "{message}");
}

#[tokio::test]
async fn all_pages_of_audiences_are_listed() {
    let world = world();
    for number in 0..230 {
        world.tiktok.add_audience(Audience::new(ADVERTISER, &format!("a{number}")));
    }
    let kind = "Lookalike Audience";
    let lookalike = world.tiktok.add_audience(Audience::new(ADVERTISER, "like").with_kind(kind));
    let reply = world.invoke(&json!({"operation": "listAudiences"})).await.unwrap();
    let audiences = reply["audiences"].as_array().unwrap();
    assert_eq!((audiences.len(), &reply["advertiser_id"]), (231, &json!(ADVERTISER)));
    assert_eq!(world.tiktok.call_count(Endpoint::AudienceList), 3);
    let found = audiences.iter().find(|audience| audience["audience_id"] == *lookalike).unwrap();
    let usable = audiences.iter().filter(|audience| audience["usable"] == true).count();
    assert_eq!(
        (&found["type"], &found["usable"], &found["size"], usable),
        (&json!(kind), &json!(false), &json!(0), 230)
    );
    let keys: Vec<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["audience_id", "created", "expires", "expiring", "name", "own", "size", "type", "usable", "valid"];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn an_ambiguous_advertiser_is_asked_for() {
    let world = control(FakeTiktok::start(), &json!({}));
    for payload in [
        json!({"operation": "listAudiences"}),
        json!({"operation": "createAudience", "name": "vip"}),
        json!({"operation": "getAudience", "audience_id": "1"}),
    ] {
        let (_, message) = failure(&world, &payload).await;
        assert!(message.starts_with("NO_ADVERTISER: give advertiser_id"), "{message}");
    }
    let other = json!({"operation": "listAudiences", "advertiser_id": OTHER_ADVERTISER});
    assert_eq!(world.invoke(&other).await.unwrap()["audiences"], json!([]));
}

#[tokio::test]
async fn creating_always_creates_and_cuts_long_names_as_tiktok_does() {
    let world = world();
    let create = json!({"operation": "createAudience", "name": " vip "});
    let (first, second) = (world.invoke(&create).await.unwrap(), world.invoke(&create).await.unwrap());
    assert_eq!(first["audience_id"], first["externalId"]);
    assert_ne!(first["audience_id"], second["audience_id"]);
    assert_eq!(world.tiktok.audiences_named("vip").len(), 2);
    let long = world.invoke(&json!({"operation": "createAudience", "name": "x".repeat(71)})).await.unwrap();
    assert_eq!(long["name"], json!("x".repeat(67) + "..."));
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_create_that_may_have_happened_is_not_repeated() {
    let world = world();
    world.tiktok.next_on(Endpoint::SegmentAudience, Fault::HangUpAfterBody.applied());
    let (kind, message) = failure(&world, &json!({"operation": "createAudience", "name": "vip"})).await;
    assert!(kind == "OperationFailed" && message.contains("the audience may exist nevertheless"), "{message}");
    assert_eq!(world.tiktok.audiences_named("vip").len(), 1);
}

#[tokio::test]
async fn an_audience_is_looked_up_by_its_id() {
    let world = world();
    let id = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let reply = world.invoke(&json!({"operation": "getAudience", "audience_id": id})).await.unwrap();
    assert_eq!((&reply["externalId"], &reply["name"], &reply["type"]), (&json!(id), &json!("vip"), &json!("Partner")));
    let foreign = world.tiktok.add_audience(Audience::new(OTHER_ADVERTISER, "vip"));
    for id in ["1", foreign.as_str()] {
        let (kind, message) = failure(&world, &json!({"operation": "getAudience", "audience_id": id})).await;
        assert!(kind == "OperationFailed" && message.starts_with("NO_SUCH_AUDIENCE: "), "{message}");
    }
}

#[tokio::test]
async fn arguments_are_checked_before_any_call() {
    let world = world();
    for (payload, expected) in [
        (json!({"operation": "getAudience"}), "MISSING_REQUIRED_FIELD: audience_id is missing"),
        (
            json!({"operation": "getAudience", "audience_id": "vip"}),
            "BAD_AUDIENCE_ID: audience_id must be 1 to 30 digits",
        ),
        (
            json!({"operation": "getAudience", "audience_id": ["1"]}),
            "INVALID_FIELD: audience_id must be a string, not an array",
        ),
        (json!({"operation": "createAudience", "name": "  "}), "MISSING_REQUIRED_FIELD: name is missing"),
        (json!({"operation": "createAudience", "name": 5}), "INVALID_FIELD: name must be a string, not a number"),
        (
            json!({"operation": "listAudiences", "advertiser_id": "x"}),
            "BAD_ADVERTISER_ID: advertiser_id must be 1 to 30 digits",
        ),
        (json!({"operation": "deleteAudience", "audience_id": "1"}), "MISSING_REQUIRED_FIELD: confirm is missing"),
    ] {
        assert_eq!(failure(&world, &payload).await.1, expected);
    }
    assert!(world.tiktok.calls().is_empty());
}

fn delete(id: &str, confirm: &str) -> Value {
    json!({"operation": "deleteAudience", "audience_id": id, "confirm": confirm})
}

#[tokio::test]
async fn an_audience_is_deleted_only_when_its_name_confirms_it() {
    let world = world();
    let id = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    let (_, message) = failure(&world, &delete(&id, "VIP")).await;
    assert_eq!(message, "NOT_CONFIRMED: confirm is not the audience's name; nothing was deleted");
    assert_eq!(world.tiktok.call_count(Endpoint::SegmentAudience), 0);
    let reply = world.invoke(&delete(&id, "vip")).await.unwrap();
    assert_eq!(reply, json!({"audience_id": id, "advertiser_id": ADVERTISER, "deleted": true}));
    assert!(world.tiktok.audiences_named("vip").is_empty());
    assert!(failure(&world, &delete(&id, "vip")).await.1.starts_with("NO_SUCH_AUDIENCE"));
}

#[tokio::test]
async fn a_lost_answer_to_a_delete_is_a_success() {
    let world = world();
    let id = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    world.tiktok.next_on(Endpoint::SegmentAudience, Fault::Status(504).applied());
    assert_eq!(world.invoke(&delete(&id, "vip")).await.unwrap()["deleted"], true);
}

#[tokio::test]
async fn refused_deletes_say_why() {
    let world = world();
    let shared = world.tiktok.add_audience(Audience::new(ADVERTISER, "shared").made_by_another());
    assert!(failure(&world, &delete(&shared, "shared")).await.1.starts_with("NOT_OWN_AUDIENCE"));
    let busy = world.tiktok.add_audience(Audience::new(ADVERTISER, "busy").in_condition(Condition::Busy));
    let (kind, message) = failure(&world, &delete(&busy, "busy")).await;
    assert!(kind == "Retryable" && message.starts_with("AUDIENCE_BUSY"), "{message}");
    world.tiktok.grant(TOKEN, Grant::of([ADVERTISER]).with_scopes([1, 30]));
    world.tiktok.change_audience(&busy, |audience| audience.condition = Condition::Ready);
    let (kind, message) = failure(&world, &delete(&busy, "busy")).await;
    assert!(kind == "OperationFailed" && message.contains("TikTok's code 40001"), "{message}");
    world.tiktok.rule(Rule::any(), Fault::Code(40_105));
    assert!(failure(&world, &delete(&busy, "busy")).await.1.starts_with("TIKTOK_UNAUTHORIZED"));
    assert_eq!(world.tiktok.audiences_named("busy").len(), 1);
}
