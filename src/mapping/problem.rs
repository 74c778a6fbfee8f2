//! What is wrong with a mapping, in words that let a person fix it.
//!
//! Knows where in the JSON it is; how a problem is shown belongs to the configuration.

/// One thing that is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingProblem {
    /// The JSON path, like `$.mappings[0].fields.email['@if']`.
    pub path: String,
    /// One sentence, in lower case and without a full stop.
    pub message: String,
    /// Where the value is in its document ([`crate::json::Value::position`]).
    pub position: u32,
    /// What follows from it.
    pub severity: Severity,
}

/// What follows from a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The mapping is of no use.
    Error,
    /// It works, but probably not as meant.
    Warning,
}

impl MappingProblem {
    /// A mistake.
    pub(super) const fn error(path: String, message: String, position: u32) -> Self {
        Self { path, message, position, severity: Severity::Error }
    }
}

/// The path of a member below `at`: with a dot where the key allows it, else in brackets.
pub(crate) fn member_path(at: &str, key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if plain { format!("{at}.{key}") } else { format!("{at}['{}']", key.escape_debug()) }
}

/// The path of an item below `at`.
pub(crate) fn item_path(at: &str, index: usize) -> String {
    format!("{at}[{index}]")
}
