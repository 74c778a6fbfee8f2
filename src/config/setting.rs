//! The settings that a deployer may state, each with its default and its meaning.
//!
//! The names that are known in `settings` and in a mapping come from here, and so do the reference and the schema.

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in `destination.json`.
    pub name: &'static str,
    /// What holds without it, as it would be written; `None` where that is nothing.
    pub default: Option<&'static str>,
    /// What it may be.
    pub values: &'static str,
    /// One sentence for people.
    pub meaning: &'static str,
}

const fn setting(
    name: &'static str,
    default: Option<&'static str>,
    values: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, default, values, meaning }
}

/// The settings of the destination as a whole.
pub const DESTINATION_SETTINGS: &[Setting] = &[
    setting("advertiser_id", None, "an id", "The ad account of events and mappings that name none."),
    setting(
        "auto_create_audiences",
        Some("false"),
        "a boolean",
        "Create an audience that an event names and TikTok does not have.",
    ),
    setting("batch_rows", Some("1000"), "1 to 10000", "The most people in one call."),
    setting("audiences_per_row", Some("1"), "1 to 100", "The most audiences that one person's row carries."),
    setting("calls_per_second", Some("5"), "1 to 1000", "The most calls to TikTok per function instance."),
    setting(
        "reply_within_seconds",
        Some("4"),
        "1 to 25",
        "When callers that wait get their answer. Segment hangs up after 5.",
    ),
    setting(
        "allow_unsigned_tail",
        Some("false"),
        "a boolean",
        "Trust a webhook's signature over the first event of an array for the whole array.",
    ),
    setting(
        "authorize_url",
        None,
        "an address",
        "The consent page that `authorizeUrl` links to, as TikTok's developer portal shows it for the app. Without it \
         the address is built from `app_id`.",
    ),
];

/// The settings that a mapping may state too, and then hold for that mapping.
pub const MAPPING_SETTINGS: &[Setting] = &[
    setting(
        "identity_rules",
        Some("tiktok"),
        "`tiktok`, `tiktok-basic`, `segment`",
        "How identifiers are cleaned before they are hashed.",
    ),
    setting(
        "also_remove",
        None,
        "`tiktok`, `tiktok-basic`, `segment`; `null` undoes it",
        "A second rule set under which removes are sent too, for audiences that were filled under both.",
    ),
    setting(
        "phone_rule",
        Some("e164"),
        "`e164`, `digits`",
        "`e164` hashes `+14155550100`, `digits` hashes `14155550100`.",
    ),
    setting("default_country", None, "two letters; `null` undoes it", "The country of national phone numbers."),
    setting(
        "require_consent",
        Some("[]"),
        "a list of categories",
        "The consent categories without which nobody is added.",
    ),
    setting(
        "consent_missing",
        Some("skip"),
        "`skip`, `allow`",
        "What becomes of an add when the event says nothing of consent.",
    ),
    setting(
        "shadow",
        Some("false"),
        "a boolean",
        "Do everything but the write to TikTok: the events are skipped with the reason `SHADOW`.",
    ),
];

/// The names of settings.
pub(super) fn names(settings: &[Setting]) -> Vec<&'static str> {
    settings.iter().map(|setting| setting.name).collect()
}
