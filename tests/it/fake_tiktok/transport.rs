//! Paths, methods, HTTPS, records and every fault.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{HASH, client};
use crate::support::fake_tiktok::{ADVERTISER, Audience, Endpoint, FakeTiktok, Fault, Limits, Rule, Scripted};

const AUDIENCE: &str = "1730000000000000101";

fn fake() -> FakeTiktok {
    FakeTiktok::setup().audience(Audience::new(ADVERTISER, "a").with_id(AUDIENCE)).start()
}

fn add() -> String {
    json!({
        "advertiser_ids": [ADVERTISER],
        "action": "add",
        "id_schema": ["EMAIL_SHA256"],
        "batch_data": [[{ "id": HASH, "audience_ids": [AUDIENCE] }]],
    })
    .to_string()
}

/// What came back: the status and the whole body, or nothing when the connection broke.
async fn send_add(fake: &FakeTiktok) -> Option<(u16, Vec<u8>)> {
    let request = client(fake).request(Method::POST, "/segment/mapping/").header("content-type", "application/json");
    let response = request.body(add()).timeout(Duration::from_secs(5)).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.bytes().await.ok()?.to_vec()))
}

#[tokio::test]
async fn wrong_paths_and_methods_never_reach_the_api() {
    for (name, method, path, status, text) in [
        ("no trailing slash", Method::GET, "/user/info", 404, "404 page not found"),
        ("an unknown path", Method::GET, "/user/", 404, "404 page not found"),
        ("a GET for a POST", Method::GET, "/segment/mapping/", 405, "405 method not allowed"),
        ("a POST for a GET", Method::POST, "/user/info/", 405, "405 method not allowed"),
    ] {
        let fake = fake();
        let response = client(&fake).request(method, path).send().await.unwrap();
        assert_eq!(response.status(), status, "{name}");
        assert_eq!(response.headers()["content-type"], "text/plain", "{name}");
        assert_eq!(response.text().await.unwrap(), text, "{name}");
        assert_eq!(fake.violations().len(), 1, "{name}");
        assert_eq!(fake.calls().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_post_must_be_labelled_as_json_and_be_json() {
    for (name, label, body) in [
        ("no label", None, add()),
        ("a form", Some("application/x-www-form-urlencoded"), add()),
        ("not JSON", Some("application/json"), "{".to_owned()),
        ("an array", Some("application/json"), "[]".to_owned()),
    ] {
        let fake = fake();
        let mut request = client(&fake).request(Method::POST, "/segment/mapping/").body(body);
        if let Some(label) = label {
            request = request.header("content-type", label);
        }
        assert_eq!(super::envelope(request).await["code"], 40002, "{name}");
        assert_eq!(fake.violations().len(), 1, "{name}");
    }
}

/// What a fault leaves the client with.
enum Seen {
    Broken,
    Answer(u16, &'static str),
}

#[tokio::test]
async fn every_fault_leaves_what_it_says() {
    let message = Fault::Message { code: 40002, message: "Audience is not editable".to_owned() };
    let with_status = Fault::CodeWithStatus { status: 503, code: 50000 };
    let short = Duration::from_micros(10);
    for (fault, seen, applied) in [
        (Fault::Code(40100).into(), Seen::Answer(200, "\"code\":40100"), false),
        (with_status.into(), Seen::Answer(503, "\"code\":50000"), false),
        (Fault::not_editable().into(), Seen::Answer(200, "not editable"), false),
        (message.applied(), Seen::Answer(200, "\"code\":40002"), true),
        (Fault::Status(429).into(), Seen::Answer(429, "<html>"), false),
        (Fault::Status(504).applied(), Seen::Answer(504, "<html>"), true),
        (Fault::Garbage.into(), Seen::Answer(200, "<html>"), false),
        (Fault::EmptyBody.into(), Seen::Answer(200, ""), false),
        (Fault::InvalidUtf8.applied(), Seen::Answer(200, "\u{fffd}"), true),
        (Fault::StringCode.into(), Seen::Answer(200, "\"code\":\"0\""), false),
        (Fault::FractionCode.into(), Seen::Answer(200, "\"code\":0.5"), false),
        (Fault::NullCode.into(), Seen::Answer(200, "\"code\":null"), false),
        (Fault::MissingCode.into(), Seen::Answer(200, "\"message\":\"OK\""), false),
        (Fault::WrongContentType.into(), Seen::Answer(200, "\"code\":0"), true),
        (Fault::Huge(10_000_000).into(), Seen::Answer(200, "xxxx"), false),
        (Fault::Redirect("http://127.0.0.1:1/".to_owned()).into(), Seen::Answer(307, ""), false),
        (Fault::HangUpBeforeBody.into(), Seen::Broken, false),
        (Fault::HangUpAfterBody.into(), Seen::Broken, false),
        (Fault::HangUpAfterBody.applied(), Seen::Broken, true),
        (Fault::TruncatedHead.applied(), Seen::Broken, true),
        (Fault::TruncatedBody.into(), Seen::Broken, false),
        (Fault::TruncatedBody.applied(), Seen::Broken, true),
        (Fault::Delay(short).into(), Seen::Answer(200, "\"code\":0"), true),
        (Fault::SlowHead(short).into(), Seen::Answer(200, "\"code\":0"), true),
        (Fault::SlowBody(short).into(), Seen::Answer(200, "\"code\":0"), true),
    ] {
        check_fault(&fault, &seen, applied).await;
    }
}

async fn check_fault(fault: &Scripted, seen: &Seen, applied: bool) {
    let fake = fake();
    fake.next(fault.clone());
    let answer = send_add(&fake).await;
    match (seen, &answer) {
        (Seen::Broken, None) => {}
        (Seen::Answer(status, part), Some((got, body))) => {
            assert_eq!(status, got, "{fault:?}");
            assert!(String::from_utf8_lossy(body).contains(part), "{fault:?}");
        }
        (Seen::Broken, Some(_)) | (Seen::Answer(..), None) => panic!("{fault:?}: {answer:?}"),
    }
    assert_eq!(fake.member_count(AUDIENCE), usize::from(applied), "{fault:?}");
    assert_eq!(fake.queued_faults(), 0, "{fault:?}");
    let (_, body) = send_add(&fake).await.expect("the next call is fine");
    assert!(String::from_utf8_lossy(&body).contains("\"code\":0"), "{fault:?}");
    assert!(fake.calls()[0].faulted && !fake.calls()[1].faulted, "{fault:?}");
}

#[tokio::test]
async fn slow_answers_come_byte_by_byte_and_a_hang_never() {
    for (fault, head_arrives) in [
        (Fault::Hang, false),
        (Fault::SlowHead(Duration::from_mins(1)), false),
        (Fault::Delay(Duration::from_mins(1)), false),
        (Fault::SlowBody(Duration::from_mins(1)), true),
    ] {
        let fake = fake();
        fake.next(fault.clone());
        let request = client(&fake).request(Method::POST, "/segment/mapping/");
        let request = request.header("content-type", "application/json").body(add());
        let outcome = tokio::time::timeout(Duration::from_millis(200), request.send()).await;
        assert_eq!(outcome.is_ok(), head_arrives, "{fault:?}");
        if let Ok(response) = outcome {
            let body = tokio::time::timeout(Duration::from_millis(100), response.unwrap().bytes()).await;
            assert!(body.is_err(), "{fault:?}");
        }
        assert_eq!(fake.member_count(AUDIENCE), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn the_queue_goes_before_rules_and_keeps_to_its_endpoint() {
    let fake = fake();
    let caller = client(&fake);
    fake.rule(Rule::on(Endpoint::UserInfo), Fault::Code(3));
    fake.next_on(Endpoint::Mapping, Fault::Code(1));
    fake.next(Fault::Code(2));
    let mapping: serde_json::Value = serde_json::from_str(&add()).unwrap();
    assert_eq!(caller.get("/user/info/").await["code"], 2);
    assert_eq!(caller.get("/user/info/").await["code"], 3);
    assert_eq!(caller.post("/segment/mapping/", &mapping).await["code"], 1);
    fake.clear_faults();
    assert_eq!(caller.get("/user/info/").await["code"], 0);
}

#[tokio::test]
async fn rules_choose_by_count_text_and_chance() {
    for (name, rule, expected) in [
        ("any", Rule::any(), vec![1, 2, 3, 4]),
        ("the first two", Rule::any().first(2), vec![1, 2]),
        ("the third", Rule::on(Endpoint::Mapping).nth(3), vec![3]),
        ("those with the audience", Rule::any().mentioning(AUDIENCE), vec![1, 2, 3, 4]),
        ("the second with the hash", Rule::any().mentioning(HASH).nth(2), vec![2]),
        ("those with another text", Rule::any().mentioning("nowhere"), vec![]),
        ("those of another endpoint", Rule::on(Endpoint::UserInfo), vec![]),
        ("always", Rule::any().chance(1.0), vec![1, 2, 3, 4]),
        ("never", Rule::any().chance(0.0), vec![]),
    ] {
        let fake = fake();
        fake.rule(rule, Fault::Code(50000));
        let mut hit = Vec::new();
        for number in 1..=4 {
            let (_, body) = send_add(&fake).await.unwrap();
            if String::from_utf8_lossy(&body).contains("50000") {
                hit.push(number);
            }
        }
        assert_eq!(hit, expected, "{name}");
    }
}

#[tokio::test]
async fn chance_is_near_its_probability_and_the_same_for_a_seed() {
    let mut counts = Vec::new();
    for seed in [7, 7, 8] {
        let fake = FakeTiktok::setup().seed(seed).start();
        let caller = client(&fake);
        fake.rule(Rule::any().chance(0.25), Fault::Code(50000));
        for _ in 0..400 {
            caller.get("/user/info/").await;
        }
        let codes: Vec<_> = fake.calls().iter().map(|call| call.code == Some(0)).collect();
        let hits = codes.iter().filter(|fine| !**fine).count();
        assert!((60..=140).contains(&hits), "{hits} of 400");
        counts.push(codes);
    }
    assert!(counts[0] == counts[1] && counts[0] != counts[2]);
}

#[tokio::test]
async fn a_redirect_points_at_another_server() {
    let (fake, other) = (fake(), fake());
    fake.next(Fault::Redirect(other.base_url() + "/user/info/"));
    let response = client(&fake).request(Method::GET, "/user/info/").send().await.unwrap();
    assert_eq!(response.headers()["location"].to_str().unwrap(), other.base_url() + "/user/info/");
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn too_many_calls_in_a_second_are_throttled() {
    let limits = Limits { calls_per_second: Some(3), ..Limits::default() };
    let fake = FakeTiktok::setup().limits(limits).start();
    let caller = client(&fake);
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(caller.get("/user/info/").await["code"].as_i64().unwrap());
    }
    assert_eq!(codes, [0, 0, 0, 40100, 40100]);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn records_end_where_the_test_says_and_counters_go_on() {
    let fake = FakeTiktok::setup().recorded_calls(2).start();
    let caller = client(&fake);
    for _ in 0..3 {
        caller.get("/user/info/").await;
    }
    assert_eq!((fake.calls().len(), fake.call_count(Endpoint::UserInfo)), (2, 3));
    assert_eq!(fake.code_counts(), [(Some(0), 3)].into());
    assert!(fake.calls()[0].at <= fake.calls()[1].at);
    fake.forget();
    assert_eq!((fake.calls().len(), fake.call_count(Endpoint::UserInfo)), (0, 0));
}

#[tokio::test]
async fn open_calls_are_counted_at_their_peak() {
    let fake = fake();
    fake.latency(Duration::from_millis(100));
    let callers = [client(&fake), client(&fake), client(&fake)];
    let calls = callers.iter().map(|caller| caller.get("/user/info/"));
    futures_util::future::join_all(calls).await;
    assert_eq!(fake.peak_concurrency(), 3);
}
