//! That nothing about a person and no credential is ever shown: not in a reply, error, log line, metric or attribute.
//!
//! Recognisable values are put into every place of every fixture, and into whatever TikTok and AWS answer.

mod failures;
mod person;
mod places;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tiktok_audiences::app::App;
use tiktok_audiences::config::Config;
use tiktok_audiences::{clock, handler, log};
use tracing::level_filters::LevelFilter;

use crate::bootstrap::Bootstrap;
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::FakeSqs;
use crate::support::fake_tiktok::{Audience, FakeTiktok, Grant};
use crate::world::SECRET_ID;
use person::{Canary, Watch};

/// The advertiser and the audience of the fixtures.
const ADVERTISER: &str = "7000000000000000001";
const AUDIENCE: &str = "1800000000000000001";

fn fixtures() -> Vec<(String, Value)> {
    let directory = std::fs::read_dir("events").unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<_> = directory
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect();
    fixtures.sort_by(|(one, _), (other, _): &(String, Value)| one.cmp(other));
    fixtures
}

/// Mappings that read whatever an event brings, so that it can end up where it does not belong.
fn destination() -> Value {
    json!({
        "settings": {"advertiser_id": ADVERTISER, "calls_per_second": 1000},
        "mappings": [
            {"name": "Native in", "action": "addToAudience"},
            {"name": "Native out", "action": "removeFromAudience"},
            {"name": "Sync", "action": "syncAudience"},
            {"name": "Records", "action": "syncRecords"},
            {"name": "By name", "action": "addToAudience", "trigger": "event = \"Audience Entered\"", "fields": {
                "external_audience_id": null,
                "audience_name": {"@path": "$.context.traits.email"}}},
            {"name": "By id", "action": "addUser", "fields": {
                "selected_advertiser_id": {"@template": "{{properties.audience_key}}"},
                "audience_id": {"@path": "$.context.traits.phone"},
                "country": {"@path": "$.userId"}}},
        ],
    })
}

/// What is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The application between the fakes, logging all that it can, and everything that it shows.
struct Stage {
    tiktok: FakeTiktok,
    secrets: FakeSecrets,
    sqs: FakeSqs,
    rejected: String,
    app: App,
    logged: Kept,
    watch: Watch,
    _logging: tracing::subscriber::DefaultGuard,
}

impl Stage {
    fn set() -> Self {
        Self::with_secret_ttl("300")
    }

    fn with_secret_ttl(seconds: &str) -> Self {
        let setup = FakeTiktok::setup().token(person::TOKEN.text, Grant::of([ADVERTISER]));
        let tiktok = setup.audience(Audience { id: AUDIENCE.to_owned(), ..Audience::new(ADVERTISER, "vip") }).start();
        let (secrets, sqs) = (FakeSecrets::start(), FakeSqs::start());
        let rejected = sqs.queue("rejected");
        let token = person::TOKEN.text;
        let secret = json!({"access_token": token, "advertiser_ids": [ADVERTISER], "app_id": "7", "app_secret": token,
                            "webhook_secrets": [token], "write_keys": [token]});
        secrets.set(SECRET_ID, &secret.to_string());
        let lookup = |name: &str| {
            Some(match name {
                "TIKTOK_SECRET_ID" => SECRET_ID.to_owned(),
                "TIKTOK_SECRET_TTL_SECONDS" => seconds.to_owned(),
                "TIKTOK_API_BASE_URL" => tiktok.base_url(),
                "AWS_ENDPOINT_URL_SECRETS_MANAGER" => secrets.endpoint_url(),
                "AWS_ENDPOINT_URL_SQS" => sqs.endpoint_url(),
                "REJECTED_QUEUE_URL" => rejected.clone(),
                "AWS_REGION" => "us-east-1".to_owned(),
                "AWS_ACCESS_KEY_ID" => "AKIAFAKE".to_owned(),
                "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => token.to_owned(),
                "DESTINATION_CONFIG" => destination().to_string(),
                _ => return None,
            })
        };
        let app = App::new(Config::load(lookup, |path| std::fs::read_to_string(path), None).unwrap()).unwrap();
        let logged = Kept::default();
        let of_subscriber = logged.clone();
        let subscriber = log::subscriber(LevelFilter::TRACE, move || of_subscriber.clone());
        let logging = tracing::subscriber::set_default(subscriber);
        Self { tiktok, secrets, sqs, rejected, app, logged, watch: Watch::new(), _logging: logging }
    }

    /// Invokes the application and gives what it should not have shown.
    async fn leaks(&self, payload: &str) -> Option<String> {
        let invocation_time = clock::invocation_time_with(Duration::from_secs(20));
        let reply = match handler::handle(&self.app, payload, invocation_time).await {
            Ok(reply) => reply,
            Err(error) => {
                log::failed(&error, error.error_type());
                let shown = format!("{error} {error:?}");
                format!("{shown} {:?}", Diagnostic::from(error))
            }
        };
        self.app.metrics.calls(&self.app.client.take_attempts(), &self.app.client.take_batch_rows());
        let metrics = self.app.metrics.take(invocation_time.wall);
        let logged = String::from_utf8(std::mem::take(&mut *self.logged.0.lock().unwrap())).unwrap();
        let attributes = self.sqs.drain(&self.rejected).into_iter().map(|message| format!("{:?}", message.attributes));
        let shown = [reply, metrics, logged, attributes.collect()];
        shown.iter().find_map(|shown| Some(format!("{} in {shown}", self.watch.found_in(shown)?)))
    }
}

/// Whether a reply repeats what is at this place: the id of a message, where it looks like one.
fn is_repeated(place: &str, canary: Canary) -> bool {
    let is_message_id = matches!(place.rsplit('.').next(), Some("messageId" | "id"));
    let looks_like_an_id = canary == person::DEVICE || canary == person::TOKEN;
    is_message_id && looks_like_an_id
}

async fn every_place_is_safe(of: impl Fn(&str) -> bool) {
    let stage = Stage::set();
    let mut turn = 0_usize;
    let mut leaks = Vec::new();
    let mut count = 0;
    for (name, payload) in fixtures().iter().filter(|(name, _)| of(name)) {
        let mut fill = |place: &str| loop {
            let canary = person::ALL[turn % person::ALL.len()];
            turn += 1;
            if !is_repeated(place, canary) {
                return canary.text.to_owned();
            }
        };
        for variant in places::variants(payload, &mut fill) {
            count += 1;
            if let Some(leak) = stage.leaks(&variant.value.to_string()).await {
                leaks.push(format!("{name} {}: {leak}", variant.place));
            }
        }
    }
    assert_eq!(stage.watch.found_in(&format!("{:?}", stage.app)), None, "Debug of the application");
    assert!(count > 100, "{count} places are too few");
    assert!(leaks.is_empty(), "{} of {count}:\n{}", leaks.len(), leaks[..leaks.len().min(10)].join("\n"));
}

#[tokio::test]
async fn no_place_of_a_direct_event_is_shown() {
    every_place_is_safe(|name| name.starts_with("direct")).await;
}

#[tokio::test]
async fn no_place_of_an_http_request_is_shown() {
    every_place_is_safe(|name| name.starts_with("http")).await;
}

#[tokio::test]
async fn no_place_of_a_record_or_an_operation_is_shown() {
    every_place_is_safe(|name| !name.starts_with("direct") && !name.starts_with("http")).await;
}

#[tokio::test]
async fn the_binary_shows_nothing_at_any_level() {
    let token = person::TOKEN.text;
    let variables = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace"), ("AWS_SESSION_TOKEN", token)];
    let secrets = FakeSecrets::start();
    let secret = json!({"access_token": token, "webhook_secrets": [token], "write_keys": [token]});
    secrets.set(SECRET_ID, &secret.to_string());
    let function = Bootstrap::start_with(secrets, &destination(), &variables);
    function.tiktok.grant(token, Grant::of([ADVERTISER]));
    function.tiktok.add_audience(Audience { id: AUDIENCE.to_owned(), ..Audience::new(ADVERTISER, "vip") });
    let watch = Watch::new();
    let mut turn = 0;
    let mut places = 0;
    for (name, payload) in fixtures() {
        let mut fill = |_place: &str| {
            turn += 1;
            person::ALL[turn % 3].text.to_owned()
        };
        let identifying =
            |place: &str| ["email", "phone", "advertisingId", "authorization"].iter().any(|end| place.ends_with(end));
        let variants = places::variants(&payload, &mut fill);
        for variant in variants.into_iter().filter(|variant| identifying(&variant.place)) {
            places += 1;
            let outcome = format!("{:?}", function.invoke(&variant.value).await);
            assert_eq!(watch.found_in(&outcome), None, "{name} {}", variant.place);
        }
    }
    for text in failures::NOT_JSON {
        let outcome = format!("{:?}", function.invoke(text).await);
        assert_eq!(watch.found_in(&outcome), None, "{outcome}");
    }
    assert!(places > 30, "{places}");
    for message in function.sqs.messages(&function.rejected) {
        assert_eq!(watch.found_in(&format!("{:?}", message.attributes)), None, "{:?}", message.attributes);
    }
    let printed = function.stop();
    assert!(printed.lines().len() > places);
    for line in printed.stdout.lines().chain(printed.stderr.lines()) {
        assert_eq!(watch.found_in(line), None, "{line}");
    }
}
