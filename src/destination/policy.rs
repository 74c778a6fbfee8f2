//! How a mapping treats identifiers and consent, and whether it writes.

use crate::identity::{self, RuleSet};

/// How one mapping treats identifiers and consent, and whether it writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `identity_rules`, `phone_rule`, `default_country`: how identifiers are spelled before they are hashed.
    pub identity: identity::Rules,
    /// `also_remove`: under which further rules removes are sent. Default: none.
    pub also_remove: Option<RuleSet>,
    /// `require_consent`: categories without whose consent nobody is added. Default: none.
    pub require_consent: Vec<String>,
    /// `consent_missing`: what becomes of an add without any word on consent. Default: `skip`.
    pub consent_missing: ConsentMissing,
    /// `shadow`: everything but the write to TikTok. Default: false.
    pub shadow: bool,
}

/// What becomes of an add when the event says nothing at all of consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConsentMissing {
    /// The event is skipped.
    #[default]
    Skip,
    /// The person is added.
    Allow,
}

impl Policy {
    /// The further rules under which removes are sent, if they differ from the mapping's own.
    pub fn also_removes(&self) -> Option<identity::Rules> {
        let set = self.also_remove.filter(|set| *set != self.identity.set)?;
        Some(identity::Rules { set, ..self.identity })
    }
}
