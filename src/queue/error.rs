//! Why a queue did not take a message, and whether waiting helps.

use crate::net::signed::SignedError;

/// Longest code or request id that is kept.
const MAX_WORD: usize = 64;

/// Whether the same write may succeed later without anyone's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueClass {
    /// It may: the service is slow, busy or out of reach.
    Retryable,
    /// Someone has to change the queue, its key or a permission.
    Permanent,
}

/// What SQS says of a call that it refuses. Its sentence is not kept, since it may quote what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {status} {code}, request {request_id}")]
pub struct QueueRefusal {
    /// The HTTP status.
    pub status: u16,
    /// The name of the error.
    pub code: String,
    /// AWS's id of the call.
    pub request_id: String,
}

/// Why a queue did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// No queue has that URL in this region.
    #[error("the queue does not exist")]
    NotFound(#[source] QueueRefusal),
    /// The function's role may not write to it, or may not use its key.
    #[error("the function may not write to the queue or use its key")]
    AccessDenied(#[source] QueueRefusal),
    /// Its key is disabled, gone or of the wrong kind.
    #[error("the queue's key cannot be used")]
    Key(#[source] QueueRefusal),
    /// The function's credentials are wrong or expired.
    #[error("AWS does not take the function's credentials")]
    Credentials(#[source] QueueRefusal),
    /// Too many calls.
    #[error("SQS takes no more calls for now")]
    Throttled(#[source] QueueRefusal),
    /// A fault at SQS.
    #[error("a fault at SQS")]
    Service(#[source] QueueRefusal),
    /// Any other refusal.
    #[error("SQS refuses the call")]
    Refused(#[source] QueueRefusal),
    /// SQS took the call but not this message.
    #[error("SQS does not take the message: {code}")]
    Entry {
        /// The name of the error.
        code: String,
        /// Whether SQS blames the message or its queue, and not itself.
        sender_fault: bool,
    },
    /// SQS took the call and said nothing of this message.
    #[error("SQS does not say what became of the message")]
    Unanswered,
    /// No answer in time.
    #[error("no answer from SQS in time")]
    Timeout,
    /// No connection, or one that broke.
    #[error("no connection to SQS")]
    Transport(#[source] reqwest::Error),
    /// An answer that is not one of SQS's.
    #[error("the answer is not one of SQS's")]
    Unreadable,
    /// The call could not be built.
    #[error("the call to SQS could not be built")]
    Build(#[source] SignedError),
}

impl QueueError {
    /// Whether the same write may succeed later without anyone's help.
    pub const fn class(&self) -> QueueClass {
        match self {
            Self::Throttled(_)
            | Self::Service(_)
            | Self::Entry { sender_fault: false, .. }
            | Self::Unanswered
            | Self::Timeout
            | Self::Transport(_)
            | Self::Unreadable => QueueClass::Retryable,
            Self::NotFound(_)
            | Self::AccessDenied(_)
            | Self::Key(_)
            | Self::Credentials(_)
            | Self::Refused(_)
            | Self::Entry { sender_fault: true, .. }
            | Self::Build(_) => QueueClass::Permanent,
        }
    }

    /// Names a failed call. The raw answer is dropped, whatever it holds.
    pub(super) fn from_call(error: SignedError) -> Self {
        match error {
            SignedError::Timeout => Self::Timeout,
            SignedError::Transport(error) => Self::Transport(error),
            SignedError::TooLarge => Self::Unreadable,
            SignedError::Refused { status, code, request_id, .. } => {
                Self::from_refusal(code.as_deref(), status, request_id.as_deref())
            }
            error @ (SignedError::Unsigned(_) | SignedError::Malformed) => Self::Build(error),
        }
    }

    /// Names a failed entry of a call that was taken.
    pub(super) fn from_entry(code: &str, sender_fault: bool) -> Self {
        Self::Entry { code: word(code), sender_fault }
    }

    /// Sources of the codes, which have a prefix where the older query protocol had one:
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html> and
    /// `CommonErrors.html` there.
    fn from_refusal(code: Option<&str>, status: u16, request_id: Option<&str>) -> Self {
        let code = code.unwrap_or_default();
        let variant: fn(QueueRefusal) -> Self = match code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code) {
            "NonExistentQueue" | "QueueDoesNotExist" | "InvalidAddress" => Self::NotFound,
            "AccessDenied" | "AccessDeniedException" | "KMS.AccessDeniedException" | "KmsAccessDenied" => {
                Self::AccessDenied
            }
            "Throttling"
            | "ThrottlingException"
            | "RequestThrottled"
            | "RequestLimitExceeded"
            | "OverLimit"
            | "TooManyRequestsException"
            | "KMS.ThrottlingException"
            | "KmsThrottled" => Self::Throttled,
            key if key.starts_with("KMS.") || key.starts_with("Kms") => Self::Key,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "InvalidSecurity"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "ExpiredToken"
            | "ExpiredTokenException" => Self::Credentials,
            "InternalError" | "InternalFailure" | "ServiceUnavailable" => Self::Service,
            _ if status >= 500 => Self::Service,
            _ => Self::Refused,
        };
        variant(QueueRefusal { status, code: word(code), request_id: word(request_id.unwrap_or_default()) })
    }
}

/// A code or id that may be logged: letters, digits, dots, hyphens and underscores; anything else is not repeated.
fn word(text: &str) -> String {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if plain && (1..=MAX_WORD).contains(&text.len()) { text.to_owned() } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(code: &str, status: u16) -> QueueError {
        QueueError::from_refusal(Some(code), status, None)
    }

    #[track_caller]
    fn check(code: &str, status: u16, message: &str, class: QueueClass) {
        let error = named(code, status);
        assert_eq!((error.to_string().as_str(), error.class()), (message, class), "{code}");
    }

    #[test]
    fn refusals_are_named_by_code_and_then_by_status() {
        let (later, never) = (QueueClass::Retryable, QueueClass::Permanent);
        let denied = "the function may not write to the queue or use its key";
        check("AWS.SimpleQueueService.NonExistentQueue", 400, "the queue does not exist", never);
        check("QueueDoesNotExist", 400, "the queue does not exist", never);
        check("AccessDenied", 403, denied, never);
        check("KMS.AccessDeniedException", 400, denied, never);
        check("KMS.DisabledException", 400, "the queue's key cannot be used", never);
        check("KmsInvalidState", 400, "the queue's key cannot be used", never);
        check("KMS.ThrottlingException", 400, "SQS takes no more calls for now", later);
        check("RequestThrottled", 400, "SQS takes no more calls for now", later);
        check("ExpiredToken", 403, "AWS does not take the function's credentials", never);
        check("InternalFailure", 500, "a fault at SQS", later);
        check("Unheard", 503, "a fault at SQS", later);
        check("InvalidParameterValue", 400, "SQS refuses the call", never);
    }

    #[test]
    fn what_sqs_says_is_not_repeated() {
        for code in ["InvalidParameterValue", "jane@example.com", ""] {
            let shown = format!("{:?}", named(code, 400));
            assert!(!shown.contains("jane"), "{shown}");
        }
    }
}
