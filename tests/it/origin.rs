//! One server and the connections to it: which request gets which, and the one that is made ahead.

use std::time::Duration;

use http::{Method, Request};
use tiktok_audiences::net::https::Tls;
use tiktok_audiences::net::origin::{self, Origin, OriginError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::upstream::{Turn, Upstream, until};

const LIMIT: usize = 1000;

/// The server at an address, whether TLS could be used for it or not.
fn both_ways(address: &str) -> [Origin; 2] {
    [Origin::in_clear(address).unwrap(), Origin::new(address, &Tls::new(None).unwrap()).unwrap()]
}

fn origin(upstream: &Upstream) -> Origin {
    Origin::in_clear(&upstream.url).unwrap()
}

async fn ask(origin: &Origin) -> Result<String, OriginError> {
    let mut request = Request::new(origin::text(""));
    *request.uri_mut() = "/next?page=1".parse().unwrap();
    let answer = origin.exchange(request, LIMIT).await?;
    Ok(String::from_utf8(answer.into_body()).unwrap())
}

fn texts(texts: &[&str]) -> Vec<Turn> {
    texts.iter().copied().map(Turn::json).collect()
}

#[tokio::test]
async fn requests_that_follow_each_other_share_a_connection() {
    let upstream = Upstream::start(texts(&["a", "", "b", "c", "d", "e"])).await;
    for origin in both_ways(&upstream.url) {
        for _ in 0..3 {
            ask(&origin).await.unwrap();
        }
    }
    assert_eq!(upstream.connections(), 2);
    let seen = upstream.seen();
    assert!(seen.iter().all(|request| request.line == "GET /next?page=1"), "{seen:?}");
    let host = upstream.url.trim_start_matches("http://");
    assert!(seen.iter().all(|request| request.header("host") == Some(host)), "{seen:?}");
    assert!(seen.iter().all(|request| request.header("user-agent").unwrap().starts_with("tiktok-audiences/")));
}

#[tokio::test]
async fn requests_at_the_same_time_have_a_connection_each_and_those_after_them_take_one_of_these() {
    let upstream = Upstream::start(texts(&["a", "b", "c", "d"])).await;
    let origin = origin(&upstream);
    let (one, other) = tokio::join!(ask(&origin), ask(&origin));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(upstream.connections(), 2);
    let (one, other) = tokio::join!(ask(&origin), ask(&origin));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(upstream.connections(), 2);
}

/// A server that answers so many requests on each of its connections and closes it then; and how many it has had.
async fn serve(listener: TcpListener, answers: &[usize]) -> usize {
    for (number, answers) in answers.iter().enumerate() {
        let Ok((mut stream, _)) = listener.accept().await else { return number };
        let mut request = [0; 4096];
        for _ in 0..*answers {
            let Ok(1..) = stream.read(&mut request).await else { break };
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        }
    }
    answers.len()
}

async fn listen() -> (TcpListener, Origin) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, Origin::in_clear(&address).unwrap())
}

#[tokio::test]
async fn what_a_lost_connection_could_not_send_goes_by_another() {
    let (listener, origin) = listen().await;
    let asking = async {
        for _ in 0..5 {
            assert_eq!(ask(&origin).await.unwrap(), "{}");
            // The end of the connection may or may not have arrived when the next request is sent.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What a new connection serves first is closed without an answer.
        assert!(matches!(ask(&origin).await, Err(OriginError::Broken(_))));
    };
    let (connections, ()) = tokio::join!(serve(listener, &[3, 1, 1, 0]), asking);
    assert_eq!(connections, 4);
}

#[tokio::test]
async fn without_a_server_there_is_no_connection() {
    let (listener, _) = listen().await;
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for origin in both_ways(&address) {
        let error = ask(&origin).await.unwrap_err();
        assert!(matches!(error, OriginError::Connect(_)), "{error}");
    }
    assert!(Origin::in_clear("http://not an address").is_err());
}

#[tokio::test]
async fn a_connection_that_was_not_used_for_long_is_not_used_again() {
    let upstream = Upstream::start(texts(&["a", "b", "c"])).await;
    let origin = origin(&upstream);
    for (seconds, connections) in [(0, 1), (49, 1), (51, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        ask(&origin).await.unwrap();
        assert_eq!(upstream.connections(), connections, "after {seconds} s");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_breaks_off_is_named() {
    let upstream = Upstream::start([
        Turn::json("a".repeat(LIMIT)),
        Turn::json("a".repeat(LIMIT + 1)),
        Turn::CutOff("a".to_owned()),
        Turn::json("b"),
    ])
    .await;
    let origin = origin(&upstream);
    assert_eq!(ask(&origin).await.unwrap().len(), LIMIT);
    assert!(matches!(ask(&origin).await, Err(OriginError::TooLong { limit: LIMIT })));
    assert!(matches!(ask(&origin).await, Err(OriginError::CutOff(_))));
    assert_eq!(ask(&origin).await.unwrap(), "b");
    assert_eq!(upstream.connections(), 3, "neither was used again");
}

/// A server that answers before it has read the body, and never reads it, has its connection to itself.
#[tokio::test]
async fn a_connection_that_still_sends_a_body_takes_no_request() {
    let (listener, origin) = listen().await;
    let answering = async {
        let mut open = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; 10]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            open.push(stream);
        }
        open.len()
    };
    let asking = async {
        // More than the buffers of a connection hold.
        let mut request = Request::new(origin::text(vec![b'a'; 64 << 20]));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "/next".parse().unwrap();
        assert_eq!(origin.exchange(request, LIMIT).await.unwrap().body(), b"{}");
        assert_eq!(ask(&origin).await.unwrap(), "{}");
    };
    let (connections, ()) = tokio::join!(answering, asking);
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn a_connection_made_ahead_serves_the_next_request() {
    let upstream = Upstream::start(texts(&["a", "b"])).await;
    let origin = origin(&upstream);
    origin.connect_ahead().await;
    until("there is a connection", || upstream.connections() == 1).await;
    assert!(upstream.seen().is_empty(), "nothing is requested ahead");
    for _ in 0..2 {
        ask(&origin).await.unwrap();
    }
    assert_eq!((upstream.connections(), upstream.seen().len()), (1, 2));
}

/// The connection's own task has not run yet then.
#[tokio::test]
async fn a_connection_made_ahead_serves_a_request_that_follows_at_once() {
    let upstream = Upstream::start(texts(&["a"])).await;
    let origin = origin(&upstream);
    origin.connect_ahead().await;
    ask(&origin).await.unwrap();
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn a_connection_made_ahead_that_was_closed_meanwhile_costs_no_request() {
    let (listener, origin) = listen().await;
    let asking = async {
        origin.connect_ahead().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(ask(&origin).await.unwrap(), "{}");
    };
    let (connections, ()) = tokio::join!(serve(listener, &[0, 1]), asking);
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn a_failure_ahead_is_nobodys() {
    let (listener, origin) = listen().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    origin.connect_ahead().await;
    let listener = TcpListener::bind(address).await.unwrap();
    let (connections, answer) = tokio::join!(serve(listener, &[1]), ask(&origin));
    assert_eq!((connections, answer.unwrap().as_str()), (1, "{}"));
}
