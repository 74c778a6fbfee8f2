//! What a deployer decided, as events meet it: settings, mappings, the way of an event through them, consent, deletion.
//!
//! Pure: knows nothing of files and variables, which `config` reads into these types, nor of TikTok's client.

mod configured;
pub mod consent;
pub mod deletion;
pub mod evaluation;
mod list;
mod policy;
mod router;
mod settings;

use crate::actions::{self, AudienceEntry};
use crate::tiktok::AdvertiserId;

pub use configured::ConfiguredMapping;
pub(crate) use configured::default_mappings;
pub use list::{List, ListError, ListMode};
pub use policy::{ConsentMissing, Policy};
pub use router::Router;
pub use settings::Settings;

/// `destination.json`, understood.
#[derive(Debug)]
pub struct Destination {
    /// `settings`
    pub settings: Settings,
    /// `mappings`, disabled ones too, each with the rules that hold for it.
    pub mappings: Vec<ConfiguredMapping>,
    /// `audiences`
    pub audiences: Vec<AudienceEntry>,
    /// Whether the mappings are the default ones, since the file names none.
    pub default_mappings: bool,
}

impl Destination {
    /// The ad account of the audience of that name, if `audiences` names exactly one.
    pub fn advertiser_of(&self, name: &str) -> Option<AdvertiserId> {
        actions::advertiser_of(&self.audiences, name)
    }
}

/// The destination without a file: default settings and mappings.
impl Default for Destination {
    fn default() -> Self {
        let settings = Settings::default();
        let mappings = default_mappings(&settings);
        Self { settings, mappings, audiences: Vec::new(), default_mappings: true }
    }
}
