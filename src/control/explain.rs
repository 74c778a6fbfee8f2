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
use crate::batch::{Call, Task};
use crate::delivery::planner::{self, Plan};
use crate::destination::ConfiguredMapping;
use crate::destination::evaluation;
use crate::event::Event;
use crate::identity::Direction;
use crate::ingress::{Intake, Order};
use crate::outcome::{Entry, Verdict};

use super::arguments::Arguments;
use super::{OperationError, events, json};
pub use mask::shape;
use plan::{PlannedRequest, StandInResolver};

#[derive(Serialize)]
struct Explained<'a> {
    events: Vec<EventJson<'a>>,
    /// In the order in which they would be sent, but for retries.
    requests: Vec<PlannedRequest>,
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
    /// Why the event goes elsewhere, where no trigger decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'static str, Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<fields::IdentifierJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Decision>,
}

/// Said of the mappings that a canonical record does not go to.
const RECORDS_GO_ELSEWHERE: &str =
    "canonical records go to the first enabled syncRecords mapping, whatever the triggers say";

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
pub(super) async fn run(app: &App, now: Timestamp, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let intake = events(arguments)?;
    let destination = &app.router.destination;
    let evaluated = evaluation::evaluate(&app.router, &intake, Order::Time, now);
    let mut resolver = StandInResolver::new(destination.settings.auto_create_audiences);
    let plan = planner::plan(&mut resolver, evaluated, destination.settings.limits()).await;
    let mut decisions = decisions(&plan, &resolver);
    let requests = resolver.finish(&plan.calls, events_of);
    let event_indexes = 0..intake.next_index();
    let events = event_indexes.map(|event_index| event(app, &intake, event_index, &mut decisions)).collect();
    json(&Explained { events, requests })
}

/// What every entry of a plan comes to.
fn decisions(plan: &Plan, resolver: &StandInResolver) -> Decisions {
    let with_rows = plan.tasks.iter().filter(|task| !task.rows.is_empty());
    let planned: BTreeMap<u32, &Task> = with_rows.map(|task| (task.entry, task)).collect();
    let mut decisions = Decisions::new();
    for (position, entry) in (0_u32..).zip(&plan.entries) {
        let audience = || entry.audience.map(|id| resolver.shown(&id.text())).unwrap_or_default();
        let message = match (planned.get(&position), &entry.verdict) {
            (Some(task), _) => {
                let direction = match task.direction {
                    Direction::Add => "add to",
                    Direction::Remove => "remove from",
                };
                let note = entry.note.map(|note| format!(" ({})", note.code())).unwrap_or_default();
                Some(format!("{direction} audience {}{note}", audience()))
            }
            (None, Verdict::Delivered) => Some(format!("find or create audience {}", audience())),
            (None, Verdict::Accepted | Verdict::Superseded | Verdict::Because(_)) => None,
        };
        let planned = message.map(|message| Decision { outcome: "planned", code: None, message });
        let decision = planned.unwrap_or_else(|| Decision::of(entry));
        decisions.entry((entry.event_index, entry.mapping)).or_default().push(decision);
    }
    decisions
}

/// The events of a call, each once and in order.
fn events_of(call: &Call) -> Vec<u32> {
    let mut events: Vec<_> = call.carried_tasks().map(|(_, task)| task.event_index).collect();
    events.sort_unstable();
    events.dedup();
    events
}

fn event<'a>(app: &'a App, intake: &'a Intake<'_>, event_index: u32, decisions: &mut Decisions) -> EventJson<'a> {
    let results = decisions.remove(&(event_index, None)).unwrap_or_default();
    let mut mappings = Vec::new();
    if let Ok(event) = intake.event(event_index) {
        let matching: Vec<u16> = app.router.matching(&event).collect();
        for (number, configured) in (0_u16..).zip(&app.router.destination.mappings) {
            let results = decisions.remove(&(event_index, Some(number))).unwrap_or_default();
            mappings.push(mapping(app, configured, &event, matching.contains(&number), results));
        }
    }
    EventJson { index: event_index, results, mappings }
}

fn mapping<'a>(
    app: &App,
    configured: &'a ConfiguredMapping,
    event: &Event<'a>,
    is_routed: bool,
    results: Vec<Decision>,
) -> MappingJson<'a> {
    let mapping = &configured.mapping;
    let (failing, note) = match (is_routed, event.is_canonical_record()) {
        (true, _) => (None, None),
        (false, true) => (None, Some(RECORDS_GO_ELSEWHERE)),
        (false, false) => (mapping.trigger.failing(event), None),
    };
    let matched = failing.is_none() && note.is_none();
    let mut explained = MappingJson {
        mapping: &mapping.name,
        action: mapping.action.slug(),
        enabled: mapping.enabled,
        matched,
        failing,
        note,
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
