//! HTTP: who gets in, what a body may be, and the status of each answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::request::{Request, Response};
use crate::support::aws_json::AwsFault;
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, FakeTiktok, Fault, Rule, TOKEN};
use crate::world::{SECRET_ID, Wired, World, entries, fast, person};

const KEY: &str = "canary-write-key-0001";
const WEBHOOK_SECRET: &str = "canary-webhook-secret-0001";
const OLD_WEBHOOK_SECRET: &str = "canary-webhook-secret-0000";

fn secret(change: impl FnOnce(&mut Value)) -> Value {
    let mut secret = json!({
        "access_token": TOKEN, "advertiser_ids": [ADVERTISER], "write_keys": [KEY],
        "webhook_secrets": [WEBHOOK_SECRET, OLD_WEBHOOK_SECRET],
    });
    change(&mut secret);
    secret
}

fn world(settings: &Value, secret: &Value, wired: Wired) -> (World, String) {
    let world = World::wired(FakeTiktok::start(), &fast(settings), secret, wired);
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    (world, audience)
}

fn open() -> (World, String) {
    world(&json!({}), &secret(|_| {}), Wired::Nothing)
}

fn sign(key: &str, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap().chain_update(text.as_bytes());
    const_hex::encode(mac.finalize().into_bytes())
}

fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

fn post(body: impl Into<String>) -> Request {
    Request::post("/events", body)
}

/// With the write key.
fn keyed(body: impl Into<String>) -> Request {
    post(body).header("Authorization", &basic(KEY))
}

fn event(audience: &str, person: usize) -> String {
    entries(audience, person..person + 1)[0].to_string()
}

fn code(response: &Response) -> &str {
    response.body["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn each_credential_lets_in_and_a_wrong_one_keeps_out() {
    let (world, audience) = open();
    let body = event(&audience, 1);
    let two = format!("[{body},  {}]", event(&audience, 2));
    let marked = format!("\u{feff}{body}");
    let with_key = |key: &str| {
        let mut event: Value = serde_json::from_str(&body).unwrap();
        event["writeKey"] = json!(key);
        event.to_string()
    };
    let signed = |key: &str, signed: &str, body: &str| post(body).header("X-Signature", &sign(key, signed));
    for (name, request, status, error) in [
        ("nothing", post(&*body), 401, "NO_CREDENTIAL"),
        ("a write key", keyed(&*body), 200, ""),
        ("another key", post(&*body).header("authorization", &basic("guess")), 401, "WRONG_WRITE_KEY"),
        ("a bearer", post(&*body).header("authorization", &format!("Bearer {KEY}")), 200, ""),
        ("another scheme", post(&*body).header("authorization", "Digest x"), 401, "WRONG_WRITE_KEY"),
        ("a key in the body", post(with_key(KEY)), 200, ""),
        ("another key in the body", post(with_key("guess")), 401, "WRONG_WRITE_KEY"),
        ("IAM", post(&*body).iam(), 200, ""),
        ("IAM and another key", post(&*body).header("authorization", &basic("guess")).iam(), 401, "WRONG_WRITE_KEY"),
        ("a key and that of the event's source", keyed(with_key("source")), 200, ""),
        ("a signature", signed(WEBHOOK_SECRET, &body, &body), 200, ""),
        ("a signature over a byte order mark", signed(WEBHOOK_SECRET, &marked, &marked), 200, ""),
        ("a signature of the rotation", signed(OLD_WEBHOOK_SECRET, &body, &body), 200, ""),
        (
            "a signature over an event with the key of its source",
            signed(WEBHOOK_SECRET, &with_key("source"), &with_key("source")),
            200,
            "",
        ),
        ("another signature", signed("guess", &body, &body), 401, "WRONG_SIGNATURE"),
        ("an altered body", signed(WEBHOOK_SECRET, &body, &format!("{body} ")), 401, "WRONG_SIGNATURE"),
        ("not a signature", post(&*body).header("x-signature", "zz"), 401, "WRONG_SIGNATURE"),
        ("a signed array of one", signed(WEBHOOK_SECRET, &body, &format!("[ {body} ]")), 200, ""),
        ("a signed array as a whole", signed(WEBHOOK_SECRET, &two, &two), 401, "WRONG_SIGNATURE"),
        ("an unsigned tail", signed(WEBHOOK_SECRET, &body, &two), 401, "UNSIGNED_TAIL"),
        ("an altered head", signed(WEBHOOK_SECRET, &event(&audience, 3), &two), 401, "WRONG_SIGNATURE"),
        ("a tail with a key", signed(WEBHOOK_SECRET, &body, &two).header("authorization", &basic(KEY)), 200, ""),
        (
            "a signature and another key",
            signed(WEBHOOK_SECRET, &body, &body).header("authorization", &basic("x")),
            401,
            "WRONG_WRITE_KEY",
        ),
    ] {
        for shape in ["v1", "v2", "url"] {
            world.tiktok.forget();
            let response = request.send(&world, shape).await;
            assert_eq!((response.status, code(&response)), (status, error), "{name} {shape}: {}", response.body);
            assert_eq!(world.tiktok.call_count(Endpoint::Mapping) > 0, status == 200, "{name} {shape}");
            let seen =
                world.tiktok.calls().iter().any(|call| call.body.windows(KEY.len()).any(|part| part == KEY.as_bytes()));
            assert!(!seen && !response.body.to_string().contains(KEY), "{name}: the key went on");
        }
    }
}

#[tokio::test]
async fn a_replayed_signature_changes_nothing_and_ends_with_its_secret() {
    let (world, audience) = open();
    let body = event(&audience, 1);
    let signed = post(&*body).header("x-signature", &sign(OLD_WEBHOOK_SECRET, &body));
    for _ in 0..3 {
        assert_eq!(signed.send(&world, "v2").await.status, 200);
        assert_eq!(world.tiktok.member_count(&audience), 1);
    }
    world.secrets.set(SECRET_ID, &secret(|secret| secret["webhook_secrets"] = json!([WEBHOOK_SECRET])).to_string());
    // A copy of the secret is trusted for 300 seconds.
    let later = crate::world::later(std::time::Duration::from_secs(301));
    let response = signed.send_at(&world, "v2", later).await;
    assert_eq!((response.status, code(&response)), (401, "WRONG_SIGNATURE"));
}

#[tokio::test]
async fn one_of_two_signatures_does_not_let_in() {
    let (world, audience) = open();
    let body = event(&audience, 1);
    let right = sign(WEBHOOK_SECRET, &body);
    for (second, status) in [(right.clone(), 200), (sign("guess", &body), 401)] {
        // Only the REST API's format keeps two headers of one name apart.
        let mut payload = post(&*body).header("X-Signature", &right).payload("v1");
        payload["multiValueHeaders"]["X-Signature"] = json!([right, second]);
        assert_eq!(world.invoke(&payload).await.unwrap()["statusCode"], status);
    }
}

#[tokio::test]
async fn an_unsigned_tail_is_trusted_where_that_is_set() {
    let (world, audience) = world(&json!({"allow_unsigned_tail": true}), &secret(|_| {}), Wired::Nothing);
    let (head, tail) = (event(&audience, 1), event(&audience, 2));
    let request = post(format!("[{head},{tail}]")).header("x-signature", &sign(WEBHOOK_SECRET, &head));
    let response = request.send(&world, "v2").await;
    assert_eq!((response.status, world.tiktok.member_count(&audience)), (200, 2));
}

#[tokio::test]
async fn without_a_credential_to_compare_with_senders_are_put_off() {
    for (name, secret, unreadable, error) in [
        (
            "nothing configured",
            json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]}),
            false,
            "NO_CREDENTIAL_CONFIGURED",
        ),
        ("secret unreadable", secret(|_| {}), true, "SECRET_UNAVAILABLE"),
    ] {
        let (world, audience) = world(&json!({}), &secret, Wired::Nothing);
        if unreadable {
            world.secrets.always(Some(AwsFault::error("AccessDeniedException")));
        }
        for request in [post(event(&audience, 1)), keyed(event(&audience, 1))] {
            let response = request.send(&world, "v2").await;
            assert_eq!((response.status, code(&response)), (503, error), "{name}");
            assert_eq!(response.header("retry-after"), Some("5"), "{name}");
        }
        // AWS has judged this one; without a token it waits all the same.
        let response = post(event(&audience, 1)).iam().send(&world, "v2").await;
        assert_eq!(response.status, if unreadable { 503 } else { 200 }, "{name}");
    }
    let keyless = secret(|secret| secret["write_keys"] = json!([]));
    let (world, audience) = world(&json!({}), &keyless, Wired::Nothing);
    assert_eq!(post(event(&audience, 1)).send(&world, "v2").await.status, 401, "unsigned where signatures are set");
}

#[tokio::test]
async fn guesses_do_not_cost_fetches_while_the_secret_is_fresh() {
    let (world, audience) = open();
    for _ in 0..5 {
        let response = post(event(&audience, 1)).header("authorization", &basic("guess")).send(&world, "v2").await;
        assert_eq!(response.status, 401);
    }
    assert_eq!(world.secrets.call_count("GetSecretValue"), 1);
}

#[tokio::test]
async fn bodies_are_decoded_within_their_limits() {
    let (world, audience) = open();
    let gzipped = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    };
    let many = format!("[{}]", vec!["{}"; 10_001].join(","));
    let bomb = " ".repeat(8 * 1024 * 1024 + 1);
    let deep = "[".repeat(65) + "1" + &"]".repeat(65);
    for (name, request, status, error) in [
        ("plain", keyed(event(&audience, 1)), 200, ""),
        ("base64", keyed(STANDARD.encode(event(&audience, 1))).base64(), 200, ""),
        ("gzip", keyed(gzipped(&event(&audience, 1))).base64().header("content-encoding", "gzip"), 200, ""),
        ("brotli", keyed("x").header("content-encoding", "br"), 415, "INVALID_BODY"),
        ("no gzip", keyed(STANDARD.encode("x")).base64().header("content-encoding", "gzip"), 400, "INVALID_BODY"),
        ("no base64", keyed("%%%").base64(), 400, "INVALID_BODY"),
        ("empty", keyed(""), 400, "INVALID_BODY"),
        ("not JSON", keyed("{\"jane\": jane}"), 400, "INVALID_BODY"),
        ("a string", keyed("\"jane@example.com\""), 400, "NOT_EVENTS"),
        ("too deep", keyed(&*deep), 400, "INVALID_BODY"),
        ("too large", keyed(&*bomb), 413, "INVALID_BODY"),
        ("a bomb", keyed(gzipped(&bomb)).base64().header("content-encoding", "gzip"), 413, "INVALID_BODY"),
        ("too many", keyed(many), 413, "TOO_MANY_EVENTS"),
    ] {
        let response = request.send(&world, "v2").await;
        assert_eq!((response.status, code(&response)), (status, error), "{name}: {}", response.body);
        assert!(!response.body.to_string().contains("jane"), "{name}: {}", response.body);
    }
    let response = keyed("{\"a\": jane}").send(&world, "v2").await;
    let message = response.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("at byte 6"), "{message}");
}

#[tokio::test]
async fn newline_delimited_events_are_taken_each_by_itself() {
    let (world, audience) = open();
    let body = format!("{}\n{{\"jane\": jane}}\n\n{}\n", event(&audience, 1), event(&audience, 2));
    let lines = |request: Request| request.header("content-type", "application/x-ndjson; charset=utf-8");
    let response = lines(keyed(&*body)).send(&world, "v2").await;
    assert_eq!((response.status, &response.body["summary"]["delivered"]), (207, &json!(2)), "{}", response.body);
    let error = &response.body["results"][1]["actions"][0]["error"];
    assert_eq!(error["code"], "INVALID_RECORD");
    assert!(error["message"].as_str().unwrap().starts_with("line 2 is not JSON"), "{error}");
    assert_eq!(world.tiktok.member_count(&audience), 2);
    for shape in ["v1", "v2", "url"] {
        let request = keyed(STANDARD.encode(&body)).base64().header("content-type", "Application/JsonLines");
        assert_eq!(request.send(&world, shape).await.status, 207, "{shape}");
    }
    let array = lines(keyed(format!("[\n{}\n]", event(&audience, 3))));
    let response = array.send(&world, "v2").await;
    assert_eq!((response.status, code(&response)), (207, ""), "{}", response.body);
    let response = lines(keyed("[\n]")).send(&world, "v2").await;
    assert_eq!((response.status, code(&response)), (400, "NOT_EVENTS"), "{}", response.body);
}

#[tokio::test]
async fn a_signature_of_lines_covers_them_all_and_no_key_in_them_lets_anybody_in() {
    let (world, audience) = open();
    let body = format!("{}\n{}", event(&audience, 1), event(&audience, 2));
    let sent = |text: &str, signed: &str| {
        post(text).header("content-type", "application/x-ndjson").header("x-signature", &sign(WEBHOOK_SECRET, signed))
    };
    assert_eq!(sent(&body, &body).send(&world, "v2").await.status, 200);
    assert_eq!(sent(&body, &event(&audience, 1)).send(&world, "v2").await.status, 401, "the first line alone");
    let with_key = body.replacen('{', &format!("{{\"writeKey\":\"{KEY}\","), 1);
    let response = post(with_key).header("content-type", "application/x-ndjson").send(&world, "v2").await;
    assert_eq!((response.status, code(&response)), (401, "NO_CREDENTIAL"));
}

#[tokio::test]
async fn ten_thousand_records_in_one_request_are_buffered_and_delivered() {
    let (world, audience) = world(&json!({}), &secret(|_| {}), Wired::Both);
    let records: Vec<_> = (0..10_000)
        .map(|number| {
            json!({"action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "email": person(number)})
        })
        .collect();
    let lines: Vec<_> = records.iter().map(ToString::to_string).collect();
    let response = keyed(lines.join("\n")).header("content-type", "application/x-ndjson").send(&world, "v2").await;
    assert_eq!((response.status, &response.body["summary"]["accepted"]), (202, &json!(10_000)));
    let response = keyed(json!(records).to_string()).header("prefer", "wait").send(&world, "v2").await;
    assert_eq!((response.status, &response.body["summary"]["delivered"]), (200, &json!(10_000)));
    assert_eq!(world.tiktok.member_count(&audience), 10_000);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_named() {
    let (world, _audience) = open();
    for (method, path, status, allow) in [
        ("GET", "/health", 200, None),
        ("POST", "/health", 405, Some("GET")),
        ("GET", "/events", 405, Some("POST")),
        ("PUT", "/v1/track", 405, Some("POST")),
        ("GET", &*format!("/webhook-audiences/{KEY}"), 405, Some("POST")),
        ("POST", "/", 404, None),
        ("POST", "/v1/nope", 404, None),
    ] {
        for shape in ["v1", "v2", "url"] {
            let response = Request::new(method, path, "{}").send(&world, shape).await;
            assert_eq!((response.status, response.header("allow")), (status, allow), "{method} {path}");
        }
    }
    let health = Request::new("GET", "/health", "{}").send(&world, "v2").await;
    assert_eq!(health.body, json!({"status": "ok", "version": tiktok_audiences::VERSION}));
    assert!(world.secrets.calls().is_empty(), "health and strangers cost no fetch");
}

#[tokio::test]
async fn the_status_tells_what_became_of_the_events() {
    let (world, audience) = open();
    let (good, bad) = (event(&audience, 1), "7");
    for (name, body, status) in [
        ("all delivered", format!("[{good}]"), 200),
        ("one skipped", format!("[{good},{{\"type\":\"page\"}}]"), 200),
        ("some rejected", format!("[{good},{bad}]"), 207),
        ("all rejected", format!("[{bad},{bad}]"), 400),
        ("none", "[]".to_owned(), 200),
        ("a batch", format!("{{\"batch\":[{good}]}}"), 200),
    ] {
        let response = keyed(body).send(&world, "v2").await;
        assert_eq!((response.status, response.header("retry-after")), (status, None), "{name}: {}", response.body);
        assert!(response.body["summary"].is_object(), "{name}");
    }
    world.tiktok.rule(Rule::any(), Fault::Code(40001));
    let response = keyed(format!("[{good},{bad}]")).send(&world, "v2").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn sdk_endpoints_answer_what_sdks_understand() {
    let (world, audience) = open();
    let good = event(&audience, 1);
    let untyped = |kind: &str| {
        let mut event: Value = serde_json::from_str(&good).unwrap();
        event.as_object_mut().unwrap().remove("type");
        event["traits"] = json!({"vip": true});
        event["sentAt"] = json!("2026-11-22T00:00:00Z");
        Request::post(&format!("/v1/{kind}"), event.to_string()).header("authorization", &basic(KEY))
    };
    let batch = |events: &str| {
        let body = format!("{{\"batch\":[{events}],\"writeKey\":\"{KEY}\",\"sentAt\":\"2026-11-22T00:00:00Z\"}}");
        Request::post("/v1/batch", body)
    };
    for (name, request) in [
        ("track", untyped("track")),
        ("identify", untyped("identify")),
        ("page", untyped("page")),
        ("batch", batch(&good)),
        ("a batch with a bad event", batch(&format!("{good},7"))),
        ("an empty batch", batch("")),
    ] {
        let response = request.send(&world, "v2").await;
        assert_eq!((response.status, &response.body), (200, &json!({"success": true})), "{name}");
    }
    assert_eq!(world.tiktok.member_count(&audience), 1);
    for (name, request, status, error) in [
        ("no key", Request::post("/v1/track", good.clone()), 401, "NO_CREDENTIAL"),
        ("no batch", Request::post("/v1/batch", "{}").header("authorization", &basic(KEY)), 400, "NO_BATCH"),
        ("not JSON", Request::post("/v1/batch", "{").header("authorization", &basic(KEY)), 400, "INVALID_BODY"),
    ] {
        let response = request.send(&world, "v2").await;
        assert_eq!((response.status, &response.body["code"]), (status, &json!(error)), "{name}");
        assert_eq!(response.body["success"], false, "{name}");
    }
    world.tiktok.rule(Rule::any(), Fault::Code(40001));
    let response = batch(&format!("{good},7")).send(&world, "v2").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn webhook_audiences_are_created_found_and_looked_up() {
    let (world, audience) = open();
    let ask = |key: &str, body: Value| Request::post(&format!("/webhook-audiences/{key}"), body.to_string());
    let created = ask(KEY, json!({"audienceName": "buyers", "advertiserId": ADVERTISER})).send(&world, "v2").await;
    let id = world.tiktok.audiences_named("buyers")[0].clone();
    assert_eq!((created.status, &created.body), (200, &json!({"externalId": id})));
    for (name, key, body, status, answer) in [
        ("again", KEY, json!({"audienceName": "buyers"}), 200, json!({"externalId": id})),
        ("one that was there", KEY, json!({"audienceName": "vip"}), 200, json!({"externalId": audience})),
        ("by its id", KEY, json!({"externalId": id}), 200, json!({"externalId": id})),
        ("an unknown id", KEY, json!({"externalId": "1234567890"}), 404, json!("NO_SUCH_AUDIENCE")),
        ("no id", KEY, json!({"externalId": "vip"}), 404, json!("NO_SUCH_AUDIENCE")),
        ("neither", KEY, json!({}), 400, json!("MISSING_FIELD")),
        ("an id that is a number", KEY, json!({"externalId": 1_u64}), 400, json!("INVALID_FIELD")),
        ("a long name", KEY, json!({"audienceName": "x".repeat(71)}), 400, json!("NAME_TOO_LONG")),
        ("another advertiser", KEY, json!({"audienceName": "x", "advertiserId": "x"}), 400, json!("BAD_ADVERTISER_ID")),
        ("another key", "guess", json!({"audienceName": "x"}), 401, json!("WRONG_WRITE_KEY")),
    ] {
        let response = ask(key, body).send(&world, "v2").await;
        let told = if status == 200 { &response.body } else { &response.body["error"]["code"] };
        assert_eq!((response.status, told), (status, &answer), "{name}: {}", response.body);
    }
    let body = json!({"audienceName": "buyers"});
    let signed = sign(WEBHOOK_SECRET, &body.to_string());
    for (name, request, status, code) in [
        ("a wrong bearer", ask(KEY, body.clone()).header("authorization", "Bearer guess"), 401, "WRONG_WRITE_KEY"),
        ("a wrong basic", ask(KEY, body.clone()).header("authorization", &basic("guess")), 401, "WRONG_WRITE_KEY"),
        ("another scheme", ask(KEY, body.clone()).header("authorization", "Digest x"), 401, "WRONG_WRITE_KEY"),
        ("a wrong signature", ask(KEY, body.clone()).header("x-signature", "00"), 401, "WRONG_SIGNATURE"),
        ("IAM and a wrong key", ask("guess", body.clone()).iam(), 401, "WRONG_WRITE_KEY"),
        ("a signature", ask(KEY, body.clone()).header("x-signature", &signed), 200, ""),
        ("a basic", ask(KEY, body.clone()).header("authorization", &basic(KEY)), 200, ""),
        ("a key in the body", ask(KEY, json!({"audienceName": "buyers", "writeKey": "guess"})), 200, ""),
    ] {
        let response = request.send(&world, "v2").await;
        let told = response.body["error"]["code"].as_str().unwrap_or_default();
        assert_eq!((response.status, told), (status, code), "{name}");
    }
    assert_eq!(world.tiktok.audiences().len(), 2);
    world.tiktok.rule(Rule::any(), Fault::Code(50000));
    let response = ask(KEY, json!({"externalId": id})).send(&world, "v2").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn segment_creates_an_audience_and_fills_it() {
    let (world, _audience) = open();
    let path = format!("/webhook-audiences/{KEY}");
    let created = Request::post(&path, json!({"audienceName": "buyers"}).to_string()).send(&world, "v2").await;
    let id = created.body["externalId"].as_str().unwrap().to_owned();
    let looked_up = Request::post(&path, json!({"externalId": id}).to_string()).send(&world, "v2").await;
    assert_eq!((looked_up.status, &looked_up.body["externalId"]), (200, &json!(id)));
    let (mut first, second) = (entries(&id, 0..1).remove(0), event(&id, 1));
    // The destination's extras are merged into each event, behind what Segment has signed.
    first["context"]["personas"].as_object_mut().unwrap().remove("audience_settings");
    let signed = sign(WEBHOOK_SECRET, &first.to_string());
    first["advertiserId"] = json!(ADVERTISER);
    let refused = post(first.to_string()).header("x-signature", &signed).send(&world, "v2").await;
    assert_eq!((refused.status, code(&refused)), (401, "WRONG_SIGNATURE"));
    assert_eq!(keyed(format!("[{first},{second}]")).send(&world, "v2").await.status, 200);
    assert_eq!(world.tiktok.member_count(&id), 2);
}

#[tokio::test]
async fn a_new_key_is_accepted_once_the_cached_secret_is_not_fresh() {
    let (world, audience) = world(&json!({}), &secret(|_| {}), Wired::Nothing);
    assert_eq!(keyed(event(&audience, 1)).send(&world, "v2").await.status, 200);
    world.secrets.set(SECRET_ID, &secret(|secret| secret["write_keys"] = json!(["next-key"])).to_string());
    let request = post(event(&audience, 1)).header("authorization", &basic("next-key"));
    assert_eq!(request.send(&world, "v2").await.status, 401, "the copy is younger than ten seconds");
    let later = crate::world::later(std::time::Duration::from_secs(11));
    assert_eq!(request.send_at(&world, "v2", later).await.status, 200);
    assert_eq!(world.secrets.call_count("GetSecretValue"), 2);
}
