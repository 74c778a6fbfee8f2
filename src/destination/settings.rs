//! The settings of the destination as a whole.

use std::num::NonZeroUsize;
use std::time::Duration;

use reqwest::Url;

use super::Policy;
use crate::batch::{Limits, MAX_CALL_BYTES};
use crate::tiktok::AdvertiserId;

/// `settings` of `destination.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `advertiser_id`: the ad account of events and mappings that name none. Default: none.
    pub advertiser_id: Option<AdvertiserId>,
    /// The policy of mappings that state none.
    pub policy: Policy,
    /// `auto_create_audiences`: create an audience that an event names and TikTok does not have. Default: false.
    pub auto_create_audiences: bool,
    /// `batch_rows`: the most rows of one call. Default: 1000, at most 10,000.
    pub batch_rows: NonZeroUsize,
    /// `audiences_per_row`: the most audiences that one row may carry. Default: 1, at most 100.
    pub audiences_per_row: NonZeroUsize,
    /// `calls_per_second`: the most calls to TikTok per instance of the function. Default: 5, at most 1000.
    pub calls_per_second: NonZeroUsize,
    /// `reply_within_seconds`: when callers that wait want their answer. Default: 4 s, at most 25 s.
    pub reply_within: Duration,
    /// `allow_unsigned_tail`: whether a signature over the first event of an array is enough. Default: false.
    pub allow_unsigned_tail: bool,
    /// `authorize_url`: the consent page as TikTok's developer portal shows it for the app. Default: built from `app_id`.
    pub authorize_url: Option<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            advertiser_id: None,
            policy: Policy::default(),
            auto_create_audiences: false,
            batch_rows: NonZeroUsize::new(1000).unwrap_or(NonZeroUsize::MIN),
            audiences_per_row: NonZeroUsize::MIN,
            calls_per_second: NonZeroUsize::new(5).unwrap_or(NonZeroUsize::MIN),
            // Segment hangs up after 5 seconds.
            reply_within: Duration::from_secs(4),
            allow_unsigned_tail: false,
            authorize_url: None,
        }
    }
}

impl Settings {
    /// How large calls may be.
    pub fn limits(&self) -> Limits {
        Limits { rows: self.batch_rows.get(), audiences_per_row: self.audiences_per_row.get(), bytes: MAX_CALL_BYTES }
    }
}
