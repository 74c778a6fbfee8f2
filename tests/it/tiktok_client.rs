//! TikTok's client: what is sent, and what each kind of answer is taken for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use smallvec::smallvec;
use tiktok_audiences::batch::{Call, Rank, Task, TaskRow};
use tiktok_audiences::delivery;
use tiktok_audiences::identity::{self, Direction, Rules};
use tiktok_audiences::net::https::Tls;
use tiktok_audiences::tiktok::wire::MappingBody;
use tiktok_audiences::tiktok::{
    Accepted, AccessToken, AdvertiserId, AudienceId, BodyProblem, Class, Client, Limiter, Scope, SendError,
};
use tokio::time::Instant;

use crate::upstream::{Turn, Upstream};

const ADVERTISER: &str = "7318294418293948234";
const OK: &str = r#"{"code":0,"message":"OK","request_id":"2026-ok","data":{}}"#;

fn client(base: &str) -> Client {
    let limiter = Limiter::new(NonZeroU32::new(1_000).unwrap());
    Client::new(&Tls::new(None).unwrap(), base.parse().unwrap(), limiter).unwrap()
}

fn token() -> AccessToken {
    AccessToken::parse("the-token").unwrap()
}

fn advertiser() -> AdvertiserId {
    AdvertiserId::parse(ADVERTISER).unwrap()
}

fn body() -> MappingBody {
    body_of(1)
}

fn body_of(people: u32) -> MappingBody {
    let task = |number| {
        let email = identity::email(&format!("person{number}@example.com"), &Rules::default()).unwrap().unwrap();
        Task {
            event_index: number,
            rank: Rank::default(),
            entry: number,
            advertiser: advertiser(),
            audience: AudienceId::parse("42").unwrap(),
            is_by_name: false,
            direction: Direction::Add,
            rows: smallvec![smallvec![email]],
        }
    };
    let rows = (0..people).map(|number| smallvec![TaskRow { task: number, row: 0 }]).collect();
    let tasks = Arc::new((0..people).map(task).collect());
    let call = Call { advertiser: advertiser(), direction: Direction::Add, rows, tasks };
    delivery::body(&Arc::new(call)).unwrap()
}

/// Time for one attempt, and for another only after a short wait.
fn briefly() -> Instant {
    Instant::now() + Duration::from_millis(1_100)
}

fn patient() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn map(upstream: &Upstream, deadline: Instant) -> Result<Accepted, SendError> {
    client(&upstream.url).map_users(&token(), &body(), deadline).await
}

#[tokio::test]
async fn a_mapping_call_is_what_tiktok_expects() {
    for suffix in ["/open_api/v1.3", "/open_api/v1.3/"] {
        let upstream = Upstream::start([Turn::json(OK)]).await;
        let client = client(&format!("{}{suffix}", upstream.url));
        let accepted = client.map_users(&token(), &body(), patient()).await.unwrap();
        assert_eq!(accepted.request_id.unwrap().as_str(), "2026-ok");
        let [seen] = upstream.seen().try_into().unwrap();
        assert_eq!(seen.line, "POST /open_api/v1.3/segment/mapping/");
        assert_eq!(seen.header("access-token"), Some("the-token"));
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.header("user-agent"), Some(concat!("tiktok-audiences/", env!("CARGO_PKG_VERSION"))));
        let head =
            r#"{"advertiser_ids":["7318294418293948234"],"action":"add","id_schema":["EMAIL_SHA256"],"batch_data":"#;
        assert!(seen.body.starts_with(head) && seen.body.ends_with(r#""audience_ids":["42"]}]]}"#), "{}", seen.body);
    }
}

#[tokio::test]
async fn a_body_is_written_anew_for_every_attempt_and_has_a_length() {
    for people in [0, 1, 10_000] {
        let upstream = Upstream::start([Turn::json(r#"{"code":50000,"message":"x"}"#), Turn::json(OK)]).await;
        let body = body_of(people);
        client(&upstream.url).map_users(&token(), &body, patient()).await.unwrap();
        let expected = String::from_utf8(body.to_json()).unwrap();
        let seen = upstream.seen();
        assert_eq!(seen.len(), 2);
        for seen in seen {
            assert_eq!(seen.header("content-length"), Some(expected.len().to_string().as_str()));
            assert!(seen.body == expected, "{people} people");
        }
    }
}

#[tokio::test]
async fn connections_are_kept() {
    let upstream = Upstream::start([Turn::json(OK), Turn::json(OK), Turn::json(OK)]).await;
    let client = client(&upstream.url);
    for _ in 0..3 {
        client.map_users(&token(), &body(), patient()).await.unwrap();
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn every_answer_but_a_success_is_a_classed_failure() {
    let envelope = |code: &str| Turn::json(format!(r#"{{"code":{code},"message":"x","request_id":"r-1"}}"#));
    for (name, turn, class, scope, code, reached) in [
        ("a refused row", envelope("40002"), Class::Permanent, Scope::Row, Some(40_002), false),
        ("a throttle", envelope("40100"), Class::Throttled, Scope::Account, Some(40_100), false),
        ("an advertiser's throttle", envelope("40133"), Class::Throttled, Scope::Advertiser, Some(40_133), false),
        ("a wrong token", envelope("40105"), Class::Unauthorized, Scope::Account, Some(40_105), false),
        ("a missing audience", envelope("40007"), Class::Permanent, Scope::Audience, Some(40_007), false),
        ("too many ids", envelope("40011"), Class::Permanent, Scope::Size, Some(40_011), false),
        ("an internal fault", envelope("50000"), Class::Transient, Scope::Account, Some(50_000), true),
        ("a partial success", envelope("20001"), Class::Permanent, Scope::Row, Some(20_001), true),
        ("zero as text", envelope(r#""0""#), Class::Transient, Scope::Account, None, true),
        ("no code", Turn::json("{}"), Class::Transient, Scope::Account, None, true),
        (
            "a page",
            Turn::Answer(200, "content-type: text/html\r\n", "<p>hi".into()),
            Class::Transient,
            Scope::Account,
            None,
            true,
        ),
        ("an empty answer", Turn::json(""), Class::Transient, Scope::Account, None, true),
        ("a cut off answer", Turn::CutOff(OK.into()), Class::Transient, Scope::Account, None, true),
        ("no answer", Turn::Close, Class::Transient, Scope::Account, None, true),
        ("a wrong path", Turn::status(404, "404 page not found"), Class::Blocked, Scope::Account, None, false),
        ("a fault with success in it", Turn::status(500, OK), Class::Transient, Scope::Account, None, true),
        (
            "a fault with a code",
            Turn::status(503, r#"{"code":51010}"#),
            Class::Transient,
            Scope::Account,
            Some(51_010),
            true,
        ),
        ("a gateway's timeout", Turn::status(504, "late"), Class::Transient, Scope::Account, None, true),
        ("HTTP 401", Turn::status(401, ""), Class::Unauthorized, Scope::Account, None, false),
        ("HTTP 429", Turn::status(429, ""), Class::Throttled, Scope::Account, None, false),
    ] {
        let upstream = Upstream::start([turn.clone(), turn.clone(), turn]).await;
        let error = map(&upstream, briefly()).await.unwrap_err();
        assert_eq!((error.class(), error.scope()), (class, scope), "{name}: {error}");
        assert_eq!((error.code(), error.reached()), (code, reached), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_slow_answer_ends_with_the_deadline() {
    let upstream = Upstream::start([Turn::Hang]).await;
    let started = Instant::now();
    let error = map(&upstream, briefly()).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout), "{error}");
    assert!(error.reached());
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_fault_is_repeated_with_the_same_body_and_a_refusal_is_not() {
    let upstream = Upstream::start([Turn::Close, Turn::status(502, "bad gateway"), Turn::json(OK)]).await;
    map(&upstream, patient()).await.unwrap();
    let seen = upstream.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|again| again.body == seen[0].body && again.body.len() > 50), "{seen:?}");

    let upstream = Upstream::start([Turn::json(r#"{"code":40105}"#), Turn::json(OK)]).await;
    assert_eq!(map(&upstream, patient()).await.unwrap_err().code(), Some(40_105));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn every_attempt_is_counted_once() {
    let upstream = Upstream::start([Turn::status(502, ""), Turn::json(r#"{"code":50000}"#), Turn::json(OK)]).await;
    let client = client(&upstream.url);
    client.map_users(&token(), &body(), patient()).await.unwrap();
    let attempts = client.take_attempts();
    let failures: Vec<_> = attempts.iter().map(|attempt| attempt.failure.as_deref()).collect();
    assert_eq!(failures, [Some("HTTP_502"), Some("50000"), None]);
    assert!(attempts.iter().all(|attempt| attempt.took > Duration::ZERO));
    client.map_users(&token(), &body(), Instant::now()).await.unwrap_err();
    assert_eq!(client.take_attempts(), [], "what was not started does not count");
}

#[tokio::test]
async fn with_less_than_a_second_left_nothing_is_sent() {
    let upstream = Upstream::start([Turn::json(OK)]).await;
    let error = map(&upstream, Instant::now() + Duration::from_millis(900)).await.unwrap_err();
    assert!(matches!(error, SendError::NoTime), "{error}");
    assert!(!error.reached());
    assert_eq!((error.class(), upstream.seen().len()), (Class::Transient, 0));
}

#[tokio::test]
async fn without_a_connection_nothing_reached_tiktok() {
    let upstream = Upstream::start([]).await;
    let url = upstream.url.clone();
    drop(upstream);
    let error = client(&url).map_users(&token(), &body(), briefly()).await.unwrap_err();
    assert!(matches!(error, SendError::Connect(_)), "{error}");
    assert!(!error.reached());
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_token_stays_home() {
    let target = Upstream::start([Turn::json(OK)]).await;
    let headers: &'static str = Box::leak(format!("location: {}/\r\n", target.url).into_boxed_str());
    for status in [301, 302, 307, 308] {
        let upstream = Upstream::start([Turn::Answer(status, headers, String::new())]).await;
        let error = map(&upstream, patient()).await.unwrap_err();
        assert!(matches!(error, SendError::Status { status: seen } if seen == status), "{error}");
        assert_eq!(error.class(), Class::Blocked);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let endless = Turn::json(format!(r#"{{"code":0,"x":"{}"}}"#, "x".repeat(2 << 20)));
    let upstream = Upstream::start([endless.clone(), endless.clone(), endless]).await;
    let error = map(&upstream, briefly()).await.unwrap_err();
    assert!(matches!(error, SendError::Body { problem: BodyProblem::TooLong, .. }), "{error}");
}

fn page(ids: &[&str], page: u32, pages: u32) -> Turn {
    let list: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"audience_id":{id},"name":"vip","audience_type":"Partner","cover_num":null,"new":1}}"#))
        .collect();
    Turn::json(format!(
        r#"{{"code":0,"data":{{"list":[{}],"page_info":{{"page":{page},"page_size":100,"total_page":{pages}}}}}}}"#,
        list.join(",")
    ))
}

#[tokio::test]
async fn all_pages_are_listed_each_audience_once_and_ids_are_exact() {
    let upstream = Upstream::start([
        page(&[r#""7318294418293948234""#, "9007199254740993"], 1, 3),
        page(&["9007199254740993", r#""18446744073709551616""#], 2, 3),
        page(&[], 3, 3),
    ])
    .await;
    let audiences = client(&upstream.url).list_audiences(&token(), advertiser(), patient()).await.unwrap();
    let ids: Vec<_> = audiences.iter().map(|audience| audience.audience_id.to_string()).collect();
    assert_eq!(ids, ["7318294418293948234", "9007199254740993", "18446744073709551616"]);
    assert!(audiences.iter().all(|audience| audience.is_partner() && audience.name.as_deref() == Some("vip")));
    let lines: Vec<_> = upstream.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines[2], "GET /dmp/custom_audience/list/?advertiser_id=7318294418293948234&page=3&page_size=100");
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn a_page_that_tiktok_calls_partial_is_taken_for_what_it_has() {
    let partial =
        r#"{"code":20001,"data":{"list":[{"audience_id":"1"}],"page_info":{"page":1,"page_size":100,"total_page":1}}}"#;
    let upstream = Upstream::start([Turn::json(partial.to_owned())]).await;
    let audiences = client(&upstream.url).list_audiences(&token(), advertiser(), patient()).await.unwrap();
    assert_eq!(audiences.len(), 1);
}

#[tokio::test]
async fn a_list_without_end_is_an_error_not_a_part_of_it() {
    let upstream = Upstream::start((1..=60).map(|number| page(&["1"], number, 60))).await;
    let error = client(&upstream.url).list_audiences(&token(), advertiser(), patient()).await.unwrap_err();
    assert!(matches!(error, SendError::TooManyPages { pages: 50 }), "{error}");
    assert_eq!(upstream.seen().len(), 50);
}

#[tokio::test]
async fn a_list_that_fails_on_its_second_page_fails() {
    let upstream = Upstream::start([page(&["1"], 1, 2), Turn::json(r#"{"code":40001}"#)]).await;
    let error = client(&upstream.url).list_audiences(&token(), advertiser(), patient()).await.unwrap_err();
    assert_eq!(error.code(), Some(40_001));
}

#[tokio::test]
async fn one_audience_is_found_in_either_form_of_its_details() {
    let audience = AudienceId::parse("42").unwrap();
    for details in [r#"{"audience_id":"42","type":"Partner"}"#, r#"[{"audience_id":42,"type":"partner"}]"#] {
        let body =
            format!(r#"{{"code":0,"data":{{"list":[{{"audience_details":{details},"audience_history":[]}}]}}}}"#);
        let upstream = Upstream::start([Turn::json(body)]).await;
        let found = client(&upstream.url).audience(&token(), advertiser(), audience, patient()).await.unwrap();
        assert!(found.unwrap().is_partner(), "{details}");
        assert_eq!(
            upstream.seen()[0].line,
            format!("GET /dmp/custom_audience/get/?advertiser_id={ADVERTISER}&custom_audience_ids=%5B%2242%22%5D")
        );
    }
    let upstream = Upstream::start([Turn::json(r#"{"code":0,"data":{"list":[]}}"#)]).await;
    let found = client(&upstream.url).audience(&token(), advertiser(), audience, patient()).await.unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn a_create_is_sent_once_whatever_comes_back() {
    let upstream = Upstream::start([Turn::json(r#"{"code":0,"data":{"audience_id":"77"},"request_id":"r"}"#)]).await;
    let created = client(&upstream.url).create_audience(&token(), advertiser(), "a \"b\"", patient()).await.unwrap();
    assert_eq!(&*created.audience_id.text(), "77");
    let [seen] = upstream.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /segment/audience/");
    assert_eq!(
        seen.body,
        r#"{"action":"create","advertiser_id":"7318294418293948234","custom_audience_name":"a \"b\""}"#
    );
    for (turn, reached) in [
        (Turn::status(503, ""), true),
        (Turn::Close, true),
        (Turn::json(r#"{"code":0,"data":{}}"#), true),
        (Turn::json(r#"{"code":50000}"#), true),
        (Turn::json(r#"{"code":40100}"#), false),
    ] {
        let upstream = Upstream::start([turn, Turn::json(OK)]).await;
        let error = client(&upstream.url).create_audience(&token(), advertiser(), "a", patient()).await.unwrap_err();
        assert_eq!(error.reached(), reached, "{error}");
        assert_eq!(upstream.seen().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_delete_names_its_audience() {
    let upstream = Upstream::start([Turn::json(OK)]).await;
    let audience = AudienceId::parse("42").unwrap();
    client(&upstream.url).delete_audience(&token(), advertiser(), audience, patient()).await.unwrap();
    assert_eq!(
        upstream.seen()[0].body,
        r#"{"action":"delete","advertiser_id":"7318294418293948234","delete_audience_id":"42"}"#
    );
}

#[tokio::test]
async fn a_token_is_checked_against_its_owner() {
    let upstream = Upstream::start([Turn::json(r#"{"code":0,"data":{"email":"a***@example.com"}}"#)]).await;
    client(&upstream.url).check_token(&token(), patient()).await.unwrap();
    assert_eq!(upstream.seen()[0].line, "GET /user/info/");
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_without_a_token() {
    let granted = r#"{"code":0,"data":{"access_token":"new","advertiser_ids":["7",8],"scope":[3,4]}}"#;
    let upstream = Upstream::start([Turn::json(granted)]).await;
    let secret = SecretString::from("app-secret");
    let granted = client(&upstream.url).exchange_code("1", &secret, "code", patient()).await.unwrap();
    assert_eq!(granted.access_token.expose(), "new");
    assert_eq!(granted.advertiser_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["7", "8"]);
    assert_eq!(granted.scope, Some(vec![3, 4]));
    let [seen] = upstream.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /oauth2/access_token/");
    assert_eq!(seen.body, r#"{"app_id":"1","secret":"app-secret","auth_code":"code"}"#);
    assert_eq!(seen.header("access-token"), None);

    let upstream = Upstream::start([Turn::Close, Turn::Close]).await;
    client(&upstream.url).exchange_code("1", &secret, "code", patient()).await.unwrap_err();
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn advertisers_are_listed_and_the_apps_secret_stays_out_of_errors() {
    let secret = SecretString::from("app-secret");
    let list = r#"{"code":0,"data":{"list":[{"advertiser_id":7318294418293948234,"advertiser_name":"Shop"}]}}"#;
    let upstream = Upstream::start([Turn::json(list)]).await;
    let advertisers = client(&upstream.url).list_advertisers(&token(), "1", &secret, patient()).await.unwrap();
    assert_eq!(advertisers[0].advertiser_id, advertiser());
    assert_eq!(upstream.seen()[0].line, "GET /oauth2/advertiser/get/?app_id=1&secret=app-secret");

    let url = upstream.url.clone();
    let closing = Upstream::start([Turn::Close]).await;
    drop(upstream);
    for url in [url, closing.url.clone(), "http://127.0.0.1:0".to_owned()] {
        let error = client(&url).list_advertisers(&token(), "1", &secret, briefly()).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("app-secret") && !shown.contains("the-token"), "{shown}");
    }
}
