//! What became of an event: the six outcomes, the reasons behind them, and the ledger that holds one per event.
//!
//! Knows nothing of how a reply is rendered. A reason decides its outcome in one exhaustive match, so that a new reason
//! cannot be added without deciding who retries it.

mod actor;
mod ledger;
pub mod left_out;
mod mapping_name;
mod note;
pub mod plain_id;
mod reason;
pub mod report;
mod verdict;

use strum::VariantArray;

pub use actor::Actor;
pub use ledger::{Entry, Ledger, Summary};
pub use left_out::{AllLeftOut, LeftOut};
pub use mapping_name::MappingName;
pub use note::Note;
pub use reason::Reason;
pub use verdict::{Explanation, Verdict};

/// What became of an event, or of one action on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum Outcome {
    /// TikTok accepted it.
    Delivered,
    /// Durably queued.
    Accepted,
    /// A later event of the same invocation decided.
    Superseded,
    /// Nothing to do.
    Skipped,
    /// Will never succeed as it is.
    Rejected,
    /// May succeed later.
    Retryable,
}

impl Outcome {
    /// Every outcome, in the order of the report's summary.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Accepted => "accepted",
            Self::Superseded => "superseded",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
            Self::Retryable => "retryable",
        }
    }

    /// What it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Delivered => "TikTok accepted it",
            Self::Accepted => "it is in the buffer queue, which delivers it",
            Self::Superseded => "a later event of the same invocation decided",
            Self::Skipped => "there was nothing to do; the reason says why",
            Self::Rejected => "it will never succeed as it is; it is kept in the dead-letter queue",
            Self::Retryable => "it may succeed later; its source sends it again",
        }
    }

    /// The HTTP status that says it for one event.
    pub const fn status(self) -> u16 {
        match self {
            Self::Delivered | Self::Superseded | Self::Skipped => 200,
            Self::Accepted => 202,
            Self::Rejected => 400,
            Self::Retryable => 503,
        }
    }

    /// Rank in "the worst of several": an event is as good as its worst action.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Skipped => 0,
            Self::Superseded => 1,
            Self::Delivered => 2,
            Self::Accepted => 3,
            Self::Rejected => 4,
            Self::Retryable => 5,
        }
    }

    /// The worse of two.
    #[must_use]
    pub const fn worst(self, other: Self) -> Self {
        if other.severity() > self.severity() { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_word_and_status_from_the_best_to_the_worst() {
        let from_best = [
            (Outcome::Skipped, "skipped", 200),
            (Outcome::Superseded, "superseded", 200),
            (Outcome::Delivered, "delivered", 200),
            (Outcome::Accepted, "accepted", 202),
            (Outcome::Rejected, "rejected", 400),
            (Outcome::Retryable, "retryable", 503),
        ];
        for (position, (outcome, word, status)) in from_best.into_iter().enumerate() {
            assert_eq!((outcome.as_str(), outcome.status()), (word, status));
            for (other, (better, _, _)) in from_best.into_iter().enumerate().take(position) {
                assert_eq!((outcome.worst(better), better.worst(outcome)), (outcome, outcome), "{other}");
            }
            assert!(Outcome::ALL.contains(&outcome));
        }
    }

    #[test]
    fn a_detail_stands_in_the_place_of_the_reasons_sentence() {
        assert_eq!(Explanation::from(Reason::NoMapping).message(), Reason::NoMapping.message());
        assert_eq!(Explanation::new(Reason::NoMapping, "a detail").message(), "a detail");
    }

    #[test]
    fn a_long_detail_is_cut() {
        let message = Explanation::new(Reason::NoMapping, format!("a{}", "ä".repeat(1_000))).message().to_owned();
        assert_eq!(message, format!("a{}…", "ä".repeat(511)));
    }
}
