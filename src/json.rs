//! JSON text, parsed once into a flat index over the text itself.
//!
//! Knows nothing of events. Strings and numbers stay where they are in the text: nothing is copied or converted until
//! it is asked for, so that a digits-only id is never rounded through a float, one element of a batch can be cut out
//! byte for byte (signatures, queues), and an event of a thousand bytes costs one growing vector. A general JSON
//! library gives either borrowed typed structs (the mappings of a destination address any path) or a tree that
//! allocates per string and rounds numbers; that is why this module exists. It indexes as fast as the fastest of them:
//! `docs/src/performance.md` has the figures.
//!
//! It accepts RFC 8259, nested at most [`MAX_DEPTH`] deep, and one thing beyond: an unpaired surrogate escape reads as
//! U+FFFD, since JavaScript's serialiser writes one whenever it cuts an emoji in two.

mod array_reader;
mod as_meant;
mod block;
mod kind;
mod node;
pub(crate) mod number;
mod object_text;
mod parser;
mod quoted;
mod strings;
mod text;

use std::borrow::Cow;
use std::fmt;

pub use array_reader::ArrayReader;
pub use kind::Kind;
use node::Node;
pub use object_text::ObjectText;
pub use parser::{JsonError, JsonErrorKind, MAX_DEPTH};
pub use quoted::{is_plain, write_number, write_quoted};

/// What some tools put before a text, and what is no part of it.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A JSON text with its index.
pub struct Document<'t> {
    text: Cow<'t, str>,
    nodes: Vec<Node>,
    /// How many of the nodes, from the first on, are left of values that were forgotten.
    kept: usize,
}

/// A text that is not JSON.
pub struct Unparsed<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// Where it stops being JSON.
    pub error: JsonError,
}

/// Prints the place only: the text may hold personal data.
impl fmt::Debug for Unparsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unparsed").field("error", &self.error).finish_non_exhaustive()
    }
}

/// Prints sizes only: the text holds personal data.
impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("bytes", &self.text.len()).field("values", &self.nodes.len()).finish()
    }
}

impl<'t> Document<'t> {
    /// Parses a whole text.
    ///
    /// # Errors
    /// The first byte that is not JSON, with what was expected there.
    pub fn parse(text: impl Into<Cow<'t, str>>) -> Result<Self, JsonError> {
        Self::try_parse(text).map_err(|unparsed| unparsed.error)
    }

    /// Parses a whole text, and gives it back if it is not JSON.
    ///
    /// # Errors
    /// The text and the first byte that is not JSON, with what was expected there.
    pub fn try_parse(text: impl Into<Cow<'t, str>>) -> Result<Self, Unparsed<'t>> {
        let text = text.into();
        match parser::index(&text) {
            Ok(nodes) => Ok(Self { text, nodes, kept: 0 }),
            Err(error) => Err(Unparsed { text, error }),
        }
    }

    /// The top-level value.
    pub fn root(&self) -> Value<'_> {
        self.value_at(0)
    }

    /// Number of values in the index.
    pub fn values(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets every value since the last call but those at these positions, which ascend, and gives the positions where
    /// they are from now on. Of an array or object only its text is kept, and of an object the member whose value is at
    /// the second position, as far as that is neither array nor object.
    pub fn retain<'k>(&mut self, kept: impl IntoIterator<Item = (&'k mut u32, &'k mut Option<u32>)>) {
        for (position, member) in kept {
            let node = self.value_at(*position).node();
            let end = (node.inner() > 0).then(|| self.value_at(*position + node.inner()).node());
            let [key, value] = member.map_or([None; 2], |value| {
                [value.checked_sub(1), Some(value)].map(|at| at.map(|at| self.value_at(at).node()))
            });
            let pair = key.zip(value).filter(|(_, value)| value.inner() == 0 && node.kind() == Kind::Object);
            *position = self.keep(node.with_inner(if pair.is_some() { 3 } else { 1 }));
            *member = pair.map(|(key, value)| {
                self.keep(key);
                self.keep(value)
            });
            if let Some(end) = end {
                self.keep(end);
            }
        }
        self.nodes.truncate(self.kept);
    }

    /// Keeps a node, in the place of one that was read before, and says where.
    fn keep(&mut self, node: Node) -> u32 {
        let place = self.kept;
        if let Some(slot) = self.nodes.get_mut(place) {
            *slot = node;
        }
        self.kept += 1;
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Gives back the memory that the index does not need any more.
    pub fn release(&mut self) {
        if self.nodes.len() * 2 < self.nodes.capacity() {
            self.nodes = self.nodes.as_slice().to_vec();
        }
    }

    /// The value at a position taken from [`Value::position`] of the same document.
    pub fn value_at(&self, position: u32) -> Value<'_> {
        Value { document: self, position }
    }
}

/// A value inside a [`Document`]: a handle of two words.
#[derive(Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    position: u32,
}

/// Prints the kind only: the value may be personal data.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind().described())
    }
}

impl<'d> Value<'d> {
    fn node(self) -> Node {
        self.document.nodes.get(self.position as usize).copied().unwrap_or(Node::MISSING)
    }

    /// The value at another position of the same document.
    #[must_use]
    pub const fn at(self, position: u32) -> Self {
        Self { position, ..self }
    }

    fn slice(self, start: u32, end: u32) -> &'d str {
        self.document.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The bytes of a string, number, boolean or null: they need not be looked at to be compared.
    fn bytes(self, node: Node) -> &'d [u8] {
        let (start, length) = (node.start as usize, node.length() as usize);
        self.document.text.as_bytes().get(start..start + length).unwrap_or_default()
    }

    /// The text of a string, number, boolean or null.
    fn inside(self, node: Node) -> &'d str {
        self.slice(node.start, node.start + node.length())
    }

    /// Where the value behind this one is in the index.
    fn next(self) -> u32 {
        self.position + 1 + self.node().inner()
    }

    /// What this value is.
    pub fn kind(self) -> Kind {
        self.node().kind()
    }

    /// Where this value is in its document.
    pub const fn position(self) -> u32 {
        self.position
    }

    /// Whether both are the same place of the same document.
    pub fn is_same(self, other: Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.position == other.position
    }

    /// The value's own bytes in the text, a string with its quotes.
    pub fn raw(self) -> &'d str {
        let node = self.node();
        match node.kind() {
            Kind::String => self.slice(node.start.saturating_sub(1), node.start + node.length() + 1),
            Kind::Array | Kind::Object => self.slice(node.start, self.at(self.position + node.length()).node().start),
            Kind::Null | Kind::Bool | Kind::Number => self.inside(node),
        }
    }

    /// Whether this is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The boolean.
    pub fn as_bool(self) -> Option<bool> {
        let node = self.node();
        (node.kind() == Kind::Bool).then(|| self.inside(node) == "true")
    }

    /// The number as it stands in the text.
    pub fn as_number(self) -> Option<&'d str> {
        let node = self.node();
        (node.kind() == Kind::Number).then(|| self.inside(node))
    }

    /// The number as a float, rounded.
    pub fn as_f64(self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The string, borrowed unless it has escapes.
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        let node = self.node();
        if node.kind() != Kind::String {
            return None;
        }
        let inside = self.inside(node);
        Some(if node.is_escaped() { Cow::Owned(text::unescape(inside)) } else { Cow::Borrowed(inside) })
    }

    /// Whether this is a string equal to `other`.
    pub fn is_str(self, other: &str) -> bool {
        self.is_string(self.node(), other)
    }

    #[inline]
    fn is_string(self, node: Node, other: &str) -> bool {
        if node.is_escaped() {
            return self.is_escaped_str(node, other);
        }
        node.is_plain_string(other.len()) && is_equal(self.bytes(node), other.as_bytes())
    }

    #[inline(never)]
    fn is_escaped_str(self, node: Node, other: &str) -> bool {
        // An escape is longer than what it stands for, so texts that are no longer are told apart unread.
        node.length() as usize > other.len() && text::unescape(self.inside(node)) == other
    }

    /// The member of an object; of several with one name the last, as in JavaScript.
    pub fn get(self, key: &str) -> Option<Self> {
        let mut found = None;
        let mut members = self.members();
        while let Some((node, name, value)) = members.step() {
            if name.is_string(node, key) {
                found = Some(value);
            }
        }
        found
    }

    /// Hands over each member of an object in order, with the bytes of its name.
    #[inline]
    pub fn each_member(self, mut take: impl FnMut(&[u8], Self)) {
        let mut members = self.members();
        while let Some((node, name, value)) = members.step() {
            if node.is_escaped() {
                take(text::unescape(name.inside(node)).as_bytes(), value);
            } else {
                take(name.bytes(node), value);
            }
        }
    }

    /// The value at a path of object keys.
    pub fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The item of an array.
    pub fn item(self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// Number of items or members.
    pub fn len(self) -> usize {
        if self.kind() == Kind::Object { self.members().count() } else { self.items().count() }
    }

    /// Whether there are neither items nor members.
    pub fn is_empty(self) -> bool {
        self.node().inner() <= 1
    }

    /// The items of an array, in order; nothing for any other kind.
    pub fn items(self) -> Items<'d> {
        let node = self.node();
        let end = if node.kind() == Kind::Array { self.position + node.length() } else { 0 };
        Items { value: self.at(self.position + 1), end }
    }

    /// The members of an object as (key, value), in order; nothing for any other kind.
    pub fn members(self) -> Members<'d> {
        let node = self.node();
        let first = self.position as usize + 1;
        let inside =
            if node.kind() == Kind::Object { first..self.position as usize + node.length() as usize } else { 0..0 };
        Members { key: self.at(self.position + 1), rest: self.document.nodes.get(inside).unwrap_or_default() }
    }

    /// An owned copy. Numbers beyond 64 bits become floats, of members with one name the last stays.
    pub fn to_owned_json(self) -> serde_json::Value {
        match self.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool => self.as_bool().into(),
            Kind::Number => self.as_number().map_or(serde_json::Value::Null, text::number),
            Kind::String => self.as_str().map(Cow::into_owned).into(),
            Kind::Array => self.items().map(Self::to_owned_json).collect(),
            Kind::Object => self
                .members()
                .map(|(key, value)| (key.as_str().map(Cow::into_owned).unwrap_or_default(), value.to_owned_json()))
                .collect(),
        }
    }
}

/// Whether two texts are equal; of one length, and most often as short as keys are, for which a call costs more than it
/// does.
#[inline]
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    match (ends::<8>(one), ends::<8>(other)) {
        (Some(one_ends), Some(other_ends)) => one_ends == other_ends && (one.len() <= 16 || one == other),
        _ => match (ends::<4>(one), ends::<4>(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.iter().eq(other),
        },
    }
}

/// The first and the last bytes; for a text of up to twice as many, all of it.
#[inline]
fn ends<const N: usize>(text: &[u8]) -> Option<[&[u8; N]; 2]> {
    Some([text.first_chunk()?, text.last_chunk()?])
}

/// Iterator over the items of an array.
#[derive(Debug, Clone)]
pub struct Items<'d> {
    value: Value<'d>,
    end: u32,
}

impl<'d> Iterator for Items<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Value<'d>> {
        let item = self.value;
        if item.position >= self.end {
            return None;
        }
        self.value = item.at(item.next());
        Some(item)
    }
}

/// Iterator over the members of an object.
#[derive(Clone)]
pub struct Members<'d> {
    key: Value<'d>,
    /// The nodes from the key on.
    rest: &'d [Node],
}

/// Prints nothing of the members.
impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").finish_non_exhaustive()
    }
}

impl<'d> Members<'d> {
    /// The next member, in front of it the node of its key.
    #[inline]
    fn step(&mut self) -> Option<(Node, Value<'d>, Value<'d>)> {
        let [name, value, rest @ ..] = self.rest else { return None };
        let (key, inner) = (self.key, value.inner());
        self.rest = rest.get(inner as usize..).unwrap_or_default();
        self.key.position += 2 + inner;
        Some((*name, key, key.at(key.position + 1)))
    }
}

impl<'d> Iterator for Members<'d> {
    type Item = (Value<'d>, Value<'d>);

    fn next(&mut self) -> Option<(Value<'d>, Value<'d>)> {
        self.step().map(|(_, key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests;
