//! How one action on one event ended, and why.

use std::borrow::Cow;

use super::{Outcome, Reason};

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
}

impl Explanation {
    /// A reason with a detail.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: Some(detail.into()), tiktok_code: None }
    }

    /// What the report says.
    pub fn message(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.reason.message())
    }
}

impl From<Reason> for Explanation {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: None, tiktok_code: None }
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
}

impl<E: Into<Explanation>> From<E> for Verdict {
    fn from(explanation: E) -> Self {
        Self::Because(explanation.into())
    }
}
