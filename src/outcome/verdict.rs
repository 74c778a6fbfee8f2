//! How one action on one event ended, and why.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Actor, AllLeftOut, Outcome, Reason};

/// Why an event was skipped, rejected or put off.
///
/// The detail is made of our own words, field names, JSON types, ids of audiences and ad accounts; never of a value
/// that an event carries about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The reason's code.
    pub reason: Reason,
    /// What most explanations do without; shared, since a refused call has one for all of its rows.
    particulars: Option<Arc<Particulars>>,
}

/// The longest detail, in bytes: one event leaves room in the report and the log for all others.
const MAX_DETAIL: usize = 1024;

/// What an explanation says beyond its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Particulars {
    /// What exactly, where the reason's own sentence is not enough.
    detail: Option<Cow<'static, str>>,
    /// TikTok's code, where TikTok refused.
    tiktok_code: Option<i64>,
    /// Who can act, where it is somebody else than the reason says.
    actor: Option<Actor>,
    /// The identifiers that can't be used, where that is the reason.
    left_out: AllLeftOut,
}

impl Explanation {
    /// A reason with a detail, which is cut at 1 KB.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut detail = detail.into();
        if detail.len() > MAX_DETAIL {
            let detail = detail.to_mut();
            detail.truncate(detail.floor_char_boundary(MAX_DETAIL));
            detail.push('…');
        }
        let particulars = Particulars { detail: Some(detail), ..Particulars::default() };
        Self { reason, particulars: Some(Arc::new(particulars)) }
    }

    /// The same with the code with which TikTok refused, if it did.
    #[must_use]
    pub fn with_tiktok_code(mut self, tiktok_code: Option<i64>) -> Self {
        if tiktok_code.is_some() {
            self.particulars_mut().tiktok_code = tiktok_code;
        }
        self
    }

    /// The same where somebody else can act than the reason says.
    #[must_use]
    pub fn with_actor(mut self, actor: Actor) -> Self {
        self.particulars_mut().actor = Some(actor);
        self
    }

    /// The same with the identifiers that can't be used.
    #[must_use]
    pub fn with_left_out(mut self, left_out: AllLeftOut) -> Self {
        if left_out.is_some() {
            self.particulars_mut().left_out = left_out;
        }
        self
    }

    /// Takes the identifiers that can't be used.
    pub fn take_left_out(&mut self) -> AllLeftOut {
        let has_any = self.particulars.as_ref().is_some_and(|particulars| particulars.left_out.is_some());
        if has_any { self.particulars_mut().left_out.take() } else { None }
    }

    fn particulars_mut(&mut self) -> &mut Particulars {
        Arc::make_mut(self.particulars.get_or_insert_default())
    }

    /// What the report says.
    pub fn message(&self) -> &str {
        let detail = self.particulars.as_ref().and_then(|particulars| particulars.detail.as_deref());
        detail.unwrap_or_else(|| self.reason.message())
    }

    /// TikTok's code, where TikTok refused.
    pub fn tiktok_code(&self) -> Option<i64> {
        self.particulars.as_ref().and_then(|particulars| particulars.tiktok_code)
    }

    /// Who can act on it.
    pub fn actor(&self) -> Actor {
        let actor = self.particulars.as_ref().and_then(|particulars| particulars.actor);
        actor.unwrap_or_else(|| self.reason.actor())
    }
}

impl From<Reason> for Explanation {
    fn from(reason: Reason) -> Self {
        Self { reason, particulars: None }
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
