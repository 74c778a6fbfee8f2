//! What a failure of a call asks of the caller, and how far its consequences reach.
//!
//! Knows nothing of codes, HTTP or single calls.

use strum::VariantArray;

/// What a failure asks of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum Class {
    /// Too many calls: wait at least a second, then repeat.
    Throttled,
    /// The token is missing, wrong or revoked: reload the secret, then repeat once.
    Unauthorized,
    /// An operator has to act (permission, app review, endpoint); retryable, never the rows' fault.
    Blocked,
    /// The audience is being processed: retryable, but not within this invocation.
    Busy,
    /// A passing fault: repeat with backoff.
    Transient,
    /// The call will never succeed as it is.
    Permanent,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// What the function does, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Throttled => {
                "waits at least a second, tries up to 3 times, then ends sending for the scope; sent again later"
            }
            Self::Unauthorized => {
                "reads the secret again once and repeats the call; then ends sending; sent again later"
            }
            Self::Blocked => "ends sending; nobody is rejected; sent again later, and an alarm asks for an operator",
            Self::Busy => "leaves the audience alone for this invocation; sent again later",
            Self::Transient => "tries up to 3 times with growing, random pauses; sent again later",
            Self::Permanent => {
                "isolates the audience or the people at fault and rejects them; everyone else is delivered"
            }
        }
    }
}

/// What a failure is about. This decides how far its consequences reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The app, the token or the service as a whole.
    Account,
    /// The advertiser of the call.
    Advertiser,
    /// An audience in the call.
    Audience,
    /// The call was too big.
    Size,
    /// A row in the call.
    Row,
}

/// The class and the scope of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Classification {
    /// What the failure asks of the caller.
    pub class: Class,
    /// What the failure is about.
    pub scope: Scope,
}

impl Classification {
    pub(super) const fn new(class: Class, scope: Scope) -> Self {
        Self { class, scope }
    }
}
