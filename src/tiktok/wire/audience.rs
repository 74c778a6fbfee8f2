//! Custom audiences: their list, their creation and their deletion.

use serde::{Deserialize, Serialize};

use super::or_absent;
use crate::tiktok::{AdvertiserId, AudienceId, IdText};

/// A custom audience as TikTok lists it.
///
/// Source: `/dmp/custom_audience/list/` (<https://business-api.tiktok.com/portal/docs?id=1739940506015746>).
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Audience {
    /// Its id.
    #[serde(deserialize_with = "super::id")]
    pub audience_id: AudienceId,
    /// Its name; names may repeat.
    #[serde(default, deserialize_with = "or_absent")]
    pub name: Option<String>,
    /// How it is fed, for example `Partner`.
    #[serde(default, deserialize_with = "or_absent")]
    pub audience_type: Option<String>,
    /// When it was created, `YYYY-MM-DD HH:MM:SS` in GMT.
    #[serde(default, deserialize_with = "or_absent")]
    pub create_time: Option<String>,
    /// When it will expire or has expired, in the same form.
    #[serde(default, deserialize_with = "or_absent")]
    pub expired_time: Option<String>,
    /// `false` while it is being computed and once it has expired.
    #[serde(default, deserialize_with = "or_absent")]
    pub is_valid: Option<bool>,
    /// Whether it expires within 60 days.
    #[serde(default, deserialize_with = "or_absent")]
    pub is_expiring: Option<bool>,
    /// Whether this advertiser made it.
    #[serde(default, deserialize_with = "or_absent")]
    pub is_creator: Option<bool>,
    /// Whether it is shared with other advertisers.
    #[serde(default, deserialize_with = "or_absent")]
    pub shared: Option<bool>,
    /// How many users TikTok matched.
    #[serde(default, deserialize_with = "or_absent")]
    pub cover_num: Option<u64>,
    /// The kind as `/dmp/custom_audience/get/` names it.
    #[serde(default, deserialize_with = "or_absent", rename = "type", skip_serializing)]
    type_in_details: Option<String>,
}

impl Audience {
    /// How it is fed: `audience_type` in the list, `type` in the details.
    pub fn kind(&self) -> Option<&str> {
        self.audience_type.as_deref().or(self.type_in_details.as_deref())
    }

    /// Whether it was made through `/segment/audience/`, the only kind that takes users by `/segment/mapping/`.
    ///
    /// TikTok spells kinds loosely, so case does not count.
    pub fn is_partner(&self) -> bool {
        self.kind().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("partner"))
    }
}

/// One page of `/dmp/custom_audience/list/`.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct AudiencePage {
    pub(in crate::tiktok) list: Vec<Audience>,
    pub(in crate::tiktok) page_info: PageInfo,
}

/// Where a page stands among all.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct PageInfo {
    pub(in crate::tiktok) total_page: u32,
}

/// Answer of `/dmp/custom_audience/get/`.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct AudienceDetails {
    pub(in crate::tiktok) list: Vec<AudienceEntry>,
}

/// One audience with its details.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct AudienceEntry {
    audience_details: OneOrMany,
}

/// The SDK describes an array, clients read an object.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Box<Audience>),
    Many(Vec<Audience>),
}

impl AudienceDetails {
    /// All audiences in the answer.
    pub(in crate::tiktok) fn into_audiences(self) -> impl Iterator<Item = Audience> {
        self.list.into_iter().flat_map(|entry| match entry.audience_details {
            OneOrMany::One(audience) => vec![*audience],
            OneOrMany::Many(audiences) => audiences,
        })
    }
}

/// Body of `/segment/audience/`.
///
/// Source: <https://business-api.tiktok.com/portal/docs?id=1739940583739393>.
#[derive(Debug, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub(crate) enum AudienceRequest<'a> {
    /// Make an audience of that name; TikTok cuts names of more than 70 characters.
    Create { advertiser_id: AdvertiserId, custom_audience_name: &'a str },
    /// Delete one audience.
    Delete { advertiser_id: AdvertiserId, delete_audience_id: AudienceId },
}

/// Answer to a create.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct CreatedAudience {
    #[serde(deserialize_with = "super::id")]
    pub(in crate::tiktok) audience_id: AudienceId,
}

/// The query of one page of audiences.
#[derive(Debug, Serialize)]
pub(crate) struct ListQuery {
    /// The ad account.
    pub(crate) advertiser_id: IdText,
    /// The page, from 1.
    pub(crate) page: String,
    /// Audiences per page.
    pub(crate) page_size: &'static str,
}

impl ListQuery {
    /// Audiences per page, the most that TikTok gives.
    const PAGE_SIZE: &str = "100";

    /// A page of an ad account's audiences.
    pub(crate) fn page(advertiser_id: AdvertiserId, page: u32) -> Self {
        Self { advertiser_id: advertiser_id.text(), page: page.to_string(), page_size: Self::PAGE_SIZE }
    }

    /// The query as names and values.
    pub(crate) fn pairs(&self) -> [(&'static str, &str); 3] {
        [("advertiser_id", &self.advertiser_id), ("page", &self.page), ("page_size", self.page_size)]
    }
}
