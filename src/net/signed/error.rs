//! Why a signed call failed, and whether it may pass.

use crate::net::signer::SignError;

/// Why a call failed. No variant holds anything of a body but the error's own code.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// The time was up before an answer came.
    #[error("no answer in time")]
    Timeout,
    /// No answer.
    #[error("no answer")]
    Transport(#[source] reqwest::Error),
    /// The service refused.
    #[error("{service} answered {status}{}", .code.as_deref().map(|code| format!(" {code}")).unwrap_or_default())]
    Refused {
        /// Who.
        service: &'static str,
        /// The HTTP status.
        status: u16,
        /// The code of the error: `AccessDenied`, `NoSuchKey`, ….
        code: Option<String>,
        /// AWS's id of the call.
        request_id: Option<String>,
    },
    /// An answer without an end.
    #[error("the answer is too large")]
    TooLarge,
    /// The request could not be signed.
    #[error("the request could not be signed")]
    Unsigned(#[source] SignError),
    /// The request is none.
    #[error("the request is none")]
    Malformed,
}

impl SignedError {
    /// Whether the same call may succeed later without anyone's help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Timeout | Self::Transport(_) => true,
            Self::Refused { status, code, .. } => {
                *status >= 500 || *status == 429 || code.as_deref().is_some_and(is_throttle)
            }
            Self::TooLarge | Self::Unsigned(_) | Self::Malformed => false,
        }
    }

    /// The code of the service's error.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => code.as_deref(),
            Self::Timeout | Self::Transport(_) | Self::TooLarge | Self::Unsigned(_) | Self::Malformed => None,
        }
    }
}

/// The names under which services ask for fewer calls, or for the same one again, with a status of 400.
///
/// Source: the standard retry mode, <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>.
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "LimitExceededException"
            | "SlowDown"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestTimeoutException"
    )
}
