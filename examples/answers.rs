//! Answers cases about triggers, mappings and fields, one JSON object per line in and one out.
//!
//! `tests/segment/run.mjs` holds these answers against those of Segment's published code. A case has an `event` and a
//! `trigger`, a `mapping`, or a `mapping` and the `action` whose fields it fills.

use std::io::{self, BufRead as _, Write as _};

use serde_json::{Map, Value as Json, json};
use tiktok_audiences::actions::Filled;
use tiktok_audiences::actions::{ActionKind, Field, FieldKind};
use tiktok_audiences::event::Event;
use tiktok_audiences::json::{Document, JsonError, Value};
use tiktok_audiences::mapping::{Expression, Fields, Form, Severity, Trigger};

fn main() -> io::Result<()> {
    // Whoever asks waits for each line: standard output is written line by line.
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({"unreadable": error.to_string()}).to_string());
        writeln!(out, "{answer}")?;
    }
    out.flush()
}

fn answer(case: &str) -> Result<String, JsonError> {
    let document = Document::parse(case)?;
    let part = |name| document.root().get(name);
    let Some(Ok(event)) = part("event").map(Event::read) else { return Ok(refused(["the event is no object"])) };
    let trigger = part("trigger").and_then(Value::as_str);
    let action = part("action").and_then(Value::as_str).and_then(|slug| ActionKind::parse(&slug));
    Ok(match (trigger, part("mapping"), action) {
        (Some(text), ..) => of_trigger(&text, &event),
        (None, Some(mapping), None) => of_mapping(mapping, &event),
        (None, Some(mapping), Some(action)) => of_fields(mapping, action, &event),
        (None, None, _) => refused(["neither trigger nor mapping"]),
    })
}

fn refused(reasons: impl Into<Json>) -> String {
    json!({"refused": reasons.into()}).to_string()
}

fn of_trigger(text: &str, event: &Event<'_>) -> String {
    match Trigger::parse(text) {
        Ok(trigger) => json!({"value": trigger.matches(event), "remarks": trigger.remarks().len()}).to_string(),
        Err(error) => refused([error.to_string()]),
    }
}

fn of_mapping(mapping: Value<'_>, event: &Event<'_>) -> String {
    let mut problems = Vec::new();
    let expression = Expression::compile_root(mapping, "$", &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    if !problems.is_empty() {
        let reasons = problems.into_iter().map(|problem| format!("{} {}", problem.path, problem.message));
        return refused(reasons.collect::<Vec<_>>());
    }
    match expression.resolve(event) {
        Ok(resolved) if resolved.kind().is_none() => json!({}).to_string(),
        Ok(resolved) => json!({"value": resolved.to_owned_json()}).to_string(),
        Err(error) => json!({"error": error.to_string()}).to_string(),
    }
}

fn of_fields(mapping: Value<'_>, action: ActionKind, event: &Event<'_>) -> String {
    let mut problems = Vec::new();
    let fields = Fields::compile(Some(mapping), action, Form::Segment, "$", &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    if !problems.is_empty() {
        let reasons = problems.into_iter().map(|problem| format!("{} {}", problem.path, problem.message));
        return refused(reasons.collect::<Vec<_>>());
    }
    match fields.resolve(event) {
        Ok(filled) => json!({"value": shown(&filled, action)}).to_string(),
        Err(error) => json!({"error": error.to_string(), "field": error.field().map(Field::name)}).to_string(),
    }
}

fn shown(filled: &Filled<'_>, action: ActionKind) -> Json {
    let mut members = Map::new();
    for spec in action.declaration().fields().filter(|spec| filled.has(spec.field)) {
        let value = match spec.kind {
            FieldKind::Boolean => filled.boolean(spec.field).into(),
            FieldKind::Text
            | FieldKind::Id
            | FieldKind::Identifier
            | FieldKind::Choice(_)
            | FieldKind::ChoiceInAnyCase(_)
            | FieldKind::Hidden => filled.texts(spec.field).collect::<Json>(),
        };
        members.insert(spec.field.name().to_owned(), value);
    }
    members.into()
}
