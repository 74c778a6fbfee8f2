//! Calls to AWS are signed with the time at which they are made, however long the invocation lasts already.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tiktok_audiences::app::App;
use tiktok_audiences::clock::{self, InvocationTime};
use tiktok_audiences::handler;
use tiktok_audiences::journal::Journal;
use tiktok_audiences::net::aws::{AwsKeys, AwsSettings};
use tiktok_audiences::net::https;
use tiktok_audiences::net::signed::{Endpoints, SignedClient};
use tiktok_audiences::queue::Queue;

use crate::support::fake_tiktok::{ADVERTISER, Audience};
use crate::support::server::{Answer, Listen, Request, Server};
use crate::world::{Wired, World, fast, native};

/// Every service of AWS at once: notes when each call to it was signed, and has nothing to say.
struct Services {
    server: Server,
    signed: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Services {
    fn start() -> Self {
        let signed = Arc::default();
        let shared: Arc<Mutex<BTreeMap<String, String>>> = Arc::clone(&signed);
        let server = Server::start(Listen::default(), move |mut request: Request| {
            let signed = Arc::clone(&shared);
            async move {
                request.body().await?;
                let authorization = request.header("authorization").unwrap();
                let service = authorization.split('/').nth(3).unwrap().to_owned();
                let date = request.header("x-amz-date").unwrap().to_owned();
                signed.lock().unwrap().insert(service, date);
                Some(Answer::new(200, "application/x-amz-json-1.1", "{\"FailedPutCount\":0}"))
            }
        });
        Self { server, signed }
    }

    /// A client for which all services are here.
    fn client(&self) -> SignedClient {
        let keys = AwsKeys { access_key_id: "test".to_owned(), secret_access_key: "test".into(), session_token: None };
        let settings = AwsSettings { region: Some("us-east-1".to_owned()), keys: Some(keys) };
        let here = || Some(self.server.origin().parse().unwrap());
        let endpoints = Endpoints { sqs: here(), s3: here(), firehose: here(), cloudwatch: here(), logs: here() };
        SignedClient::new(&settings, endpoints, https::client(None).unwrap()).unwrap()
    }
}

/// AWS refuses a signature that is five minutes old, and a function may take fifteen.
#[tokio::test]
async fn a_call_late_in_an_invocation_is_signed_with_the_time_of_the_call() {
    let services = Services::start();
    let mut world = World::reconfigured(World::fast(Wired::Nothing), &fast(&json!({"advertiser_id": ADVERTISER})));
    let audience = world.tiktok.add_audience(Audience::new(ADVERTISER, "vip"));
    world.app.aws = services.client();
    world.app.journal = Some(Journal::new("journal".to_owned()));
    world.app.buffer = Some(Queue::new(services.client(), "https://sqs.example/buffer".to_owned()).unwrap());
    let event = native("Audience Entered", &audience, "ann@example.com");
    let payloads = [
        json!({"events": [event]}),
        json!([event]),
        json!({"operation": "audiences"}),
        json!({"operation": "receipt", "message_id": "d-1", "log_group": "deliver"}),
        json!({"operation": "prepareList", "bucket": "lists", "list": {
            "action": "add", "audience_id": audience, "advertiser_id": ADVERTISER, "key": "in/manual/a.csv"}}),
    ];
    for payload in payloads {
        late(&world.app, &payload.to_string()).await;
    }
    let signed = services.signed.lock().unwrap().clone();
    let services: Vec<_> = signed.keys().map(String::as_str).collect();
    assert_eq!(services, ["firehose", "logs", "monitoring", "s3", "sqs"]);
    let earliest = Timestamp::now() - Duration::from_mins(1);
    let earliest = format!("{}Z", earliest.strftime("%Y%m%dT%H%M%S"));
    for (service, date) in signed {
        assert!(date >= earliest, "{service} was called with a signature of {date}");
    }
}

/// What comes of it here is nobody's concern: the calls are.
async fn late(app: &App, payload: &str) {
    let now = clock::invocation_time_with(Duration::from_mins(15));
    let lasted = Duration::from_mins(10);
    let time = InvocationTime { start: now.start - lasted, wall: now.wall - lasted, ..now };
    let _any = Box::pin(handler::handle(app, payload, time)).await;
}
