//! OAuth: the exchange of a code, and what a token may see.

use serde::{Deserialize, Deserializer, Serialize};

use super::or_absent;
use crate::tiktok::{AccessToken, AdvertiserId};

/// Body of `/oauth2/access_token/`.
///
/// Source: `Oauth2AccessTokenBody` in TikTok's SDK.
#[derive(Serialize)]
pub(in crate::tiktok) struct ExchangeCode<'a> {
    pub(in crate::tiktok) app_id: &'a str,
    pub(in crate::tiktok) secret: &'a str,
    pub(in crate::tiktok) auth_code: &'a str,
}

/// What an advertiser granted: a token that does not expire, and what it may do.
#[derive(Debug, Deserialize)]
pub struct Granted {
    /// The token.
    #[serde(deserialize_with = "token")]
    pub access_token: AccessToken,
    /// The advertisers that it may act for.
    #[serde(default, deserialize_with = "super::ids")]
    pub advertiser_ids: Vec<AdvertiserId>,
    /// The permissions; a parent's number implies its children's.
    #[serde(default, deserialize_with = "or_absent")]
    pub scope: Option<Vec<u64>>,
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccessToken, D::Error> {
    let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
    AccessToken::parse(&text).map_err(serde::de::Error::custom)
}

/// An advertiser that a token may act for.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Advertiser {
    /// Its id.
    #[serde(deserialize_with = "super::id")]
    pub advertiser_id: AdvertiserId,
    /// Its name.
    #[serde(default, deserialize_with = "or_absent")]
    pub advertiser_name: Option<String>,
}

/// Answer of `/oauth2/advertiser/get/`.
#[derive(Debug, Deserialize)]
pub(in crate::tiktok) struct AdvertiserList {
    pub(in crate::tiktok) list: Vec<Advertiser>,
}
