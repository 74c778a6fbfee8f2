//! One value of the index.

use super::kind::Kind;

/// One value of the index: where it is in the text, and where the value after it is in the index.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// First byte (of a string: behind its quote).
    pub(super) start: u32,
    /// One past the last byte (of a string: its closing quote).
    pub(super) end: u32,
    /// Index of the first node that is not part of this one.
    pub(super) next: u32,
    pub(super) kind: Kind,
    /// A string with escapes in it.
    pub(super) escaped: bool,
}
