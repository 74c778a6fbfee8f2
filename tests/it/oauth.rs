//! Connecting advertisers: from `authorizeUrl` over TikTok's consent page back to the secret.

mod meanwhile;

use reqwest::Url;
use serde_json::{Value, json};
use tiktok_audiences::config::Role;

use crate::control::{control, failure, secret};
use crate::raw::http_client;
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{
    ADVERTISER, APP_ID, APP_SECRET, App, Consent, Endpoint, FakeTiktok, Fault, Grant, Life, OTHER_ADVERTISER, TOKEN,
};
use crate::world::{SECRET_ID, World};

const CALLBACK: &str = "https://api.example.com/oauth/callback";

/// A world whose app grants this.
fn granting(grants: Grant, destination: &Value) -> World {
    let app =
        App { id: APP_ID.to_owned(), secret: APP_SECRET.to_owned(), redirect_uris: vec![CALLBACK.to_owned()], grants };
    let world = control(FakeTiktok::setup().app(app).start(), destination);
    world.tiktok.consent(Consent::Given);
    world
}

fn world() -> World {
    granting(
        Grant::of([ADVERTISER, OTHER_ADVERTISER]),
        &json!({"settings": {"advertiser_id": ADVERTISER, "calls_per_second": 1000}}),
    )
}

async fn link(world: &World) -> Url {
    let reply = world.invoke(&json!({"operation": "authorizeUrl", "redirect_uri": CALLBACK})).await.unwrap();
    Url::parse(reply["url"].as_str().unwrap()).unwrap()
}

/// What TikTok's consent page sends back: the parameters of the callback.
async fn consent(world: &World) -> Vec<(String, String)> {
    sent_back(link(world).await).await
}

async fn sent_back(link: Url) -> Vec<(String, String)> {
    let answer = http_client(None).get(link).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with(CALLBACK));
    location.query_pairs().into_owned().collect()
}

/// The status and the page of the callback.
async fn call_back(world: &World, parameters: &[(String, String)]) -> (u64, String) {
    let query: serde_json::Map<_, _> = parameters.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let reply = world.invoke(&request("GET", &json!(query))).await.unwrap();
    shown(&reply)
}

fn request(method: &str, query: &Value) -> Value {
    json!({"version": "2.0", "rawPath": "/oauth/callback", "queryStringParameters": query,
        "headers": {"accept": "text/html"}, "isBase64Encoded": false,
        "requestContext": {"http": {"method": method, "path": "/oauth/callback"}, "stage": "$default",
            "domainName": "api.example.com"}})
}

/// The status and the page of a reply, which is as safe to show as each has to be.
#[track_caller]
fn shown(reply: &Value) -> (u64, String) {
    let body = reply["body"].as_str().unwrap().to_owned();
    if reply["statusCode"] != 404 {
        assert_eq!(reply["headers"]["content-type"], "text/html; charset=utf-8");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(reply["headers"][name], value, "{name}");
        }
        let policy = reply["headers"]["content-security-policy"].as_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(body.starts_with("<!doctype html>\n<html lang=\"en\">"), "{body}");
        assert_eq!((body.matches("<h1>").count(), body.matches("<script").count()), (1, 0), "{body}");
        for secret in [APP_SECRET, TOKEN, "fake-issued-token", "fake-auth-code"] {
            assert!(!body.contains(secret), "{body}");
        }
    }
    (reply["statusCode"].as_u64().unwrap(), body)
}

fn stored(world: &World) -> Value {
    serde_json::from_str(&world.secrets.value(SECRET_ID).unwrap()).unwrap()
}

/// The callback ends in this page, and the secret is as it was.
#[track_caller]
fn unchanged(world: &World, before: &Value, (status, body): (u64, String), expected: u64, code: &str) {
    assert_eq!(status, expected, "{body}");
    assert!(body.contains(&format!("Code: {code}</small></p>")), "{body}");
    assert!(body.contains("What to do next"), "{body}");
    assert_eq!(stored(world), *before);
    assert_eq!(world.secrets.call_count("PutSecretValue"), 0);
}

#[tokio::test]
async fn a_consent_ends_with_a_working_token_in_the_secret() {
    let world = world();
    world.secrets.set(SECRET_ID, &json!({"app_id": APP_ID, "app_secret": APP_SECRET, "keep": [1]}).to_string());
    let (status, body) = call_back(&world, &consent(&world).await).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains(&format!("<li>Fake advertiser {ADVERTISER} ({ADVERTISER})</li>")), "{body}");
    let secret = stored(&world);
    assert!(secret["access_token"].as_str().unwrap().starts_with("fake-issued-token-"));
    assert_eq!(secret["advertiser_ids"], json!([ADVERTISER, OTHER_ADVERTISER]));
    assert_eq!(
        (&secret["keep"], &secret["app_id"], &secret["app_secret"]),
        (&json!([1]), &json!(APP_ID), &json!(APP_SECRET))
    );
    let reply = world.invoke(&json!({"operation": "listAudiences"})).await.unwrap();
    assert_eq!(reply["audiences"], json!([]));
    assert_eq!(world.tiktok.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_link_names_app_callback_and_state() {
    let world = world();
    let url = link(&world).await;
    assert!(url.as_str().starts_with(&world.tiktok.portal_url()), "{url}");
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["app_id", "redirect_uri", "state"]);
    assert!(!url.as_str().contains(APP_SECRET));
}

#[tokio::test]
async fn the_whole_link_can_be_another() {
    let own = "https://ads.example.com/auth?app_id=5&rid=x&state=old";
    let destination = json!({"settings": {"authorize_url": own}});
    let world = granting(Grant::of([ADVERTISER]), &destination);
    let by_argument =
        json!({"operation": "authorizeUrl", "url": "https://other.example.com/?a=b", "redirect_uri": CALLBACK});
    for (payload, start) in [
        (json!({"operation": "authorizeUrl"}), "https://ads.example.com/auth?app_id=5&rid=x&state="),
        (
            by_argument,
            "https://other.example.com/?a=b&redirect_uri=https%3A%2F%2Fapi.example.com%2Foauth%2Fcallback&state=",
        ),
    ] {
        let url = world.invoke(&payload).await.unwrap()["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(start) && !url.contains("old"), "{url}");
    }
}

#[tokio::test]
async fn a_link_that_cannot_work_is_refused() {
    let world = world();
    for (payload, expected) in [
        (json!({"operation": "authorizeUrl"}), "MISSING_REQUIRED_FIELD: redirect_uri is missing: it is the address of"),
        (json!({"operation": "authorizeUrl", "redirect_uri": "nowhere"}), "INVALID_FIELD: redirect_uri must be a URL"),
        (
            json!({"operation": "authorizeUrl", "redirect_uri": "http://example.com/"}),
            "INVALID_FIELD: redirect_uri must be an https URL",
        ),
        (
            json!({"operation": "authorizeUrl", "url": "ftp://x/"}),
            "INVALID_FIELD: url must be a URL that starts with https",
        ),
    ] {
        let (kind, message) = failure(&world, &payload).await;
        assert!(kind == "OperationFailed" && message.starts_with(expected), "{message}");
    }
    world.secrets.set(SECRET_ID, &json!({"access_token": TOKEN}).to_string());
    let (_, message) =
        failure(&control_of(&world), &json!({"operation": "authorizeUrl", "redirect_uri": CALLBACK})).await;
    assert!(message.starts_with("NO_APP: "), "{message}");
}

/// A new instance beside the same secret's text.
fn control_of(world: &World) -> World {
    World::with(FakeTiktok::start(), &json!({}), &stored(world))
}

#[tokio::test]
async fn only_control_answers_the_callback() {
    let mut world = world();
    let parameters = consent(&world).await;
    world.app.environment.role = Role::Ingest;
    assert_eq!(call_back(&world, &parameters).await.0, 404);
}

fn changed(parameters: &[(String, String)], name: &str, value: Option<&str>) -> Vec<(String, String)> {
    let others = parameters.iter().filter(|(key, _)| key != name).cloned();
    others.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect()
}

#[tokio::test]
async fn a_state_that_is_not_ours_is_refused_before_anything_is_asked_of_tiktok() {
    let world = world();
    let before = stored(&world);
    let parameters = consent(&world).await;
    let state = parameters.iter().find(|(name, _)| name == "state").unwrap().1.clone();
    let tampered = format!("{state}0");
    for (state, code) in [
        (None, "NO_STATE"),
        (Some(" "), "NO_STATE"),
        (Some("forged-state"), "STATE_FORGED"),
        (Some(tampered.as_str()), "STATE_FORGED"),
        (Some("<script>alert(1)</script>"), "STATE_FORGED"),
    ] {
        let answer = call_back(&world, &changed(&parameters, "state", state)).await;
        unchanged(&world, &before, answer, 400, code);
    }
    assert_eq!(world.tiktok.call_count(Endpoint::AccessToken), 0);
}

/// What a page tells to run, as it stands behind `--payload`.
fn told(body: &str) -> Option<Value> {
    let command = body.split_once("<pre>")?.1.split_once("</pre>")?.0.replace("&quot;", "\"").replace("&#39;", "'");
    assert!(command.starts_with("aws lambda invoke --function-name tiktok-audiences:live "), "{command}");
    let payload = command.split_once("--payload '")?.1.split_once('\'')?.0;
    Some(serde_json::from_str(payload).unwrap())
}

#[tokio::test]
async fn what_a_page_tells_to_run_works_and_strangers_are_told_nothing() {
    let world = world();
    world.tiktok.consent(Consent::Refused);
    let parameters = consent(&world).await;
    let (_, declined) = call_back(&world, &parameters).await;
    let payload = told(&declined).unwrap();
    assert_eq!(payload, json!({"operation": "authorizeUrl", "redirect_uri": CALLBACK}));
    assert!(world.invoke(&payload).await.unwrap()["url"].is_string());
    for state in [None, Some("forged-state")] {
        let (_, body) = call_back(&world, &changed(&parameters, "state", state)).await;
        assert!(!body.contains("<pre>") && !body.contains("tiktok-audiences"), "{body}");
    }
    let query: serde_json::Map<_, _> = parameters.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let mut elsewhere = request("GET", &json!(query));
    elsewhere["requestContext"].as_object_mut().unwrap().remove("domainName");
    let (_, body) = shown(&world.invoke(&elsewhere).await.unwrap());
    assert_eq!(told(&body), None, "a command without redirect_uri would fail: {body}");
}

#[tokio::test]
async fn a_refusal_by_the_user_is_told_from_an_error() {
    let world = world();
    let before = stored(&world);
    world.tiktok.consent(Consent::Refused);
    let parameters = consent(&world).await;
    let answer = call_back(&world, &parameters).await;
    unchanged(&world, &before, answer, 403, "DECLINED");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = world();
    let parameters = consent(&world).await;
    assert_eq!(call_back(&world, &parameters).await.0, 200);
    let before = stored(&world);
    let (status, body) = call_back(&world, &parameters).await;
    assert!(status == 409 && body.contains("Code: CODE_USED"), "{body}");
    assert_eq!(stored(&world), before);
}

#[tokio::test]
async fn a_token_without_the_scopes_is_not_stored() {
    for (scopes, missing, named) in [(&[1, 30][..], "(31)", "(30)"), (&[1, 31], "(30)", "(31)")] {
        let world = granting(Grant::of([ADVERTISER, OTHER_ADVERTISER]).with_scopes(scopes.iter().copied()), &json!({}));
        let before = stored(&world);
        let (status, body) = call_back(&world, &consent(&world).await).await;
        assert!(body.contains(missing) && !body.contains(named), "{body}");
        unchanged(&world, &before, (status, body), 422, "MISSING_SCOPES");
    }
    let both = granting(Grant::of([ADVERTISER, OTHER_ADVERTISER]).with_scopes([30, 31]), &json!({}));
    assert_eq!(call_back(&both, &consent(&both).await).await.0, 200);
}

#[tokio::test]
async fn a_token_that_leaves_out_an_advertiser_is_not_stored() {
    let configured = json!({"audiences": [{"name": "vip", "advertiser_id": OTHER_ADVERTISER}]});
    for (destination, life) in [(configured, Life::Revoked), (json!({}), Life::Valid)] {
        let world = granting(Grant::of([ADVERTISER]), &destination);
        world.tiktok.end_token(TOKEN, life);
        let before = stored(&world);
        let (status, body) = call_back(&world, &consent(&world).await).await;
        assert!(body.contains(&format!("<li>{OTHER_ADVERTISER}</li>")), "{body}");
        unchanged(&world, &before, (status, body), 422, "MISSING_ADVERTISERS");
    }
    let none = granting(Grant::of([]), &json!({}));
    none.tiktok.end_token(TOKEN, Life::Revoked);
    let before = stored(&none);
    let answer = call_back(&none, &consent(&none).await).await;
    unchanged(&none, &before, answer, 422, "MISSING_ADVERTISERS");
}

#[tokio::test]
async fn a_dead_token_may_be_replaced_by_one_for_fewer_advertisers() {
    let world = granting(Grant::of([ADVERTISER]), &json!({}));
    world.tiktok.end_token(TOKEN, Life::Revoked);
    assert_eq!(call_back(&world, &consent(&world).await).await.0, 200);
    assert_eq!(stored(&world)["advertiser_ids"], json!([ADVERTISER]));
}

#[tokio::test]
async fn tiktoks_errors_each_have_their_page() {
    for (fault, status, code) in [
        (Fault::Code(40_101), 502, "APP_REFUSED"),
        (Fault::Code(40_113), 502, "APP_REFUSED"),
        (Fault::Code(40_115), 409, "CODE_USED"),
        (Fault::Code(40_118), 502, "TIKTOK_REFUSED"),
        (Fault::Code(40_002), 502, "TIKTOK_REFUSED"),
        (Fault::Code(50_000), 503, "TIKTOK_UNAVAILABLE"),
        (Fault::Code(40_100), 503, "TIKTOK_UNAVAILABLE"),
        (Fault::Status(504), 503, "TIKTOK_UNAVAILABLE"),
        (Fault::Garbage, 503, "TIKTOK_UNAVAILABLE"),
        (Fault::HangUpAfterBody, 503, "TIKTOK_UNAVAILABLE"),
    ] {
        let world = world();
        let before = stored(&world);
        let parameters = consent(&world).await;
        world.tiktok.next_on(Endpoint::AccessToken, fault);
        let answer = call_back(&world, &parameters).await;
        unchanged(&world, &before, answer, status, code);
    }
}

#[tokio::test]
async fn a_secret_out_of_reach_has_its_page() {
    let world = world();
    let parameters = consent(&world).await;
    let fresh = World::with(FakeTiktok::start(), &json!({}), &secret());
    fresh.secrets.always(Some(AwsFault::error("AccessDeniedException")));
    let (status, body) = call_back(&fresh, &parameters).await;
    assert!(status == 503 && body.contains("Code: SECRET_UNREADABLE"), "{body}");
    let bare = World::with(FakeTiktok::start(), &json!({}), &json!({"access_token": TOKEN}));
    let (status, body) = call_back(&bare, &parameters).await;
    assert!(status == 503 && body.contains("Code: NO_APP"), "{body}");
}

#[tokio::test]
async fn a_token_that_cannot_be_written_has_its_page() {
    let world = world();
    let before = stored(&world);
    let parameters = consent(&world).await;
    // The secret is read twice on the way: before the comparison, and just before the write.
    for _ in 0..2 {
        world.secrets.next(AwsFault::Delay(std::time::Duration::ZERO));
    }
    world.secrets.next(AwsFault::error("AccessDeniedException"));
    let (status, body) = call_back(&world, &parameters).await;
    assert!(status == 500 && body.contains("Code: NOT_STORED"), "{body}");
    assert_eq!(stored(&world), before);
}

#[tokio::test]
async fn the_code_comes_under_either_name() {
    for (left_out, status) in [("code", 200), ("auth_code", 200), ("neither", 200)] {
        let world = world();
        let parameters = consent(&world).await;
        assert_eq!(call_back(&world, &changed(&parameters, left_out, None)).await.0, status, "without {left_out}");
    }
    let world = world();
    let before = stored(&world);
    let parameters = consent(&world).await;
    // TikTok's own name counts before the general one.
    let answer = call_back(&world, &changed(&parameters, "auth_code", Some("fake-auth-code-else"))).await;
    unchanged(&world, &before, answer, 409, "CODE_USED");
}

#[tokio::test]
async fn only_a_get_comes_from_tiktok() {
    let world = world();
    for method in ["HEAD", "POST", "PUT"] {
        let reply = world.invoke(&request(method, &json!({"state": "s", "auth_code": "c"}))).await.unwrap();
        assert_eq!((&reply["statusCode"], &reply["headers"]["allow"]), (&json!(405), &json!("GET")), "{method}");
    }
    assert_eq!((world.tiktok.calls().len(), world.secrets.call_count("GetSecretValue")), (0, 0));
}
