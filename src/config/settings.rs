//! The settings of the destination, and those of them that a mapping may state for itself.
//!
//! Knows names, defaults and ranges; knows nothing of what the values do elsewhere.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::at::At;
use super::environment::safe_url;
use super::expect::unknown;
use super::problem::Report;
use super::setting::{DESTINATION_SETTINGS, MAPPING_SETTINGS, names};
use crate::destination::{ConsentMissing, Policy, Settings};
use crate::identity::{self, Country, PhoneRule, RuleSet};
use crate::json::Kind;
use crate::tiktok::AdvertiserId;

/// Segment's own setting of an instance of the destination, known in a file of Segment's form.
const SEGMENT_KEYS: &[&str] = &["advertiser_ids"];

/// Reads `settings`; `segment_form` makes Segment's own settings known.
pub(super) fn read(at: &At<'_>, segment_form: bool, report: &mut Report<'_>) -> Settings {
    let segment_keys = if segment_form { SEGMENT_KEYS } else { &[] };
    let known = [&names(DESTINATION_SETTINGS), &names(MAPPING_SETTINGS), segment_keys].concat();
    at.expect_keys_or(&known, |key| segment_form && is_segment_internal(key), report);
    let default = Settings::default();
    let whole = |key, most, report: &mut Report<'_>| at.integer(key, 1..=most, report);
    // TikTok takes at most 10,000 rows a call. Source: `/segment/mapping/`, `batch_data`.
    let batch_rows = whole("batch_rows", 10_000, report).map_or(default.batch_rows, at_least_one);
    let audiences_per_row = whole("audiences_per_row", 100, report).map_or(default.audiences_per_row, at_least_one);
    let calls_per_second = whole("calls_per_second", 1000, report).map_or(default.calls_per_second, at_least_one);
    // API Gateway gives up after 29 seconds, the template's function after 30.
    let reply_within = whole("reply_within_seconds", 25, report).map(u64::from).map(Duration::from_secs);
    Settings {
        advertiser_id: at.parsed("advertiser_id", AdvertiserId::parse, report).or_else(|| only_one(at, report)),
        policy: overridden(&Policy::default(), at, report),
        auto_create_audiences: at.boolean("auto_create_audiences", report).unwrap_or_default(),
        batch_rows,
        audiences_per_row,
        calls_per_second,
        reply_within: reply_within.unwrap_or(default.reply_within),
        allow_unsigned_tail: at.boolean("allow_unsigned_tail", report).unwrap_or_default(),
        authorize_url: at.parsed("authorize_url", safe_url, report),
    }
}
/// This policy with what an object states of its own; `null` undoes `also_remove` and `default_country`.
pub(super) fn overridden(policy: &Policy, at: &At<'_>, report: &mut Report<'_>) -> Policy {
    let undone = |key| at.member(key).is_some_and(|member| member.value.is_null());
    let set = at.parsed("identity_rules", rule_set, report);
    let also_remove = at.parsed("also_remove", rule_set, report);
    let phone = at.parsed("phone_rule", phone_rule, report);
    let country = at.parsed("default_country", Country::parse, report);
    let identity = identity::Rules {
        set: set.unwrap_or(policy.identity.set),
        phone: phone.unwrap_or(policy.identity.phone),
        default_country: country.or(policy.identity.default_country.filter(|_| !undone("default_country"))),
    };
    let require_consent = categories(at, report).unwrap_or_else(|| policy.require_consent.clone());
    let missing = at.parsed("consent_missing", consent_missing, report);
    Policy {
        identity,
        also_remove: also_remove.or(policy.also_remove.filter(|_| !undone("also_remove"))),
        require_consent,
        consent_missing: missing.unwrap_or(policy.consent_missing),
        shadow: at.boolean("shadow", report).unwrap_or(policy.shadow),
    }
}

fn rule_set(word: &str) -> Result<RuleSet, String> {
    let words = || RuleSet::ALL.iter().map(|set| set.as_str()).collect::<Vec<_>>();
    RuleSet::parse(word).ok_or_else(|| unknown("rules", word, &words()))
}

fn phone_rule(word: &str) -> Result<PhoneRule, String> {
    let words = || PhoneRule::ALL.iter().map(|rule| rule.as_str()).collect::<Vec<_>>();
    PhoneRule::parse(word).ok_or_else(|| unknown("rule", word, &words()))
}

fn consent_missing(word: &str) -> Result<ConsentMissing, String> {
    match word {
        "skip" => Ok(ConsentMissing::Skip),
        "allow" => Ok(ConsentMissing::Allow),
        _ => Err(unknown("choice", word, &["skip", "allow"])),
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
