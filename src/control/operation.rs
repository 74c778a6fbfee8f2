//! The operations, by what they are called in an invocation.

use strum::VariantArray;

use super::error::OperationError;
use crate::did_you_mean::nearest;
use crate::json::Value;

/// An operation, by what it is called in an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum ControlOperation {
    /// Everything that could be wrong with token, audiences and configuration.
    Check,
    /// The advertisers that the token may act for.
    ListAdvertisers,
    /// All audiences of an advertiser.
    ListAudiences,
    /// A new audience, whatever others of its name there are.
    CreateAudience,
    /// One audience by its id.
    GetAudience,
    /// Deletes one audience.
    DeleteAudience,
    /// Finds or creates audiences by name.
    EnsureAudiences,
    /// What would become of events, without anything being sent.
    Explain,
    /// One mapping, for real.
    TestMapping,
    /// The link on which an advertiser consents.
    AuthorizeUrl,
    /// What is in the dead-letter queue.
    Rejected,
    /// Sends dead letters to the buffer.
    Redrive,
    /// Deletes dead letters.
    Discard,
    /// Shares audiences with other ad accounts.
    ShareAudience,
    /// Takes an audience back from another ad account.
    UnshareAudience,
    /// The ad accounts that an audience is shared with.
    SharedWith,
    /// What audiences have in common.
    CompareAudiences,
    /// The first step of a list: its arguments, its audience, its file's columns.
    PrepareList,
    /// The last step of a list: what became of its rows.
    SummarizeList,
    /// How the audiences do.
    Audiences,
    /// What is assumed of TikTok, observed.
    Probe,
    /// What a deletion request reached.
    Receipt,
}

impl ControlOperation {
    /// Every operation.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name in an invocation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::ListAdvertisers => "listAdvertisers",
            Self::ListAudiences => "listAudiences",
            Self::CreateAudience => "createAudience",
            Self::GetAudience => "getAudience",
            Self::DeleteAudience => "deleteAudience",
            Self::EnsureAudiences => "ensureAudiences",
            Self::Explain => "explain",
            Self::TestMapping => "testMapping",
            Self::AuthorizeUrl => "authorizeUrl",
            Self::Rejected => "rejected",
            Self::Redrive => "redrive",
            Self::Discard => "discard",
            Self::ShareAudience => "shareAudience",
            Self::UnshareAudience => "unshareAudience",
            Self::SharedWith => "sharedWith",
            Self::CompareAudiences => "compareAudiences",
            Self::PrepareList => "prepareList",
            Self::SummarizeList => "summarizeList",
            Self::Audiences => "audiences",
            Self::Probe => "probe",
            Self::Receipt => "receipt",
        }
    }

    /// The names of all operations.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|operation| operation.name()).collect()
    }

    /// What it takes besides its name.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["only"],
            Self::ListAdvertisers => &[],
            Self::ListAudiences | Self::Audiences => &["advertiser_id"],
            Self::Probe => &["advertiser_id", "confirm"],
            Self::Receipt => &["message_id", "log_group", "hours"],
            Self::CreateAudience => &["advertiser_id", "name"],
            Self::GetAudience | Self::SharedWith => &["advertiser_id", "audience_id"],
            Self::DeleteAudience => &["advertiser_id", "audience_id", "confirm"],
            Self::EnsureAudiences => &["audiences"],
            Self::Explain => &["events"],
            Self::TestMapping => &["mapping", "events"],
            Self::AuthorizeUrl => &["redirect_uri", "url"],
            Self::Rejected | Self::Redrive => &["reason", "mapping", "older_than_hours", "limit"],
            Self::Discard => &["reason", "mapping", "older_than_hours", "limit", "confirm"],
            Self::ShareAudience => &["advertiser_id", "audience_ids", "shared_advertiser_ids"],
            Self::UnshareAudience => &["advertiser_id", "audience_id", "shared_advertiser_id"],
            Self::CompareAudiences => &["advertiser_id", "audience_id", "compared_audience_ids"],
            Self::PrepareList => &["list", "bucket"],
            Self::SummarizeList => &[
                "phase",
                "run",
                "started",
                "bucket",
                "manifest",
                "max_unusable_percent",
                "map_runs",
                "status",
                "error",
                "cause",
            ],
        }
    }

    /// What it does, for people.
    #[expect(clippy::too_many_lines, reason = "a text for each operation")]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Check => {
                "Looks at secret, token, scopes, ad accounts, configured audiences (present, Partner, usable, \
                 not expiring within 60 days, fewer than 400), mappings and queues: `{\"ok\", \
                 \"token_valid\", \"audiences_expiring\", \"items\"}`, each item with status, message and \
                 remedy. With `\"only\": \"configuration\"`, which every function answers, only whether the \
                 configuration loads. Changes nothing: whether the token may write is seen by asking TikTok to \
                 delete an audience that cannot exist (id 0), since it names a token's scopes nowhere. Runs daily."
            }
            Self::ListAdvertisers => "The ad accounts of the token; needs `app_id` and `app_secret` in the secret.",
            Self::ListAudiences => "All audiences of an ad account: id, name, type, size, validity, expiry, usable.",
            Self::CreateAudience => "Creates an audience, always; returns `externalId`. Not to be repeated blindly.",
            Self::GetAudience => "One audience, verified to be the ad account's.",
            Self::DeleteAudience => "Deletes an audience, if `confirm` is its name.",
            Self::EnsureAudiences => {
                "Finds or creates the configured audiences, or those of the call. Per name: `found` or \
                 `created`, a younger twin that was removed again, and other audiences of that name with a \
                 remedy. Runs daily; overlapping runs end with the same audience."
            }
            Self::Explain => {
                "The events through everything but the network: per mapping, matched or the part that failed, \
                 fields with identifiers masked, the calls that would be sent."
            }
            Self::TestMapping => {
                "Sends events through one mapping by name, even if it is disabled, for real: Segment's *Test \
                 Mapping*."
            }
            Self::AuthorizeUrl => {
                "The link to TikTok's consent page (`url` if given), valid for 10 minutes. The way back, `GET \
                 /oauth/callback`, stores the token, and keeps the old one if the new one has too few scopes \
                 or ad accounts."
            }
            Self::Rejected => {
                "Looks at the dead-letter queue and takes nothing out: `messages`, `oldest`, `ages`, and per reason who \
                 can act, how many, by which mapping, and ids of samples. `reason`, `mapping`, `older_than_hours` and \
                 `limit` choose among them; messages that SQS has put there itself have the reason `RETRIES_USED_UP`, \
                 those of EventBridge `NOT_HANDED_OVER`. `more` says that there may be more: at most 100,000 a run. Runs daily."
            }
            Self::Redrive => {
                "Sends the chosen dead letters to the buffer as they were written, and deletes each once the buffer has \
                 it. `done`, `failed` (still in the queue), `more`: call it again as long as that is true; \
                 `hint` says where that may not help."
            }
            Self::Discard => {
                "Deletes the chosen dead letters for good. `confirm` must be their `reason`, or `all` without one."
            }
            Self::ShareAudience => {
                "Shares 1 to 10 audiences with 1 to 10 other ad accounts of the same Business Center. The token needs \
                 scope 32. `share_with` in `audiences` of destination.json makes `ensureAudiences` keep it so."
            }
            Self::Audiences => {
                "How the configured audiences do, or all usable ones of an ad account: size, validity, days to expiry, \
                 ad groups that use it, people added and removed and what the size did since the last look, and what \
                 stands out. Metrics `AudienceSize`, `AudienceDaysToExpiry`, `AudienceInUse` by `Audience`, and \
                 `AudiencesOutOfUse`, `AudienceSizeDropPercent`. Runs daily."
            }
            Self::Probe => {
                "Checks on the real account what is assumed of TikTok, with invented people in an audience named \
                 `probe …` that it deletes again: allow-list, length and repetition of names, how soon a new audience \
                 is ready, `{}` for a missing identifier, repeats, an unknown audience, one bad row, sizes of calls. \
                 Per check: assumed, observed, what follows. `confirm` must be `probe`. Takes about a minute."
            }
            Self::Receipt => {
                "What a deletion request reached, by its `message_id`: ad accounts, audiences, calls, codes, times, from \
                 the lines of the functions' logs (or of `log_group`) of the last `hours` (720)."
            }
            Self::UnshareAudience => "Takes an audience back from one ad account.",
            Self::SharedWith => "The ad accounts that an audience is or was shared with, and whether each has it now.",
            Self::CompareAudiences => {
                "Size and overlap of an audience and one to four others. TikTok tells nothing of small ones: \
                 `complete` is false then."
            }
            Self::PrepareList => "Checks a list's arguments, finds its audience and looks at its file's columns.",
            Self::SummarizeList => "Adds up what became of a list's rows, and keeps it in the bucket.",
        }
    }

    /// The operation that an invocation names.
    pub(super) fn parse(root: Value<'_>) -> Result<Self, OperationError> {
        let given = root.get("operation").and_then(Value::as_str).unwrap_or_default();
        Self::ALL.iter().copied().find(|operation| operation.name() == given).ok_or_else(|| {
            let names = Self::names();
            let hint =
                nearest(&given, names.iter().copied()).map(|name| format!("did you mean {name}? ")).unwrap_or_default();
            OperationError::new("UNKNOWN_OPERATION", format!("{hint}operations are {}", names.join(", ")))
        })
    }
}
