//! One invocation as it is kept for the feed: what came, what became of it, what TikTok got and said.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Map, Value, json};
use tiktok_audiences::outcome::Outcome;

use crate::arrival;
use crate::support::fake_sqs::Message;
use crate::support::fake_tiktok::Call;
use crate::world::Members;

use super::super::control;
use super::function::Ended;
use super::letters::letter;

/// Who began an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A caller from outside of the page.
    Outside,
    /// The page's own button, or a script by `/_sandbox/send`.
    Page,
    /// The load of invented people.
    Load,
    /// A list of people.
    List,
    /// The buffer queue.
    Queue,
}

impl Origin {
    const fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Page => "page",
            Self::Load => "load",
            Self::List => "list",
            Self::Queue => "queue",
        }
    }
}

/// What was seen of one invocation.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) id: u64,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    pub(crate) origin: Origin,
    pub(crate) payload: String,
    pub(crate) ended: Ended,
    pub(crate) calls: Vec<Call>,
    /// Whether other invocations ran meanwhile.
    pub(crate) shared: bool,
    /// What `explain` says of the events, where the reply has no report.
    pub(crate) explained: Option<Value>,
    pub(crate) members: Vec<MembersChange>,
    pub(crate) rejected: Vec<Message>,
}

/// How an audience's members changed.
#[derive(Debug)]
pub(crate) struct MembersChange {
    audience: String,
    name: String,
    before: usize,
    after: usize,
    added: Vec<(String, String)>,
    removed: Vec<(String, String)>,
}

/// The most cells of a change that are kept; the numbers are always complete.
const MOST_CELLS: usize = 100;

/// The audiences that have changed, and those that a call was for.
pub(crate) fn changes(
    before: &Members,
    after: &Members,
    calls: &[Call],
    name: impl Fn(&str) -> String,
) -> Vec<MembersChange> {
    let nobody = BTreeSet::new();
    let is_meant = |id: &str| calls.iter().any(|call| contains(&call.body, id));
    let ids: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = ids.into_iter().filter(|id| before.get(*id) != after.get(*id) || is_meant(id));
    let change = |id: &String| {
        let (old, new) = (before.get(id).unwrap_or(&nobody), after.get(id).unwrap_or(&nobody));
        MembersChange {
            audience: id.clone(),
            name: name(id),
            before: old.len(),
            after: new.len(),
            added: new.difference(old).take(MOST_CELLS).cloned().collect(),
            removed: old.difference(new).take(MOST_CELLS).cloned().collect(),
        }
    };
    changed.map(change).collect()
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

/// An invocation, kept: its row in the feed, and everything that its detail shows.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: u64,
    /// The row.
    pub(crate) entry: Value,
    /// The row with everything else.
    pub(crate) detail: Value,
    /// How it ended.
    pub(crate) ended: Ended,
    /// Its events, for comparisons.
    pub(crate) events: Vec<Value>,
    /// How much room it takes.
    pub(crate) bytes: usize,
}

impl Record {
    pub(crate) fn of(seen: Seen) -> Self {
        let payload: Value = serde_json::from_str(&seen.payload).unwrap_or_default();
        let events = arrival::events(&payload);
        let reply = seen.ended.as_ref().ok().map(|reply| serde_json::from_str::<Value>(reply).unwrap_or_default());
        let report = reply.as_ref().and_then(report);
        let results = report.as_ref().map_or_else(|| told::told(&seen, &events), |report| report["results"].clone());
        let outcomes = outcomes(reply.as_ref(), report.as_ref(), &results);
        let calls = own_calls(&seen, &results);
        let entry = json!({
            "id": seen.id,
            "time": seen.at.to_string(),
            "way_in": arrival::way_in(&payload),
            "described": arrival::described(&payload),
            "origin": seen.origin.word(),
            "events": arrival::rows(&payload).map_or(events.len(), Vec::len),
            "outcome": outcome(&seen.ended, reply.as_ref(), &outcomes),
            "outcomes": outcomes,
            "reasons": reasons(reply.as_ref(), &results, &seen.rejected),
            "mappings": mappings(&results),
            "calls": calls.len(),
            "milliseconds": seen.took.as_secs_f64() * 1_000.0,
            "answer": answer(&seen.ended, reply.as_ref()),
        });
        let mut detail = entry.clone();
        if let Some(detail) = detail.as_object_mut() {
            add_details(detail, &seen, &events, results, &calls);
        }
        let bytes = seen.payload.len() * 3 + calls.iter().map(|call| 4 * call.body.len()).sum::<usize>();
        let events = events.into_iter().flatten().collect();
        Self { id: seen.id, entry, detail, ended: seen.ended, events, bytes }
    }
}

fn add_details(
    detail: &mut Map<String, Value>,
    seen: &Seen,
    events: &[Option<Value>],
    results: Value,
    calls: &[&Call],
) {
    let error = seen.ended.as_ref().err();
    let error =
        error.map(|Diagnostic { error_type, error_message }| json!({ "type": error_type, "message": error_message }));
    let events: Vec<_> = events.iter().take(1_000).map(|event| event.as_ref().map(Value::to_string)).collect();
    detail.insert("payload".to_owned(), seen.payload.as_str().into());
    detail.insert("reply".to_owned(), seen.ended.as_deref().ok().into());
    detail.insert("error".to_owned(), error.into());
    detail.insert("events_in".to_owned(), events.into());
    detail.insert("results".to_owned(), results);
    detail.insert("calls_made".to_owned(), calls.iter().map(|call| call_json(call)).collect());
    detail.insert("shared".to_owned(), seen.shared.into());
    detail.insert("members".to_owned(), seen.members.iter().map(members_json).collect());
    detail.insert("rejected".to_owned(), seen.rejected.iter().map(letter).collect());
}

/// The report in a reply, also within an HTTP body.
fn report(reply: &Value) -> Option<Value> {
    let inner = reply["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
    let report: Value = inner.unwrap_or_else(|| reply.clone());
    report["summary"].is_object().then_some(report)
}

/// How bad an outcome is, by its word.
fn severity(word: &str) -> Option<u8> {
    Outcome::ALL.iter().find(|outcome| outcome.as_str() == word).map(|outcome| outcome.severity())
}

fn outcomes(reply: Option<&Value>, report: Option<&Value>, results: &Value) -> BTreeMap<String, u64> {
    if let Some(summary) = report.and_then(|report| report["summary"].as_object()) {
        let counts = summary.iter().filter(|(name, _)| *name != "received");
        return counts
            .filter_map(|(name, count)| Some((name.clone(), count.as_u64().filter(|count| *count > 0)?)))
            .collect();
    }
    if let Some(reply) = reply.filter(|reply| reply["rows"].is_number()) {
        let words = ["delivered", "skipped", "rejected", "superseded"];
        let named = words.map(|word| (word, if word == "superseded" { "duplicates" } else { word }));
        let counts = named.into_iter().map(|(word, key)| (word.to_owned(), reply[key].as_u64().unwrap_or_default()));
        return counts.filter(|(_, count)| *count > 0).collect();
    }
    let mut counts = BTreeMap::new();
    for outcome in results.as_array().into_iter().flatten().filter_map(|result| result["outcome"].as_str()) {
        *counts.entry(outcome.to_owned()).or_default() += 1;
    }
    counts
}

fn outcome(ended: &Ended, reply: Option<&Value>, outcomes: &BTreeMap<String, u64>) -> String {
    let failures = reply.and_then(|reply| reply["batchItemFailures"].as_array()).map_or(0, Vec::len);
    let status = reply.and_then(|reply| reply["statusCode"].as_u64()).unwrap_or(200);
    let worst = outcomes.keys().max_by_key(|outcome| severity(outcome));
    match (ended, worst) {
        (Err(error), _) if error.error_type == "Retryable" => "retryable".to_owned(),
        (Err(_), _) => "failed".to_owned(),
        (Ok(_), _) if failures > 0 => "retryable".to_owned(),
        (Ok(_), Some(worst)) => worst.clone(),
        (Ok(_), None) if status >= 500 => "retryable".to_owned(),
        (Ok(_), None) if status >= 400 => "rejected".to_owned(),
        (Ok(_), None) => "ok".to_owned(),
    }
}

/// How the invocation ended, as its caller sees it.
fn answer(ended: &Ended, reply: Option<&Value>) -> String {
    let reply = match ended {
        Err(error) => return error.error_type.clone(),
        Ok(_) => reply.unwrap_or(&Value::Null),
    };
    if let Some(status) = reply["statusCode"].as_u64() {
        return format!("HTTP {status}");
    }
    match reply["batchItemFailures"].as_array() {
        Some(failures) => format!("{} of the batch to be sent again", failures.len()),
        None => "replied".to_owned(),
    }
}

fn reasons(reply: Option<&Value>, results: &Value, rejected: &[Message]) -> Vec<String> {
    // A request that is refused as a whole.
    let body = reply.and_then(|reply| serde_json::from_str::<Value>(reply["body"].as_str()?).ok());
    let refusal = body.as_ref().and_then(|body| body["error"]["code"].as_str()).map(str::to_owned);
    let of_rows = reply.and_then(|reply| reply["reasons"].as_object()).into_iter().flat_map(Map::keys).cloned();
    let actions =
        results.as_array().into_iter().flatten().flat_map(|result| result["actions"].as_array().into_iter().flatten());
    let codes = actions.filter_map(|action| action["error"]["code"].as_str());
    let letters = rejected.iter().map(|letter| super::letters::reason(letter).to_owned());
    let mut all: Vec<String> = codes.map(str::to_owned).chain(letters).chain(of_rows).chain(refusal).collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(10);
    all
}

fn mappings(results: &Value) -> Vec<String> {
    let actions =
        results.as_array().into_iter().flatten().flat_map(|result| result["actions"].as_array().into_iter().flatten());
    let mut all: Vec<_> = actions.filter_map(|action| action["mapping"].as_str()).map(str::to_owned).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The calls of this invocation: all in its time, unless others ran meanwhile and the report says which are its own.
fn own_calls<'s>(seen: &'s Seen, results: &Value) -> Vec<&'s Call> {
    let actions =
        results.as_array().into_iter().flatten().flat_map(|result| result["actions"].as_array().into_iter().flatten());
    let own: Vec<_> = actions.filter_map(|action| action["request_id"].as_str()).collect();
    let is_own = |call: &&Call| !seen.shared || own.is_empty() || own.contains(&call.request_id.as_str());
    seen.calls.iter().filter(is_own).collect()
}

/// A call with what TikTok answered.
pub(crate) fn call_json(call: &Call) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into();
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_else(|_no_json| text(bytes));
    let or_null = |bytes: &[u8]| if bytes.is_empty() { Value::Null } else { json(bytes) };
    let mut told = control::call_json(call);
    told["body"] = or_null(&call.body);
    told["answer"] = or_null(&call.answer);
    told
}

fn members_json(change: &MembersChange) -> Value {
    let MembersChange { audience, name, before, after, added, removed } = change;
    json!({ "audience_id": audience, "name": name, "before": before, "after": after, "added": added, "removed": removed })
}

#[cfg(test)]
mod tests;
