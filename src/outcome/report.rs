//! The report: what a caller is told of every event, as JSON.
//!
//! Made of outcomes, reason codes, mapping names, ids of advertisers, audiences and calls. Nothing in it comes from an
//! event but the message's id, and that only when it looks like one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;
use serde::Serialize;

use super::plain_id::is_plain_id;
use super::{Entry, Ledger, LeftOut, MappingName, Note, Outcome, Summary, left_out};
use crate::tiktok::{AdvertiserId, AudienceId};

/// Up to so many events all are listed; above, only those that need attention.
const MAX_LISTED: usize = 1_000;

/// A report stays below this: asynchronous invocations carry at most 1 MB.
const MAX_BYTES: usize = 900 * 1024;

/// Room for what a delivered event is told.
const RESULT_BYTES: usize = 320;

/// The most digits of a phone number (ITU-T E.164, 6.2.1). TikTok's ids have 19; what is shorter and was taken from an
/// event as an id may be somebody's number, and is not repeated.
const PHONE_DIGITS: usize = 15;

/// Renders a report; `message_id` looks up the id of the message in an entry.
pub fn render<'e>(
    ledger: &Ledger,
    mappings: &[MappingName],
    message_id: impl Fn(u32) -> Option<Cow<'e, str>>,
) -> String {
    let mut text = Vec::with_capacity(RESULT_BYTES * ledger.outcomes().len().min(MAX_LISTED));
    text.extend_from_slice(b"{\"summary\":");
    push(&mut text, &SummaryJson::from(ledger.summary()));
    text.extend_from_slice(b",\"results\":[");
    let all = ledger.outcomes().len() <= MAX_LISTED;
    let mut truncated = false;
    let mut actions = Actions { ledger, mappings, written: HashMap::default() };
    for (index, outcome) in (0_u32..).zip(ledger.outcomes()) {
        if !all && !matches!(outcome, Outcome::Rejected | Outcome::Retryable) {
            continue;
        }
        let before = text.len();
        if text.last() != Some(&b'[') {
            text.push(b',');
        }
        text.extend_from_slice(b"{\"index\":");
        push(&mut text, &index);
        if let Some(id) = message_id(index).filter(|id| is_plain_id(id)) {
            // A plain id needs no escaping.
            text.extend_from_slice(b",\"message_id\":\"");
            text.extend_from_slice(id.as_bytes());
            text.push(b'"');
        }
        text.extend_from_slice(b",\"outcome\":\"");
        text.extend_from_slice(outcome.as_str().as_bytes());
        text.extend_from_slice(b"\",\"status\":");
        push(&mut text, &outcome.status());
        text.extend_from_slice(b",\"actions\":");
        actions.push(&mut text, ledger.entries_of(index));
        text.push(b'}');
        if text.len() > MAX_BYTES {
            text.truncate(before);
            actions.forget_from(before);
            truncated = true;
        }
    }
    text.push(b']');
    if truncated {
        text.extend_from_slice(b",\"truncated\":true");
    }
    text.push(b'}');
    // JSON is UTF-8, and so is every part of it.
    String::from_utf8(text).unwrap_or_default()
}

/// Appends a value. It is written or nothing is: a `Vec` takes everything, and every key is a text.
fn push(text: &mut Vec<u8>, value: &impl Serialize) {
    let before = text.len();
    if serde_json::to_writer(&mut *text, value).is_err() {
        text.truncate(before);
    }
}

#[derive(Serialize)]
struct SummaryJson {
    received: usize,
    delivered: usize,
    accepted: usize,
    superseded: usize,
    skipped: usize,
    rejected: usize,
    retryable: usize,
}

impl From<&Summary> for SummaryJson {
    fn from(summary: &Summary) -> Self {
        Self {
            received: summary.received,
            delivered: summary.count(Outcome::Delivered),
            accepted: summary.count(Outcome::Accepted),
            superseded: summary.count(Outcome::Superseded),
            skipped: summary.count(Outcome::Skipped),
            rejected: summary.count(Outcome::Rejected),
            retryable: summary.count(Outcome::Retryable),
        }
    }
}

/// Writes what the actions on each event came to: most often the same as on an earlier event, whose text is copied then.
struct Actions<'l> {
    ledger: &'l Ledger,
    mappings: &'l [MappingName],
    /// The latest of each kind, and where its text is.
    written: HashMap<Option<Kind>, (&'l [Entry], Range<usize>), RandomState>,
}

/// What the first of an event's actions came to.
type Kind = (Option<u16>, Option<AudienceId>, Outcome);

impl<'l> Actions<'l> {
    /// The text from here on is not there any more.
    fn forget_from(&mut self, end: usize) {
        self.written.retain(|_kind, (_entries, range)| range.end <= end);
    }

    fn push(&mut self, text: &mut Vec<u8>, entries: &'l [Entry]) {
        let start = text.len();
        let kind = entries.first().map(|entry| (entry.mapping, entry.audience, entry.verdict.outcome()));
        match self.written.get(&kind) {
            Some((earlier, range)) if are_alike(earlier, entries) => text.extend_from_within(range.clone()),
            Some(_) | None => {
                let each = entries.iter().map(|entry| ActionJson::of(entry, self.ledger, self.mappings));
                push(text, &each.collect::<Vec<_>>());
                self.written.insert(kind, (entries, start..text.len()));
            }
        }
    }
}

fn are_alike(some: &[Entry], others: &[Entry]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(some, other)| some.is_alike(other))
}

#[derive(Serialize)]
struct ActionJson<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertiser_id: Option<AdvertiserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience_id: Option<AudienceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<NoteJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson<'r>>,
}

#[derive(Serialize)]
struct NoteJson {
    code: &'static str,
    message: &'static str,
}

impl From<Note> for NoteJson {
    fn from(note: Note) -> Self {
        Self { code: note.code(), message: note.message() }
    }
}

#[derive(Serialize)]
struct LeftOutJson {
    field: &'static str,
    reason: &'static str,
    /// How many, where there are several: a list has thousands of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
}

fn left_out_json(all: &[LeftOut]) -> Vec<LeftOutJson> {
    left_out::tally(all)
        .into_iter()
        .map(|(each, count)| LeftOutJson {
            field: each.field,
            reason: each.reason.code(),
            count: (count > 1).then_some(count),
        })
        .collect()
}

#[derive(Serialize)]
struct ErrorJson<'r> {
    code: &'static str,
    message: &'r str,
    actor: &'static str,
    tiktok_code: Option<i64>,
}

impl<'r> ActionJson<'r> {
    fn of(entry: &'r Entry, ledger: &'r Ledger, mappings: &'r [MappingName]) -> Self {
        let mapping = entry.mapping.and_then(|number| mappings.get(usize::from(number)));
        let error = entry.verdict.explanation().map(|explanation| ErrorJson {
            code: explanation.reason.code(),
            message: explanation.message(),
            actor: explanation.actor().as_str(),
            tiktok_code: explanation.tiktok_code(),
        });
        Self {
            mapping: mapping.map(|mapping| mapping.name.as_str()),
            action: mapping.map(|mapping| mapping.action),
            outcome: entry.verdict.outcome().as_str(),
            advertiser_id: entry.advertiser.filter(|id| id.digits() > PHONE_DIGITS),
            audience_id: entry.audience.filter(|id| id.digits() > PHONE_DIGITS),
            created: entry.created,
            note: entry.note.map(NoteJson::from),
            request_id: ledger.request_id(entry),
            left_out: left_out_json(entry.left_out()),
            error,
        }
    }
}

#[cfg(test)]
mod tests;
