//! How one action on one event ended, and why.

use std::borrow::Cow;

use super::{Actor, AllLeftOut, Outcome, Reason};

/// Why an event was skipped, rejected or put off.
///
/// The detail is made of our own words, field names, JSON types, ids of audiences and ad accounts; never of a value
/// that an event carries about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The reason's code.
    pub reason: Reason,
    /// What exactly, where the reason's own sentence is not enough.
    pub detail: Option<Cow<'static, str>>,
    /// TikTok's code, where TikTok refused.
    pub tiktok_code: Option<i64>,
    /// Who can act, where it is somebody else than the reason says.
    pub actor: Option<Actor>,
    /// The identifiers that can't be used, where that is the reason.
    pub left_out: AllLeftOut,
}

impl Explanation {
    /// A reason with a detail.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(reason) }
    }

    /// What the report says.
    pub fn message(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.reason.message())
    }

    /// Who can act on it.
    pub fn actor(&self) -> Actor {
        self.actor.unwrap_or_else(|| self.reason.actor())
    }
}

impl From<Reason> for Explanation {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, tiktok_code: None, actor: None, left_out: None }
    }
}

/// The end of one action on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// TikTok accepted it.
    Delivered,
    /// Durably queued.
    Accepted,
    /// A later event of the same invocation decided.
    Superseded,
    /// Skipped, rejected or put off, as the reason says.
    Because(Explanation),
}

impl Verdict {
    /// The outcome.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Delivered => Outcome::Delivered,
            Self::Accepted => Outcome::Accepted,
            Self::Superseded => Outcome::Superseded,
            Self::Because(explanation) => explanation.reason.outcome(),
        }
    }

    /// Why it was skipped, rejected or put off, if it was.
    pub const fn explanation(&self) -> Option<&Explanation> {
        match self {
            Self::Because(explanation) => Some(explanation),
            Self::Delivered | Self::Accepted | Self::Superseded => None,
        }
    }
}

impl<E: Into<Explanation>> From<E> for Verdict {
    fn from(explanation: E) -> Self {
        Self::Because(explanation.into())
    }
}
