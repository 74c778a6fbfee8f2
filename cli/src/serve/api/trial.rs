//! Trials: what would become of events under a configuration, in a world of their own, where nothing of the sandbox is
//! touched and nothing is sent to it.
//!
//! The function's own `explain` says what it would do; then the real handler does it against a TikTok of this trial, in
//! which every audience is there that the events are for. So the request that is shown is the one that would go out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use tiktok_audiences::config::{self, Problem};

use crate::arrival;
use crate::check::hint;
use crate::explain::add_met;
use crate::met::Mask;
use crate::payload::Payload;
use crate::support::fake_tiktok::{Audience, Grant};
use crate::world::{ACCESS_TOKEN, ADVERTISER, Scheme, Stage, World};

use super::function::Function;
use super::refusal::Refusal;
use super::{identifiers, record};

/// Events and a configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// JSON text of an event or of any envelope.
    event: String,
    /// JSON text of a `destination.json`.
    config: String,
    /// Whether identifiers are shown as they are.
    #[serde(default)]
    unmask: bool,
}

/// Two configurations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
}

/// The most events of one trial: as many as `explain` takes.
pub(crate) const MOST_EVENTS: usize = 100;

/// A world for trials, with the function of the last configuration.
#[derive(Debug)]
pub(crate) struct Bench {
    world: Arc<World>,
    /// One trial at a time: a trial sets the world up for itself.
    turn: tokio::sync::Mutex<()>,
    function: Mutex<Option<(String, Arc<Function>)>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let world = Arc::new(World::start(Scheme::Http, Stage::Connected));
        Self { world, turn: tokio::sync::Mutex::default(), function: Mutex::default() }
    }

    /// The function of this configuration.
    fn function(&self, config: &str) -> Result<Arc<Function>, Refusal> {
        let mut known = self.function.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, function)) = known.as_ref()
            && text == config
        {
            return Ok(Arc::clone(function));
        }
        let app = self.world.app_of(config).map_err(|error| unusable(config, &error.to_string()))?;
        let function =
            Function::start(app, Arc::clone(&self.world)).map_err(|error| Refusal::new(500, error.to_string()))?;
        let function = Arc::new(function);
        *known = Some((config.to_owned(), Arc::clone(&function)));
        Ok(function)
    }

    /// What the function's `explain` says of these events.
    pub(crate) async fn explain(&self, events: &[Option<Value>], config: &str) -> Result<Value, Refusal> {
        let function = self.function(config)?;
        let call = json!({ "operation": "explain", "events": events }).to_string();
        let ended = function.invoke(call).await.ok_or_else(Refusal::gone)?;
        let reply =
            ended.map_err(|error| Refusal::new(422, format!("{}: {}", error.error_type, error.error_message)))?;
        Ok(serde_json::from_str(&reply).unwrap_or_default())
    }

    /// Everything that a person wants to know of events under a configuration.
    pub(crate) async fn test(&self, order: &Order) -> Result<Value, Refusal> {
        let events = events_of(&order.event)?;
        let problems = check(&order.config);
        let mut explained = self.explain(&events, &order.config).await?;
        add_met(&mut explained, &events, if order.unmask { Mask::Nothing } else { Mask::Personal });
        let _turn = self.turn.lock().await;
        self.prepare(&explained);
        let began = Instant::now();
        let function = self.function(&order.config)?;
        let payload = json!({ "events": events }).to_string();
        let ended = function.invoke(payload).await.ok_or_else(Refusal::gone)?;
        let calls = self.world.tiktok.calls_since(began);
        let (report, error) = match ended {
            Ok(reply) => (serde_json::from_str(&reply).unwrap_or_default(), Value::Null),
            Err(error) => (Value::Null, json!({ "type": error.error_type, "message": error.error_message })),
        };
        let values = identifiers::of_events(&events, &order.config, order.unmask);
        Ok(json!({
            "problems": problems,
            "events": merged(&explained, &report, &values),
            "calls": calls.iter().map(record::call_json).collect::<Value>(),
            "error": error,
        }))
    }

    /// Makes every ad account and audience that the requests name.
    fn prepare(&self, explained: &Value) {
        self.world.reset();
        let mut advertisers = BTreeSet::from([ADVERTISER.to_owned()]);
        let mut audiences = BTreeSet::new();
        for request in list(&explained["requests"]) {
            let body = &request["body"];
            for advertiser in list(&body["advertiser_ids"]).filter_map(Value::as_str).map(advertiser) {
                advertisers.insert(advertiser.to_owned());
                let cells = list(&body["batch_data"]).flat_map(list).flat_map(|cell| list(&cell["audience_ids"]));
                audiences.extend(
                    cells.filter_map(Value::as_str).map(|audience| (advertiser.to_owned(), audience.to_owned())),
                );
            }
        }
        self.world.tiktok.grant(ACCESS_TOKEN, Grant::of(advertisers.iter().map(String::as_str)));
        let known: BTreeSet<_> = self.world.tiktok.audiences().into_iter().map(|audience| audience.id).collect();
        for (advertiser, audience) in audiences {
            let name = named(&audience);
            let is_there = match name {
                Some(name) => !self.world.tiktok.audiences_named(name).is_empty(),
                None => known.contains(&audience),
            };
            if !is_there {
                let made = Audience::new(&advertiser, name.unwrap_or_default());
                // One that has to be looked up gets an id of TikTok's.
                let made = if name.is_some() { made } else { made.with_id(&audience) };
                self.world.tiktok.add_audience(made);
            }
        }
    }
}

/// An ad account's id; what stands for the only one of the secret is the sandbox's own.
fn advertiser(text: &str) -> &str {
    if text.starts_with('<') { ADVERTISER } else { text }
}

/// The name in what stands for the id of an audience that has to be looked up.
fn named(audience: &str) -> Option<&str> {
    audience.strip_prefix("<the one named `")?.strip_suffix("`>")
}

/// The events in a text; it may be any envelope.
fn events_of(text: &str) -> Result<Vec<Option<Value>>, Refusal> {
    let payload = Payload::read(text).map_err(|why| Refusal::new(400, format!("the event is not JSON: {why}")))?;
    let events = payload.events();
    match events.len() {
        0 => Err(Refusal::new(422, payload.refusal().unwrap_or_else(|| arrival::NO_EVENTS.to_owned()))),
        1..=MOST_EVENTS => Ok(events),
        count => {
            Err(Refusal::new(422, format!("there are {count} events in this, and a trial takes {MOST_EVENTS} at most")))
        }
    }
}

/// What is wrong and what is odd in a configuration.
pub(crate) fn check(config: &str) -> Vec<Value> {
    let (_, findings) = config::parse_destination(config);
    let problem = |severity: &'static str| {
        move |problem: &Problem| {
            let place = problem.place;
            json!({
                "path": problem.path,
                "message": problem.message,
                "hint": hint(config, problem),
                "severity": severity,
                "line": place.map(|place| place.line),
                "column": place.map(|place| place.column),
                "width": place.map(|place| place.width),
            })
        }
    };
    findings.errors.iter().map(problem("error")).chain(findings.warnings.iter().map(problem("warning"))).collect()
}

/// Why a configuration can't be used.
pub(crate) fn unusable(config: &str, error: &str) -> Refusal {
    Refusal::new(422, error).with_problems(check(config))
}

/// By event: what explain says, what the report says, and the identifiers under each rule set.
fn merged(explained: &Value, report: &Value, values: &[Value]) -> Value {
    let of_event = |event: &Value| {
        let index = &event["index"];
        let mut event = event.clone();
        let result = list(&report["results"]).find(|result| result["index"] == *index);
        event["outcome"] = result.map(|result| result["outcome"].clone()).unwrap_or_default();
        event["actions"] = result.map_or_else(|| json!([]), |result| result["actions"].clone());
        let shown = index.as_u64().and_then(|index| values.get(usize::try_from(index).ok()?));
        if let (Some(mappings), Some(shown)) = (event["mappings"].as_array_mut(), shown) {
            for (mapping, identifiers) in mappings.iter_mut().zip(list(shown)) {
                identifiers::add(mapping, identifiers);
            }
        }
        event
    };
    list(&explained["events"]).map(of_event).collect()
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
