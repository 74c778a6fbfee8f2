//! Into an audience or out of it.

/// What is done with a person and an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The person becomes a member; an advertising id needs the permission to track.
    Add,
    /// The person stops being a member; needs no permission.
    Remove,
}
