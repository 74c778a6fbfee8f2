//! Which of many triggers match an event, without trying them all.
//!
//! Most triggers demand that some value equals a text (`event = "Audience Entered"`). Each such trigger is filed under
//! the demand that tells it best from the others, so that an event looks up one text per value instead of testing every
//! trigger.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::trigger::{Check, Condition, Subject, Test, Trigger};
use super::walk::Found;
use crate::event::Event;

/// So many triggers are tried one by one as fast as they are looked up.
const FEW: usize = 3;

/// The triggers of a destination's mappings.
#[derive(Debug)]
pub(crate) struct TriggerIndex {
    triggers: Vec<Trigger>,
    /// Triggers that demand one of a few texts.
    shelves: Vec<Shelf>,
    /// The other triggers.
    loose: Vec<u16>,
}

/// Positions of triggers; an event matches a few.
type Positions = SmallVec<[u16; 8]>;

/// The triggers that are filed under one subject.
#[derive(Debug)]
struct Shelf {
    subject: Subject,
    by_text: HashMap<Box<str>, Vec<u16>, RandomState>,
}

/// A demand: the value equals the text.
type Demand<'t> = (&'t Subject, &'t str);

impl TriggerIndex {
    /// Files the triggers; their positions are what [`Self::matching`] returns.
    pub(crate) fn new(triggers: Vec<Trigger>) -> Self {
        let texts = distinct_texts(&triggers);
        let mut shelves: Vec<Shelf> = Vec::new();
        let mut loose = Vec::new();
        for (position, trigger) in (0_u16..).zip(&triggers) {
            match demands(trigger.condition(), &texts) {
                Some(demands) if triggers.len() > FEW => {
                    for demand in demands {
                        file(&mut shelves, demand, position);
                    }
                }
                Some(_) | None => loose.push(position),
            }
        }
        Self { triggers, shelves, loose }
    }

    /// The positions of the triggers that the event fulfils, in order.
    pub(crate) fn matching(&self, event: &Event<'_>) -> impl Iterator<Item = u16> + use<> {
        let matches = |position: &u16| {
            let trigger = self.triggers.get(usize::from(*position));
            trigger.is_some_and(|trigger| trigger.matches(event))
        };
        let mut found: Positions = self.loose.iter().copied().filter(matches).collect();
        if self.shelves.is_empty() {
            return found.into_iter();
        }
        let candidates = self.shelves.iter().flat_map(|shelf| shelf.candidates(event)).copied();
        found.extend(candidates.filter(matches));
        found.sort_unstable();
        found.dedup();
        found.into_iter()
    }
}

impl Shelf {
    fn candidates(&self, event: &Event<'_>) -> &[u16] {
        let filed = match self.subject.find(event) {
            Found::Value(value) => value.as_str().and_then(|text| self.by_text.get(&*text)),
            Found::Unit(unit) => self.by_text.get(&*unit.encode_utf8(&mut [0; 4])),
            Found::Missing | Found::Length(_) => None,
        };
        filed.map(Vec::as_slice).unwrap_or_default()
    }
}

fn file(shelves: &mut Vec<Shelf>, (subject, text): Demand<'_>, position: u16) {
    let known = shelves.iter().position(|shelf| shelf.subject == *subject);
    let number = known.unwrap_or(shelves.len());
    if known.is_none() {
        shelves.push(Shelf { subject: subject.clone(), by_text: HashMap::default() });
    }
    if let Some(shelf) = shelves.get_mut(number) {
        shelf.by_text.entry(text.into()).or_default().push(position);
    }
}

/// For each subject the number of texts that triggers compare it with.
fn distinct_texts(triggers: &[Trigger]) -> HashMap<&Subject, usize> {
    let mut all = Vec::new();
    for trigger in triggers {
        comparisons(trigger.condition(), &mut all);
    }
    all.sort_unstable();
    all.dedup();
    let mut counts = HashMap::new();
    for (subject, _) in all {
        *counts.entry(subject).or_default() += 1;
    }
    counts
}

fn comparisons<'t>(condition: &'t Condition, all: &mut Vec<Demand<'t>>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| comparisons(part, all)),
        Condition::Test(Test { subject, check: Check::Is(text) }) => all.push((subject, text)),
        Condition::Not(_) | Condition::Test(_) => {}
    }
}

/// Demands of a condition: an event that fulfils the condition fulfils at least one of them. `None` if there are none.
fn demands<'t>(condition: &'t Condition, texts: &HashMap<&Subject, usize>) -> Option<Vec<Demand<'t>>> {
    match condition {
        Condition::Test(Test { subject, check: Check::Is(text) }) => Some(vec![(subject, text)]),
        Condition::All(parts) => {
            let choices = parts.iter().filter_map(|part| demands(part, texts));
            choices.max_by_key(|demands| {
                let counts = demands.iter().filter_map(|(subject, _)| texts.get(subject));
                (counts.min().copied(), std::cmp::Reverse(demands.len()))
            })
        }
        Condition::Any(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(|part| demands(part, texts)).collect();
            all.map(|demands| demands.concat())
        }
        Condition::Not(_) | Condition::Test(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::Document;

    fn matching(triggers: &[String], event: &str) -> (Vec<u16>, Vec<u16>) {
        let triggers: Vec<_> = triggers.iter().map(|trigger| Trigger::parse(trigger).unwrap()).collect();
        let document = Document::parse(event).unwrap();
        let event = Event::read(document.root()).unwrap();
        let each =
            (0..).zip(&triggers).filter(|(_, trigger)| trigger.matches(&event)).map(|(position, _)| position).collect();
        (TriggerIndex::new(triggers).matching(&event).collect(), each)
    }

    #[test]
    fn one_of_fifty_legacy_mappings_is_found_at_once() {
        let trigger = |number: usize| {
            let direction = if number < 25 { "Entered" } else { "Exited" };
            format!("event = \"Audience {direction}\" and properties.audience_key = \"key_{}\"", number % 25)
        };
        let triggers: Vec<_> = (0..50).map(trigger).collect();
        let event = r#"{"type":"track","event":"Audience Exited","properties":{"audience_key":"key_7"}}"#;
        assert_eq!(matching(&triggers, event).0, [32]);
        let set = TriggerIndex::new(triggers.iter().map(|trigger| Trigger::parse(trigger).unwrap()).collect());
        assert_eq!(set.shelves.len(), 1);
        let most = set.shelves.iter().flat_map(|shelf| shelf.by_text.values()).map(Vec::len).max();
        assert_eq!((most, set.loose.len()), (Some(2), 0));
    }

    fn any_trigger() -> impl Strategy<Value = String> {
        let test = prop::sample::select(vec![
            "event = \"a\"",
            "event = \"b\"",
            "type = \"a\"",
            "properties.k = \"a\"",
            "properties.k = \"b\"",
            "properties.k.0 = \"a\"",
            "properties.k = true",
            "event != \"a\"",
            "!(type = \"a\")",
            "contains(event, \"a\")",
        ]);
        let test = test.prop_map(|test| test.replace(".0", ".\\0"));
        test.prop_recursive(3, 12, 3, |inner| {
            (prop::collection::vec(inner, 1..4), prop::sample::select(vec![" and ", " or "]))
                .prop_map(|(parts, connector)| format!("({})", parts.join(connector)))
        })
    }

    proptest! {
        #[test]
        fn the_set_finds_what_each_trigger_finds(
            triggers in prop::collection::vec(any_trigger(), 0..12),
            values in prop::array::uniform3(prop::sample::select(vec!["\"a\"", "\"b\"", "null", "true", "[\"a\"]", "5"])),
        ) {
            let [kind, name, key] = values;
            let event = format!(r#"{{"type":{kind},"event":{name},"properties":{{"k":{key}}}}}"#);
            let (found, each) = matching(&triggers, &event);
            prop_assert_eq!(found, each);
        }
    }
}
