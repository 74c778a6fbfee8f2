//! Two configurations over the recorded feed: which events change their outcome or their request.

use serde_json::{Value, json};

use super::Sandbox;
use super::refusal::Refusal;
use super::trial::{self, Pair, list};

/// The most events of the feed that are compared, the newest first.
const MOST: usize = 5_000;

pub(crate) async fn compare(sandbox: &Sandbox, pair: &Pair) -> Result<Value, Refusal> {
    let (events, left_out) = sandbox.feed.events(MOST);
    let of = async |name: &str, config: &str| {
        let mut sides = Vec::with_capacity(events.len());
        for part in events.chunks(trial::MOST_EVENTS) {
            let part: Vec<_> = part.iter().map(|(_, _, event)| Some(event.clone())).collect();
            sides.extend(sides_of(sandbox, name, config, &part).await?);
        }
        Ok::<_, Refusal>(sides)
    };
    let (a, b) = (of("A", &pair.a).await?, of("B", &pair.b).await?);
    let both = events.iter().zip(a.iter().zip(&b)).filter(|(_, (a, b))| a != b);
    let changed: Vec<_> = both
        .map(
            |((entry, index, event), (a, b))| json!({ "entry": entry, "index": index, "event": event, "a": a, "b": b }),
        )
        .collect();
    Ok(json!({ "events": events.len(), "changed": changed, "left_out": left_out }))
}

/// What becomes of each event by itself, so that neighbours in a batch do not blur the difference.
async fn sides_of(
    sandbox: &Sandbox,
    name: &str,
    config: &str,
    events: &[Option<Value>],
) -> Result<Vec<Value>, Refusal> {
    let problems: Vec<_> = trial::check(config).into_iter().filter(|problem| problem["severity"] == "error").collect();
    if !problems.is_empty() {
        return Err(Refusal::new(422, format!("{name} cannot be used; its errors are marked")).with_problems(problems));
    }
    let mut sides = Vec::with_capacity(events.len());
    for event in events {
        let explained = sandbox.bench.explain(std::slice::from_ref(event), config).await?;
        sides.push(side(&explained));
    }
    Ok(sides)
}

fn side(explained: &Value) -> Value {
    let Some(event) = list(&explained["events"]).next() else { return json!({}) };
    let mut decisions: Vec<_> =
        list(&event["results"]).map(|decision| decided("the event as a whole", decision)).collect();
    for mapping in list(&event["mappings"]) {
        let name = mapping["mapping"].as_str().unwrap_or_default();
        decisions.extend(list(&mapping["results"]).map(|decision| decided(name, decision)));
    }
    let outcomes = decisions.iter().filter_map(|decision| decision["outcome"].as_str());
    let heaviest = outcomes.max_by_key(|outcome| {
        ["skipped", "superseded", "planned", "rejected"].iter().position(|known| known == outcome)
    });
    let outcome = match heaviest {
        Some("planned") => "delivered",
        Some(other) => other,
        None => "skipped",
    };
    json!({ "outcome": outcome, "decisions": decisions, "requests": explained["requests"] })
}

fn decided(mapping: &str, decision: &Value) -> Value {
    let mut decided = decision.clone();
    decided["mapping"] = mapping.into();
    decided
}
