//! Why Lambda can't be asked or answered.

use std::error::Error;

use http::StatusCode;

/// Why no invocation can be got or answered. The process ends with it, and Lambda starts another.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// The address that Lambda gives is none.
    #[error("AWS_LAMBDA_RUNTIME_API is no address")]
    Address(#[source] http::Error),
    /// It is not there, or hung up.
    #[error("Lambda's Runtime API cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// A status that it has not for this.
    #[error("Lambda's Runtime API answered {0}")]
    Status(StatusCode),
    /// A header that it always sends is missing or not as documented.
    #[error("Lambda's Runtime API sent no usable header `{0}`")]
    Header(&'static str),
}

impl RuntimeApiError {
    pub(super) fn unreachable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable(error.into())
    }
}
