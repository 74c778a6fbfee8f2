//! What an expression gives: values that stay in the event's text wherever they can.
//!
//! A general JSON tree would round numbers of more than 64 bits and copy every text; this one borrows from the event
//! and from the mapping. Members may be [`Resolved::Missing`]: they count as absent wherever a result is used.

use std::borrow::Cow;
use std::fmt;

use super::number;
use super::walk::{Found, index, text_member};
use crate::json::{Kind, Value};

/// The value of an expression for one event.
#[derive(Clone)]
pub enum Resolved<'e> {
    /// Nothing.
    Missing,
    /// A value of the event, as it stands there.
    Value(Value<'e>),
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as it stands in the event's or the mapping's text.
    Number(Cow<'e, str>),
    /// A text.
    Text(Cow<'e, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object; of several members with one name the last counts.
    Object(Vec<(Cow<'e, str>, Self)>),
}

/// Prints the kind only: the value may be personal data.
impl fmt::Debug for Resolved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resolved({})", self.described())
    }
}

impl<'e> Resolved<'e> {
    /// What this is; none when it is missing.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Missing => return None,
            Self::Value(value) => value.kind(),
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        })
    }

    /// The kind with its article, for messages.
    pub fn described(&self) -> &'static str {
        self.kind().map_or("nothing", Kind::described)
    }

    /// Whether this is neither missing nor null.
    pub fn exists(&self) -> bool {
        !matches!(self.kind(), None | Some(Kind::Null))
    }

    /// Whether this is missing, null, a text of nothing but white space, or an array of nothing but such.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Missing | Self::Null => true,
            Self::Value(value) => is_blank(*value),
            Self::Text(text) => is_blank_text(text),
            Self::Array(items) => items.iter().all(Self::is_blank),
            Self::Bool(_) | Self::Number(_) | Self::Object(_) => false,
        }
    }

    /// The boolean.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Value(value) => value.as_bool(),
            Self::Bool(boolean) => Some(*boolean),
            Self::Missing | Self::Null | Self::Number(_) | Self::Text(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The number as it stands in the text.
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.as_number(),
            Self::Number(number) => Some(number),
            Self::Missing | Self::Null | Self::Bool(_) | Self::Text(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The text.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Value(value) => value.as_str(),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Missing | Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The text of a text, number or boolean; none for anything else.
    pub fn into_scalar_text(self) -> Option<Cow<'e, str>> {
        match self {
            Self::Value(value) => match value.kind() {
                Kind::String => value.as_str(),
                Kind::Number => value.as_number().map(number::text),
                Kind::Bool => Some(Cow::Borrowed(value.raw())),
                Kind::Null | Kind::Array | Kind::Object => None,
            },
            Self::Text(text) => Some(text),
            Self::Number(Cow::Borrowed(written)) => Some(number::text(written)),
            Self::Number(Cow::Owned(written)) => Some(Cow::Owned(number::text(&written).into_owned())),
            Self::Bool(boolean) => Some(Cow::Borrowed(if boolean { "true" } else { "false" })),
            Self::Missing | Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The same of an id: no number goes through a float.
    pub fn into_id_text(self) -> Option<Cow<'e, str>> {
        match self {
            Self::Value(value) if value.kind() == Kind::Number => value.as_number().map(number::id_text).map(Cow::from),
            Self::Number(Cow::Borrowed(written)) => Some(Cow::Borrowed(number::id_text(written))),
            Self::Number(Cow::Owned(written)) => Some(Cow::Owned(number::id_text(&written).to_owned())),
            Self::Value(_) | Self::Text(_) | Self::Bool(_) => self.into_scalar_text(),
            Self::Missing | Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The items of an array; none for anything else.
    pub(super) fn items(&self) -> Option<Vec<Cow<'_, Self>>> {
        match self {
            Self::Value(value) if value.kind() == Kind::Array => {
                Some(value.items().map(|item| Cow::Owned(Self::Value(item))).collect())
            }
            Self::Array(items) => Some(items.iter().map(Cow::Borrowed).collect()),
            Self::Missing
            | Self::Value(_)
            | Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Object(_) => None,
        }
    }

    /// The items of an array; nothing for anything else.
    pub(super) fn into_items(self) -> Vec<Self> {
        match self {
            Self::Value(value) => value.items().map(Self::Value).collect(),
            Self::Array(items) => items,
            Self::Missing | Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Object(_) => {
                Vec::new()
            }
        }
    }

    /// The member of an object; missing for anything else.
    pub(super) fn member(&self, key: &str) -> Self {
        if self.kind() == Some(Kind::Object) { self.step(key).resolved() } else { Self::Missing }
    }

    /// The members of an object in JavaScript's order (array indexes first), each name once; none for anything else.
    pub(super) fn members(&self) -> Option<Vec<(Cow<'_, str>, Cow<'_, Self>)>> {
        let mut members: Vec<(Cow<'_, str>, Cow<'_, Self>)> = match self {
            Self::Value(value) if value.kind() == Kind::Object => value
                .members()
                .map(|(key, value)| (key.as_str().unwrap_or_default(), Cow::Owned(Self::Value(value))))
                .collect(),
            Self::Object(members) => {
                members.iter().map(|(key, value)| (Cow::Borrowed(&**key), Cow::Borrowed(value))).collect()
            }
            Self::Missing
            | Self::Value(_)
            | Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Array(_) => return None,
        };
        in_javascript_order(&mut members);
        Some(members)
    }

    /// Where one step of a path leads.
    pub(super) fn step<'s>(&'s self, key: &str) -> Place<'s, 'e> {
        match self {
            Self::Value(value) => Place::Found(super::walk::step(Found::Value(*value), key)),
            Self::Object(members) => {
                let member = members.iter().rev().find(|(name, _)| name == key);
                member.map_or(Place::MISSING, |(_, value)| Place::Tree(value))
            }
            Self::Array(items) if key == "length" => Place::Found(Found::Length(items.len())),
            Self::Array(items) => index(key).and_then(|index| items.get(index)).map_or(Place::MISSING, Place::Tree),
            Self::Text(text) if !text.is_empty() => Place::Found(text_member(text, key)),
            Self::Null | Self::Text(_) | Self::Bool(false) => Place::Tree(self),
            Self::Number(written) if written.parse() == Ok(0.0) => Place::Tree(self),
            Self::Number(_) | Self::Bool(true) | Self::Missing => Place::MISSING,
        }
    }

    /// An owned copy, for people to look at: numbers beyond 64 bits become floats.
    pub fn to_owned_json(&self) -> serde_json::Value {
        match self {
            Self::Missing | Self::Null => serde_json::Value::Null,
            Self::Value(value) => value.to_owned_json(),
            Self::Bool(boolean) => (*boolean).into(),
            Self::Number(written) => serde_json::from_str(written).unwrap_or_default(),
            Self::Text(text) => text.as_ref().into(),
            Self::Array(items) => items.iter().map(Self::to_owned_json).collect(),
            Self::Object(_) => {
                let members = self.members().unwrap_or_default().into_iter();
                let present = members.filter(|(_, value)| value.kind().is_some());
                present.map(|(key, value)| (key.into_owned(), value.to_owned_json())).collect()
            }
        }
    }
}

/// Whether a text is nothing but white space; the first other character ends the search.
pub(super) fn is_blank_text(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Whether a value is null, a text of nothing but white space, or an array of nothing but such.
pub(super) fn is_blank(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::String => value.as_str().is_some_and(|text| is_blank_text(&text)),
        Kind::Array => value.items().all(is_blank),
        Kind::Bool | Kind::Number | Kind::Object => false,
    }
}

/// A place in the event, or in a tree that a directive has built.
#[derive(Clone, Copy)]
pub(super) enum Place<'s, 'e> {
    Found(Found<'e>),
    Tree(&'s Resolved<'e>),
}

impl<'e> Place<'_, 'e> {
    pub(super) const MISSING: Self = Self::Found(Found::Missing);

    /// Where one step of a path leads.
    pub(super) fn step(self, key: &str) -> Self {
        match self {
            Self::Found(found) => Self::Found(super::walk::step(found, key)),
            Self::Tree(tree) => tree.step(key),
        }
    }

    /// The value there; a part of a tree is copied.
    pub(super) fn resolved(self) -> Resolved<'e> {
        match self {
            Self::Found(Found::Missing) => Resolved::Missing,
            Self::Found(Found::Value(value)) => Resolved::Value(value),
            Self::Found(Found::Length(length)) => Resolved::Number(Cow::Owned(length.to_string())),
            Self::Found(Found::Unit(unit)) => Resolved::Text(Cow::Owned(unit.to_string())),
            Self::Tree(tree) => tree.clone(),
        }
    }

    /// The value there, if it is in the event.
    pub(super) fn value(self) -> Option<Value<'e>> {
        match self {
            Self::Found(Found::Value(value)) => Some(value),
            Self::Tree(Resolved::Value(value)) => Some(*value),
            Self::Found(Found::Missing | Found::Length(_) | Found::Unit(_)) | Self::Tree(_) => None,
        }
    }
}

/// Drops all but the last of several members with one name, which takes the first one's place, and moves array indexes
/// to the front in ascending order.
fn in_javascript_order<T: Clone>(members: &mut Vec<(Cow<'_, str>, T)>) {
    let mut seen: Vec<(Cow<'_, str>, T)> = Vec::with_capacity(members.len());
    let mut positions = std::collections::HashMap::new();
    for (key, value) in members.drain(..) {
        if let Some(&position) = positions.get(&key) {
            if let Some((_, slot)) = seen.get_mut::<usize>(position) {
                *slot = value;
            }
        } else {
            positions.insert(key.clone(), seen.len());
            seen.push((key, value));
        }
    }
    if seen.iter().any(|(key, _)| array_index(key).is_some()) {
        seen.sort_by_key(|(key, _)| array_index(key).unwrap_or(u64::MAX));
    }
    *members = seen;
}

/// The key as JavaScript's array index, below 2^32 - 1.
fn array_index(key: &str) -> Option<u64> {
    index(key).map(|index| index as u64).filter(|index| *index < u64::from(u32::MAX))
}
