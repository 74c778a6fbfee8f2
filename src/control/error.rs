//! Why an operation did not do what it was asked to.

use crate::delivery::session::CallError;
use crate::secrets::{SecretsClass, SecretsError};
use crate::tiktok::{Class, SendError};

/// A failed operation: a code for machines and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct OperationError {
    /// The code.
    pub code: &'static str,
    /// What is wrong, without any value that could be secret or personal.
    pub message: String,
    /// Whether the same operation may succeed later without anyone's help.
    pub may_pass: bool,
}

impl OperationError {
    /// A failure that somebody has to fix.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), may_pass: false }
    }

    /// The word that an operator can alarm on.
    pub const fn error_type(&self) -> &'static str {
        if self.may_pass { "Retryable" } else { "OperationFailed" }
    }
}

impl From<&CallError> for OperationError {
    fn from(error: &CallError) -> Self {
        let explanation = error.explain();
        let (may_pass, request_id) = match error {
            CallError::Secret(error) => (error.class() == SecretsClass::Retryable, None),
            CallError::Send(error) => (may_pass(error), error.request_id()),
        };
        let code = explanation.tiktok_code().map(|code| format!(" (TikTok's code {code})")).unwrap_or_default();
        let request = request_id.map(|id| format!(" (request {id})")).unwrap_or_default();
        let message = format!("{}{code}{request}", explanation.message());
        Self { code: explanation.reason.code(), message, may_pass }
    }
}

impl From<CallError> for OperationError {
    fn from(error: CallError) -> Self {
        Self::from(&error)
    }
}

impl From<SecretsError> for OperationError {
    fn from(error: SecretsError) -> Self {
        let may_pass = error.class() == SecretsClass::Retryable;
        Self { code: "SECRET_UNAVAILABLE", message: error.to_string(), may_pass }
    }
}

/// Whether a call may succeed later. An operation waits for nobody to grant a permission or to renew a token.
pub(super) fn may_pass(error: &SendError) -> bool {
    match error.class() {
        Class::Throttled | Class::Transient | Class::Busy => true,
        Class::Unauthorized | Class::Blocked | Class::Permanent => false,
    }
}
