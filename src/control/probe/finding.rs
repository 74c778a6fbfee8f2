//! What a probe says of one assumption.

use serde::Serialize;

/// One assumption.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) assumed: &'static str,
    pub(super) observed: String,
    /// Whether TikTok does as assumed; nothing where it could not be observed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) agrees: Option<bool>,
    /// What the function does about it, and what to change.
    pub(super) consequence: String,
}
