//! One value of the index, in eight bytes.

use super::kind::Kind;

/// Where a value starts in the text, what it is, and how long it is.
///
/// The length of an array or object counts the nodes that follow it and belong to it. The last of them is no value: it
/// says where the text of the array or object ends. The length of any other value counts bytes.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// First byte (of a string: behind its quote).
    pub(super) start: u32,
    /// The kind in the lowest three bits, whether a string has escapes in the fourth, the length in the others.
    packed: u32,
}

impl Node {
    /// The largest length that fits into a node.
    pub(super) const MAX_LENGTH: u32 = u32::MAX >> Self::LENGTH_AT;
    /// Stands for a value that is not in the index.
    pub(super) const MISSING: Self = Self::new(Kind::Null, 0, 0);

    const KIND: u32 = 0b111;
    const ESCAPED: u32 = 0b1000;
    const LENGTH_AT: u32 = 4;

    pub(super) const fn new(kind: Kind, start: u32, length: u32) -> Self {
        Self { start, packed: length << Self::LENGTH_AT | kind as u32 }
    }

    /// A string, and whether it has escapes.
    pub(super) const fn string(start: u32, length: u32, is_escaped: bool) -> Self {
        let node = Self::new(Kind::String, start, length);
        Self { packed: if is_escaped { node.packed | Self::ESCAPED } else { node.packed }, ..node }
    }

    /// The same array or object with so many nodes in it, its end among them; any other value as it is.
    pub(super) const fn with_inner(self, inner: u32) -> Self {
        match self.kind() {
            Kind::Array | Kind::Object => Self::new(self.kind(), self.start, inner),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => self,
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self.packed & Self::KIND {
            0 => Kind::Null,
            1 => Kind::Bool,
            2 => Kind::Number,
            3 => Kind::String,
            4 => Kind::Array,
            _ => Kind::Object,
        }
    }

    /// Whether this is a string of so many bytes without escapes.
    pub(super) const fn is_plain_string(self, bytes: usize) -> bool {
        self.packed as usize == bytes << Self::LENGTH_AT | Kind::String as usize
    }

    pub(super) const fn is_escaped(self) -> bool {
        self.packed & Self::ESCAPED != 0
    }

    pub(super) const fn length(self) -> u32 {
        self.packed >> Self::LENGTH_AT
    }

    /// Nodes that follow this one and belong to it.
    pub(super) const fn inner(self) -> u32 {
        match self.kind() {
            Kind::Array | Kind::Object => self.length(),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_what_it_is_made_of_in_eight_bytes() {
        assert_eq!(size_of::<Node>(), 8);
        for kind in [Kind::Null, Kind::Bool, Kind::Number, Kind::String, Kind::Array, Kind::Object] {
            let node = Node::new(kind, u32::MAX, Node::MAX_LENGTH);
            assert_eq!((node.kind(), node.start, node.length()), (kind, u32::MAX, Node::MAX_LENGTH));
            assert!(!node.is_escaped());
        }
        let text = Node::string(7, 5, true);
        assert_eq!((text.kind(), text.is_escaped(), text.length(), text.inner()), (Kind::String, true, 5, 0));
        let plain = Node::string(7, 5, false);
        assert!(plain.is_plain_string(5) && !plain.is_plain_string(4) && !text.is_plain_string(5));
        assert!(!Node::new(Kind::Number, 7, 5).is_plain_string(5));
    }
}
