//! The paths of the endpoints, below the base URL. Each ends in a slash; without it TikTok answers a plain-text 404.

/// Adds people to audiences and removes them: `POST`.
pub const MAPPING: &str = "segment/mapping/";
/// Creates and deletes audiences: `POST`.
pub const AUDIENCE: &str = "segment/audience/";
/// Lists audiences: `GET`.
pub const AUDIENCE_LIST: &str = "dmp/custom_audience/list/";
/// Describes audiences: `GET`.
pub const AUDIENCE_GET: &str = "dmp/custom_audience/get/";
/// Shares audiences with other ad accounts: `POST`.
pub const SHARE: &str = "dmp/custom_audience/share/";
/// Takes an audience back from another ad account: `POST`.
pub const SHARE_CANCEL: &str = "dmp/custom_audience/share/cancel/";
/// Lists the ad accounts that an audience was shared with: `GET`.
pub const SHARE_LOG: &str = "dmp/custom_audience/share/log/";
/// Lists the ad groups that use audiences: `GET`.
pub const APPLY_LOG: &str = "dmp/custom_audience/apply/log/";
/// Compares audiences: `GET`.
pub const OVERLAP: &str = "audience/insight/overlap/";
