//! What an action reads.

use super::{AudienceEntry, Consent, Field, Filled, OwnAudience};
use crate::event::Event;
use crate::identity::Rules;
use crate::tiktok::AdvertiserId;

/// An event, the fields that its mapping filled from it, and what the destination says.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i, 'e> {
    /// The event.
    pub event: &'i Event<'e>,
    /// The mapping's fields.
    pub filled: &'i Filled<'e>,
    /// When the mapping names its audience itself.
    pub own_audience: OwnAudience,
    /// The `send_*` fields that the event decides.
    pub event_switches: &'i [Field],
    /// How identifiers are normalised.
    pub rules: &'i Rules,
    /// Under which further rules removes are sent.
    pub also_remove: Option<Rules>,
    /// What the event says of consent.
    pub consent: &'i Consent,
    /// The ad account of events and mappings that name none.
    pub default_advertiser: Option<AdvertiserId>,
    /// The audiences whose ad accounts the destination knows.
    pub audiences: &'i [AudienceEntry],
}

/// Whether a kind of identifier is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    /// The mapping itself does not send it.
    Off,
    /// The event says so, or does not say what the mapping asks of it.
    OffByEvent,
}

impl Input<'_, '_> {
    /// What a `send_*` field says.
    pub(super) fn switch(&self, switch: Field) -> Switch {
        match self.filled.boolean(switch) {
            Some(true) => Switch::On,
            Some(false) | None if self.event_switches.contains(&switch) => Switch::OffByEvent,
            Some(false) | None => Switch::Off,
        }
    }
}
