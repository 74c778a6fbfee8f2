//! Tokens, scopes, OAuth and the consent page.

use reqwest::Method;
use serde_json::{Value, json};

use super::{client, envelope};
use crate::support::fake_tiktok::{
    ADVERTISER, APP_ID, APP_SECRET, App, Consent, Endpoint, FakeTiktok, Grant, Life, OTHER_ADVERTISER, TOKEN,
};

async fn user_info(fake: &FakeTiktok, token: Option<&str>) -> Value {
    let mut request = client(fake).http.get(fake.base_url() + "/user/info/");
    if let Some(token) = token {
        request = request.header("Access-Token", token);
    }
    envelope(request).await["code"].clone()
}

#[tokio::test]
async fn a_token_is_good_or_says_what_is_wrong_with_it() {
    let fake = FakeTiktok::start();
    fake.grant("expired", Grant { life: Life::Expired, ..Grant::of([ADVERTISER]) });
    fake.grant("revoked", Grant { life: Life::Revoked, ..Grant::of([ADVERTISER]) });
    for (name, token, code) in [
        ("a good token", Some(TOKEN), 0),
        ("no token", None, 40104),
        ("an empty token", Some(""), 40104),
        ("an unknown token", Some("nobody's"), 40105),
        ("a revoked token", Some("revoked"), 40105),
        ("an expired token", Some("expired"), 40102),
    ] {
        assert_eq!(user_info(&fake, token).await, code, "{name}");
        assert_eq!(fake.calls().last().unwrap().token_valid, code == 0, "{name}");
    }
    assert_eq!(fake.violations().len(), 2, "only a missing token is a mistake in the client");
}

#[tokio::test]
async fn a_token_ends_after_so_many_calls_or_by_rotation() {
    let fake = FakeTiktok::start();
    fake.revoke_after(TOKEN, 2);
    for code in [0, 0, 40105] {
        assert_eq!(user_info(&fake, Some(TOKEN)).await, code);
    }
    fake.rotate(TOKEN, "fresh");
    assert_eq!(user_info(&fake, Some("fresh")).await, 0);
    assert_eq!(user_info(&fake, Some(TOKEN)).await, 40105);
    fake.end_token("fresh", Life::Revoked);
    assert_eq!(user_info(&fake, Some("fresh")).await, 40105);
}

#[tokio::test]
async fn scopes_decide_what_a_token_may_do() {
    let list = format!("/dmp/custom_audience/list/?advertiser_id={ADVERTISER}");
    let info = format!("/advertiser/info/?advertiser_ids=%5B%22{ADVERTISER}%22%5D");
    let create = json!({ "advertiser_id": ADVERTISER, "action": "create", "custom_audience_name": "a" });
    for (name, scopes, may_list, may_create, may_ask) in [
        ("the parents imply their children", vec![1, 3], true, true, true),
        ("read only", vec![30], true, false, false),
        ("write only", vec![31], false, true, false),
        ("account information only", vec![10], false, false, true),
        ("nothing", vec![], false, false, false),
    ] {
        let fake = FakeTiktok::setup().token(TOKEN, Grant::of([ADVERTISER]).with_scopes(scopes)).start();
        let caller = client(&fake);
        let code = |allowed| if allowed { 0 } else { 40001 };
        assert_eq!(caller.get(&list).await["code"], code(may_list), "{name}");
        assert_eq!(caller.post("/segment/audience/", &create).await["code"], code(may_create), "{name}");
        assert_eq!(caller.get(&info).await["code"], code(may_ask), "{name}");
        assert_eq!(caller.get("/user/info/").await["code"], 0, "{name}");
    }
}

fn exchange(code: &str) -> Value {
    json!({ "app_id": APP_ID, "secret": APP_SECRET, "auth_code": code })
}

#[tokio::test]
async fn a_code_becomes_a_token_once() {
    let fake = FakeTiktok::start();
    let caller = client(&fake);
    let code = fake.issue_auth_code();
    let answer = caller.post("/oauth2/access_token/", &exchange(&code)).await;
    assert_eq!(answer["data"]["advertiser_ids"], json!([ADVERTISER, OTHER_ADVERTISER]));
    assert_eq!(answer["data"]["scope"], json!([1, 3]));
    let token = answer["data"]["access_token"].as_str().unwrap().to_owned();
    assert_eq!(user_info(&fake, Some(&token)).await, 0);

    let expired = fake.issue_auth_code();
    fake.expire_auth_code(&expired);
    let wrong_secret = json!({ "app_id": APP_ID, "secret": "guess", "auth_code": fake.issue_auth_code() });
    for (name, body, code) in [
        ("a used code", exchange(&code), 40110),
        ("an expired code", exchange(&expired), 40110),
        ("an unknown code", exchange("guess"), 40110),
        ("a wrong secret", wrong_secret, 40101),
        ("a missing field", json!({ "app_id": APP_ID }), 40002),
    ] {
        assert_eq!(caller.post("/oauth2/access_token/", &body).await["code"], code, "{name}");
    }

    let revoke = json!({ "app_id": APP_ID, "secret": APP_SECRET, "access_token": token });
    let answer = caller.post("/oauth2/revoke_token/", &revoke).await;
    assert_eq!(answer["data"]["advertiser_ids"], json!([ADVERTISER, OTHER_ADVERTISER]));
    assert_eq!(user_info(&fake, Some(&token)).await, 40105);
}

#[tokio::test]
async fn a_token_tells_its_advertisers_to_its_app() {
    let fake = FakeTiktok::start();
    let caller = client(&fake);
    let path = format!("/oauth2/advertiser/get/?app_id={APP_ID}&secret={APP_SECRET}");
    let answer = caller.get(&path).await;
    assert_eq!(answer["data"]["list"][1]["advertiser_id"], OTHER_ADVERTISER);
    assert_eq!(caller.get("/oauth2/advertiser/get/?app_id=1&secret=2").await["code"], 40101);
    assert!(!format!("{:?}", fake.calls_of(Endpoint::AdvertiserList)).contains(APP_SECRET));
}

#[tokio::test]
async fn the_consent_page_sends_the_advertiser_back() {
    let back = "https://example.com/oauth/callback";
    let grants = Grant::of([ADVERTISER]);
    let app =
        App { id: APP_ID.to_owned(), secret: APP_SECRET.to_owned(), redirect_uris: vec![back.to_owned()], grants };
    let fake = FakeTiktok::setup().app(app).start();
    let encoded: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    let query = format!("app_id={APP_ID}&state=a%26b&redirect_uri={encoded}");
    let given = "?auth_code=fake-auth-code-1&code=fake-auth-code-1&state=a%26b";
    for (name, consent, path, query, status, location) in [
        ("the page has links", Consent::Asked, "", query.clone(), 200, None),
        ("the link to agree", Consent::Asked, "/approve", query.clone(), 302, Some(format!("{back}{given}"))),
        ("the link to refuse", Consent::Asked, "/deny", query.clone(), 302, Some(format!("{back}?state=a%26b"))),
        ("refused at once", Consent::Refused, "", query.clone(), 302, Some(format!("{back}?state=a%26b"))),
        ("an unknown app", Consent::Given, "", query.replace(APP_ID, "1"), 400, None),
        ("an address that is not registered", Consent::Given, "", query.replace("callback", "else"), 400, None),
        ("no address", Consent::Given, "", format!("app_id={APP_ID}"), 400, None),
        ("another page", Consent::Given, "/else", query.clone(), 404, None),
    ] {
        fake.consent(consent);
        let url = format!("{}{path}?{query}", fake.portal_url());
        let response = client(&fake).http.request(Method::GET, url).send().await.unwrap();
        assert_eq!(response.status(), status, "{name}");
        let header = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header, location, "{name}");
    }
    fake.consent(Consent::Given);
    let url = format!("{}?{query}", fake.portal_url());
    let response = client(&fake).http.request(Method::GET, url).send().await.unwrap();
    assert!(response.headers()["location"].to_str().unwrap().contains("fake-auth-code-2"));
    let answer = client(&fake).post("/oauth2/access_token/", &exchange("fake-auth-code-2")).await;
    assert_eq!(answer["data"]["advertiser_ids"], json!([ADVERTISER]));
}

#[tokio::test]
async fn what_is_picked_on_the_consent_page_is_what_the_token_is_for() {
    let fake = FakeTiktok::start();
    let caller = client(&fake);
    let query = format!("app_id={APP_ID}&redirect_uri=https://example.com/&state=s");
    let page = caller.http.request(Method::GET, format!("{}?{query}", fake.portal_url())).send().await.unwrap();
    let page = page.text().await.unwrap();
    for part in ["<html lang=\"en\">", "<title>", "value=\"https://example.com/\"", ADVERTISER, "Confirm", "Cancel"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (picked, advertisers, scopes) in [
        ("", json!([ADVERTISER, OTHER_ADVERTISER]), json!([1, 3])),
        (&*format!("&picked=1&advertiser_id={ADVERTISER}&scope=1&scope=99"), json!([ADVERTISER]), json!([1])),
        ("&picked=1", json!([]), json!([])),
    ] {
        let url = format!("{}/approve?{query}{picked}", fake.portal_url());
        let back = caller.http.request(Method::GET, url).send().await.unwrap();
        let location = reqwest::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "auth_code").unwrap().1.into_owned();
        let answer = caller.post("/oauth2/access_token/", &exchange(&code)).await;
        assert_eq!((&answer["data"]["advertiser_ids"], &answer["data"]["scope"]), (&advertisers, &scopes), "{picked}");
    }
}
