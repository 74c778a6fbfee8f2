//! Why an invocation ends in an error.

use std::str::Utf8Error;

use lambda_runtime::Diagnostic;

use crate::control::OperationError;
use crate::destination::ListError;
use crate::ingress::open::ArrayError;
use crate::ingress::{IngressError, InvocationError};
use crate::json::JsonError;

/// Why an invocation ends in an error: what Lambda shows, and what its caller retries.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The payload is not JSON as we read it.
    #[error("the payload is {0}")]
    Json(#[from] JsonError),
    /// The payload is no text.
    #[error("the payload is not UTF-8 at byte {}", .0.valid_up_to())]
    NotUtf8(#[from] Utf8Error),
    /// The payload is no envelope of ours.
    #[error(transparent)]
    Ingress(#[from] IngressError),
    /// Something has to be sent again.
    #[error(transparent)]
    InvocationError(#[from] InvocationError),
    /// A batch of a list that says too little.
    #[error(transparent)]
    List(#[from] ListError),
    /// A control operation that failed.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// A control operation at a function that takes none.
    #[error("this function takes events only (FUNCTION_ROLE is not control): send operations to the control function")]
    NoOperations,
    /// Events at a function that takes none.
    #[error("this function takes operations only (FUNCTION_ROLE is control): send events to the ingest function")]
    NoEvents,
    /// A queue, a stream or a list at the function that events are sent to.
    #[error("FUNCTION_ROLE is ingest: let the deliver function read queues, streams and lists")]
    ReadElsewhere,
    /// Events that were sent to the function that reads them.
    #[error("FUNCTION_ROLE is deliver: send events to the ingest function")]
    SentElsewhere,
    /// A mistake in this program or in one that it is made of.
    #[error("a fault of this function; the log says where")]
    Panicked,
}

impl HandlerError {
    /// The word that an operator can alarm on.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::NotUtf8(_) | Self::Ingress(_) | Self::List(_) => "InvalidPayload",
            Self::InvocationError(refusal) => refusal.error_type(),
            Self::Operation(error) => error.error_type(),
            Self::NoOperations => "NoOperations",
            Self::NoEvents => "NoEvents",
            Self::ReadElsewhere | Self::SentElsewhere => "NotThisFunction",
            Self::Panicked => "Panicked",
        }
    }
}

impl From<ArrayError> for HandlerError {
    fn from(error: ArrayError) -> Self {
        match error {
            ArrayError::Json(error) => error.into(),
            ArrayError::Ingress(error) => error.into(),
        }
    }
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}
