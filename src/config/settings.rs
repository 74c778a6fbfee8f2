//! The settings of the destination, and those of them that a mapping may state for itself.
//!
//! Knows names, defaults and ranges; knows nothing of what the values do elsewhere.

use std::num::NonZeroUsize;
use std::time::Duration;

use reqwest::Url;

use super::at::{At, unknown};
use super::environment::safe_url;
use super::problem::Report;
use crate::identity::{self, Country, PhoneRule, RuleSet};
use crate::json::Kind;
use crate::tiktok::AdvertiserId;

/// The settings that a mapping may override.
pub(super) const RULE_KEYS: &[&str] =
    &["identity_rules", "also_remove", "phone_rule", "default_country", "require_consent", "consent_missing"];

/// The settings of the destination as a whole.
const DESTINATION_KEYS: &[&str] = &[
    "advertiser_id",
    "auto_create_audiences",
    "batch_rows",
    "audiences_per_row",
    "calls_per_second",
    "reply_within_seconds",
    "allow_unsigned_tail",
    "authorize_url",
];

/// Segment's own setting of an instance of the destination, known in a file of Segment's form.
const SEGMENT_KEYS: &[&str] = &["advertiser_ids"];

/// `settings` of `destination.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `advertiser_id`: the ad account of events and mappings that name none. Default: none.
    pub advertiser_id: Option<AdvertiserId>,
    /// The treatment of mappings that state none.
    pub treatment: Treatment,
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

/// How one mapping treats identifiers and consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// `identity_rules`, `phone_rule`, `default_country`: how identifiers are spelled before they are hashed.
    pub identity: identity::Rules,
    /// `also_remove`: under which further rules removes are sent. Default: none.
    pub also_remove: Option<RuleSet>,
    /// `require_consent`: categories without whose consent nobody is added. Default: none.
    pub require_consent: Vec<String>,
    /// `consent_missing`: what becomes of an add without any word on consent. Default: `skip`.
    pub consent_missing: ConsentMissing,
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            advertiser_id: None,
            treatment: Treatment::default(),
            auto_create_audiences: false,
            batch_rows: at_least_one(1000),
            audiences_per_row: NonZeroUsize::MIN,
            calls_per_second: at_least_one(5),
            // Segment hangs up after 5 seconds.
            reply_within: Duration::from_secs(4),
            allow_unsigned_tail: false,
            authorize_url: None,
        }
    }
}

impl Settings {
    /// Reads `settings`; `segment_form` makes Segment's own settings known.
    pub(super) fn read(at: &At<'_>, segment_form: bool, report: &mut Report<'_>) -> Self {
        let segment_keys = if segment_form { SEGMENT_KEYS } else { &[] };
        let known = [DESTINATION_KEYS, RULE_KEYS, segment_keys].concat();
        at.expect_keys_or(&known, |key| segment_form && is_segment_internal(key), report);
        let default = Self::default();
        let whole = |key, most, report: &mut Report<'_>| at.integer(key, 1..=most, report);
        // TikTok takes at most 10,000 rows a call. Source: `/segment/mapping/`, `batch_data`.
        let batch_rows = whole("batch_rows", 10_000, report).map_or(default.batch_rows, at_least_one);
        let audiences_per_row = whole("audiences_per_row", 100, report).map_or(default.audiences_per_row, at_least_one);
        let calls_per_second = whole("calls_per_second", 1000, report).map_or(default.calls_per_second, at_least_one);
        // API Gateway gives up after 29 seconds, the template's function after 30.
        let reply_within = whole("reply_within_seconds", 25, report).map(u64::from).map(Duration::from_secs);
        Self {
            advertiser_id: at.parsed("advertiser_id", AdvertiserId::parse, report).or_else(|| only_one(at, report)),
            treatment: Treatment::default().overridden(at, report),
            auto_create_audiences: at.boolean("auto_create_audiences", report).unwrap_or_default(),
            batch_rows,
            audiences_per_row,
            calls_per_second,
            reply_within: reply_within.unwrap_or(default.reply_within),
            allow_unsigned_tail: at.boolean("allow_unsigned_tail", report).unwrap_or_default(),
            authorize_url: at.parsed("authorize_url", safe_url, report),
        }
    }
}

impl Treatment {
    /// The further rules under which removes are sent, if they differ from the mapping's own.
    pub fn also_removes(&self) -> Option<identity::Rules> {
        let set = self.also_remove.filter(|set| *set != self.identity.set)?;
        Some(identity::Rules { set, ..self.identity })
    }

    /// This treatment with what an object states of its own; `null` undoes `also_remove` and `default_country`.
    pub(super) fn overridden(&self, at: &At<'_>, report: &mut Report<'_>) -> Self {
        let undone = |key| at.member(key).is_some_and(|member| member.value.is_null());
        let set = at.parsed("identity_rules", rule_set, report);
        let also_remove = at.parsed("also_remove", rule_set, report);
        let phone = at.parsed("phone_rule", phone_rule, report);
        let country = at.parsed("default_country", Country::parse, report);
        let identity = identity::Rules {
            set: set.unwrap_or(self.identity.set),
            phone: phone.unwrap_or(self.identity.phone),
            default_country: country.or(self.identity.default_country.filter(|_| !undone("default_country"))),
        };
        let require_consent = categories(at, report).unwrap_or_else(|| self.require_consent.clone());
        let consent_missing = at.parsed("consent_missing", ConsentMissing::parse, report);
        Self {
            identity,
            also_remove: also_remove.or(self.also_remove.filter(|_| !undone("also_remove"))),
            require_consent,
            consent_missing: consent_missing.unwrap_or(self.consent_missing),
        }
    }
}

fn rule_set(word: &str) -> Result<RuleSet, String> {
    let sets = [RuleSet::Tiktok, RuleSet::TiktokBasic, RuleSet::Segment];
    RuleSet::parse(word).ok_or_else(|| unknown("rules", word, &sets.map(RuleSet::as_str)))
}

fn phone_rule(word: &str) -> Result<PhoneRule, String> {
    let rules = [PhoneRule::E164, PhoneRule::Digits];
    PhoneRule::parse(word).ok_or_else(|| unknown("rule", word, &rules.map(PhoneRule::as_str)))
}

impl ConsentMissing {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "skip" => Ok(Self::Skip),
            "allow" => Ok(Self::Allow),
            _ => Err(unknown("choice", word, &["skip", "allow"])),
        }
    }
}

/// Whether Segment keeps this key for itself.
pub(super) fn is_segment_internal(key: &str) -> bool {
    key.starts_with("__segment_internal_")
}

/// `require_consent`: ids of consent categories.
fn categories(at: &At<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    let items = at.get("require_consent")?.items(report);
    let mut categories = Vec::with_capacity(items.len());
    for item in items {
        match item.value.as_str() {
            Some(id) if id.trim().is_empty() => report.error(&item, "must not be blank"),
            Some(id) => categories.push(id.into_owned()),
            None => drop(item.expect(Kind::String, report)),
        }
    }
    Some(categories)
}

/// Segment's `advertiser_ids`: one is the destination's, several decide nothing.
fn only_one(at: &At<'_>, report: &mut Report<'_>) -> Option<AdvertiserId> {
    let mut ids = Vec::new();
    for item in at.get("advertiser_ids")?.items(report) {
        match item.value.as_str().map(|id| AdvertiserId::parse(&id)) {
            Some(Ok(id)) => ids.push(id),
            Some(Err(error)) => report.error(&item, error.to_string()),
            None => drop(item.expect(Kind::String, report)),
        }
    }
    if let [id] = *ids { Some(id) } else { None }
}

fn at_least_one(number: u32) -> NonZeroUsize {
    usize::try_from(number).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}
