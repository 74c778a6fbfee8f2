//! The sandbox's world: one advertiser, one audience, one secret, always the same.
//!
//! It stands on the fakes of the tests and knows nothing of events. The files under `events/` are written for exactly
//! this world.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tiktok_audiences::app::App;
use tiktok_audiences::clock;
use tiktok_audiences::config::{Config, ConfigError};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::error::SandboxError;
use crate::support::authority::Authority;
use crate::support::aws_json::AwsFault;
use crate::support::fake_cloudwatch::FakeCloudwatch;
use crate::support::fake_secrets::FakeSecrets;
use crate::support::fake_sqs::{FakeSqs, Message};
use crate::support::fake_tiktok::{App as DeveloperApp, Audience, Condition, Consent, FakeTiktok, Grant};
use crate::support::server::Listen;

/// The advertiser that the token is for.
pub(crate) const ADVERTISER: &str = "7000000000000000001";
/// Another ad account of the same Business Center, for which the token is not.
const NEIGHBOUR: &str = "7000000000000000002";
/// Its audience, of type Partner and empty at the start.
pub(crate) const AUDIENCE: &str = "1800000000000000001";
/// The audience's name, which is the `computation_key` of the events.
pub(crate) const AUDIENCE_NAME: &str = "abandoned_cart";
/// TikTok's token.
pub(crate) const ACCESS_TOKEN: &str = "sandbox-access-token";
const APP_ID: &str = "7100000000000000001";
const APP_SECRET: &str = "sandbox-app-secret";
const WEBHOOK_SECRET: &str = "sandbox-webhook-secret";
pub(crate) const WRITE_KEY: &str = "sandbox-write-key";
/// The secret's name in Secrets Manager.
const SECRET_ID: &str = "tiktok-audiences-sandbox";
/// The queue of events that can never be delivered.
const REJECTED_QUEUE: &str = "rejected";
/// The queue in front: of all events with `--buffered`, else of those that are sent again.
const BUFFER_QUEUE: &str = "buffer";
/// What configures the function where no file does.
pub(crate) const DESTINATION: &str = r#"{"settings":{"advertiser_id":"7000000000000000001"}}"#;

/// How the fakes are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In clear, which the function accepts on loopback only.
    Http,
    /// With a certificate of the sandbox's own authority.
    Https,
}

/// What is there at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A secret with everything in it, and an audience.
    Connected,
    /// What a deployed stack begins with: the secret of template.yaml, and no audience.
    Empty,
}

/// TikTok, Secrets Manager, CloudWatch's metrics and SQS, running until they are dropped.
#[derive(Debug)]
pub(crate) struct World {
    /// TikTok.
    pub(crate) tiktok: FakeTiktok,
    secrets: FakeSecrets,
    cloudwatch: FakeCloudwatch,
    queues: FakeSqs,
    /// The dead-letter queue's URL.
    rejected: String,
    /// The buffer queue's URL.
    buffer: String,
    /// Whether events go through it; what is sent again always does.
    is_buffered: bool,
    authority: Option<Authority>,
    stage: Stage,
    era: RwLock<u64>,
}

/// See [`World::era`].
pub(crate) type Era<'w> = RwLockReadGuard<'w, u64>;

/// The members of each audience by its id, as (column, hash).
pub(crate) type Members = BTreeMap<String, BTreeSet<(String, String)>>;

impl World {
    /// Starts all of them on free ports of 127.0.0.1.
    pub(crate) fn start(scheme: Scheme, stage: Stage) -> Self {
        let authority = match scheme {
            Scheme::Http => None,
            Scheme::Https => Some(Authority::new()),
        };
        let listen = || Listen {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: authority.as_ref().map(Authority::server),
            watch: None,
        };
        let app = DeveloperApp {
            id: APP_ID.to_owned(),
            secret: APP_SECRET.to_owned(),
            redirect_uris: Vec::new(),
            grants: Grant::of([ADVERTISER]),
        };
        let tiktok = FakeTiktok::setup().at(listen()).app(app).start();
        let secrets = FakeSecrets::start_at(listen());
        let cloudwatch = FakeCloudwatch::start_at(listen());
        let queues = FakeSqs::start_at(listen());
        let rejected = queues.queue(REJECTED_QUEUE);
        let buffer = queues.queue(BUFFER_QUEUE);
        let (is_buffered, era) = (false, RwLock::default());
        let world = Self { tiktok, secrets, cloudwatch, queues, rejected, buffer, is_buffered, authority, stage, era };
        world.reset();
        world
    }

    /// With the buffer queue in front of the function, as deployed.
    pub(crate) fn buffered(mut self) -> Self {
        self.is_buffered = true;
        self
    }

    /// Whether events go through the buffer queue.
    pub(crate) const fn is_buffered(&self) -> bool {
        self.is_buffered
    }

    /// Takes everything out of the buffer queue.
    pub(crate) fn take_buffered(&self) -> Vec<Message> {
        self.queues.drain(&self.buffer)
    }

    /// Moves a message that was received too often to the dead letters.
    pub(crate) fn give_up(&self, message: Message) {
        self.queues.put(&self.rejected, message);
    }

    /// The number of times that everything was made as at the start. Whoever acts on this world holds it meanwhile, so that
    /// nothing of before a reset happens after it; held twice by one task, it may never be given.
    pub(crate) async fn era(&self) -> Era<'_> {
        self.era.read().await
    }

    /// Makes everything as it was at the start, once all that is under way has ended.
    pub(crate) async fn begin_anew(&self) {
        let mut era = self.era.write().await;
        *era += 1;
        self.reset();
    }

    /// Makes everything as it was at the start, and forgets what was seen.
    pub(crate) fn reset(&self) {
        self.tiktok.clear_faults();
        self.tiktok.forget_audiences();
        self.tiktok.grant(ACCESS_TOKEN, Grant::of([ADVERTISER]));
        self.tiktok.grant("neighbours-access-token", Grant::of([NEIGHBOUR]));
        self.tiktok.consent(Consent::Asked);
        self.tiktok.forget();
        self.cloudwatch.forget();
        drop(self.queues.drain(&self.rejected));
        drop(self.take_buffered());
        match self.stage {
            Stage::Empty => self.set_secret("{}"),
            Stage::Connected => self.connect(),
        }
    }

    fn connect(&self) {
        self.tiktok.add_audience(Audience::new(ADVERTISER, AUDIENCE_NAME).with_id(AUDIENCE));
        let secret = json!({
            "access_token": ACCESS_TOKEN,
            "advertiser_ids": [ADVERTISER],
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "webhook_secrets": [WEBHOOK_SECRET],
            "write_keys": [WRITE_KEY],
        });
        self.set_secret(&secret.to_string());
    }

    /// Stores the secret; the function has it once its copy is too old.
    pub(crate) fn set_secret(&self, value: &str) {
        self.secrets.set(SECRET_ID, value);
    }

    /// What the secret holds.
    pub(crate) fn secret(&self) -> String {
        self.secrets.value(SECRET_ID).unwrap_or_default()
    }

    /// The token in the secret; the one that is good at the start where there is none.
    pub(crate) fn access_token(&self) -> String {
        let secret: serde_json::Value = serde_json::from_str(&self.secret()).unwrap_or_default();
        secret["access_token"].as_str().unwrap_or(ACCESS_TOKEN).to_owned()
    }

    /// What is in the dead-letter queue.
    pub(crate) fn rejected(&self) -> Vec<Message> {
        self.queues.messages(&self.rejected)
    }

    /// How many messages have ever come into the dead-letter queue, and how many are in it.
    pub(crate) fn rejected_counts(&self) -> (u64, usize) {
        self.queues.counts(&self.rejected)
    }

    /// Has Secrets Manager answer nothing but errors, or well again.
    pub(crate) fn break_secrets(&self, is_broken: bool) {
        self.secrets.always(is_broken.then(|| AwsFault::error("InternalServiceError")));
    }

    /// Gives CloudWatch what the function has counted.
    pub(crate) fn count(&self, app: &App) {
        let now = clock::invocation_time_with(Duration::ZERO).wall;
        self.cloudwatch.take_in(&app.metrics.take(now));
    }

    /// How often the secret was asked for.
    pub(crate) fn secret_calls(&self) -> usize {
        self.secrets.calls().len()
    }

    /// The members of every audience that is not deleted.
    pub(crate) fn members(&self) -> Members {
        let living = self.tiktok.audiences().into_iter().filter(|audience| audience.condition != Condition::Dead);
        living.map(|audience| (audience.id.clone(), self.tiktok.members(&audience.id))).collect()
    }

    /// How many members each audience has that is not deleted.
    pub(crate) fn sizes(&self) -> BTreeMap<String, usize> {
        let living = self.tiktok.audiences().into_iter().filter(|audience| audience.condition != Condition::Dead);
        living.map(|audience| (audience.id.clone(), self.tiktok.member_count(&audience.id))).collect()
    }

    /// The name of an audience.
    pub(crate) fn audience_name(&self, id: &str) -> String {
        let named = self.tiktok.audiences().into_iter().find(|audience| audience.id == id);
        named.map(|audience| audience.name).unwrap_or_default()
    }

    /// The environment that points the function at this world.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let certificate =
            self.authority.iter().map(|authority| ("SSL_CERT_FILE", authority.pem_path().display().to_string()));
        let fixed = [
            ("TIKTOK_API_BASE_URL", self.tiktok.base_url()),
            ("TIKTOK_SECRET_ID", SECRET_ID.to_owned()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.endpoint_url()),
            ("AWS_ENDPOINT_URL_SQS", self.queues.endpoint_url()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH", self.cloudwatch.endpoint_url()),
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", self.cloudwatch.endpoint_url()),
            ("EVENT_LOG_GROUPS", "sandbox".to_owned()),
            ("REJECTED_QUEUE_URL", self.rejected.clone()),
            ("REDRIVE_QUEUE_URL", self.buffer.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "example".to_owned()),
        ];
        let buffer = self.is_buffered.then(|| ("BUFFER_QUEUE_URL", self.buffer.clone()));
        fixed.into_iter().chain(buffer).chain(certificate).collect()
    }

    /// The function as a cold start in this world builds it.
    pub(crate) fn app(&self, config: Option<&Path>) -> Result<App, SandboxError> {
        let destination = config.map_or_else(|| DESTINATION.to_owned(), |path| path.display().to_string());
        let loaded = self.config(&[("DESTINATION_CONFIG", &destination)]);
        Ok(App::new(loaded.map_err(|source| SandboxError::of_configuration(config, source))?)?)
    }

    /// The same with the JSON of a configuration. What is none is refused: the function would take it for a path.
    pub(crate) fn app_of(&self, destination: &str) -> Result<App, SandboxError> {
        if !destination.trim_start().starts_with('{') {
            return Err(SandboxError::Unusable("the configuration is no JSON object".to_owned()));
        }
        Ok(App::new(self.config(&[("DESTINATION_CONFIG", destination)])?)?)
    }

    fn config(&self, own: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = self.variables();
        let lookup = |name: &str| {
            let own = own.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            own.or_else(|| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
        };
        Config::load(lookup, |path| std::fs::read_to_string(path), None)
    }
}

/// The repository's root, where the tests find its files.
#[cfg(test)]
pub(crate) fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
