//! A load: many invented people at once, with progress.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::fake_tiktok::Audience;
use crate::world::ADVERTISER;

use super::record::Origin;
use super::refusal::Refusal;
use super::{Sandbox, people};

/// How many invocations run side by side, as so many instances of the function would.
const SIDE_BY_SIDE: usize = 4;
const FEWEST: usize = 1;
const MOST_BATCH: usize = 10_000;
/// The name of the audience that invented people enter.
const AUDIENCE: &str = "invented_people";

/// What is sent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    people: usize,
    /// Events per invocation.
    batch: usize,
}

/// How far it has come.
#[derive(Debug, Default)]
struct Progress {
    people: usize,
    batch: usize,
    sent: usize,
    seconds: f64,
    outcomes: BTreeMap<String, u64>,
    members: usize,
    running: bool,
}

/// The load of a sandbox, running or over; there is one at a time.
#[derive(Debug, Default)]
pub(crate) struct Load {
    progress: Mutex<Progress>,
    stop: AtomicBool,
}

impl Load {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Null before the first one.
    pub(crate) fn json(&self) -> Value {
        let Progress { people, batch, sent, seconds, ref outcomes, members, running } = *self.progress();
        if people == 0 {
            return Value::Null;
        }
        #[expect(clippy::cast_precision_loss, reason = "a speed to look at, of at most 100,000 people")]
        let speed = if seconds > 0.0 { sent as f64 / seconds } else { 0.0 };
        json!({
            "people": people, "batch": batch, "sent": sent, "seconds": seconds, "events_per_second": speed,
            "outcomes": outcomes, "members": members, "running": running,
        })
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Begins, unless one is running.
    fn begin(&self, people: usize, batch: usize) -> Result<(), Refusal> {
        let mut progress = self.progress();
        if progress.running {
            return Err(Refusal::new(409, "a load is running already"));
        }
        *progress = Progress { people, batch, running: true, ..Progress::default() };
        self.stop.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn add(&self, count: usize, outcomes: &Value, began: Instant) {
        let mut progress = self.progress();
        progress.sent += count;
        progress.seconds = began.elapsed().as_secs_f64();
        for (outcome, count) in outcomes.as_object().into_iter().flatten() {
            *progress.outcomes.entry(outcome.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
    }

    fn end(&self, members: usize) {
        let mut progress = self.progress();
        progress.members = members;
        progress.running = false;
    }
}

/// Starts a load of invented people and goes on without its caller.
pub(crate) fn start(sandbox: &Arc<Sandbox>, order: Order) -> Result<Value, Refusal> {
    if !(FEWEST..=people::MOST).contains(&order.people) || !(1..=MOST_BATCH).contains(&order.batch) {
        return Err(Refusal::new(400, format!("people are 1 to {}, batch is 1 to {MOST_BATCH}", people::MOST)));
    }
    let tiktok = &sandbox.world.tiktok;
    let audience = tiktok
        .audiences_named(AUDIENCE)
        .into_iter()
        .next()
        .unwrap_or_else(|| tiktok.add_audience(Audience::new(ADVERTISER, AUDIENCE)));
    let batches = (0..order.people).step_by(order.batch).map(move |first| {
        let events: Vec<_> =
            (first..order.people.min(first + order.batch)).map(|number| people::event(number, &audience)).collect();
        (events.len(), format!(r#"{{"events":[{}]}}"#, events.join(",")))
    });
    run(sandbox, order.people, order.batch, Origin::Load, batches)
}

/// Sends batches side by side; each is a number of rows and a payload.
pub(crate) fn run(
    sandbox: &Arc<Sandbox>,
    people: usize,
    batch: usize,
    origin: Origin,
    batches: impl Iterator<Item = (usize, String)> + Send + 'static,
) -> Result<Value, Refusal> {
    sandbox.load.begin(people, batch)?;
    let batches = Arc::new(Mutex::new(batches));
    let began = Instant::now();
    let workers: Vec<_> = (0..SIDE_BY_SIDE)
        .map(|_| {
            let (sandbox, batches) = (Arc::clone(sandbox), Arc::clone(&batches));
            tokio::spawn(async move {
                loop {
                    // Whoever resets has stopped the load before.
                    let era = sandbox.world.era().await;
                    if sandbox.load.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let next = batches.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((count, payload)) = next else { return };
                    let Ok(record) = sandbox.invoke_in(&era, payload, origin).await else { return };
                    drop(era);
                    let outcomes = match &record.ended {
                        Ok(_reply) => record.entry["outcomes"].clone(),
                        Err(error) => Value::from(Map::from_iter([(error.error_type.clone(), count.into())])),
                    };
                    sandbox.load.add(count, &outcomes, began);
                    sandbox.feed.tell("load", &sandbox.load.json());
                }
            })
        })
        .collect();
    let sandbox = Arc::clone(sandbox);
    let at_first = sandbox.load.json();
    drop(tokio::spawn(async move {
        for worker in workers {
            let _ended = worker.await;
        }
        let members =
            sandbox.world.tiktok.audiences_named(AUDIENCE).iter().map(|id| sandbox.world.tiktok.member_count(id)).sum();
        sandbox.load.end(members);
        sandbox.sample();
        sandbox.feed.tell("load", &sandbox.load.json());
    }));
    Ok(at_first)
}
