//! Identifiers of events as raw, cleaned and hashed, under each rule set: what a person on this machine may see.

use serde_json::{Value, json};
use tiktok_audiences::actions::{self, Consent, Field};
use tiktok_audiences::config;
use tiktok_audiences::control::shape;
use tiktok_audiences::destination::{ConfiguredMapping, Destination, evaluation};
use tiktok_audiences::event::Event;
use tiktok_audiences::identity::{Cleaned, RuleSet, Rules};
use tiktok_audiences::json::Document;
use tiktok_audiences::outcome::left_out::LeftOutReason;

/// By event and mapping, in their orders: the identifiers in the order in which `explain` has them.
pub(crate) fn of_events(events: &[Option<Value>], config: &str, unmask: bool) -> Vec<Value> {
    let (destination, _findings) = config::parse_destination(config);
    let of = |event: &Option<Value>| event.as_ref().map(|event| of_event(&event.to_string(), &destination, unmask));
    events.iter().map(|event| of(event).unwrap_or_default()).collect()
}

fn of_event(text: &str, destination: &Destination, unmask: bool) -> Value {
    let Ok(document) = Document::parse(text) else { return Value::Null };
    let Ok(event) = Event::read(document.root()) else { return Value::Null };
    destination.mappings.iter().map(|configured| of_mapping(configured, destination, &event, unmask)).collect()
}

fn of_mapping(configured: &ConfiguredMapping, destination: &Destination, event: &Event<'_>, unmask: bool) -> Value {
    let Ok(filled) = configured.mapping.fields.resolve(event) else { return json!([]) };
    let own = configured.policy.identity;
    let direction = evaluation::direction(destination, configured, event);
    let mut shown: Vec<(Field, String, Vec<Value>)> = Vec::new();
    for &set in RuleSet::ALL {
        let rules = Rules { set, ..own };
        let input = evaluation::input(destination, configured, event, &filled, &Consent::Granted);
        let all: Vec<_> = actions::clean(input, direction, &rules).collect();
        for (position, (field, value, cleaned)) in all.into_iter().enumerate() {
            let line = rule(set, set == own.set, &cleaned, unmask);
            match shown.get_mut(position) {
                Some((_, _, lines)) => lines.push(line),
                None => shown.push((field, value.to_owned(), vec![line])),
            }
        }
    }
    shown
        .into_iter()
        .map(|(field, value, rules)| {
            let value = if unmask { value } else { shape(&value) };
            json!({ "field": field.name(), "value": value, "rules": rules })
        })
        .collect()
}

fn rule(set: RuleSet, used: bool, cleaned: &Result<Option<Cleaned>, LeftOutReason>, unmask: bool) -> Value {
    let problem = cleaned.as_ref().err().map(|reason| json!({ "code": reason.code(), "message": reason.to_string() }));
    let cleaned = cleaned.as_ref().ok().and_then(Option::as_ref);
    let text = cleaned.and_then(Cleaned::text);
    let hash = cleaned.map(|cleaned| {
        let mut hex = Vec::with_capacity(64);
        cleaned.hashed().write_hex(&mut hex);
        String::from_utf8_lossy(&hex).into_owned()
    });
    let text = text.map(|text| if unmask { text.to_owned() } else { shape(text) });
    json!({ "rules": set.as_str(), "used": used, "cleaned": text, "hash": hash, "problem": problem })
}

/// Adds them to what explain says of a mapping.
pub(crate) fn add(mapping: &mut Value, identifiers: &Value) {
    let Some(known) = mapping["identifiers"].as_array_mut() else { return };
    for (known, shown) in known.iter_mut().zip(identifiers.as_array().into_iter().flatten()) {
        known["value"] = shown["value"].clone();
        known["rules"] = shown["rules"].clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_set_says_what_it_makes_of_an_identifier() {
        let event = json!({ "type": "track", "event": "Audience Entered",
            "context": { "traits": { "email": " Jane.Doe+x@Example.com", "phone": "5550143" } } });
        let config = r#"{"mappings":[{"action":"addToAudience"}]}"#;
        let shown = of_events(&[Some(event.clone()), None], config, true);
        let email = &shown[0][0][0];
        assert_eq!(
            (email["field"].as_str(), email["value"].as_str()),
            (Some("email"), Some(" Jane.Doe+x@Example.com"))
        );
        let cleaned: Vec<_> =
            email["rules"].as_array().unwrap().iter().map(|rule| rule["cleaned"].as_str().unwrap()).collect();
        assert_eq!(cleaned, ["janedoe@example.com", "jane.doe+x@example.com", " janedoe@example.com"]);
        let phone = &shown[0][0][1];
        assert_eq!(phone["rules"][0]["problem"]["code"], "NO_COUNTRY_CODE");
        assert_eq!(phone["rules"][2]["cleaned"], "5550143");
        assert_eq!(shown[1], Value::Null);
        let masked = of_events(&[Some(event)], config, false);
        let text = masked[0].to_string();
        assert!(!text.to_lowercase().contains("jane") && !text.contains("555"), "{text}");
    }
}
