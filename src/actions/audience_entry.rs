//! The audiences that the destination is to have.

use crate::tiktok::AdvertiserId;

/// An audience that the destination is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceEntry {
    /// Its name at TikTok.
    pub name: String,
    /// Its ad account, if not the destination's.
    pub advertiser_id: Option<AdvertiserId>,
    /// The ad accounts that it is shared with; shares with others are left as they are.
    pub share_with: Vec<AdvertiserId>,
}

/// The ad account of the audience of that name, if the entries name exactly one.
pub(crate) fn advertiser_of(audiences: &[AudienceEntry], name: &str) -> Option<AdvertiserId> {
    let of_name = audiences.iter().filter(|entry| entry.name == name);
    let mut advertisers = of_name.filter_map(|entry| entry.advertiser_id);
    let advertiser = advertisers.next()?;
    advertisers.next().is_none().then_some(advertiser)
}
