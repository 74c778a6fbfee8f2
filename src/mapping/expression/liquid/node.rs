//! The event's values as Liquid looks at them.

use std::fmt;

use liquid_core::model::{ArrayView, DisplayCow, KString, KStringCow, ObjectView, ScalarCow, State, Value, ValueView};

use super::super::super::number;
use super::super::super::resolved::Resolved;
use super::super::super::walk::{self, Found};
use crate::json::Kind;

/// The library's name of the type of a whole number.
const INTEGER: &str = "whole number";

/// A value of the event; objects keep the order of their members.
#[derive(Clone)]
pub(super) enum Node {
    /// What the event does not have. Like null it is also an array without items, since the library fails on
    /// `nothing contains "x"`.
    Missing,
    Null,
    /// A boolean, a number or a text.
    Scalar(Value),
    Array(Vec<Self>),
    Object(Vec<(KString, Self)>),
}

/// Prints the kind only: the value may be personal data.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl From<&Resolved<'_>> for Node {
    fn from(value: &Resolved<'_>) -> Self {
        match value.kind() {
            None => Self::Missing,
            Some(Kind::Null) => Self::Null,
            Some(Kind::Bool) => Self::Scalar(Value::scalar(value.boolean() == Some(true))),
            Some(Kind::Number) => Self::Scalar(number_of(value.number().unwrap_or_default())),
            Some(Kind::String) => Self::Scalar(Value::scalar(value.text().unwrap_or_default().into_owned())),
            Some(Kind::Array) => {
                Self::Array(value.items().unwrap_or_default().iter().map(|item| Self::from(&**item)).collect())
            }
            Some(Kind::Object) => {
                let members = value.members().unwrap_or_default();
                let member = |(key, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, Resolved<'_>>)| {
                    (KString::from(key.into_owned()), Self::from(&*value))
                };
                Self::Object(members.into_iter().map(member).collect())
            }
        }
    }
}

/// A number; one that JavaScript prints with an exponent, or an integer beyond 64 bits, is the text that it prints.
fn number_of(written: &str) -> Value {
    let text = number::text(written);
    if let Ok(integer) = text.parse::<i64>() {
        return Value::scalar(integer);
    }
    match text.parse::<f64>() {
        Ok(float) if text.contains('.') && !text.contains('e') => Value::scalar(float),
        _ => Value::scalar(text.into_owned()),
    }
}

impl ValueView for Node {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        match self {
            Self::Scalar(value) => value.render(),
            Self::Missing | Self::Null | Self::Array(_) | Self::Object(_) => {
                DisplayCow::Owned(Box::new(self.to_kstr()))
            }
        }
    }

    fn source(&self) -> DisplayCow<'_> {
        self.render()
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Missing => super::filters::MISSING,
            Self::Null => "nil",
            Self::Scalar(value) => value.type_name(),
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    fn query_state(&self, state: State) -> bool {
        let empty = match self {
            Self::Missing | Self::Null => return Value::Nil.query_state(state),
            Self::Scalar(value) => return value.query_state(state),
            Self::Array(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
        };
        match state {
            State::Truthy => true,
            State::DefaultValue | State::Empty | State::Blank => empty,
        }
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        match self {
            Self::Scalar(value) => value.to_kstr(),
            Self::Missing | Self::Null => KStringCow::from_static(""),
            Self::Array(_) | Self::Object(_) => KStringCow::from_string(super::filters::text_of(self)),
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Missing | Self::Null => Value::Nil,
            Self::Scalar(value) => value.clone(),
            Self::Array(items) => Value::array(items.iter().map(ValueView::to_value)),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(key, value)| (key.clone(), value.to_value())).collect())
            }
        }
    }

    /// Also the key that JavaScript makes of nothing: the library fails on `list[nothing]` where there is none.
    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        match self {
            Self::Scalar(value) => value.as_scalar(),
            Self::Missing => Some(ScalarCow::new("undefined")),
            Self::Null => Some(ScalarCow::new("null")),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    fn as_array(&self) -> Option<&dyn ArrayView> {
        matches!(self, Self::Array(_) | Self::Missing | Self::Null).then_some(self)
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        matches!(self, Self::Object(_)).then_some(self)
    }

    fn is_nil(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }
}

impl Node {
    /// A value that the template has made.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Nil | Value::State(_) => Self::Null,
            Value::Scalar(_) => Self::Scalar(value.clone()),
            Value::Array(items) => Self::Array(items.iter().map(Self::of).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect())
            }
        }
    }

    fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            Self::Missing | Self::Null | Self::Scalar(_) | Self::Object(_) => &[],
        }
    }

    fn members(&self) -> &[(KString, Self)] {
        match self {
            Self::Object(members) => members,
            Self::Missing | Self::Null | Self::Scalar(_) | Self::Array(_) => &[],
        }
    }

    /// The item at an index; a negative one counts from the end.
    pub(super) fn item(&self, index: i64) -> Option<&Self> {
        let items = self.items();
        let index = usize::try_from(index).ok().or_else(|| {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            items.len().checked_sub(back)
        })?;
        items.get(index)
    }

    /// One step of a path, as the JavaScript engine takes it.
    pub(super) fn step(&self, key: &ScalarCow<'_>) -> Step<'_> {
        let name = key.to_kstr();
        let found = match self {
            Self::Missing => None,
            // What is null leads to null.
            Self::Null => Some(self),
            Self::Scalar(value) => return text_step(value, &name),
            Self::Object(_) => self.member(&name),
            Self::Array(items) => match (key.type_name(), &*name) {
                (INTEGER, _) => key.to_integer().and_then(|index| self.item(index)),
                (_, "first") => items.as_slice().first(),
                (_, "last") => items.as_slice().last(),
                (_, "length") => return Step::Made(Value::scalar(ArrayView::size(self))),
                (_, name) => walk::index(name).and_then(|index| items.as_slice().get(index)),
            },
        };
        found.map_or(Step::Missing, Step::Found)
    }

    /// The member of that name.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Where one step of a path leads.
pub(super) enum Step<'n> {
    Missing,
    Found(&'n Node),
    /// The length or a character of a text, or the length of an array.
    Made(Value),
}

/// The length or a character of a text.
fn text_step<'n>(value: &Value, key: &str) -> Step<'n> {
    let Some(text) = value.as_scalar().filter(|scalar| scalar.type_name() == "string") else { return Step::Missing };
    match walk::text_member(&text.to_kstr(), key) {
        Found::Length(length) => Step::Made(Value::scalar(count(length))),
        Found::Unit(unit) => Step::Made(Value::scalar(unit.to_string())),
        Found::Missing | Found::Value(_) => Step::Missing,
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

impl ArrayView for Node {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        count(self.items().len())
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(self.items().iter().map(|item| item as &dyn ValueView))
    }

    fn contains_key(&self, index: i64) -> bool {
        self.item(index).is_some()
    }

    fn get(&self, index: i64) -> Option<&dyn ValueView> {
        self.item(index).map(|item| item as &dyn ValueView)
    }
}

impl ObjectView for Node {
    fn as_value(&self) -> &dyn ValueView {
        self
    }

    fn size(&self) -> i64 {
        count(self.members().len())
    }

    fn keys<'k>(&'k self) -> Box<dyn Iterator<Item = KStringCow<'k>> + 'k> {
        Box::new(self.members().iter().map(|(key, _)| KStringCow::from_ref(key)))
    }

    fn values<'k>(&'k self) -> Box<dyn Iterator<Item = &'k dyn ValueView> + 'k> {
        Box::new(self.members().iter().map(|(_, value)| value as &dyn ValueView))
    }

    fn iter<'k>(&'k self) -> Box<dyn Iterator<Item = (KStringCow<'k>, &'k dyn ValueView)> + 'k> {
        Box::new(self.members().iter().map(|(key, value)| (KStringCow::from_ref(key), value as &dyn ValueView)))
    }

    fn contains_key(&self, index: &str) -> bool {
        self.member(index).is_some()
    }

    fn get<'s>(&'s self, index: &str) -> Option<&'s dyn ValueView> {
        self.member(index).map(|value| value as &dyn ValueView)
    }
}
