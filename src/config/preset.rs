//! Segment's presets: mappings that it sets up for an event of its own, by their names.
//!
//! Segment matches these events inside its own delivery, where no trigger is published; the triggers here are what its
//! documentation says of the events. Sources: `presets` of `actions-tiktok-audiences` for names, slugs and actions;
//! Segment's pages on Linked Audiences and Journeys for the events' names.

use crate::actions::ActionKind;

/// A mapping that is ready but for its name in the configuration.
#[derive(Debug)]
pub(super) struct Preset {
    /// What `preset` may say.
    pub(super) slug: &'static str,
    /// What Segment's pages call it; `preset` may say this too, and it names the mapping.
    pub(super) title: &'static str,
    pub(super) action: ActionKind,
    pub(super) trigger: &'static str,
}

/// Every preset.
const PRESETS: &[Preset] = &[
    Preset {
        slug: "warehouse_audience_entered_track",
        title: "Entities Audience Entered",
        action: ActionKind::AddToAudience,
        trigger: "type = \"track\" and event = \"Audience Entered\"",
    },
    Preset {
        slug: "warehouse_audience_exited_track",
        title: "Entities Audience Exited",
        action: ActionKind::RemoveFromAudience,
        trigger: "type = \"track\" and event = \"Audience Exited\"",
    },
    Preset {
        slug: "warehouse_entity_added_track",
        title: "Associated Entity Added",
        action: ActionKind::AddToAudience,
        trigger: "type = \"track\" and event = \"Entity Added\"",
    },
    Preset {
        slug: "warehouse_entity_removed_track",
        title: "Associated Entity Removed",
        action: ActionKind::RemoveFromAudience,
        trigger: "type = \"track\" and event = \"Entity Removed\"",
    },
    Preset {
        slug: "journeys_step_entered_track",
        title: "Journeys Step Entered",
        action: ActionKind::AddToAudience,
        trigger: "type = \"track\" and (event = \"Journeys Step Entered\" or event = \"Journey Step Entered\")",
    },
    Preset {
        // The event's name is the customer's choice, so what the event says of itself decides.
        slug: "journey_step_all_events_track",
        title: "Journey Step All Events",
        action: ActionKind::SyncAudience,
        trigger: "type = \"track\" and context.personas.computation_class = \"journey_step\"",
    },
];

/// Every preset by its slug and its title; `preset` may say either.
pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
    PRESETS.iter().map(|preset| (preset.slug, preset.title))
}

impl Preset {
    /// The preset of that slug or title.
    pub(super) fn parse(name: &str) -> Result<&'static Self, String> {
        PRESETS
            .iter()
            .find(|preset| preset.slug == name || preset.title == name)
            .ok_or_else(|| super::expect::unknown("preset", name, &PRESETS.iter().map(|p| p.slug).collect::<Vec<_>>()))
    }
}
