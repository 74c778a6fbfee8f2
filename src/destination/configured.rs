//! Mappings with what holds for them, and the ones that are active without any configuration.

use super::{Policy, Settings, given};
use crate::actions::{ActionKind, Field, OwnAudience};
use crate::mapping::{Fields, Form, Mapping, Trigger};

/// A mapping and its policy.
#[derive(Debug)]
pub struct ConfiguredMapping {
    /// What it does.
    pub mapping: Mapping,
    /// How it treats identifiers and consent.
    pub policy: Policy,
    /// When its audience is its own choice.
    pub own_audience: OwnAudience,
    /// The `send_*` fields that an event decides.
    pub event_switches: Vec<Field>,
}

impl ConfiguredMapping {
    /// A mapping with its policy.
    pub fn new(mapping: Mapping, policy: Policy) -> Self {
        let own_audience = given::own_audience(&mapping.fields);
        let switches = [Field::SendEmail, Field::SendPhone, Field::SendAdvertisingId];
        let event_switches = switches.into_iter().filter(|switch| mapping.fields.uses_event(*switch)).collect();
        Self { mapping, policy, own_audience, event_switches }
    }
}

/// What is active when the file has no mappings at all: action, and its trigger if not the action's own.
const DEFAULT_MAPPINGS: &[(ActionKind, Option<&str>)] = &[
    (ActionKind::AddToAudience, None),
    (ActionKind::RemoveFromAudience, None),
    (ActionKind::SyncAudience, Some(IDENTIFY_WITH_MEMBERSHIP)),
    (ActionKind::SyncRecords, None),
];

/// An `identify` that says of an audience whether the person is in it.
const IDENTIFY_WITH_MEMBERSHIP: &str = "type = \"identify\" and context.personas.computation_key != null and \
     (context.personas.computation_class = \"audience\" or context.personas.computation_class = \"journey_step\")";

/// The mappings of a destination whose configuration has no `mappings`.
pub(crate) fn default_mappings(settings: &Settings) -> Vec<ConfiguredMapping> {
    let mapping = |&(action, trigger): &(ActionKind, Option<&str>)| {
        let declaration = action.declaration();
        let mapping = Mapping {
            name: declaration.title.to_owned(),
            action,
            trigger: Trigger::parse(trigger.unwrap_or(declaration.default_trigger)).ok()?,
            fields: Fields::compile(None, action, Form::Ours, "$", &mut Vec::new()),
            enabled: true,
        };
        Some(ConfiguredMapping::new(mapping, settings.policy.clone()))
    };
    DEFAULT_MAPPINGS.iter().filter_map(mapping).collect()
}
