//! `explain`: what would become of events, mapping by mapping, without a call to anybody.
//!
//! The events go through the code that real ones go through, up to the calls. What comes from them is shown by its
//! shape only, see [`mask`].

mod fields;
mod mask;
mod plan;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use crate::app::App;
use crate::config::ConfiguredMapping;
use crate::dispatch;
use crate::event::Event;
use crate::ingress::{Intake, Order};
use crate::outcome::{Entry, Verdict};

use super::arguments::Arguments;
use super::{OperationError, events, json, limits};
use plan::{Plan, Request};

#[derive(Serialize)]
struct Explained<'a> {
    events: Vec<EventJson<'a>>,
    /// In the order in which they would be sent, but for retries.
    requests: Vec<Request>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    index: u32,
    /// What is decided of the event as a whole, whatever the mappings say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Decision>,
    mappings: Vec<MappingJson<'a>>,
}

#[derive(Serialize)]
struct MappingJson<'a> {
    mapping: &'a str,
    action: &'static str,
    enabled: bool,
    matched: bool,
    /// The part of the trigger that the event does not fulfil.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'static str, Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<fields::IdentifierJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Decision>,
}

/// What one mapping would come to.
#[derive(Clone, Debug, Serialize)]
struct Decision {
    /// `planned`, or the outcome that is certain already.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    message: String,
}

impl Decision {
    fn of(entry: &Entry) -> Self {
        let outcome = entry.verdict.outcome().as_str();
        match &entry.verdict {
            Verdict::Because(explanation) => {
                let (code, message) = (explanation.reason.code(), explanation.message().to_owned());
                Self { outcome, code: Some(code), message }
            }
            Verdict::Delivered | Verdict::Accepted | Verdict::Superseded => {
                Self { outcome, code: None, message: outcome.to_owned() }
            }
        }
    }
}

/// What was decided, by event and mapping; without a mapping, of the event as a whole.
type Decisions = BTreeMap<(u32, Option<u16>), Vec<Decision>>;

/// The operation.
pub(super) fn run(app: &App, now: Timestamp, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let intake = events(arguments)?;
    let dispatched = dispatch::dispatch(&app.routing, &intake, Order::Time, now);
    let mut decisions = Decisions::new();
    for entry in &dispatched.entries {
        decisions.entry((entry.slot, entry.mapping)).or_default().push(Decision::of(entry));
    }
    let mut plan = Plan::new(app.routing.destination.settings.auto_create_audiences);
    for wish in dispatched.wishes {
        plan.add(wish);
    }
    let requests = plan.finish(limits(app), &mut decisions);
    let slots = 0..intake.next_slot();
    let events = slots.map(|slot| event(app, &intake, slot, &mut decisions)).collect();
    json(&Explained { events, requests })
}

fn event<'a>(app: &'a App, intake: &'a Intake<'_>, slot: u32, decisions: &mut Decisions) -> EventJson<'a> {
    let results = decisions.remove(&(slot, None)).unwrap_or_default();
    let mut mappings = Vec::new();
    if let Ok(event) = intake.event(slot) {
        let matching: Vec<u16> = app.routing.matching(&event).collect();
        for (number, configured) in (0_u16..).zip(&app.routing.destination.mappings) {
            let results = decisions.remove(&(slot, Some(number))).unwrap_or_default();
            mappings.push(mapping(app, configured, &event, matching.contains(&number), results));
        }
    }
    EventJson { index: slot, results, mappings }
}

fn mapping<'a>(
    app: &App,
    configured: &'a ConfiguredMapping,
    event: &Event<'a>,
    is_routed: bool,
    results: Vec<Decision>,
) -> MappingJson<'a> {
    let mapping = &configured.mapping;
    let failing = if is_routed { None } else { mapping.trigger.failing(event) };
    let matched = failing.is_none();
    let mut explained = MappingJson {
        mapping: &mapping.name,
        action: mapping.action.slug(),
        enabled: mapping.enabled,
        matched,
        failing,
        fields: BTreeMap::new(),
        identifiers: Vec::new(),
        results,
    };
    // A field that can't be filled is among the results of an enabled mapping.
    if matched && let Ok(filled) = mapping.fields.resolve(event) {
        explained.fields = fields::shown(&filled, &mapping.fields);
        explained.identifiers = fields::identifiers(app, configured, event, &filled);
    }
    explained
}
