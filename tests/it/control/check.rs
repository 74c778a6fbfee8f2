//! `check`: what is broken is named with its cause and its remedy, and the rest is looked at nevertheless.

use std::time::Duration;

use serde_json::{Value, json};
use tiktok_audiences::config::Role;

use super::{control, secret};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{
    ADVERTISER, Audience, Call, Endpoint, FakeTiktok, Fault, Grant, Life, OTHER_ADVERTISER, Rule, TOKEN,
};
use crate::world::{SECRET_ID, World};

const ID: &str = "1800000000000000001";

/// An audience of 5,000 people that expires in a year.
fn healthy(name: &str) -> Audience {
    let mut audience = Audience::new(ADVERTISER, name);
    audience.size = Some(5_000);
    audience.is_valid = Some(true);
    audience
}

fn destination() -> Value {
    let mapping = |action: &str, name: &str, event: &str| {
        json!({"name": name, "action": action, "trigger": format!("event = \"{event}\""),
               "fields": {"selected_advertiser_id": ADVERTISER, "audience_id": ID}})
    };
    json!({"settings": {"advertiser_id": ADVERTISER, "calls_per_second": 1000}, "audiences": [{"name": "vip"}],
           "mappings": [mapping("addUser", "in", "Audience Entered"), mapping("removeUser", "out", "Audience Exited")]})
}

fn with(destination: &Value) -> World {
    let mut world = control(FakeTiktok::start(), destination);
    world.tiktok.add_audience(healthy("vip"));
    world.tiktok.add_audience(healthy("cart").with_id(ID));
    world.app.environment.rejected_queue = Some("https://sqs.example.com/1/dead".parse().unwrap());
    world
}

async fn check(world: &World) -> Value {
    let reply = world.invoke(&json!({"operation": "check"})).await.unwrap();
    let text = reply.to_string();
    for hidden in [TOKEN, "fake-app-secret", "key-1"] {
        assert!(!text.contains(hidden), "{text}");
    }
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
    reply
}

/// The item has this status, and says and advises this.
#[track_caller]
fn finds(reply: &Value, item: &str, status: &str, message: &str, remedy: &str) {
    let items = reply["items"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = items.iter().any(|line| {
        line["item"] == item
            && line["status"] == status
            && text(&line["message"]).contains(message)
            && text(&line["remedy"]).contains(remedy)
    });
    assert!(found, "{item}, {status}, {message}, {remedy}: {reply:#}");
    let has_problem = items.iter().any(|line| line["status"] == "problem");
    assert_eq!(reply["ok"], !has_problem, "{reply:#}");
}

#[tokio::test]
async fn a_sound_set_up_has_nothing_but_ok() {
    let world = with(&destination());
    let reply = check(&world).await;
    let items = reply["items"].as_array().unwrap();
    assert!(items.iter().all(|line| line["status"] == "ok" && line["remedy"].is_null()), "{reply:#}");
    let names: Vec<_> = items.iter().map(|line| line["item"].as_str().unwrap().to_owned()).collect();
    let accounts = [ADVERTISER, OTHER_ADVERTISER];
    let [one, other] = accounts.map(|id| format!("advertiser {id}"));
    let [of_one, of_other] = accounts.map(|id| format!("audiences of advertiser {id}"));
    let audience = format!("audience {ID}");
    let expected = [
        "secret",
        "callers over HTTP",
        "token",
        "app",
        &one,
        &other,
        "scopes",
        &audience,
        "audience `vip`",
        &of_one,
        &of_other,
        "mappings",
        "dead-letter queue",
        "buffer queue",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        (&reply["ok"], &reply["token_valid"], &reply["audiences_expiring"]),
        (&json!(true), &json!(true), &json!(0))
    );
    assert_eq!(world.tiktok.audiences_named("vip").len(), 1);
}

/// TikTok says nowhere which scopes a token has, so its refusal to delete what cannot exist has to tell.
#[tokio::test]
async fn it_changes_nothing() {
    let world = with(&destination());
    let before = world.tiktok.audiences().len();
    check(&world).await;
    let calls = world.tiktok.calls();
    let writes: Vec<_> = calls.iter().filter(|call| call.method != "GET").map(Call::json).collect();
    let bodies: Vec<_> = writes.iter().map(|body| (&body["action"], &body["delete_audience_id"])).collect();
    assert_eq!(bodies, [(&json!("delete"), &json!("0"))]);
    assert_eq!(world.tiktok.audiences().len(), before);
}

#[tokio::test]
async fn a_secret_that_is_missing_or_forbidden() {
    for (fault, message, remedy) in [
        ("ResourceNotFoundException", "does not exist", "set TIKTOK_SECRET_ID"),
        ("AccessDeniedException", "may not read the secret", "secretsmanager:GetSecretValue"),
        ("InvalidRequestException", "marked for deletion", "restore the secret"),
        ("DecryptionFailure", "", "kms:Decrypt"),
    ] {
        let world = with(&destination());
        world.secrets.always(Some(AwsFault::error(fault)));
        let reply = check(&world).await;
        finds(&reply, "secret", "problem", message, remedy);
        finds(&reply, "advertisers and audiences", "warning", "the secret can't be read", "run check again");
        finds(&reply, "mappings", "ok", "2 of 2 are enabled", "");
        assert_eq!(reply["token_valid"], Value::Null);
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_understood_or_has_no_token() {
    for (text, item, message, remedy) in [
        ("{\"access_token\":", "secret", "is not JSON", "store a JSON object"),
        ("{\"advertiser_ids\":\"7\"}", "secret", "advertiser_ids in the secret must be a list", "store a JSON object"),
        ("{}", "token", "the secret has no access_token", "run authorizeUrl"),
    ] {
        let world = with(&destination());
        world.secrets.set(SECRET_ID, text);
        finds(&check(&world).await, item, "problem", message, remedy);
    }
}

#[tokio::test]
async fn a_dead_token() {
    for (life, message) in [(Life::Revoked, "code 40105"), (Life::Expired, "code 40102")] {
        let world = with(&destination());
        world.tiktok.end_token(TOKEN, life);
        let reply = check(&world).await;
        finds(&reply, "token", "problem", message, "run authorizeUrl");
        finds(&reply, "advertisers and audiences", "warning", "no token that TikTok accepts", "run check again");
        finds(&reply, "mappings", "ok", "they agree", "");
        assert_eq!(reply["token_valid"], false);
    }
}

#[tokio::test]
async fn tiktok_out_of_reach_says_nothing_about_the_token() {
    let world = with(&destination());
    world.tiktok.rule(Rule::any(), Fault::Status(503));
    let reply = check(&world).await;
    finds(&reply, "token", "problem", "could not be checked", "in some minutes");
    assert_eq!(reply["token_valid"], Value::Null);
}

#[tokio::test]
async fn a_tiktok_that_hangs_costs_no_more_than_the_time_that_there_is() {
    let world = with(&destination());
    world.tiktok.rule(Rule::any(), Fault::Hang);
    let reply = world.invoke_within(&json!({"operation": "check"}), Duration::from_secs(5)).await.unwrap();
    finds(&reply, "secret", "ok", "it can be read", "");
    finds(&reply, "token", "problem", "could not be checked", "in some minutes");
    finds(&reply, "app", "problem", "", "check TIKTOK_API_BASE_URL");
    finds(&reply, &format!("advertiser {ADVERTISER}"), "problem", "could not be looked at", "in some minutes");
    finds(&reply, "mappings", "ok", "2 of 2 are enabled", "");
    assert_eq!(reply["token_valid"], Value::Null);
}

#[tokio::test]
async fn calls_that_are_throttled() {
    let world = with(&destination());
    world.tiktok.rule(Rule::on(Endpoint::AdvertiserList), Fault::Code(40_100));
    finds(&check(&world).await, "app", "problem", "", "lower calls_per_second");
}

#[tokio::test]
async fn missing_scopes() {
    for (scopes, item, message) in [
        (&[1, 31][..], format!("advertiser {ADVERTISER}"), "lacks scope 30"),
        (&[1, 30], "scopes".to_owned(), "lacks scope 31"),
    ] {
        let world = with(&destination());
        let grant = Grant::of([ADVERTISER, OTHER_ADVERTISER]).with_scopes(scopes.iter().copied());
        world.tiktok.grant(TOKEN, grant);
        finds(&check(&world).await, &item, "problem", message, "add Audience Management");
    }
}

#[tokio::test]
async fn an_advertiser_that_did_not_authorize() {
    let world = with(&destination());
    world.tiktok.grant(TOKEN, Grant::of([OTHER_ADVERTISER]));
    let item = format!("advertiser {ADVERTISER}");
    finds(&check(&world).await, &item, "problem", "was not authorized for this ad account", "run authorizeUrl");
    let mut bare = secret();
    bare.as_object_mut().unwrap().remove("app_secret");
    world.secrets.set(SECRET_ID, &bare.to_string());
    // Once more, with nobody to ask which ad accounts are authorized; the instance has to see the new secret.
    let fresh =
        World::with(FakeTiktok::setup().token(TOKEN, Grant::of([OTHER_ADVERTISER])).start(), &destination(), &bare);
    let reply = check(&fresh).await;
    finds(&reply, &item, "problem", "was not authorized for this ad account, or lacks scope 30", "run authorizeUrl");
    finds(&reply, "app", "warning", "has no app_id and app_secret", "developer portal");
}

#[tokio::test]
async fn what_tiktok_blocks() {
    let on = Rule::on;
    for (rule, code, item, message, remedy) in [
        (on(Endpoint::AudienceList), 40_118, format!("advertiser {ADVERTISER}"), "allow-list", "TikTok representative"),
        (on(Endpoint::AudienceList), 40_106, format!("advertiser {ADVERTISER}"), "lost access", "run authorizeUrl"),
        (on(Endpoint::AudienceList), 40_300, format!("advertiser {ADVERTISER}"), "does not exist", "correct the id"),
        (
            on(Endpoint::AudienceList),
            50_000,
            format!("advertiser {ADVERTISER}"),
            "could not be looked at",
            "some minutes",
        ),
        (on(Endpoint::AdvertiserList), 40_101, "app".to_owned(), "wrong app id or app secret", "copy app_id"),
        (on(Endpoint::UserInfo), 40_113, "token".to_owned(), "blocked, missing or not the token's app", "copy app_id"),
        (on(Endpoint::UserInfo), 40_124, "token".to_owned(), "developer profile", "finish the review"),
        (on(Endpoint::SegmentAudience), 40_130, "scopes".to_owned(), "lacks scope 31", "Audience Management"),
        (on(Endpoint::SegmentAudience), 40_118, "scopes".to_owned(), "allow-list", "TikTok representative"),
    ] {
        let world = with(&destination());
        world.tiktok.rule(rule, Fault::Code(code));
        finds(&check(&world).await, &item, "problem", message, remedy);
    }
}

#[tokio::test]
async fn audiences_that_cannot_take_people() {
    type Change = fn(&mut Audience);
    let cases: [(&str, Change, &str, &str, &str); 7] = [
        (
            "gone",
            |it| it.condition = crate::support::fake_tiktok::Condition::Dead,
            "problem",
            "no such audience",
            "correct the id",
        ),
        (
            "kind",
            |it| it.kind = "Lookalike Audience".to_owned(),
            "problem",
            "of type Lookalike Audience",
            "createAudience",
        ),
        ("foreign", |it| it.is_creator = false, "problem", "made by another ad account", "create another audience"),
        (
            "expired",
            |it| it.expires = Some("2025-01-01T00:00:00Z".parse().unwrap()),
            "problem",
            "has expired",
            "ensureAudiences",
        ),
        ("expiring", |it| it.is_expiring = true, "warning", "expires on ", "use it in an active ad group"),
        ("small", |it| it.size = Some(0), "warning", "fewer than 1,000 matched people", "24 to 48 hours"),
        ("busy", |it| it.is_valid = Some(false), "warning", "not editable until it is done", "wait"),
    ];
    for (case, change, status, message, remedy) in cases {
        let world = with(&destination());
        world.tiktok.change_audience(ID, change);
        let reply = check(&world).await;
        finds(&reply, &format!("audience {ID}"), status, message, remedy);
        assert_eq!(reply["audiences_expiring"], u64::from(case == "expiring"));
    }
}

#[tokio::test]
async fn audiences_that_are_named() {
    let world = with(&destination());
    let [id] = world.tiktok.audiences_named("vip").try_into().unwrap();
    let twin = world.tiktok.add_audience(healthy("vip"));
    let message = format!("the oldest, {id}, is used; the others are {twin}");
    finds(&check(&world).await, "audience `vip`", "warning", &message, "deleteAudience");
    world.tiktok.add_audience(healthy("cart"));
    let reply = check(&world).await;
    let item = format!("names of advertiser {ADVERTISER}");
    finds(&reply, &item, "warning", "names that stand for several audiences: `cart`;", "deleteAudience");
    let missing = json!({"settings": {"advertiser_id": ADVERTISER}, "audiences": [{"name": "new"}]});
    finds(
        &check(&with(&missing)).await,
        "audience `new`",
        "problem",
        "no audience of that name",
        "run ensureAudiences",
    );
    let unknown = json!({"audiences": [{"name": "vip"}]});
    finds(&check(&with(&unknown)).await, "audience `vip`", "warning", "not known without an event", "advertiser_id");
}

#[tokio::test]
async fn an_audience_of_another_advertiser() {
    let mut wrong = destination();
    wrong["mappings"][0]["fields"]["selected_advertiser_id"] = json!(OTHER_ADVERTISER);
    let message = format!("belongs to advertiser {ADVERTISER}, the mapping names {OTHER_ADVERTISER}");
    finds(&check(&with(&wrong)).await, &format!("audience {ID}"), "problem", &message, "correct the advertiser");
}

#[tokio::test]
async fn too_many_audiences() {
    let world = with(&destination());
    let item = format!("audiences of advertiser {ADVERTISER}");
    for number in 0..360 {
        world.tiktok.add_audience(healthy(&format!("a{number}")));
    }
    finds(&check(&world).await, &item, "warning", "362 custom audiences", "delete audiences");
    for number in 360..398 {
        world.tiktok.add_audience(healthy(&format!("a{number}")));
    }
    finds(&check(&world).await, &item, "problem", "400 custom audiences", "delete audiences");
}

#[tokio::test]
async fn mappings_that_do_not_agree() {
    let mut differing = destination();
    differing["mappings"][1]["fields"]["send_phone"] = json!(false);
    let remedy = "change destination.json";
    finds(&check(&with(&differing)).await, "mappings", "warning", "removes from audience", remedy);
    let mut both = destination();
    both["mappings"][1] = both["mappings"][0].clone();
    both["mappings"][1]["name"] = json!("in too");
    both["mappings"][1]["fields"]["audience_id"] = json!("1800000000000000002");
    finds(&check(&with(&both)).await, "mappings", "warning", "have one trigger and two audiences", remedy);
    let none = json!({"settings": {"advertiser_id": ADVERTISER}, "mappings": []});
    finds(&check(&with(&none)).await, "mappings", "warning", "every event is skipped", "enable a mapping");
}

#[tokio::test]
async fn no_dead_letter_queue_and_no_callers() {
    let mut world = with(&destination());
    world.app.environment.rejected_queue = None;
    world.app.environment.role = Role::All;
    world.secrets.set(SECRET_ID, &json!({"access_token": TOKEN}).to_string());
    let reply = check(&world).await;
    finds(&reply, "dead-letter queue", "warning", "kept nowhere", "set REJECTED_QUEUE_URL");
    finds(&reply, "callers over HTTP", "warning", "neither webhook_secrets nor write_keys", "add webhook_secrets");
    finds(&reply, "buffer queue", "ok", "while their sender waits", "");
}

#[tokio::test]
async fn no_advertiser_at_all() {
    let world = with(&json!({}));
    world.secrets.set(SECRET_ID, &json!({"access_token": TOKEN}).to_string());
    finds(&check(&world).await, "advertisers", "warning", "names an ad account", "settings.advertiser_id");
}
