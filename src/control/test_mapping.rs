//! `testMapping`: one mapping, by its name, on given events, for real: Segment's *Test Mapping*.
//!
//! Not to be repeated by a machine: a create always creates. Nothing is queued; whatever becomes of the events is in the
//! reply.

use serde::Serialize;

use crate::actions::Evaluated;
use crate::actions::{ActionKind, Operation};
use crate::app::App;
use crate::batch::Rank;
use crate::delivery;
use crate::delivery::session::Session;
use crate::destination::ConfiguredMapping;
use crate::destination::evaluation;
use crate::did_you_mean::nearest;
use crate::event::Event;
use crate::outcome::{Entry, Ledger, Note, Verdict};
use crate::tiktok::{AdvertiserId, AudienceId};

use super::arguments::Arguments;
use super::{OperationError, events, json};

#[derive(Serialize)]
struct Tested<'a> {
    mapping: &'a str,
    action: &'static str,
    enabled: bool,
    events: Vec<EventJson<'a>>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    index: u32,
    matched: bool,
    /// The part of the trigger that the event does not fulfil; nothing was sent then.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<String>,
    results: Vec<ResultJson<'a>>,
}

#[derive(Serialize)]
struct ResultJson<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser_id: Option<AdvertiserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience_id: Option<AudienceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<bool>,
    /// What was done otherwise than the event asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    /// TikTok's envelope; nothing when no call was made for the event, or none came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    tiktok: Option<EnvelopeJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson<'a>>,
}

#[derive(Serialize)]
struct EnvelopeJson<'a> {
    code: i64,
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    code: &'static str,
    message: &'a str,
}

/// The operation.
pub(super) async fn run(app: &App, session: &Session<'_>, arguments: &Arguments<'_>) -> Result<String, OperationError> {
    let name = arguments.required("mapping")?;
    let (number, configured) = find(app, &name)?;
    let intake = events(arguments)?;
    let mut evaluated = Evaluated::default();
    let mut unmatched = Vec::new();
    for event_index in 0..intake.next_index() {
        match intake.event(event_index) {
            Ok(event) => match failing(configured, &event) {
                None => evaluate(app, (number, configured), (event_index, &event), &mut evaluated),
                Some(failing) => unmatched.push((event_index, failing)),
            },
            Err(explanation) => evaluated.entries.push(Entry::new(event_index, Some(number), explanation.into())),
        }
    }
    let message_id = |event_index| intake.event(event_index).ok().as_ref().and_then(Event::message_id);
    let ledger = delivery::deliver(app.delivery_context(&message_id), session, evaluated, intake.len()).await;
    let mut unmatched = unmatched.into_iter().peekable();
    let events = (0..intake.next_index()).map(|event_index| {
        let failing = unmatched.next_if(|(unmatched, _)| *unmatched == event_index).map(|(_, failing)| failing);
        let results = ledger.entries_of(event_index).iter().map(|entry| result(entry, &ledger)).collect();
        EventJson { index: event_index, matched: failing.is_none(), failing, results }
    });
    let mapping = &configured.mapping;
    json(&Tested {
        mapping: &mapping.name,
        action: mapping.action.slug(),
        enabled: mapping.enabled,
        events: events.collect(),
    })
}

fn find<'a>(app: &'a App, name: &str) -> Result<(u16, &'a ConfiguredMapping), OperationError> {
    let mappings = &app.router.destination.mappings;
    let found = (0_u16..).zip(mappings).find(|(_, configured)| configured.mapping.name == name);
    found.ok_or_else(|| {
        let names = || mappings.iter().map(|configured| configured.mapping.name.as_str());
        let hint = nearest(name, names()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
        let known: Vec<_> = names().collect();
        let message = format!("no mapping has this name{hint}; mappings are {}", known.join(", "));
        OperationError::new("NO_SUCH_MAPPING", message)
    })
}

/// The part of the trigger that the event does not fulfil; a canonical record needs no trigger.
fn failing(configured: &ConfiguredMapping, event: &Event<'_>) -> Option<String> {
    let is_record = configured.mapping.action == ActionKind::SyncRecords && event.is_canonical_record();
    if is_record { None } else { configured.mapping.trigger.failing(event) }
}

/// Evaluates one mapping for one event. A create always creates, as in Segment.
fn evaluate(app: &App, (number, configured): (u16, &ConfiguredMapping), event: (u32, &Event<'_>), all: &mut Evaluated) {
    let (event_index, event) = event;
    let rank = Rank { is_deletion: false, time: 0, position: event_index };
    evaluation::evaluate_mapping(&app.router.destination, configured, event, &mut all.sink(rank, Some(number)));
    for planned in &mut all.operations {
        if let Operation::Create { allow_duplicate, .. } = &mut planned.operation {
            *allow_duplicate = true;
        }
    }
}

fn result<'a>(entry: &'a Entry, ledger: &'a Ledger) -> ResultJson<'a> {
    let (code, error) = match &entry.verdict {
        Verdict::Delivered => (Some(0), None),
        Verdict::Because(explanation) => {
            let error = ErrorJson { code: explanation.reason.code(), message: explanation.message() };
            (explanation.tiktok_code(), Some(error))
        }
        Verdict::Accepted | Verdict::Superseded => (None, None),
    };
    ResultJson {
        outcome: entry.verdict.outcome().as_str(),
        advertiser_id: entry.advertiser,
        audience_id: entry.audience,
        created: entry.created,
        note: entry.note.map(Note::code),
        tiktok: code.map(|code| EnvelopeJson { code, request_id: ledger.request_id(entry) }),
        error,
    }
}
