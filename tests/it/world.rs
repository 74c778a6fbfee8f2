//! The real application with its neighbours replaced by the fakes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sha2::Digest;
use tiktok_audiences::app::App;
use tiktok_audiences::clock;
use tiktok_audiences::clock::InvocationTime;
use tiktok_audiences::config::Config;
use tiktok_audiences::handler::{self, HandlerError};

use crate::support::fake_cloudwatch::FakeCloudwatch;
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::FakeSqs;
use crate::support::fake_tiktok::{ADVERTISER, FakeTiktok, TOKEN};

/// The name of the secret.
pub const SECRET_ID: &str = "tiktok-audiences/test";

/// An application between a fake TikTok and a fake Secrets Manager.
#[derive(Debug)]
pub struct World {
    /// TikTok.
    pub tiktok: FakeTiktok,
    /// Secrets Manager.
    pub secrets: FakeSecrets,
    /// CloudWatch; it has what a test gives it.
    pub cloudwatch: FakeCloudwatch,
    /// SQS with both queues; the application knows those that it was told of.
    pub queues: Queues,
    /// The application.
    pub app: App,
}

/// SQS with the function's queues.
#[derive(Debug)]
pub struct Queues {
    /// SQS.
    pub sqs: FakeSqs,
    /// URL of the buffer.
    pub buffer: String,
    /// URL of the dead-letter queue.
    pub rejected: String,
}

impl Queues {
    fn start() -> Self {
        let sqs = FakeSqs::start();
        let (buffer, rejected) = (sqs.queue("buffer"), sqs.queue("rejected"));
        Self { sqs, buffer, rejected }
    }
}

/// Which queues the application is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wired {
    /// None.
    Nothing,
    /// The buffer.
    Buffer,
    /// The dead-letter queue.
    Rejected,
    /// Both.
    Both,
    /// The dead-letter queue, and the buffer only for what is sent again.
    Redrive,
}

impl World {
    /// The built-in configuration, and a secret with a token and one advertiser.
    pub fn start() -> Self {
        Self::configured(&serde_json::json!({}))
    }

    /// A world with this `destination.json`.
    pub fn configured(destination: &Value) -> Self {
        let secret = serde_json::json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
        Self::with(FakeTiktok::start(), destination, &secret)
    }

    /// A world around a fake that was set up already.
    pub fn with(tiktok: FakeTiktok, destination: &Value, secret: &Value) -> Self {
        Self::wired(tiktok, destination, secret, Wired::Nothing)
    }

    /// The same with queues.
    pub fn wired(tiktok: FakeTiktok, destination: &Value, secret: &Value, wired: Wired) -> Self {
        let (secrets, queues, cloudwatch) = (FakeSecrets::start(), Queues::start(), FakeCloudwatch::start());
        secrets.set(SECRET_ID, &secret.to_string());
        let neighbours = Neighbours { secrets: &secrets, queues: &queues, cloudwatch: &cloudwatch };
        let app = application(&tiktok.base_url(), neighbours, wired, destination);
        Self { tiktok, secrets, cloudwatch, queues, app }
    }

    /// A token, one advertiser, as many calls per second as there may be, and these queues.
    pub fn fast(wired: Wired) -> Self {
        let secret = serde_json::json!({"access_token": TOKEN, "advertiser_ids": [ADVERTISER]});
        Self::wired(FakeTiktok::start(), &fast(&serde_json::json!({})), &secret, wired)
    }

    const fn neighbours(&self) -> Neighbours<'_> {
        Neighbours { secrets: &self.secrets, queues: &self.queues, cloudwatch: &self.cloudwatch }
    }

    /// The same neighbours around an application with another `destination.json`.
    pub fn reconfigured(world: Self, destination: &Value) -> Self {
        Self::rewired(world, destination, Wired::Nothing)
    }

    /// The same neighbours around another application.
    pub fn rewired(world: Self, destination: &Value, wired: Wired) -> Self {
        let app = application(&world.tiktok.base_url(), world.neighbours(), wired, destination);
        Self { app, ..world }
    }

    /// Invokes the function with a text.
    pub async fn invoke_text(&self, payload: &str) -> Result<Value, HandlerError> {
        self.invoke_text_within(payload, Duration::from_secs(30)).await
    }

    /// Invokes the function with half a minute of time.
    pub async fn invoke(&self, payload: &Value) -> Result<Value, HandlerError> {
        self.invoke_within(payload, Duration::from_secs(30)).await
    }

    /// Invokes the function with so much time.
    pub async fn invoke_within(&self, payload: &Value, remaining: Duration) -> Result<Value, HandlerError> {
        self.invoke_text_within(&payload.to_string(), remaining).await
    }

    /// The number of a metric that the invocations so far have left, over all dimensions; takes all of them.
    pub fn metric(&self, name: &str) -> Option<u64> {
        let lines = self.app.metrics.take(jiff::Timestamp::UNIX_EPOCH);
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let values: Vec<_> = lines.filter_map(|line| line[name].as_u64()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// The same function, but with TikTok at another address.
    pub async fn invoke_elsewhere(&self, api: &str, payload: &Value) -> Value {
        let app = application(api, self.neighbours(), Wired::Nothing, &fast(&serde_json::json!({})));
        let invocation_time = clock::invocation_time_with(Duration::from_secs(30));
        let reply = Box::pin(handler::handle(&app, &payload.to_string(), invocation_time)).await.unwrap();
        serde_json::from_str(&reply).unwrap()
    }

    /// Invokes the function with a text and so much time.
    pub async fn invoke_text_within(&self, payload: &str, remaining: Duration) -> Result<Value, HandlerError> {
        // Boxed as in the function itself.
        let reply = Box::pin(handler::handle(&self.app, payload, clock::invocation_time_with(remaining))).await?;
        Ok(serde_json::from_str(&reply).unwrap())
    }
}

/// These settings, and as many calls per second as there may be.
pub fn fast(settings: &Value) -> Value {
    let mut destination = serde_json::json!({"settings": settings});
    destination["settings"]["calls_per_second"] = 1000.into();
    destination
}

/// The AWS of a world.
#[derive(Clone, Copy, Debug)]
struct Neighbours<'w> {
    secrets: &'w FakeSecrets,
    queues: &'w Queues,
    cloudwatch: &'w FakeCloudwatch,
}

fn application(api: &str, neighbours: Neighbours<'_>, wired: Wired, destination: &Value) -> App {
    let Neighbours { secrets, queues, cloudwatch } = neighbours;
    let (api, manager, destination) = (api.to_owned(), secrets.endpoint_url(), destination.to_string());
    let (sqs, cloudwatch) = (queues.sqs.endpoint_url(), cloudwatch.endpoint_url());
    let lookup = |name: &str| {
        let value = match name {
            "TIKTOK_SECRET_ID" => SECRET_ID,
            "TIKTOK_API_BASE_URL" => &api,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => &manager,
            "AWS_REGION" => "us-east-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
            "AWS_ENDPOINT_URL_SQS" => &sqs,
            "AWS_ENDPOINT_URL_CLOUDWATCH" => &cloudwatch,
            "BUFFER_QUEUE_URL" if matches!(wired, Wired::Buffer | Wired::Both) => &queues.buffer,
            "REJECTED_QUEUE_URL" if matches!(wired, Wired::Rejected | Wired::Both | Wired::Redrive) => &queues.rejected,
            "REDRIVE_QUEUE_URL" if wired == Wired::Redrive => &queues.buffer,
            "DESTINATION_CONFIG" => &destination,
            _ => return None,
        };
        Some(value.to_owned())
    };
    App::new(Config::load(lookup, |path| std::fs::read_to_string(path), None).unwrap()).unwrap()
}

/// A native event of Segment Engage about the audience `vip`.
pub fn native(name: &str, audience: &str, email: &str) -> Value {
    let is_member = name != "Audience Exited";
    serde_json::json!({
        "type": "track", "event": name, "messageId": "m-1", "userId": "u-1",
        "properties": {"audience_key": "vip", "vip": is_member},
        "context": {
            "traits": {"email": email},
            "personas": {"computation_class": "audience", "computation_key": "vip",
                         "external_audience_id": audience, "audience_settings": {"advertiserId": ADVERTISER}},
        },
    })
}

/// So much later than now, with half a minute left.
pub fn later(by: Duration) -> InvocationTime {
    let now = clock::invocation_time_with(Duration::from_secs(30));
    InvocationTime { start: now.start + by, wall: now.wall + by, ..now }
}

/// The address of an invented person.
pub fn person(number: usize) -> String {
    format!("user{number}@example.com")
}

/// What TikTok gets in place of an address that needs no normalising.
pub fn hash_of(email: &str) -> String {
    const_hex::encode(sha2::Sha256::digest(email))
}

/// Native events by which so many people enter an audience of the first advertiser.
pub fn entries(audience: &str, people: std::ops::Range<usize>) -> Vec<Value> {
    people.map(|number| native("Audience Entered", audience, &person(number))).collect()
}

/// How many events of a report ended with which outcome and reason.
pub fn tally(report: &Value) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    let results = report["results"].as_array().unwrap();
    for result in results {
        let outcome = result["outcome"].as_str().unwrap();
        let code = result["actions"][0]["error"]["code"].as_str();
        let word = code.map_or_else(|| outcome.to_owned(), |code| format!("{outcome} {code}"));
        *tally.entry(word).or_default() += 1;
    }
    assert_eq!(report["summary"]["received"], results.len(), "the summary counts every event");
    tally
}

/// The tally that these words and counts make.
pub fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().filter(|(_, count)| *count > 0).map(|(word, count)| ((*word).to_owned(), *count)).collect()
}
