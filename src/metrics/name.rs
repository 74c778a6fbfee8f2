//! What is counted, and in what.

use super::emf::{self, Value};
use crate::outcome::Outcome;

/// Declares the metrics once, so that name, unit and meaning of each stand side by side.
macro_rules! metrics {
    ($($metric:ident $unit:literal $meaning:literal)*) => {
        /// A metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $(#[doc = $meaning] $metric,)*
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &'static [Self] = &[$(Self::$metric),*];

            /// Its name in CloudWatch.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$metric => stringify!($metric),)* }
            }

            /// What it counts or measures, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$metric => $meaning,)* }
            }

            /// Its unit: one of CloudWatch's.
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$metric => $unit,)* }
            }

            /// Both as a line of metrics has them. They are words of letters, which JSON takes as they are.
            pub(super) const fn with(self, value: &Value) -> emf::Metric<'_> {
                let (definition, member) = match self {
                    $(Self::$metric => (
                        concat!(r#"{"Name":""#, stringify!($metric), r#"","Unit":""#, $unit, r#""}"#),
                        concat!(r#",""#, stringify!($metric), r#"":"#),
                    ),)*
                };
                emf::Metric { definition, member, value }
            }
        }
    };
}

metrics! {
    Received "Count" "Events in."
    Delivered "Count" "Events that TikTok took."
    Accepted "Count" "Events that were queued."
    Superseded "Count" "Events that a later one of the same invocation decided."
    Skipped "Count" "Events without anything to do; also by reason."
    Rejected "Count" "Events that can never be delivered; also by reason, and by who can act (`Actor`)."
    Retryable "Count" "Events that may succeed later."
    Identifiers "Count" "Identifiers that TikTok took; also by column."
    PeopleAdded "Count" "People whom TikTok took into an audience, each row by itself; also by the audience's id (`Audience`)."
    PeopleRemoved "Count" "People whom TikTok took out of an audience, each row by itself; also by the audience's id."
    IdentifiersLeftOut "Count" "Identifiers that were there and not sent; also by reason."
    TikTokCalls "Count" "Calls to TikTok, each attempt by itself."
    TikTokErrors "Count" "Calls that failed; also by code."
    TikTokLatency "Milliseconds" "How long each attempt took."
    BatchRows "Count" "Rows in a call."
    OldestEventAge "Seconds" "Age of the oldest delivered event since it came to AWS."
    OldestRetryableAge "Seconds" "Age of the oldest event that has to be tried again since it came to AWS."
    OldestDeadLetterAge "Seconds" "Age of the oldest dead letter in its queue, as `rejected` found it."
    JournalFailed "Count" "Lines that the delivery journal lacks."
    TokenValid "None" "1 when TikTok took the token, or has just given one that is in the secret; 0 when it did not, when the secret cannot be read and no copy is at hand, or when it has no token."
    AccountBlocked "Count" "Calls that TikTok refused until an operator acts."
    ShadowRows "Count" "People that would have been added or removed if `shadow` were off."
    AudienceSize "Count" "Matched people of an audience, by its id (`Audience`), as `audiences` found it."
    AudienceDaysToExpiry "Count" "Days until an audience expires, by its id, as `audiences` found it."
    AudienceInUse "Count" "Ad groups that use an audience, by its id, as `audiences` found it."
    AudiencesOutOfUse "Count" "Audiences that no ad group uses and one did within the last 15 days, as `audiences` found it."
    AudienceSizeDropPercent "Percent" "By how much the size of the audience fell that lost most since the last look, as `audiences` found it."
    AudienceBusy "Count" "Calls that came while TikTok worked on the audience."
    AudiencesExpiring "Count" "Audiences that will expire within 60 days."
}

impl Metric {
    /// The metric that counts an outcome.
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::Accepted => Self::Accepted,
            Outcome::Superseded => Self::Superseded,
            Outcome::Skipped => Self::Skipped,
            Outcome::Rejected => Self::Rejected,
            Outcome::Retryable => Self::Retryable,
        }
    }
}
