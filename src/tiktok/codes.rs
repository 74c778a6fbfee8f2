//! What TikTok's return codes mean for us: who is to blame, and whether the same call may succeed later.
//!
//! One table, [`CODES`]; it knows nothing of HTTP or of single calls.
//!
//! Source of the codes: the return-code page of the Business API v1.3
//! (<https://business-api.tiktok.com/portal/docs?id=1737172488964097>) and, for codes that only have a name, the enum in
//! TikTok's own SDK (<https://github.com/tiktok/tiktok-business-api-sdk>, `tiktok_code.py`).

use super::classification::{Class, Classification, Scope};

/// Some of a call succeeded; for a read with data a success, for a write a failure of some rows.
pub const PARTIAL: i64 = 20_001;
/// TikTok's code for a missing permission, be it the account's or that for one object of the call.
pub(crate) const NO_PERMISSION: i64 = 40_001;
/// A parameter is wrong, or the audience is too small or being processed: only the message tells.
pub(super) const PARAMETER: i64 = 40_002;
/// TikTok's code for an object that is not there, such as an audience that is deleted a second time.
pub const NO_SUCH_OBJECT: i64 = 40_007;

/// Codes `first..=last`, their verdict, and what they mean in our words.
#[derive(Clone, Copy, Debug)]
pub struct CodeEntry {
    /// The first code.
    pub first: i64,
    /// The last code; often the first one.
    pub last: i64,
    /// What it asks for, and of whom.
    pub verdict: Classification,
    /// In our words.
    pub meaning: &'static str,
}

const fn one(code: i64, class: Class, scope: Scope, meaning: &'static str) -> CodeEntry {
    range(code, code, class, scope, meaning)
}

const fn range(first: i64, last: i64, class: Class, scope: Scope, meaning: &'static str) -> CodeEntry {
    CodeEntry { first, last, verdict: Classification::new(class, scope), meaning }
}

use Class::{Blocked, Permanent, Throttled, Transient, Unauthorized};
use Scope::{Account, Advertiser, Audience, Row, Size};

/// In ascending order of code. A code that is not here is decided by its number.
pub const CODES: &[CodeEntry] = &[
    one(PARTIAL, Permanent, Row, "only a part of the call succeeded"),
    one(40_000, Permanent, Row, "invalid parameters"),
    one(NO_PERMISSION, Blocked, Account, "no permission for the operation or the object"),
    one(PARAMETER, Permanent, Row, "a parameter was refused"),
    one(40_003, Blocked, Account, "forbidden"),
    one(40_006, Blocked, Account, "the API version does not fit the parameters"),
    one(NO_SUCH_OBJECT, Permanent, Audience, "the object does not exist"),
    one(40_008, Blocked, Account, "the endpoint is not implemented here (sandbox?)"),
    one(40_009, Blocked, Account, "not supported in the sandbox"),
    one(40_010, Blocked, Account, "wrong domain"),
    one(40_011, Permanent, Size, "too many ids in one call"),
    one(40_013, Blocked, Account, "not supported in the sandbox"),
    one(40_014, Blocked, Account, "the sandbox account is missing"),
    one(40_016, Throttled, Account, "too many requests of this app to the endpoint"),
    one(40_050, Permanent, Row, "a duplicate request"),
    one(40_051, Blocked, Account, "invalid API version"),
    one(40_061, Permanent, Size, "invalid batch size"),
    one(40_062, Permanent, Row, "an identifier is not hashed"),
    one(40_100, Throttled, Account, "too many requests of this app"),
    one(40_101, Blocked, Account, "wrong app id or app secret"),
    one(40_102, Unauthorized, Account, "the access token has expired"),
    one(40_103, Blocked, Account, "the refresh token has expired"),
    one(40_104, Unauthorized, Account, "the access token is empty"),
    one(40_105, Unauthorized, Account, "the access token is invalid"),
    // Losing access to one ad account leaves the token good for the others.
    one(40_106, Unauthorized, Advertiser, "the access token is not valid for this advertiser"),
    range(40_107, 40_109, Blocked, Account, "the authorization is not usable"),
    one(40_110, Permanent, Row, "the authorization code is invalid, used or expired"),
    one(40_112, Blocked, Account, "the authorization is not usable"),
    one(40_113, Blocked, Account, "the app is blocked, missing or not the token's app"),
    range(40_114, 40_116, Blocked, Account, "the authorization is not usable"),
    one(40_117, Blocked, Account, "the method is not usable by this app"),
    one(40_118, Blocked, Account, "the app or the advertiser is not on TikTok's allow-list"),
    one(40_119, Blocked, Account, "the developer and the advertiser are not the same company"),
    range(40_124, 40_125, Blocked, Account, "the developer profile is not approved"),
    range(40_126, 40_131, Blocked, Account, "the token lacks the scope"),
    one(40_132, Throttled, Advertiser, "too many requests for one value of a field"),
    one(40_133, Throttled, Advertiser, "too many requests of this advertiser"),
    range(40_200, 40_201, Transient, Account, "an asynchronous task is not ready"),
    one(40_202, Transient, Account, "a conflicting update"),
    range(40_300, 40_302, Permanent, Audience, "the advertiser does not exist or does not match"),
    one(40_309, Blocked, Account, "a login is needed"),
    one(40_400, Blocked, Account, "the route does not exist"),
    one(41_000, Blocked, Account, "calls from this country are not allowed"),
    range(41_001, 41_002, Blocked, Account, "the endpoint or its fields are offline"),
    one(50_000, Transient, Account, "an internal fault at TikTok"),
    one(50_002, Transient, Account, "a fault in processing at TikTok"),
    range(51_000, 51_999, Transient, Account, "an internal service of TikTok failed"),
    range(52_000, 52_999, Transient, Account, "an internal store of TikTok failed"),
    one(60_001, Transient, Account, "TikTok is under maintenance"),
    one(61_000, Throttled, Account, "too many requests: the app is on the block list"),
    one(70_001, Blocked, Account, "the kind of authorization is not valid"),
];

fn find(code: i64) -> Option<&'static CodeEntry> {
    CODES.iter().find(|entry| (entry.first..=entry.last).contains(&code))
}

/// The verdict on a code, if the table has it.
pub(super) fn listed(code: i64) -> Option<Classification> {
    find(code).map(|entry| entry.verdict)
}

/// The verdict on a code. Unknown ones: 5xxxx is a fault of TikTok's, anything else is a refusal of the rows.
pub(super) fn verdict(code: i64) -> Classification {
    listed(code).unwrap_or(match code {
        50_000..=59_999 => Classification::new(Transient, Account),
        _ => Classification::new(Permanent, Row),
    })
}

/// Whether a code refuses the advertiser itself: a call that only reads cannot be made for it, now or later.
pub(super) const fn is_of_advertiser(code: i64) -> bool {
    matches!(code, 40_300..=40_302)
}

/// What a code means, in our words; safe to log and to reply.
pub fn meaning(code: i64) -> &'static str {
    find(code).map_or("a code that is not in the table", |entry| entry.meaning)
}

#[cfg(test)]
mod tests;
