//! What the mapping numbers of a ledger stand for.

/// How a mapping is called in reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingName {
    /// Its name in the configuration.
    pub name: String,
    /// Its action's slug.
    pub action: &'static str,
}
