//! The page of `tta serve` and its JSON under `/_sandbox/`.
//!
//! Every invocation of the sandbox's function passes [`Sandbox::invoke`], which records it for the feed. The page does
//! nothing that a script could not: it has no other way in than the routes of [`routes`].

mod audiences;
mod compare;
mod examples;
mod feed;
mod files;
mod function;
mod guard;
mod identifiers;
pub(super) mod letters;
mod list;
mod load;
mod people;
mod record;
mod refusal;
mod respond;
mod routes;
mod trial;
mod weather;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::line;
use crate::world::{ADVERTISER, Era, WRITE_KEY, World};

pub(crate) use function::{Ended, Function};
pub(crate) use guard::admitted;
pub(crate) use record::Origin;
use record::{Record, Seen};
use refusal::Refusal;
pub(crate) use respond::{answer, body, owns};

/// With more members in all, they are not compared around each invocation.
const MOST_COMPARED: usize = 20_000;
/// How often audiences and dead letters are looked at.
const SAMPLE: Duration = Duration::from_millis(500);
/// How often a silent stream gets a sign of life.
const BREATH: Duration = Duration::from_secs(15);
/// The calls that TikTok remembers; with more, those that the feed has are forgotten.
const MOST_CALLS: usize = 5_000;

/// The sandbox as the page sees it.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) world: Arc<World>,
    function: Function,
    /// The configuration that runs: where it is from, and its text.
    config: Mutex<(String, String)>,
    url: Mutex<String>,
    feed: feed::Feed,
    bench: trial::Bench,
    weather: weather::Weather,
    load: load::Load,
    sizes: audiences::Sizes,
    letters: letters::Told,
    running: AtomicUsize,
    begun: AtomicU64,
}

impl Sandbox {
    /// With a function that runs already.
    pub(crate) fn new(world: Arc<World>, function: Function, source: String, config: String) -> Arc<Self> {
        Arc::new(Self {
            world,
            function,
            config: Mutex::new((source, config)),
            url: Mutex::default(),
            feed: feed::Feed::new(),
            bench: trial::Bench::new(),
            weather: weather::Weather::default(),
            load: load::Load::default(),
            sizes: audiences::Sizes::default(),
            letters: letters::Told::default(),
            running: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
        })
    }

    /// Tells at which address the function's door is.
    pub(crate) fn opened_at(&self, url: String) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Looks at audiences and dead letters and keeps streams alive, until it is dropped.
    pub(crate) async fn watch(&self) {
        let (mut sample, mut breath) = (tokio::time::interval(SAMPLE), tokio::time::interval(BREATH));
        loop {
            tokio::select! {
                _ = sample.tick() => self.sample(),
                _ = breath.tick() => self.feed.breathe(),
            }
        }
    }

    /// Notes the sizes of audiences and of the dead-letter queue, and tells of those that have changed.
    fn sample(&self) {
        let living = self.world.sizes();
        if self.sizes.sample(Self::seconds(), &living) {
            self.feed.tell("sizes", &json!(living));
        }
        let counts = self.world.rejected_counts();
        if self.letters.is_new(counts) {
            self.feed.tell("letters", &json!(counts.1));
        }
    }

    /// Seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit")]
    fn seconds() -> f64 {
        Timestamp::now().as_millisecond() as f64 / 1_000.0
    }

    /// Invokes the function, records what happened, and gives it back.
    pub(crate) async fn invoke(&self, payload: String, origin: Origin) -> Result<Record, Refusal> {
        let era = self.world.era().await;
        self.invoke_in(&era, payload, origin).await
    }

    /// The same for whoever holds the era.
    pub(crate) async fn invoke_in(&self, _: &Era<'_>, payload: String, origin: Origin) -> Result<Record, Refusal> {
        let id = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let others = self.running.fetch_add(1, Ordering::Relaxed);
        let is_compared = origin != Origin::Load && self.world.sizes().values().sum::<usize>() <= MOST_COMPARED;
        let before = is_compared.then(|| self.world.members());
        let (rejected, secret_calls) = (self.world.rejected().len(), self.world.secret_calls());
        let (at, began) = (Timestamp::now(), Instant::now());
        let ended = self.function.invoke(payload.clone()).await;
        let took = began.elapsed();
        self.running.fetch_sub(1, Ordering::Relaxed);
        let ended = ended.ok_or_else(Refusal::gone)?;
        let shared = others > 0 || self.begun.load(Ordering::Relaxed) > id;
        let calls = self.world.tiktok.calls_since(began);
        self.weather.met(&calls, self.world.secret_calls().saturating_sub(secret_calls));
        self.feed.tell("weather", &self.weather.json());
        let members = before
            .map(|before| record::changes(&before, &self.world.members(), &calls, |id| self.world.audience_name(id)));
        let explained = self.explained(&payload, &ended).await;
        let rejected = self.world.rejected().split_off(rejected.min(self.world.rejected().len()));
        let members = members.unwrap_or_default();
        let seen = Seen { id, at, took, origin, payload, ended, calls, shared, explained, members, rejected };
        let record = Record::of(seen);
        if origin != Origin::Load {
            line::print(&record.entry);
        }
        self.feed.add(record.clone());
        if self.running.load(Ordering::Relaxed) == 0 && self.world.tiktok.calls_since(began).len() > MOST_CALLS {
            self.world.tiktok.forget();
        }
        Ok(record)
    }

    /// A control operation's reply, or its error.
    async fn operate(&self, order: &Value) -> Result<Value, Refusal> {
        let _era = self.world.era().await;
        let ended = self.function.invoke(order.to_string()).await.ok_or_else(Refusal::gone)?;
        let reply = ended.map_err(|error| Refusal::new(422, error.error_message))?;
        self.sample();
        Ok(serde_json::from_str(&reply).unwrap_or_default())
    }

    /// What `explain` says of the events of a caller that gets no report.
    async fn explained(&self, payload: &str, ended: &Ended) -> Option<Value> {
        let reply: Value = serde_json::from_str(ended.as_ref().ok()?).ok()?;
        let has_report = reply["summary"].is_object() || reply["statusCode"].is_number();
        let is_operation = crate::arrival::is_operation(&serde_json::from_str(payload).unwrap_or_default());
        let events = crate::arrival::of_payload(payload);
        if has_report || is_operation || events.is_empty() || events.len() > trial::MOST_EVENTS {
            return None;
        }
        let config = self.config();
        self.bench.explain(&events, &config).await.ok()
    }

    fn config(&self) -> String {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Runs with another configuration from now on.
    fn configure(&self, config: &str) -> Result<(), Refusal> {
        let app = self.world.app_of(config).map_err(|error| trial::unusable(config, &error.to_string()))?;
        self.function.configure(app);
        *self.config.lock().unwrap_or_else(PoisonError::into_inner) = ("the page".to_owned(), config.to_owned());
        Ok(())
    }

    fn state(&self) -> Value {
        let (source, text) = self.config.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let secret: Value = serde_json::from_str(&self.world.secret()).unwrap_or_default();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "function_url": *self.url.lock().unwrap_or_else(PoisonError::into_inner),
            "invoke_path": "/2015-03-31/functions/sandbox/invocations",
            "write_key": WRITE_KEY,
            "advertiser_id": ADVERTISER,
            "buffered": self.world.is_buffered(),
            "connected": secret["access_token"].is_string(),
            "config": { "source": source, "text": text },
            "weather": self.weather.json(),
            "load": self.load.json(),
        })
    }

    async fn reset(&self) {
        self.load.stop();
        self.weather.clear(&self.world);
        self.world.begin_anew().await;
        self.feed.clear();
    }
}
