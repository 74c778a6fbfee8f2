//! The connection to TikTok that is made before a call needs it.

use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::json;
use tiktok_audiences::clock;
use tiktok_audiences::delivery::session::Session;
use tiktok_audiences::metrics::Metrics;
use tiktok_audiences::net::ahead::Ahead;
use tiktok_audiences::net::aws::{self, AwsKeys, AwsSettings};
use tiktok_audiences::net::https::Tls;
use tiktok_audiences::secrets::Secrets;
use tiktok_audiences::tiktok::{Client, Limiter};

use crate::upstream::{Turn, Upstream};

/// Waits until it is so; a test whose wait has no end fails by its runner's limit and says here what it waited for.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_elapsed| panic!("{what}"));
}

fn client() -> (reqwest::Client, Ahead) {
    Tls::new(None).unwrap().client_ahead().unwrap()
}

async fn connect(http: &reqwest::Client, ahead: &Ahead, upstream: &Upstream) {
    ahead.connect(http, upstream.url.parse().unwrap()).await;
}

async fn status(http: &reqwest::Client, upstream: &Upstream) -> u16 {
    http.get(&upstream.url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_connection_made_ahead_serves_the_next_request() {
    let upstream = Upstream::start([Turn::json("{}"), Turn::json("{}")]).await;
    let (http, ahead) = client();
    connect(&http, &ahead, &upstream).await;
    until("there is a connection", || upstream.connections() == 1).await;
    assert!(upstream.seen().is_empty(), "nothing is requested ahead");
    for _ in 0..2 {
        assert_eq!(status(&http, &upstream).await, 200);
    }
    assert_eq!((upstream.connections(), upstream.seen().len()), (1, 2));
}

#[tokio::test]
async fn a_forgotten_connection_serves_nobody() {
    let upstream = Upstream::start([Turn::json("{}")]).await;
    let (http, ahead) = client();
    connect(&http, &ahead, &upstream).await;
    ahead.forget();
    assert_eq!(status(&http, &upstream).await, 200);
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn a_failure_ahead_is_nobodys() {
    let upstream = Upstream::start([Turn::json("{}")]).await;
    let (http, ahead) = client();
    // Port 9 takes nothing on this machine.
    ahead.connect(&http, "http://127.0.0.1:9".parse().unwrap()).await;
    assert_eq!(status(&http, &upstream).await, 200);
    assert_eq!(upstream.connections(), 1);
}

/// A request that is on its way meanwhile connects by itself.
#[tokio::test]
async fn another_request_is_not_taken_for_the_one_that_only_connects() {
    let upstream = Upstream::start([Turn::json("{}")]).await;
    let (http, ahead) = client();
    let ((), status) = tokio::join!(connect(&http, &ahead, &upstream), status(&http, &upstream));
    assert_eq!(status, 200);
    assert_eq!(upstream.seen().len(), 1);
}

fn secrets(upstream: &Upstream) -> Secrets {
    let keys = AwsKeys { access_key_id: "AKIDEXAMPLE".to_owned(), secret_access_key: "k".into(), session_token: None };
    let settings = AwsSettings { region: Some("eu-west-1".to_owned()), keys: Some(keys) };
    let config = aws::sdk_config(&settings, client().0).unwrap();
    Secrets::new(&config, Some(&upstream.url), "tiktok/audiences".to_owned(), Duration::from_mins(5))
}

/// A client of TikTok's API, and the secret's; both know nothing yet.
fn cold(tiktok: &Upstream, secret: &Upstream) -> (Client, Secrets) {
    let (http, ahead) = client();
    let client = Client::new(http, tiktok.url.parse().unwrap(), Limiter::new(NonZeroU32::MAX));
    (client.connecting_ahead(ahead), secrets(secret))
}

async fn in_session<T>(cold: &(Client, Secrets), patience: Duration, work: impl AsyncFnOnce(&Session<'_>) -> T) -> T {
    let metrics = Metrics::new("f".to_owned());
    work(&Session::new(&cold.0, &cold.1, &metrics, clock::invocation_time_with(patience).budget(None))).await
}

fn secret() -> Turn {
    let body = json!({"Name": "s", "SecretString": r#"{"access_token":"t"}"#, "CreatedDate": 1.5});
    Turn::Answer(200, "content-type: application/x-amz-json-1.1\r\n", body.to_string())
}

#[tokio::test]
async fn tiktok_is_connected_while_the_secret_is_fetched() {
    let (tiktok, hanging) = (Upstream::start([]).await, Upstream::start([Turn::Hang]).await);
    let cold = cold(&tiktok, &hanging);
    in_session(&cold, Duration::from_mins(1), async |session| {
        let connected = session.connected();
        let connection = until("there is a connection", || tiktok.connections() == 1);
        tokio::select! {
            _ = connected => panic!("the secret hangs"),
            () = connection => {}
        }
    })
    .await;
    assert!(tiktok.seen().is_empty());
}

#[tokio::test]
async fn a_connection_lives_no_longer_than_its_invocation() {
    const OK: &str = r#"{"code":0,"message":"OK","request_id":"r-1","data":{}}"#;
    let tiktok = Upstream::start([Turn::json(OK), Turn::json(OK)]).await;
    let upstream = Upstream::start([secret()]).await;
    let cold = cold(&tiktok, &upstream);
    let patience = Duration::from_mins(1);
    in_session(&cold, patience, async |session| session.connected().await.unwrap()).await;
    assert_eq!(tiktok.connections(), 1, "nothing was called");
    let call = async |session: &Session<'_>| {
        let deadline = session.budget.deadline;
        session.call(async |token| session.client.check_token(token, deadline).await).await.unwrap();
    };
    in_session(&cold, patience, call).await;
    assert_eq!(tiktok.connections(), 2, "the call connected by itself");
    in_session(&cold, patience, call).await;
    assert_eq!(tiktok.connections(), 2, "and its connection is kept");
}
