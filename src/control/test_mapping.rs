//! `testMapping`: one mapping, by its name, on given events, for real: Segment's *Test Mapping*.
//!
//! Not to be repeated by a machine: a create always creates. Nothing is queued; whatever becomes of the events is in the
//! reply.

use serde::Serialize;

use crate::actions::{ActionKind, Intent};
use crate::app::App;
use crate::batch::Rank;
use crate::config::ConfiguredMapping;
use crate::delivery::{self, Means};
use crate::dispatch::{self, Dispatched, Wish};
use crate::event::Event;
use crate::mapping::nearest;
use crate::outcome::{Entry, Explanation, Ledger, Note, Verdict};
use crate::session::Session;
use crate::tiktok::{AdvertiserId, AudienceId};

use super::arguments::Arguments;
use super::{OperationError, events, json, limits};

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
    let mut dispatched = Dispatched::default();
    let mut unmatched = Vec::new();
    for slot in 0..intake.next_slot() {
        match intake.event(slot) {
            Ok(event) => match failing(configured, &event) {
                None => prepare(app, configured, number, slot, &event, &mut dispatched),
                Some(failing) => unmatched.push((slot, failing)),
            },
            Err(explanation) => dispatched.entries.push(Entry::new(slot, Some(number), explanation.into())),
        }
    }
    let auto_create = app.routing.destination.settings.auto_create_audiences;
    let means = Means { directory: &app.directory, limits: limits(app), auto_create };
    let ledger = delivery::deliver(means, session, dispatched, intake.len()).await;
    let mut unmatched = unmatched.into_iter().peekable();
    let events = (0..intake.next_slot()).map(|slot| {
        let failing = unmatched.next_if(|(unmatched, _)| *unmatched == slot).map(|(_, failing)| failing);
        let results = ledger.entries_of(slot).iter().map(|entry| result(entry, &ledger)).collect();
        EventJson { index: slot, matched: failing.is_none(), failing, results }
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
    let mappings = &app.routing.destination.mappings;
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

fn prepare(
    app: &App,
    configured: &ConfiguredMapping,
    number: u16,
    slot: u32,
    event: &Event<'_>,
    dispatched: &mut Dispatched,
) {
    let entry = |explanation: Explanation| Entry::new(slot, Some(number), explanation.into());
    match dispatch::prepare(&app.routing.destination, configured, event) {
        Ok(prepared) => {
            let rank = Rank { is_deletion: false, time: 0, position: slot };
            for mut intent in prepared.intents {
                if let Intent::Create { allow_duplicate, .. } = &mut intent {
                    *allow_duplicate = true;
                }
                dispatched.wishes.push(Wish { slot, mapping: Some(number), rank, intent });
            }
            dispatched.entries.extend(prepared.left_out.into_iter().map(entry));
        }
        Err(explanation) => dispatched.entries.push(entry(explanation)),
    }
}

fn result<'a>(entry: &'a Entry, ledger: &'a Ledger) -> ResultJson<'a> {
    let (code, error) = match &entry.verdict {
        Verdict::Delivered => (Some(0), None),
        Verdict::Because(explanation) => {
            let error = ErrorJson { code: explanation.reason.code(), message: explanation.message() };
            (explanation.tiktok_code, Some(error))
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
