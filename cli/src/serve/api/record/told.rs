//! What became of each event of a caller that gets no report.

use serde_json::{Value, json};

use crate::arrival;
use crate::support::fake_sqs::Message;

use super::Seen;

/// The report's results, as `explain` foresees them and the dead letters correct them.
pub(super) fn told(seen: &Seen, events: &[Option<Value>]) -> Value {
    let Some(explained) = seen.explained.as_ref().filter(|_| seen.ended.is_ok()) else { return json!([]) };
    let mut results: Vec<_> = explained["events"].as_array().into_iter().flatten().map(told_of).collect();
    for letter in &seen.rejected {
        for event in arrival::of_payload(&letter.body) {
            let of_event = results.iter_mut().zip(events).find(|(result, candidate)| {
                event.is_some() && **candidate == event && result["outcome"] == "delivered"
            });
            if let Some((result, _)) = of_event {
                reject(result, letter);
            }
        }
    }
    results.into()
}

/// What was foreseen as delivered and is a dead letter.
fn reject(result: &mut Value, letter: &Message) {
    let message = letter.attribute("message").unwrap_or_default();
    let error = json!({ "code": super::super::letters::reason(letter), "message": message });
    result["outcome"] = "rejected".into();
    for action in result["actions"].as_array_mut().into_iter().flatten() {
        if action["outcome"] == "delivered" {
            action["outcome"] = "rejected".into();
            action["error"] = error.clone();
        }
    }
}

fn told_of(event: &Value) -> Value {
    let of_mapping = |mapping: &Value| -> Vec<Value> {
        let name = &mapping["mapping"];
        let decisions = mapping["results"].as_array().into_iter().flatten();
        decisions.map(|decision| action(Some(name), &mapping["action"], decision)).collect()
    };
    let mappings = event["mappings"].as_array().into_iter().flatten();
    let mut actions: Vec<_> = mappings.flat_map(of_mapping).collect();
    let whole = event["results"].as_array().into_iter().flatten();
    actions.extend(whole.map(|decision| action(None, &Value::Null, decision)));
    let worst =
        actions.iter().filter_map(|action| action["outcome"].as_str()).max_by_key(|outcome| super::severity(outcome));
    let worst = worst.unwrap_or("skipped").to_owned();
    json!({ "index": event["index"], "outcome": worst, "actions": actions })
}

fn action(mapping: Option<&Value>, action: &Value, decision: &Value) -> Value {
    let outcome = match decision["outcome"].as_str() {
        // It was planned, and the invocation ended well.
        Some("planned") => "delivered",
        Some(other) => other,
        None => "skipped",
    };
    let mut told = json!({ "outcome": outcome, "action": action });
    if let Some(mapping) = mapping {
        told["mapping"] = mapping.clone();
    }
    if decision["code"].is_string() {
        told["error"] = json!({ "code": decision["code"], "message": decision["message"] });
    }
    told
}
