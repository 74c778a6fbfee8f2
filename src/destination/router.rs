//! The configured destination as events meet it: which mappings an event matches.
//!
//! Built once, at the cold start; nothing is parsed or looked up by name afterwards.

use super::{ConfiguredMapping, Destination};
use crate::actions::ActionKind;
use crate::event::Event;
use crate::json::Value;
use crate::mapping::TriggerIndex;
use crate::outcome::{Explanation, MappingName, Reason};

/// Said of a record that no mapping can match.
const NO_RECORDS: &str =
    "records need an enabled `syncRecords` mapping, and `mappings` of your own switch the preset one off";

/// The types of `RudderStack`'s records.
const RECORD_TYPES: [&str; 2] = ["record", "audienceList"];

/// The destination, ready for events.
#[derive(Debug)]
pub struct Router {
    /// What was configured.
    pub destination: Destination,
    names: Vec<MappingName>,
    triggers: TriggerIndex,
    /// Positions of the enabled mappings, by position of their triggers.
    enabled: Vec<u16>,
    /// The mapping that canonical records go to, whatever its trigger: triggers speak of events.
    records: Option<u16>,
}

impl Router {
    /// Prepares a destination.
    pub fn new(destination: Destination) -> Self {
        let name = |configured: &ConfiguredMapping| MappingName {
            name: configured.mapping.name.clone(),
            action: configured.mapping.action.slug(),
        };
        let names = destination.mappings.iter().map(name).collect();
        let (enabled, triggers): (Vec<u16>, Vec<_>) = (0_u16..)
            .zip(&destination.mappings)
            .filter(|(_, configured)| configured.mapping.enabled)
            .map(|(number, configured)| (number, configured.mapping.trigger.clone()))
            .unzip();
        let takes_records = |number: &u16| {
            let configured = destination.mappings.get(usize::from(*number));
            configured.is_some_and(|configured| configured.mapping.action == ActionKind::SyncRecords)
        };
        let records = enabled.iter().copied().find(takes_records);
        Self { destination, names, triggers: TriggerIndex::new(triggers), enabled, records }
    }

    /// Positions of the enabled mappings whose triggers match, in order.
    ///
    /// A canonical record matches the first enabled `syncRecords` mapping and no other.
    pub fn matching(&self, event: &Event<'_>) -> impl Iterator<Item = u16> {
        let (records, by_trigger) = if event.is_canonical_record() {
            (self.records, None)
        } else {
            (None, Some(self.triggers.matching(event)))
        };
        let by_trigger = by_trigger.into_iter().flatten();
        records.into_iter().chain(by_trigger.filter_map(|position| self.enabled.get(usize::from(position)).copied()))
    }

    /// Why no mapping matches an event: its trigger, or that it is a record and nothing is configured for records.
    pub fn unmatched(&self, event: &Event<'_>) -> Explanation {
        if self.records.is_none() && is_record(event) {
            return Explanation::new(Reason::NoMapping, NO_RECORDS);
        }
        Reason::NoMapping.into()
    }

    /// The mapping at a position.
    pub fn mapping(&self, number: u16) -> Option<&ConfiguredMapping> {
        self.destination.mappings.get(usize::from(number))
    }

    /// What the mappings are called in reports.
    pub fn names(&self) -> &[MappingName] {
        &self.names
    }
}

fn is_record(event: &Event<'_>) -> bool {
    let is_typed = |kind: &str| RECORD_TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known));
    event.is_canonical_record() || event.kind().and_then(Value::as_str).is_some_and(|kind| is_typed(&kind))
}
