//! The server below all fakes: HTTPS, start, stop and panics.

use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::raw::http_client;
use crate::support::authority::Authority;
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_tiktok::{FakeTiktok, Fault};
use crate::support::server::{Answer, Listen, Server};

#[tokio::test]
async fn https_is_trusted_through_the_authoritys_file_on_two_names() {
    let authority = Authority::new();
    let fake = FakeTiktok::setup().at(Listen::https([127, 0, 0, 1], &authority)).start();
    let other = FakeSecrets::start_at(Listen::https([127, 0, 0, 2], &authority));
    let trusting = http_client(Some(authority.pem_path()));
    for url in
        [fake.base_url() + "/user/info/", other.endpoint_url(), fake.base_url().replace("127.0.0.1", "localhost")]
    {
        assert!(url.starts_with("https://"));
        trusting.get(&url).send().await.unwrap();
        assert!(http_client(None).get(&url).send().await.is_err(), "{url} without the file");
    }
    fake.next(Fault::HangUpAfterBody);
    assert!(trusting.get(fake.base_url() + "/user/info/").send().await.is_err());
}

#[test]
fn the_authoritys_file_goes_with_it() {
    let authority = Authority::new();
    let path = authority.pem_path().to_owned();
    assert!(path.exists());
    drop(authority);
    assert!(!path.exists());
}

#[test]
fn a_fake_is_gone_when_it_is_dropped() {
    let server = Server::start(Listen::default(), |_| std::future::pending());
    let address = server.address();
    TcpStream::connect(address).unwrap();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_panic_in_a_server_reaches_the_test_that_owns_it() {
    let server = Server::start(Listen::default(), |request| async move {
        assert_ne!(request.path, "/panic");
        Some(Answer::new(200, "text/plain", "fine"))
    });
    let origin = server.origin();
    assert_eq!(http_client(None).get(&origin).send().await.unwrap().text().await.unwrap(), "fine");
    assert!(http_client(None).get(origin + "/panic").send().await.is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(server))).is_err());
}

#[tokio::test]
async fn a_client_that_is_too_slow_is_cut_off_instead_of_missing_something() {
    let news = broadcast::channel(2).0;
    let more = news.clone();
    let server = Server::start(Listen::default(), move |_| {
        let answer = Answer { more: Some(more.clone()), ..Answer::new(200, "text/plain", "first") };
        std::future::ready(Some(answer))
    });
    let mut reply = http_client(None).get(server.origin()).send().await.unwrap();
    assert_eq!(reply.chunk().await.unwrap().unwrap(), "first");
    // More than the sockets between hold.
    let (count, size) = (64, 1_000_000);
    for _ in 0..count {
        // Nobody listens any more once it is cut off.
        let _listeners = news.send(vec![b'.'; size].into());
    }
    let rest = timeout(Duration::from_mins(1), reply.bytes()).await.expect("it is cut off").unwrap();
    assert!(rest.len() < count * size && rest.len().is_multiple_of(size), "{} bytes", rest.len());
}
