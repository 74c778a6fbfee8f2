//! The paths of the endpoints, below the base URL. Each ends in a slash; without it TikTok answers a plain-text 404.

/// Adds people to audiences and removes them: `POST`.
pub const MAPPING: &str = "segment/mapping/";
/// Creates and deletes audiences: `POST`.
pub const AUDIENCE: &str = "segment/audience/";
/// Lists audiences: `GET`.
pub const AUDIENCE_LIST: &str = "dmp/custom_audience/list/";
/// Describes audiences: `GET`.
pub const AUDIENCE_GET: &str = "dmp/custom_audience/get/";
