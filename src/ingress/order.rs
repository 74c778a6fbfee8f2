//! Which operation counts when several arrive for one person.

/// How the latest of several operations on a person is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The source keeps order: the later position is the later operation.
    Position,
    /// It does not: event time decides.
    Time,
}
