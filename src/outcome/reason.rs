//! Every reason for which an event is not delivered, with its code, its outcome, who can act, its sentence and what to do about it.

use super::{Actor, Outcome};

/// Declares the reasons once, so that code, outcome, actor, sentence and remedy of each stand side by side.
macro_rules! reasons {
    ($($variant:ident $code:literal $outcome:ident $actor:ident $message:literal $remedy:literal)*) => {
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

            /// What to do about it, for people.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }

            /// What becomes of the event.
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)* }
            }

            /// Who can act on it, where nothing says more than the reason does.
            pub const fn actor(self) -> Actor {
                match self { $(Self::$variant => Actor::$actor,)* }
            }
        }
    };
}

reasons! {
    NoMapping "NO_MAPPING" Skipped Nobody "no enabled mapping's trigger matches the event"
        "nothing, or fix the trigger: the operation `explain` names the condition that does not hold (records: enable `syncRecords`)"
    IntegrationOff "INTEGRATION_OFF" Skipped Nobody "the event's integrations turn this destination off"
        "nothing"
    NoMembership "NO_MEMBERSHIP" Skipped Nobody "the event does not say whether the person is in the audience"
        "for `syncAudience`: set `sync_mode`, `entered_event`, `exited_event`, or narrow the trigger"
    ComputedTrait "COMPUTED_TRAIT" Skipped Nobody "the event is about a computed trait, not an audience"
        "nothing"
    NotNative "NOT_NATIVE" Skipped Nobody "the event names no audience and another mapping acted on it"
        "nothing, or narrow the trigger of the native mapping"
    NoIdentifier "NO_IDENTIFIER" Skipped Person "the event has none of the identifiers that are sent"
        "add email, phone or advertising id to the event (Segment: ID sync or trait enrichment); where the message names `audience_settings.idType`, choose another there"
    ConsentMissing "CONSENT_MISSING" Skipped Person "a required consent category was not granted"
        "nothing, or see the setting `require_consent`"
    Shadow "SHADOW" Skipped Nobody "shadow is on: everything was done but the write to TikTok"
        "nothing; set `shadow` to `false`, for all or in a mapping, to send"
    NothingToForget "NOTHING_TO_FORGET" Skipped Nobody "the known ad accounts have no audience that the person could be in"
        "nothing"

    InvalidRecord "INVALID_RECORD" Rejected Sender "the record is not an event"
        "fix the sender: the record is not JSON, not an object, over 32 KB at `/v1/*`, or no event at all"
    InvalidField "INVALID_FIELD" Rejected Sender "a field has the wrong type"
        "fix the mapping or the sender; the message names the field"
    MissingField "MISSING_FIELD" Rejected Sender "a required field is missing"
        "fix the mapping or the sender; the message names the field"
    TooManyEvents "TOO_MANY_EVENTS" Rejected Sender "the message holds more events than one message may"
        "send smaller messages: at most 10,000 events each, 100,000 in a direct invocation"
    UnknownKey "UNKNOWN_KEY" Rejected Sender "the record has a key that is not known"
        "fix the sender's template; the message names the key where it is nearly a known one, and else the known keys"
    TooLarge "TOO_LARGE" Rejected Sender "the event is larger than a message of the queue can be"
        "make the event smaller"
    NoAdvertiser "NO_ADVERTISER" Rejected Operator "neither mapping, event, settings nor secret name an advertiser"
        "set `settings.advertiser_id`"
    NoAudience "NO_AUDIENCE" Rejected Operator "neither mapping nor event name an audience"
        "set `external_audience_id`, `audience_name` or `audience_id`"
    BadAdvertiserId "BAD_ADVERTISER_ID" Rejected Sender "an advertiser id is a string of digits"
        "fix the mapping or the event"
    BadAudienceId "BAD_AUDIENCE_ID" Rejected Sender "an audience id is a string of digits"
        "fix the mapping or the event"
    NoSuchAudience "NO_SUCH_AUDIENCE" Rejected Operator "the advertiser has no usable audience of that name"
        "list it under `audiences` and run `ensureAudiences`, or set `auto_create_audiences`; then redrive"
    NameTooLong "NAME_TOO_LONG" Rejected Operator "an audience name has at most 70 characters"
        "shorten the name, or use the id"
    MembershipConflict "MEMBERSHIP_CONFLICT" Rejected Sender "the event's name and its membership flag contradict each other"
        "fix the source, or use `syncAudience`"
    ConflictingMappings "CONFLICTING_MAPPINGS" Rejected Operator "the event adds and removes the same person of one audience"
        "fix the triggers, so that one event does not add and remove the same person; of a list: its source"
    NothingToSend "NOTHING_TO_SEND" Rejected Operator "send_email, send_phone and send_advertising_id are all off"
        "turn one of them on"
    NoUsableIdentifier "NO_USABLE_IDENTIFIER" Rejected Person "no identifier of the event is usable"
        "the message says why for each; set `default_country` or `advertising_id_type` where that is it"
    HashingMismatch "HASHING_MISMATCH" Rejected Operator "identifiers are hashed although the hash field is on, or not although it is off"
        "set the field `hash` to what is sent"
    DeleteNeedsIdentifier "DELETE_NEEDS_IDENTIFIER" Rejected Sender "a deletion request needs an email, phone number or advertising id"
        "nothing is stored here: send the identifiers with the request"
    Refused "TIKTOK_REFUSED" Rejected Operator "TikTok refused it"
        "`tiktok_code` says why; check that the audience exists and is a Partner audience"
    Panicked "PANICKED" Rejected Operator "this function has a fault that this event brings out"
        "report it with the `place` that the log names; redrive the event when it is fixed"
    Partial "PARTIAL" Rejected Person "TikTok accepted it partially"
        "send it again; adding twice does no harm"

    Throttled "TIKTOK_THROTTLED" Retryable Nobody "TikTok asks for fewer calls"
        "nothing; if it stays, lower `calls_per_second` or ask TikTok for a higher tier"
    Unauthorized "TIKTOK_UNAUTHORIZED" Retryable Operator "TikTok does not accept the access token"
        "connect again: operation `authorizeUrl`"
    Blocked "TIKTOK_BLOCKED" Retryable Operator "TikTok does not let this app or account do it"
        "operation `check`; settle scope, review, allow-list or country with TikTok"
    Busy "AUDIENCE_BUSY" Retryable Nobody "the audience is being processed and can't be changed now"
        "nothing"
    AudienceGone "AUDIENCE_GONE" Retryable Nobody "the audience of that name is gone; it is looked up again"
        "nothing"
    Unavailable "TIKTOK_UNAVAILABLE" Retryable Nobody "TikTok did not answer, or not as it should"
        "nothing"
    OutOfTime "OUT_OF_TIME" Retryable Nobody "there was no time left to send it"
        "nothing; if it stays, raise `calls_per_second` as far as the tier allows, or `reply_within_seconds` where callers wait"
    SecretUnavailable "SECRET_UNAVAILABLE" Retryable Operator "the secret could not be used"
        "store the secret; the message says what is wrong with it"
    QueueUnavailable "QUEUE_UNAVAILABLE" Retryable Operator "the queue did not take it"
        "nothing; if it stays, check the role and the key's policy"
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
    fn whoever_can_act_on_a_rejection_is_named() {
        for reason in Reason::ALL.iter().filter(|reason| reason.outcome() == Outcome::Rejected) {
            assert_ne!(reason.actor(), Actor::Nobody, "{}", reason.code());
        }
        for &actor in Actor::ALL {
            assert!(Reason::ALL.iter().any(|reason| reason.actor() == actor), "{}", actor.as_str());
        }
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
