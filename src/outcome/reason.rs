//! Every reason for which an event is not delivered, with its code, its sentence and its outcome.

use super::Outcome;

/// Declares the reasons once, so that code, sentence and outcome of each stand side by side.
macro_rules! reasons {
    ($($variant:ident $code:literal $outcome:ident $message:literal)*) => {
        /// Why an event was skipped, rejected or put off.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = concat!("`", $code, "`")] $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code in reports, metrics and logs.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The sentence in reports.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// What becomes of the event.
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)* }
            }
        }
    };
}

reasons! {
    NoMapping "NO_MAPPING" Skipped "no enabled mapping's trigger matches the event"
    IntegrationOff "INTEGRATION_OFF" Skipped "the event's integrations turn this destination off"
    NoMembership "NO_MEMBERSHIP" Skipped "the event does not say whether the person is in the audience"
    ComputedTrait "COMPUTED_TRAIT" Skipped "the event is about a computed trait, not an audience"
    NotNative "NOT_NATIVE" Skipped "the event names no audience and another mapping acted on it"
    NoIdentifier "NO_IDENTIFIER" Skipped "the event has none of the identifiers that are sent"
    ConsentMissing "CONSENT_MISSING" Skipped "a required consent category was not granted"
    NothingToForget "NOTHING_TO_FORGET" Skipped "the known ad accounts have no audience that the person could be in"

    InvalidRecord "INVALID_RECORD" Rejected "the record is not an event"
    InvalidField "INVALID_FIELD" Rejected "a field has the wrong type"
    MissingField "MISSING_FIELD" Rejected "a required field is missing"
    UnknownKey "UNKNOWN_KEY" Rejected "the record has a key that is not known"
    TooLarge "TOO_LARGE" Rejected "the event is larger than a message of the queue can be"
    NoAdvertiser "NO_ADVERTISER" Rejected "neither mapping, event, settings nor secret name an advertiser"
    NoAudience "NO_AUDIENCE" Rejected "neither mapping nor event name an audience"
    BadAdvertiserId "BAD_ADVERTISER_ID" Rejected "an advertiser id is a string of digits"
    BadAudienceId "BAD_AUDIENCE_ID" Rejected "an audience id is a string of digits"
    NoSuchAudience "NO_SUCH_AUDIENCE" Rejected "the advertiser has no usable audience of that name"
    NameTooLong "NAME_TOO_LONG" Rejected "an audience name has at most 70 characters"
    MembershipConflict "MEMBERSHIP_CONFLICT" Rejected "the event's name and its membership flag contradict each other"
    ConflictingMappings "CONFLICTING_MAPPINGS" Rejected "the event adds and removes the same person of one audience"
    NothingToSend "NOTHING_TO_SEND" Rejected "send_email, send_phone and send_advertising_id are all off"
    NoUsableIdentifier "NO_USABLE_IDENTIFIER" Rejected "no identifier of the event is usable"
    HashingMismatch "HASHING_MISMATCH" Rejected "identifiers are hashed although the hash field is on, or not although it is off"
    DeleteNeedsIdentifier "DELETE_NEEDS_IDENTIFIER" Rejected "a deletion request needs an email, phone number or advertising id"
    Refused "TIKTOK_REFUSED" Rejected "TikTok refused it"
    Partial "PARTIAL" Rejected "TikTok accepted it partially"

    Throttled "TIKTOK_THROTTLED" Retryable "TikTok asks for fewer calls"
    Unauthorized "TIKTOK_UNAUTHORIZED" Retryable "TikTok does not accept the access token"
    Blocked "TIKTOK_BLOCKED" Retryable "TikTok does not let this app or account do it"
    Busy "AUDIENCE_BUSY" Retryable "the audience is being processed and can't be changed now"
    AudienceGone "AUDIENCE_GONE" Retryable "the audience of that name is gone; it is looked up again"
    Unavailable "TIKTOK_UNAVAILABLE" Retryable "TikTok did not answer, or not as it should"
    OutOfTime "OUT_OF_TIME" Retryable "there was no time left to send it"
    SecretUnavailable "SECRET_UNAVAILABLE" Retryable "the secret could not be used"
    QueueUnavailable "QUEUE_UNAVAILABLE" Retryable "the queue did not take it"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_of_one_form() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn a_reason_never_ends_in_success() {
        for reason in Reason::ALL {
            assert!(
                matches!(reason.outcome(), Outcome::Skipped | Outcome::Rejected | Outcome::Retryable),
                "{}",
                reason.code()
            );
        }
    }
}
