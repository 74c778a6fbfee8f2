//! Weather: what can go wrong at TikTok and AWS, by name, switched on and off.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::fake_tiktok::{Call, Endpoint, Fault, Grant, Life, Rule};
use crate::world::{ADVERTISER, World};

use super::Sandbox;
use super::refusal::Refusal;

/// What is switched.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    kind: Kind,
    on: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Throttling,
    Outage,
    Latency,
    DeadToken,
    RefusedRows,
    SecretUnreadable,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Throttling, Self::Outage, Self::Latency, Self::DeadToken, Self::RefusedRows, Self::SecretUnreadable];

    const fn name(self) -> &'static str {
        match self {
            Self::Throttling => "throttling",
            Self::Outage => "outage",
            Self::Latency => "latency",
            Self::DeadToken => "dead_token",
            Self::RefusedRows => "refused_rows",
            Self::SecretUnreadable => "secret_unreadable",
        }
    }

    /// Whether a call met it.
    fn is_in(self, call: &Call) -> bool {
        match self {
            Self::Throttling => call.code == Some(40100),
            Self::Outage => call.status == Some(503),
            Self::Latency => true,
            Self::DeadToken => call.code == Some(40105),
            Self::RefusedRows => call.code == Some(40002),
            Self::SecretUnreadable => false,
        }
    }
}

/// How much later TikTok answers.
const LATENCY: Duration = Duration::from_secs(3);

/// What is on.
#[derive(Debug, Default)]
pub(crate) struct Weather(Mutex<BTreeMap<Kind, usize>>);

impl Weather {
    fn on(&self) -> MutexGuard<'_, BTreeMap<Kind, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches, and says what is on.
    pub(crate) fn switch(&self, &Switch { kind, on }: &Switch, sandbox: &Sandbox) -> Result<Value, Refusal> {
        if on {
            self.on().entry(kind).or_default();
        } else {
            self.on().remove(&kind);
        }
        self.play(&sandbox.world);
        if on && kind == Kind::SecretUnreadable {
            // A function that has the secret in its cache would not notice for minutes.
            sandbox.configure(&sandbox.config())?;
        }
        let switched = self.json();
        sandbox.feed.tell("weather", &switched);
        Ok(switched)
    }

    /// Everything is fine again.
    pub(crate) fn clear(&self, world: &World) {
        self.on().clear();
        self.play(world);
    }

    /// Tells the fakes. Faults that were placed otherwise are forgotten: weather is all or nothing.
    fn play(&self, world: &World) {
        let on: Vec<_> = self.on().keys().copied().collect();
        let is_on = |kind| on.contains(&kind);
        world.tiktok.clear_faults();
        if is_on(Kind::Outage) {
            world.tiktok.rule(Rule::any(), Fault::Status(503));
        }
        if is_on(Kind::Throttling) {
            world.tiktok.rule(Rule::on(Endpoint::Mapping), Fault::Code(40100));
        }
        world.tiktok.latency(if is_on(Kind::Latency) { LATENCY } else { Duration::ZERO });
        let life = if is_on(Kind::DeadToken) { Life::Revoked } else { Life::Valid };
        world.tiktok.grant(&world.access_token(), Grant { life, ..Grant::of([ADVERTISER]) });
        let refused = super::people::refused_hashes();
        for hash in refused {
            if is_on(Kind::RefusedRows) { world.tiktok.poison(&hash) } else { world.tiktok.cure(&hash) }
        }
        world.break_secrets(is_on(Kind::SecretUnreadable));
    }

    /// Counts what the calls of an invocation have met.
    pub(crate) fn met(&self, calls: &[Call], secret_calls: usize) {
        for (kind, hits) in self.on().iter_mut() {
            let of_tiktok = calls.iter().filter(|call| kind.is_in(call)).count();
            *hits += if *kind == Kind::SecretUnreadable { secret_calls } else { of_tiktok };
        }
    }

    pub(crate) fn json(&self) -> Value {
        let on = self.on();
        let one = |kind: Kind| json!({ "kind": kind.name(), "on": on.contains_key(&kind), "hits": on.get(&kind).copied().unwrap_or_default() });
        Kind::ALL.into_iter().map(one).collect()
    }
}

/// A switch out of a request's body.
pub(crate) fn switch(body: &[u8]) -> Result<Switch, Refusal> {
    let names = Kind::ALL.map(Kind::name).join(", ");
    serde_json::from_slice(body).map_err(|error| Refusal::new(400, format!("{error}; kinds are {names}")))
}
