//! Who else uses an audience: other ad accounts, ad groups, and how much audiences have in common.
//!
//! Source: the yml files of TikTok's official SDK for `/dmp/custom_audience/share/`, `share/cancel/`, `share/log/`,
//! `apply/log/` and the request of `/audience/insight/overlap/`; the latter's answer as two third-party clients agree
//! on it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::or_absent;
use crate::tiktok::{AdvertiserId, AudienceId};

/// The most audiences, and the most ad accounts, of one call that shares.
pub const MOST_SHARED: usize = 10;
/// The most audiences that one is compared with.
pub const MOST_COMPARED: usize = 4;

/// Body of `/dmp/custom_audience/share/`.
#[derive(Debug, Serialize)]
pub(in crate::tiktok) struct ShareRequest<'a> {
    pub(in crate::tiktok) advertiser_id: AdvertiserId,
    pub(in crate::tiktok) custom_audience_ids: &'a [AudienceId],
    pub(in crate::tiktok) shared_advertiser_ids: &'a [AdvertiserId],
}

/// Body of `/dmp/custom_audience/share/cancel/`.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "TikTok's names")]
pub(in crate::tiktok) struct CancelRequest {
    pub(in crate::tiktok) advertiser_id: AdvertiserId,
    pub(in crate::tiktok) custom_audience_id: AudienceId,
    pub(in crate::tiktok) shared_advertiser_id: AdvertiserId,
}

/// Answer of `/dmp/custom_audience/share/log/`.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct ShareLog {
    pub(in crate::tiktok) list: Vec<Share>,
}

/// An ad account that an audience is, or was, shared with.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Share {
    /// The ad account.
    #[serde(deserialize_with = "super::id")]
    pub shared_advertiser_id: AdvertiserId,
    /// Its name.
    #[serde(default, deserialize_with = "or_absent")]
    pub shared_advertiser_name: Option<String>,
    /// How it stands; TikTok does not say which words there are.
    #[serde(default, deserialize_with = "or_absent")]
    pub status: Option<String>,
}

/// Words in a status that say that the audience is not shared any more, or never was: TikTok documents none.
const ENDED: [&str; 7] = ["CANCEL", "FAIL", "REJECT", "REVOK", "EXPIRE", "DELETE", "INVALID"];

impl Share {
    /// Whether the ad account has the audience now, as far as the status tells.
    pub fn is_current(&self) -> bool {
        let status = self.status.as_deref().unwrap_or_default().to_ascii_uppercase();
        !ENDED.iter().any(|word| status.contains(word))
    }
}

/// Answer of `/dmp/custom_audience/apply/log/`.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct UseLog {
    pub(in crate::tiktok) list: Vec<Use>,
}

/// An ad group that uses an audience.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Use {
    /// The ad group.
    #[serde(default, deserialize_with = "or_absent")]
    pub adgroup_id: Option<Value>,
    /// Whether it shows ads to the audience or keeps them from it.
    #[serde(default, deserialize_with = "or_absent")]
    pub usage_mode: Option<String>,
}

/// Answer of `/audience/insight/overlap/`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Overlap {
    /// The audience that the others are compared with.
    #[serde(default, deserialize_with = "or_absent")]
    pub benchmark_audience: Option<Compared>,
    /// The others.
    #[serde(default)]
    pub comparison_audiences: Vec<Compared>,
}

/// An audience in a comparison. Numbers and ranges are passed on as TikTok writes them.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Compared {
    /// Its id.
    #[serde(deserialize_with = "super::id")]
    pub audience_id: AudienceId,
    /// Its name.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub audience_name: Option<String>,
    /// How many people it has.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub audience_size: Option<Value>,
    /// How many of them ads can reach, about.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub targetable_users_count_range: Option<Value>,
    /// Which part of the benchmark it has in common with it.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub benchmark_overlap_rate: Option<Value>,
    /// The same, about.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub benchmark_overlap_rate_range: Option<Value>,
    /// How many people they have in common, about.
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Option::is_none")]
    pub benchmark_overlap_count_range: Option<Value>,
}

impl Compared {
    /// Whether TikTok says anything of what the two have in common.
    pub const fn is_told(&self) -> bool {
        self.benchmark_overlap_rate.is_some()
            || self.benchmark_overlap_rate_range.is_some()
            || self.benchmark_overlap_count_range.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_is_not_known_means_shared() {
        for (status, expected) in [
            (None, true),
            (Some("SHARED"), true),
            (Some("ACTIVE"), true),
            (Some("cancelled"), false),
            (Some("FAILED"), false),
        ] {
            let log = serde_json::json!({"shared_advertiser_id": "1", "status": status});
            let share: Share = serde_json::from_value(log).unwrap();
            assert_eq!(share.is_current(), expected, "{status:?}");
        }
    }
}
