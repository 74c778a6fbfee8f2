//! What a deployer decided, as events meet it: settings, mappings, the way of an event through them, consent, deletion.
//!
//! Pure: knows nothing of files and variables, which `config` reads into these types, nor of TikTok's client.

mod configured;
pub mod consent;
pub mod deletion;
pub mod evaluation;
pub(crate) mod given;
mod list;
mod policy;
mod router;
mod settings;

use crate::actions::{self, AudienceEntry, Field};
use crate::tiktok::AdvertiserId;

pub use configured::ConfiguredMapping;
pub(crate) use configured::default_mappings;
pub use list::List;
pub(crate) use list::{ListError, ListMode};
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

    /// The ad accounts that the configuration names, each once: of the settings, the audiences, the mappings.
    pub fn advertisers(&self) -> Vec<AdvertiserId> {
        let of_audiences = self.audiences.iter().filter_map(|entry| entry.advertiser_id);
        let of_mappings = self.mappings.iter().flat_map(|configured| {
            let literal = |field| configured.mapping.fields.literal(field);
            Field::ADVERTISERS.into_iter().filter_map(move |field| AdvertiserId::parse(literal(field)?.trim()).ok())
        });
        let mut advertisers = Vec::new();
        for advertiser in self.settings.advertiser_id.into_iter().chain(of_audiences).chain(of_mappings) {
            if !advertisers.contains(&advertiser) {
                advertisers.push(advertiser);
            }
        }
        advertisers
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
