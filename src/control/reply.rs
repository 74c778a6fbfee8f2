//! The reply of an operation.

use serde::Serialize;

use super::error::OperationError;

/// A reply as JSON.
pub(super) fn json(reply: &impl Serialize) -> Result<String, OperationError> {
    serde_json::to_string(reply).map_err(|_impossible| OperationError::new("INTERNAL", "the reply can't be written"))
}
